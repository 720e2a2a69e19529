//! Items from a folder: JSON or JSONL in upstream's schema.

use crate::item;
use proctor_contests::read_records;
use proctor_core::{BenchmarkError, Sample};
use serde_json::Value;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Names looked for in a folder, in this order; else its only JSON file is taken.
const NAMES: [&str; 6] = ["items.jsonl", "refute.jsonl", "train.jsonl", "train.json", "refute.json", "test.jsonl"];
/// Most bytes of a data file.
const MOST_BYTES: u64 = 1 << 30;

/// The items of a file or of the one in a folder.
pub fn samples(path: &Path) -> Result<Vec<Sample>, BenchmarkError> {
    let file = locate(path)?;
    let records = read_records(&file, MOST_BYTES).map_err(BenchmarkError::Input)?;
    from_records(&file.display().to_string(), &records)
}

/// Samples of records; `name` says in errors where they come from.
pub fn from_records(name: &str, records: &[Value]) -> Result<Vec<Sample>, BenchmarkError> {
    if records.is_empty() {
        return Err(BenchmarkError::Input(format!("{name} holds no items")));
    }
    let mut seen = HashSet::new();
    let mut samples = Vec::with_capacity(records.len());
    for (index, record) in records.iter().enumerate() {
        let place = |why: String| BenchmarkError::Input(format!("Item {} of {name} {why}", index + 1));
        let sample = item::sample(index, record).map_err(place)?;
        if !seen.insert(sample.id.clone()) {
            return Err(place(format!("has the `problem_id` of an earlier one, {}; each needs its own", sample.id)));
        }
        samples.push(sample);
    }
    item::add_fifths(&mut samples);
    Ok(samples)
}

fn locate(path: &Path) -> Result<PathBuf, BenchmarkError> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let missing = |why: &str| BenchmarkError::Input(format!("{} {why}; give a folder with {}", path.display(), NAMES[0]));
    if !path.is_dir() {
        return Err(missing("does not exist"));
    }
    let places = [path.to_owned(), path.join("data")];
    let named = places.iter().flat_map(|place| NAMES.iter().map(move |name| place.join(name))).find(|file| file.is_file());
    if let Some(found) = named {
        return Ok(found);
    }
    let entries = std::fs::read_dir(path).map_err(|_| missing("cannot be read"))?;
    let json = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "jsonl" || ending == "json");
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(json).collect();
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        _ => Err(missing("holds no data of REFUTE")),
    }
}
