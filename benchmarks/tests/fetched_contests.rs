//! What `data fetch` lays out of CodeElo, open-r1/codeforces and REFUTE is what the adapters read: made-up rows in the
//! publishers' schemas, out of a cache in the Hub's layout.

use polars::prelude::*;
use proctor_benchmarks::registry::open;
use proctor_core::{DataSource, Opening, Progress, Sample, Selection, Step};
use proctor_data::{Environment, FetchSettings, Finding, Kind, Lock, Place, Source, fetch, sources, verify};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

struct Silent;

impl Progress for Silent {
    fn note(&self, _: &str) {}
    fn step(&self, _: &str, _: Option<u64>) -> Box<dyn Step + '_> {
        Box::new(Silent)
    }
}

impl Step for Silent {
    fn reach(&self, _: u64) {}
    fn finish(&self, _: &str) {}
}

/// A cache of the Hub's that holds one source, and what is fetched out of it.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn source(benchmark: &str, kind: Kind) -> &'static Source {
        sources(benchmark).into_iter().find(|source| source.kind == kind).unwrap()
    }

    /// Where a file of a source lies in the Hub's cache; the branch `main` stands at its commit.
    fn file(&self, source: &Source, path: &str) -> PathBuf {
        let (name, commit) = match source.place {
            Place::Hub { repository, revision, .. } => (repository.replace('/', "--"), revision.unwrap_or(COMMIT)),
            Place::Repository { repository, revision, .. } => {
                (format!("proctor-repository--{}", repository.replace('/', "--")), revision)
            }
        };
        let root = self.folder.path().join(format!("hub/datasets--{name}"));
        std::fs::create_dir_all(root.join("refs")).unwrap();
        std::fs::write(root.join("refs/main"), commit).unwrap();
        let file = root.join("snapshots").join(commit).join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        file
    }

    async fn fetch(&self, source: &Source) -> PathBuf {
        let hub = self.folder.path().join("hub").display().to_string();
        let look_up = |name: &str| match name {
            "HF_HUB_CACHE" => Some(hub.clone()),
            "HF_HUB_OFFLINE" => Some("1".to_owned()),
            _ => None,
        };
        let settings = FetchSettings {
            environment: Environment::from_variables(look_up, self.folder.path().join("home")),
            cache: self.folder.path().join("cache"),
            update: false,
            first_wait: Duration::from_millis(1),
        };
        let fetched = fetch(source, &Lock::default(), &settings, &Silent).await.unwrap();
        assert_eq!(verify(&fetched.pinned, &settings.environment, &settings.cache).unwrap(), Finding::Intact);
        fetched.folder
    }
}

fn samples(benchmark: &str, folder: &Path) -> Vec<Sample> {
    open(benchmark).unwrap().samples(&DataSource::Folder(folder.to_owned()), &Selection::default()).unwrap()
}

fn lists(name: &str, rows: &[&[&str]]) -> Column {
    let rows: Vec<Series> = rows.iter().map(|row| Series::new("".into(), *row)).collect();
    Series::new(name.into(), rows).into()
}

/// Lists of `{input, output}`.
fn tests(name: &str, rows: &[&[(&str, &str)]]) -> Column {
    let row = |row: &&[(&str, &str)]| {
        let part = |at: usize| row.iter().map(|pair| if at == 0 { pair.0 } else { pair.1 }).collect::<Vec<_>>();
        let fields = [Series::new("input".into(), part(0)), Series::new("output".into(), part(1))];
        StructChunked::from_series("".into(), row.len(), fields.iter()).unwrap().into_series()
    };
    Series::new(name.into(), rows.iter().map(row).collect::<Vec<_>>()).into()
}

fn write(columns: Vec<Column>, to: &Path) {
    let mut frame = DataFrame::new(columns[0].len(), columns).unwrap();
    ParquetWriter::new(std::fs::File::create(to).unwrap()).finish(&mut frame).unwrap();
}

