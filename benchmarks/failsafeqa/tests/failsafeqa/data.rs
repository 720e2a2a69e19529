//! Loading: upstream's shape and others, and what is wrong in one sentence.

use crate::support::{all, open, opening, plain};
use proctor_core::{AnswerRow, Benchmark, DataSource, Sample, Selection};
use proctor_failsafeqa::records;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::path::Path;

const NAME: &str = "FAILSAFEQA_benchmark_data-FINAL.jsonl";

fn load(benchmark: &dyn Benchmark, path: &Path) -> Result<Vec<Sample>, String> {
    let source = DataSource::Folder(path.to_owned());
    benchmark.samples(&source, &Selection::default()).map_err(|error| error.to_string())
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    folder
}

fn row(idx: Value) -> Value {
    json!({
        "idx": idx, "tokens": 9, "context": format!("Filing {idx}."), "ocr_context": format!("Fiting {idx}."), "answer": "A",
        "query": format!("Q{idx}?"), "incomplete_query": "I?", "out-of-domain_query": "D?", "error_query": "E?",
        "out-of-scope_query": "S?", "citations": "C", "citations_tokens": 1,
    })
}

fn text(rows: &[Value]) -> String {
    serde_json::to_string_pretty(&rows).expect("JSON")
}

#[test]
fn an_array_or_lines_under_upstreams_name_or_another() {
    let rows = [row(json!(0)), row(json!(1))];
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let array = text(&rows);
    let marked = format!("\u{feff}{array}");
    let mut wanted = None;
    for (name, content) in [(NAME, &array), (NAME, &lines), ("mine.json", &array), (NAME, &marked)] {
        let files = folder(&[(name, content), ("other.json", "[1, 2]"), ("notes.txt", "out-of-scope_query")]);
        for path in [files.path().to_owned(), files.path().join(name)] {
            let samples = load(&*plain(), &path).expect("samples");
            assert_eq!(samples.len(), 14);
            assert_eq!(&samples, wanted.get_or_insert(samples.clone()));
        }
    }
    let ids: Vec<_> = wanted.expect("samples").iter().map(|sample| sample.id.clone()).collect();
    let asked = ["baseline", "misspelled", "incomplete", "out_of_domain", "irrelevant_context", "ocr", "missing_context"];
    assert_eq!(ids[..7], asked.map(|case| format!("0/{case}")), "cases over the same text stand together");
}

#[test]
fn absent_fields_leave_their_case_out() {
    let mut row = row(json!(7));
    let map = row.as_object_mut().expect("an object");
    map.insert("ocr_context".into(), Value::Null);
    map.insert("incomplete_query".into(), json!("  "));
    map.remove("out-of-scope_query");
    map.remove("citations");
    let files = folder(&[(NAME, &text(&[row]))]);
    let samples = load(&*plain(), files.path()).expect("samples");
    let ids: Vec<_> = samples.iter().map(|sample| sample.id.as_str()).collect();
    assert_eq!(ids, ["7/baseline", "7/misspelled", "7/out_of_domain", "7/missing_context"]);
    assert!(samples.iter().all(|sample| sample.target["citations"].is_null()));
}

