//! Problems, contests and people's ratings from a folder.

use crate::problem;
use flate2::read::GzDecoder;
use proctor_contest::{Contest, People};
use proctor_contests::read_records;
use proctor_core::{BenchmarkError, Sample};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Names of a file with problems.
const PROBLEMS: [&str; 6] =
    ["problems.jsonl", "test.jsonl", "test.json", "CodeElo.json", "codeelo.jsonl", "local_judge_sample.jsonl"];
/// Names of a file with contests.
const CONTESTS: [&str; 3] = ["contests.jsonl", "contests.json", "contest_bundles.jsonl"];
/// Names of a file with people's ratings.
const PEOPLE: [&str; 3] = ["sorted_ratings.json", "sorted_ratings.json.gz", "sorted_ratings_histogram.json"];
/// Most bytes of a data file, unpacked.
const MOST_BYTES: u64 = 4 << 30;

/// The problems of a file or folder.
pub fn samples(path: &Path) -> Result<Vec<Sample>, BenchmarkError> {
    let file = match path.is_file() {
        true => path.to_owned(),
        false => find(path, &PROBLEMS).ok_or_else(|| {
            let why = if path.is_dir() { "holds no problems" } else { "does not exist" };
            BenchmarkError::Input(format!("{} {why}; give a folder with one of {}", path.display(), PROBLEMS.join(", ")))
        })?,
    };
    from_records(&file.display().to_string(), &records(&file)?)
}

/// Samples whose tests, checkers and limits of judging are those of the problem with the same id in `folder`, e.g. CodeElo's
/// statements with open-r1's tests. A problem that is not there keeps its own.
pub fn with_tests_from(mut samples: Vec<Sample>, folder: &Path) -> Result<Vec<Sample>, BenchmarkError> {
    let others = self::samples(folder)?;
    let others: HashMap<&str, &Sample> = others.iter().map(|other| (other.id.as_str(), other)).collect();
    let mut found = 0usize;
    for sample in &mut samples {
        if let Some(other) = others.get(sample.id.as_str()) {
            let (own, theirs) = (sample.target.as_object_mut(), other.target.as_object());
            if let (Some(own), Some(theirs)) = (own, theirs) {
                own.extend(theirs.iter().map(|(name, value)| (name.clone(), value.clone())));
                found += 1;
            }
        }
    }
    match found {
        0 => Err(BenchmarkError::Input(format!(
            "{} has none of these problems; -B tests_from wants their tests",
            folder.display()
        ))),
        _ => Ok(samples),
    }
}

/// Samples of records; `name` says in errors where they come from.
pub fn from_records(name: &str, records: &[Value]) -> Result<Vec<Sample>, BenchmarkError> {
    if records.is_empty() {
        return Err(BenchmarkError::Input(format!("{name} holds no problems")));
    }
    let mut seen = HashSet::new();
    let mut samples = Vec::with_capacity(records.len());
    for (index, record) in records.iter().enumerate() {
        let place = |why: String| BenchmarkError::Input(format!("Problem {} of {name} {why}", index + 1));
        let sample = problem::sample(index, record).map_err(place)?;
        if !seen.insert(sample.id.clone()) {
            return Err(place(format!("has the `problem_id` of an earlier one, {}; each needs its own", sample.id)));
        }
        samples.push(sample);
    }
    Ok(samples)
}

/// The contests beside the problems; none where there is no file.
pub fn contests(path: &Path) -> Result<Vec<Contest>, BenchmarkError> {
    let folder = if path.is_file() { path.parent().unwrap_or(path) } else { path };
    let Some(file) = find(folder, &CONTESTS) else { return Ok(Vec::new()) };
    let mut values = records(&file)?;
    if let [Value::Object(map)] = values.as_slice()
        && !map.contains_key("standings")
    {
        // {contest_id: {standings, rating_changes}}
        values = map
            .iter()
            .map(|(id, contest)| {
                let mut contest = contest.clone();
                if let Value::Object(map) = &mut contest {
                    map.insert("contest_id".into(), Value::from(id.as_str()));
                }
                contest
            })
            .collect();
    }
    parse_contests(&file.display().to_string(), &values)
}

/// Contests of records; `name` says in errors where they come from.
pub fn parse_contests(name: &str, values: &[Value]) -> Result<Vec<Contest>, BenchmarkError> {
    let parse = |(i, value): (usize, &Value)| {
        Contest::parse(value).map_err(|why| BenchmarkError::Input(format!("Contest {} of {name} {why}", i + 1)))
    };
    values.iter().enumerate().map(parse).collect()
}

/// People's ratings beside the problems, or where `data fetch` puts upstream's list; `None` where there is no file.
pub fn people(path: &Path) -> Result<Option<People>, BenchmarkError> {
    let folder = if path.is_file() { path.parent().unwrap_or(path) } else { path };
    // From data/BENCHMARK/REVISION to prompts/codeelo, which holds the files of upstream's repository.
    let fetched = || folder.ancestors().nth(3).and_then(|cache| find(&cache.join("prompts/codeelo"), &PEOPLE));
    let Some(file) = find(folder, &PEOPLE).or_else(fetched) else { return Ok(None) };
    let wrong = |why: String| BenchmarkError::Input(format!("{} {why}", file.display()));
    let value: Value = serde_json::from_str(&read(&file)?).map_err(|error| wrong(format!("is not JSON: {error}")))?;
    People::parse(&value).map(Some).ok_or_else(|| wrong("holds no list of ratings and no histogram of them".into()))
}

fn find(folder: &Path, names: &[&str]) -> Option<PathBuf> {
    let places = [folder.to_owned(), folder.join("data")];
    places.iter().flat_map(|place| names.iter().map(move |name| place.join(name))).find(|file| file.is_file())
}

fn records(file: &Path) -> Result<Vec<Value>, BenchmarkError> {
    read_records(file, MOST_BYTES).map_err(BenchmarkError::Input)
}

fn read(file: &Path) -> Result<String, BenchmarkError> {
    let told = |error: std::io::Error| BenchmarkError::Input(format!("{} cannot be read: {error}", file.display()));
    let opened = std::fs::File::open(file).map_err(told)?;
    let mut text = String::new();
    match file.extension().is_some_and(|ending| ending == "gz") {
        true => GzDecoder::new(opened).take(MOST_BYTES).read_to_string(&mut text),
        false => opened.take(MOST_BYTES).read_to_string(&mut text),
    }
    .map_err(told)?;
    Ok(text)
}