/// A part of the table of open-r1/codeforces: two problems of a contest.
fn open_r1(contest: &str, to: &Path) {
    let ids = [format!("{contest}/A"), format!("{contest}/B")];
    let text = |name: &str, values: [Option<&str>; 2]| Column::new(name.into(), values);
    let official: [&[(&str, &str)]; 2] = [&[("1\n", "2\n"), ("2\n", "3\n"), ("5\n", "6\n")], &[("3\n", "1 2\n")]];
    let shown: [&[(&str, &str)]; 2] = [&[("1\n", "2\n")], &[("3\n", "1 2\n")]];
    let columns = vec![
        Column::new("id".into(), ids.to_vec()),
        text("contest_id", [Some(contest); 2]),
        text("index", [Some("A"), Some("B")]),
        Column::new("time_limit".into(), [1.5f64, 2.0]),
        Column::new("memory_limit".into(), [256.0f64, 512.0]),
        text("title", [Some("Next"), Some("Parts")]),
        text("description", [Some("Print the number after n."), Some("Print two numbers whose sum is n.")]),
        text("input_format", [Some("One number n."), None]),
        text("output_format", [Some("One number."), None]),
        text("interaction_format", [None, None]),
        text("note", [None, None]),
        tests("examples", &shown),
        Column::new("rating".into(), [Some(800i64), None]),
        lists("tags", &[&["math"], &["math", "greedy"]]),
        tests("official_tests", &official),
        Column::new("official_tests_complete".into(), [true, false]),
        text("generated_checker", [None, Some("print(1)")]),
    ];
    write(columns, to);
}

#[tokio::test]
async fn problems_with_tests_and_checkers() {
    let (desk, source) = (Desk::new(), Desk::source("codeelo-tests", Kind::Data));
    for part in 0..2 {
        open_r1(&format!("{}", 3000 + part), &desk.file(source, &format!("data/test-0000{part}-of-00002.parquet")));
    }
    // What has not the test split's name is not taken.
    open_r1("1", &desk.file(source, "data/train-00000-of-00001.parquet"));
    open_r1("2", &desk.file(source, "verifiable/test-00000-of-00001.parquet"));
    let found = samples("codeelo", &desk.fetch(source).await);
    assert_eq!(found.iter().map(|sample| sample.id.as_str()).collect::<Vec<_>>(), ["3000A", "3000B", "3001A", "3001B"]);
    let first = &found[0].target;
    assert_eq!(first["tests"], json!([["1\n", "2\n"], ["2\n", "3\n"], ["5\n", "6\n"]]));
    assert_eq!((&first["checker"], &first["seconds"], &first["megabytes"]), (&json!("tokens"), &json!(1.5), &json!(256.0)));
    assert_eq!((&first["interactive"], &first["samples_only"]), (&json!(false), &json!(false)));
    assert_eq!(found[0].strata, ["Easy", "rated 800 to 1199", "tag math"]);
    assert_eq!((&found[1].target["checker"], &found[1].target["checker_source"]), (&json!("python"), &json!("print(1)")));
}