#[test]
fn classes_lie_beside() {
    let rows = text(&[row(json!(0)), row(json!(1)), row(json!(2))]);
    let classes = json!({"Q0?": "TG", "Q1?": {"class": "question answering"}, "Q2?": 7}).to_string();
    let files = folder(&[(NAME, &rows), ("query_to_class.json", &classes)]);
    let samples = load(&*plain(), files.path()).expect("samples");
    let strata = |id: &str| samples.iter().find(|sample| sample.id == id).expect("it").strata.clone();
    assert_eq!(strata("0/ocr"), ["ocr", "TG"]);
    assert_eq!(strata("1/ocr"), ["ocr", "QA"]);
    assert_eq!(strata("2/ocr"), ["ocr"]);
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    let with = |field: &str, value: Value| {
        let mut row = row(json!(3));
        row.as_object_mut().expect("an object").insert(field.into(), value);
        text(&[row])
    };
    let without = |field: &str| {
        let mut row = row(json!(3));
        row.as_object_mut().expect("an object").remove(field);
        text(&[row])
    };
    let mistyped = without("out-of-domain_query").replace("out-of-scope_query", "out-of_domain_query");
    for (content, wanted) in [
        ("".to_owned(), "holds no records"),
        ("[]".to_owned(), "holds no records"),
        ("[{]".to_owned(), "is not JSON"),
        ("{}\nnonsense".to_owned(), "is not JSON"),
        ("[3]".to_owned(), "Record 1 of"),
        ("3".to_owned(), "a number, not an object"),
        (without("idx"), "has no `idx`"),
        (without("query"), "has no text in `query`"),
        (without("answer"), "has no text in `answer`"),
        (with("context", json!("")), "has no text in `context`"),
        (with("context", json!(["a"])), "has a list in `context`"),
        (with("error_query", json!(5)), "has a number in `error_query`"),
        (with("idx", json!(1.5)), "must be a whole number"),
        (with("idx", json!("a/b")), "has an `idx`"),
        (with("task_type", json!("poetry")), "neither QA nor TG"),
        (mistyped, "`out-of-domain_query`"),
        (text(&[row(json!(1)), row(json!(2)), row(json!(1))]), "Record 3 of"),
    ] {
        let files = folder(&[(NAME, &content)]);
        let error = load(&*plain(), files.path()).expect_err(&content);
        assert!(error.contains(wanted), "{error}");
        assert!(!error.contains('\n') && error.contains(NAME), "{error}");
    }
    let nowhere = folder(&[("notes.txt", "")]);
    assert!(load(&*plain(), nowhere.path()).expect_err("empty").contains("holds no data of FailSafeQA"));
    assert!(load(&*plain(), &nowhere.path().join("gone")).expect_err("gone").contains("does not exist"));
    let two = folder(&[("a.json", &text(&[row(json!(1))])), ("b.json", &text(&[row(json!(1))]))]);
    assert!(load(&*plain(), two.path()).expect_err("two").contains("several files"));
    std::fs::write(nowhere.path().join(NAME), [0xff, 0xfe]).expect("it can be written");
    assert!(load(&*plain(), nowhere.path()).expect_err("bytes").contains("not UTF-8"));
    let classes = folder(&[(NAME, &text(&[row(json!(1))])), ("query_to_class.json", "[]")]);
    assert!(load(&*plain(), classes.path()).expect_err("a list").contains("query_to_class.json"));
}

#[test]
fn ids_choose_cases_or_whole_records() {
    let benchmark = plain();
    let choose = |ids: &[&str], limit: Option<usize>| {
        let selection = Selection { ids: ids.iter().map(|id| (*id).to_owned()).collect(), limit };
        benchmark
            .samples(&DataSource::BuiltIn, &selection)
            .map(|samples| samples.into_iter().map(|sample| sample.id).collect::<Vec<_>>())
            .map_err(|error| error.to_string())
    };
    assert_eq!(choose(&["3/ocr"], None), Ok(vec!["3/ocr".to_owned()]));
    assert_eq!(choose(&["2"], None).map(|ids| ids.len()), Ok(7));
    assert_eq!(choose(&["2", "3/ocr"], Some(3)).map(|ids| ids.len()), Ok(3));
    assert!(choose(&["99"], None).is_err_and(|error| error.contains("no sample `99`")));
}

