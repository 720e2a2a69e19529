//! Tests that were generated beside the platform's, in open-r1's layout: a file for each contest with rows of problem, input
//! and output.

use crate::problem::tests;
use proctor_core::{BenchmarkError, Sample};
use serde_json::{Deserializer, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Folder of them in a copy of the data set.
const FOLDER: &str = "generated_tests";
/// Most bytes of a file.
const MOST_BYTES: u64 = 4 << 30;

/// Adds the tests that lie below `folder`, or in its subfolder `generated_tests`, to the problems they are for. How many
/// tests that were.
pub fn add(samples: &mut [Sample], folder: &Path) -> Result<usize, BenchmarkError> {
    let contests: BTreeSet<String> = samples.iter().filter_map(contest).collect();
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for file in contests.iter().filter_map(|contest| find(folder, contest)) {
        read(&file, &mut found)?;
    }
    let mut count = 0;
    for sample in samples {
        let Some(more) = found.remove(&sample.id) else { continue };
        let Some(target) = sample.target.as_object_mut() else { continue };
        count += more.len();
        match (target.get("samples_only").and_then(Value::as_bool), target.get_mut("tests").and_then(Value::as_array_mut)) {
            (_, Some(tests)) => tests.extend(more),
            (_, None) => {
                target.insert("tests".into(), more.into());
            }
        }
        target.insert("samples_only".into(), json!(false));
    }
    Ok(count)
}

fn contest(sample: &Sample) -> Option<String> {
    sample.target.get("contest_id").and_then(Value::as_str).map(str::to_owned)
}

fn find(folder: &Path, contest: &str) -> Option<PathBuf> {
    let names = [format!("test_cases_{contest:0>4}.jsonl"), format!("test_cases_{contest}.jsonl")];
    let places = [folder.to_owned(), folder.join(FOLDER)];
    places.iter().flat_map(|place| names.iter().map(|name| place.join(name))).find(|file| file.is_file())
}

fn read(file: &Path, found: &mut BTreeMap<String, Vec<Value>>) -> Result<(), BenchmarkError> {
    let wrong = |why: String| BenchmarkError::Input(format!("{} {why}", file.display()));
    let opened = std::fs::File::open(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let reader = BufReader::new(opened.take(MOST_BYTES));
    for (i, row) in Deserializer::from_reader(reader).into_iter::<Value>().enumerate() {
        let row = row.map_err(|error| wrong(format!("is not JSON in row {}: {error}", i + 1)))?;
        let id = row.get("problem_id").and_then(Value::as_str).map(|id| id.replace('/', ""));
        let id = id.ok_or_else(|| wrong(format!("has a row {} without `problem_id`", i + 1)))?;
        let test = tests(Some(&json!([row]))).map_err(|_| wrong(format!("has a row {} without input and output", i + 1)))?;
        found.entry(id).or_default().extend(test.into_iter().map(|test| json!([test.input, test.output])));
    }
    Ok(())
}
