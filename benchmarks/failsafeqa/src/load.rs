use crate::case::Task;
use crate::record::{Record, kind, wrong};
use proctor_core::BenchmarkError;
use serde_json::{Deserializer, Value};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Most bytes of a data file; upstream's has 57 MB.
const MOST_BYTES: u64 = 1 << 30;
/// Upstream's file. Its ending lies: it is one JSON array.
const FILE: &str = "FAILSAFEQA_benchmark_data-FINAL.jsonl";
/// Upstream's file of task classes, by question.
const CLASSES: &str = "query_to_class.json";
/// A field that no other data have.
const MARK: &str = "\"out-of-scope_query\"";
/// Files of a folder that are looked into at most.
const MOST_FILES: usize = 64;

/// The records of upstream's file, or of one in its schema, which is `path` or lies in that folder: a JSON array or one
/// JSON object per line. Task classes are read from upstream's file of classes where it lies beside.
pub fn records(path: &Path) -> Result<Vec<Record>, BenchmarkError> {
    let file = locate(path)?;
    let name = file.display().to_string();
    let values = parse(&name, &read(&file)?)?;
    if values.is_empty() {
        return Err(BenchmarkError::Input(format!("{name} holds no records")));
    }
    let classes = file.parent().map_or(Ok(HashMap::new()), |folder| classes(&folder.join(CLASSES)))?;
    let mut seen = HashSet::new();
    let mut records = Vec::with_capacity(values.len());
    for (position, value) in values.into_iter().enumerate() {
        let place = format!("Record {} of {name}", position + 1);
        let mut record = Record::parse(&place, &value)?;
        if !seen.insert(record.idx.clone()) {
            return Err(wrong(&place, format!("has `idx` {}, which an earlier record has, too; give each its own", record.idx)));
        }
        record.task = record.task.or_else(|| classes.get(&record.query).copied());
        records.push(record);
    }
    Ok(records)
}

fn locate(path: &Path) -> Result<PathBuf, BenchmarkError> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    if !path.is_dir() {
        return Err(BenchmarkError::Input(format!("{} does not exist; give a folder with {FILE}", path.display())));
    }
    if let Some(found) = [path.join(FILE), path.join("data").join(FILE)].into_iter().find(|file| file.is_file()) {
        return Ok(found);
    }
    let mut fitting = Vec::new();
    for file in json_files(path)? {
        if std::str::from_utf8(&read(&file)?).is_ok_and(|text| text.contains(MARK)) {
            fitting.push(file);
        }
    }
    match fitting.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(BenchmarkError::Input(format!(
            "{} holds no data of FailSafeQA: neither {FILE} nor another .json or .jsonl file in its schema",
            path.display()
        ))),
        [first, second, ..] => Err(BenchmarkError::Input(format!(
            "{} holds several files in FailSafeQA's schema, {} and {}; give the file itself",
            path.display(),
            first.file_name().unwrap_or_default().to_string_lossy(),
            second.file_name().unwrap_or_default().to_string_lossy(),
        ))),
    }
}

/// The folder's JSON files by name.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, BenchmarkError> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let is_json = |file: &PathBuf| {
        let ending = file.extension().map(|ending| ending.to_ascii_lowercase());
        ending.is_some_and(|ending| ending == "json" || ending == "jsonl") && file.is_file()
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_json).collect();
    files.sort();
    files.truncate(MOST_FILES);
    Ok(files)
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>, BenchmarkError> {
    let size = std::fs::metadata(file).map_err(|error| unreadable(file, &error))?.len();
    if size > MOST_BYTES {
        return Err(BenchmarkError::Input(format!(
            "{} has {size} bytes, more than the {MOST_BYTES} a data file may have",
            file.display()
        )));
    }
    std::fs::read(file).map_err(|error| unreadable(file, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> BenchmarkError {
    BenchmarkError::Input(format!("{} cannot be read: {error}", path.display()))
}

/// The values of a JSON array, or those that stand one after another.
fn parse(name: &str, bytes: &[u8]) -> Result<Vec<Value>, BenchmarkError> {
    let text = utf8(name, bytes)?;
    let not_json = |error: serde_json::Error| {
        BenchmarkError::Input(format!("{name} is not JSON: {error}; it must be one array of records or one record per line"))
    };
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(not_json);
    }
    Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().map_err(not_json)
}

fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, BenchmarkError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| BenchmarkError::Input(format!("{name} is not UTF-8 text (byte {})", error.valid_up_to())))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Task classes by question: an object whose values are the class, or objects that hold it in `class`, `task` or
/// `type`. Classes that are neither QA nor TG are left out.
fn classes(file: &Path) -> Result<HashMap<String, Task>, BenchmarkError> {
    if !file.is_file() {
        return Ok(HashMap::new());
    }
    let name = file.display().to_string();
    let value: Value = serde_json::from_str(utf8(&name, &read(file)?)?)
        .map_err(|error| BenchmarkError::Input(format!("{name} is not JSON: {error}; mend it or take it away")))?;
    let Value::Object(map) = value else {
        return Err(wrong(&name, format!("holds {}, not an object that maps questions to QA or TG", kind(&value))));
    };
    let class = |value: Value| match value {
        Value::String(word) => Task::parse(&word),
        Value::Object(map) => ["class", "task", "type"].iter().find_map(|field| map.get(*field)?.as_str()).and_then(Task::parse),
        _ => None,
    };
    Ok(map.into_iter().filter_map(|(question, value)| Some((question, class(value)?))).collect())
}