#[test]
fn paired_shows_another_filing_every_time() {
    let built_in = records().expect("records");
    let of = |seed: &str| {
        let benchmark = open(&opening(Some("paired"), &[("pairing_seed", seed)])).expect("it opens");
        let samples = all(&*benchmark);
        let irrelevant: Vec<_> = samples.into_iter().filter(|sample| sample.id.ends_with("/irrelevant_context")).collect();
        assert_eq!(irrelevant.len(), built_in.len());
        let mut shown = HashSet::new();
        for sample in &irrelevant {
            let partner = sample.metadata["context_of"].as_str().expect("a partner").to_owned();
            assert_ne!(partner, sample.group);
            let query = &built_in.iter().find(|record| record.idx == sample.group).expect("it").query;
            assert_eq!(sample.text("question"), Some(query.as_str()));
            let cited = built_in.iter().find(|record| record.idx == partner).expect("it").citations.as_deref();
            assert_eq!(sample.target["citations"].as_str(), cited, "the citations of the filing that is shown");
            assert!(shown.insert(partner), "each filing is shown once");
        }
        irrelevant
    };
    assert_eq!(of("1"), of("1"));
    assert_ne!(of("1"), of("2"));
}

#[test]
fn paired_never_shows_the_same_filing_under_another_record() {
    let mut rows: Vec<Value> = (0..7).map(|idx| row(json!(idx))).collect();
    for idx in [1, 2] {
        rows[idx]["context"] = rows[0]["context"].clone();
    }
    let files = folder(&[(NAME, &text(&rows))]);
    for seed in 0..20 {
        let benchmark = open(&opening(Some("paired"), &[("pairing_seed", &seed.to_string())])).expect("it opens");
        let samples = load(&*benchmark, files.path()).expect("samples");
        let shown: HashMap<_, _> = samples.iter().map(|sample| (sample.id.as_str(), sample.text("context_sha256"))).collect();
        for idx in 0..7 {
            assert_ne!(shown[format!("{idx}/baseline").as_str()], shown[format!("{idx}/irrelevant_context").as_str()]);
        }
    }
    for idx in 3..5 {
        rows[idx]["context"] = rows[0]["context"].clone();
    }
    let files = folder(&[(NAME, &text(&rows))]);
    let benchmark = open(&opening(Some("paired"), &[])).expect("it opens");
    assert!(load(&*benchmark, files.path()).expect_err("too many alike").contains("5 of 7 records share one"));
}

#[test]
fn the_stand_in_records_load() {
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../../shared/data/failsafeqa");
    if !path.is_dir() {
        eprintln!("skipped: {} is not there", path.display());
        return;
    }
    let samples = load(&*plain(), &path).expect("samples");
    let groups: HashSet<_> = samples.iter().map(|sample| sample.group.clone()).collect();
    assert_eq!(samples.len(), groups.len() * 7);
    for task in ["QA", "TG"] {
        assert!(samples.iter().any(|sample| sample.strata.iter().any(|stratum| stratum == task)));
    }
}

#[test]
fn answers_are_matched_by_id_or_by_record_and_case() {
    let benchmark = plain();
    let samples = all(&*benchmark);
    let import = |rows: &[Value]| {
        let rows: Vec<_> = rows.iter().enumerate().map(|(at, value)| AnswerRow { line: at + 1, value: value.clone() }).collect();
        benchmark.import(&samples, &rows).map_err(|error| error.to_string())
    };
    let imported = import(&[
        json!({"sample_id": "1/ocr", "answer": "a"}),
        json!({"idx": 2, "case": "baseline", "completion": "b"}),
        json!({"idx": "2", "case": "baseline", "answer": "c"}),
    ])
    .expect("imported");
    let seen: Vec<_> = imported.iter().map(|row| (row.sample_id.as_str(), row.epoch, row.attempt.answer.text.as_str())).collect();
    assert_eq!(seen, [("1/ocr", 0, "a"), ("2/baseline", 0, "b"), ("2/baseline", 1, "c")]);
    for (row, wanted) in [
        (json!({"idx": 2, "answer": "x"}), "no `case`"),
        (json!({"idx": 2, "case": "scan", "answer": "x"}), "unknown `case` scan; known are baseline"),
        (json!({"idx": 99, "case": "ocr", "answer": "x"}), "99/ocr"),
        (json!({"answer": "x"}), "Row 1"),
        (json!(5), "Row 1"),
    ] {
        let error = import(&[row]).expect_err("an error");
        assert!(error.contains(wanted), "{error}");
    }
}