#[tokio::test]
async fn generated_tests_are_added() {
    let (desk, source) = (Desk::new(), Desk::source("codeelo-generated-tests", Kind::Data));
    let text = |name: &str, values: [&str; 3]| Column::new(name.into(), values);
    for (contest, taken) in [("1999", true), ("0007", false)] {
        let columns = vec![
            text("problem_id", ["1999/A", "1999/B", "1999/A"]),
            text("input", ["8\n", "1\n", "9\n"]),
            text("output", ["9\n", "1\n", "10\n"]),
            Column::new("test_case_i".into(), [1i64, 1, 2]),
        ];
        let file = desk.file(source, &format!("generated_tests/test_cases_{contest}.parquet"));
        write(columns, &file);
        assert!(taken || file.is_file());
    }
    let generated = desk.fetch(source).await;
    let names: Vec<_> = std::fs::read_dir(generated.join("generated_tests")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(names, ["test_cases_1999.jsonl"]);

    let rows = tempfile::tempdir().unwrap();
    let problem = json!({"id": "1999/A", "contest_id": "1999", "description": "Print the number after n.",
        "examples": [{"input": "1\n", "output": "2\n"}], "official_tests": [{"input": "1\n", "output": "2\n"}], "generated_checker": null});
    std::fs::write(rows.path().join("problems.jsonl"), problem.to_string()).unwrap();
    let opening =
        Opening { options: [("generated_tests".to_owned(), generated.display().to_string())].into(), ..Opening::default() };
    let benchmark = proctor_benchmarks::registry::open_with("codeelo", &opening).unwrap();
    let found = benchmark.samples(&DataSource::Folder(rows.path().to_owned()), &Selection::default()).unwrap();
    assert_eq!(found[0].target["tests"], json!([["1\n", "2\n"], ["8\n", "9\n"], ["9\n", "10\n"]]));
}

#[tokio::test]
async fn rows_of_codeelo_in_any_file() {
    let rows: [Value; 2] = [("2000A", "Next"), ("2001B", "Parts")].map(|(id, title)| {
        json!({
            "problem_id": id, "url": "", "title": title, "rating": 1200, "tags": ["math"], "div": "Div. 2", "time_limit_ms": 1000,
            "memory_limit_mb": 256, "description": "Print n.", "input": "n", "output": "", "interaction": "", "note": "",
            "examples": [["1\n", "1\n"]],
        })
    });
    let lines = format!("{}\n{}\n", rows[0], rows[1]);
    for (path, text) in
        [("test.json", Value::from(rows.to_vec()).to_string()), ("CodeElo.json", lines.clone()), ("data/test.jsonl", lines)]
    {
        let (desk, source) = (Desk::new(), Desk::source("codeelo", Kind::Data));
        std::fs::write(desk.file(source, path), text).unwrap();
        let found = samples("codeelo", &desk.fetch(source).await);
        assert_eq!(found.iter().map(|sample| sample.id.as_str()).collect::<Vec<_>>(), ["2000A", "2001B"], "{path}");
        assert_eq!((&found[0].target["samples_only"], &found[0].target["seconds"]), (&json!(true), &json!(1.0)));
    }
    // The same rows as the Hub's own conversion has them, lists of lists of text included.
    let (desk, source) = (Desk::new(), Desk::source("codeelo", Kind::Data));
    let text = |name: &str, value: &str| Column::new(name.into(), [value]);
    let examples = Series::new("".into(), [Series::new("".into(), ["1\n", "1\n"]), Series::new("".into(), ["2\n", "2\n"])]);
    let columns = vec![
        text("problem_id", "2000A"),
        text("title", "Next"),
        Column::new("rating".into(), [1200i64]),
        lists("tags", &[&["math"]]),
        Column::new("time_limit_ms".into(), [1000i64]),
        text("description", "Print n."),
        text("interaction", ""),
        Series::new("examples".into(), [examples]).into(),
    ];
    write(columns, &desk.file(source, "data/test-00000-of-00001.parquet"));
    let found = samples("codeelo", &desk.fetch(source).await);
    assert_eq!(found[0].target["tests"], json!([["1\n", "1\n"], ["2\n", "2\n"]]));

    // People's ratings come with upstream's files; a percentile needs them and contests.
    let people = Desk::source("codeelo", Kind::Prompts);
    std::fs::write(desk.file(people, "main.py"), "# made up").unwrap();
    std::fs::write(desk.file(people, "sorted_ratings.json"), "no list of ratings").unwrap();
    let prompts = desk.fetch(people).await;
    let data = desk.fetch(source).await;
    let opened = open("codeelo").unwrap().samples(&DataSource::Folder(data.clone()), &Selection::default());
    assert!(opened.unwrap_err().to_string().contains("sorted_ratings.json"), "the list beside the data is read");
    std::fs::write(prompts.join("sorted_ratings.json"), "[800, 1000, 1200]").unwrap();
    assert_eq!(samples("codeelo", &data).len(), 1);
}

#[tokio::test]
async fn items_of_refute() {
    let item = json!({
        "problem_id": "2000A", "title": "Next", "statement": "Print n.", "input": "n", "output": "n", "wrong_code": "print(1)",
        "wrong_code_lang": "Python 3", "correct_cpp": "int main() {}", "correct_python": "print(input())",
        "validator": "#include \"testlib.h\"", "tags": ["math"], "problem_rating": 800,
    });
    let (desk, source) = (Desk::new(), Desk::source("refute", Kind::Data));
    std::fs::write(desk.file(source, "refute.jsonl"), format!("{item}\n")).unwrap();
    assert_eq!(samples("refute", &desk.fetch(source).await)[0].id, "2000A");

    let (desk, names) = (Desk::new(), ["problem_id", "statement", "wrong_code", "wrong_code_lang", "correct_cpp", "validator"]);
    let columns = names.map(|name| Column::new(name.into(), [item[name].as_str().unwrap()])).to_vec();
    write(columns, &desk.file(source, "data/train-00000-of-00001.parquet"));
    let found = samples("refute", &desk.fetch(source).await);
    assert_eq!(found[0].target["wrong_code"], item["wrong_code"]);
}
