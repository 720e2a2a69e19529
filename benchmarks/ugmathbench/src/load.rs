//! From upstream's files to samples.

use crate::builtin;
use crate::item::{Problem, kind, short};
use crate::options::Order;
use crate::subjects::{SUBJECTS, Subject};
use flate2::read::MultiGzDecoder;
use proctor_core::{BenchmarkError, DataSource, Sample, canonical_json, sha256_hex};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of a data file, unpacked; upstream's largest has 2 MB.
const MOST_BYTES: u64 = 512 << 20;
/// Where files are looked for, relative to the folder given.
const FOLDERS: [&str; 4] = ["", "data", ".data", "questions"];
/// How a subject's file may end.
const ENDINGS: [&str; 3] = [".json", ".json.gz", ".jsonl"];

/// All samples, or those of one subject, subject by subject.
pub fn samples(source: &DataSource, subject: Option<&'static Subject>, order: Order) -> Result<Vec<Sample>, BenchmarkError> {
    let files = match source {
        DataSource::BuiltIn => built_in(subject),
        DataSource::Folder(path) => read_all(path, subject)?,
    };
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (position, file) in files.iter().enumerate() {
        for problem in &file.problems {
            let Some(first) = seen.insert(problem.id.clone(), position) else { continue };
            let first = files.get(first).map_or("", |file| file.name.as_str());
            let id = short(&problem.id);
            return Err(BenchmarkError::Input(match first == file.name {
                true => format!("{first} holds two problems with the id {id}; ids must be unique"),
                false => format!("{first} and {} both hold a problem with the id {id}; ids must be unique", file.name),
            }));
        }
    }
    let mut samples = Vec::new();
    for file in &files {
        let numbered = file.problems.iter().flat_map(|problem| (1..).zip(&problem.versions).map(move |pair| (pair, problem)));
        let mut versions: Vec<((usize, _), _)> = numbered.collect();
        if order == Order::Version {
            versions.sort_by_key(|((number, _), _)| *number);
        }
        for ((number, version), problem) in versions {
            samples.push(problem.sample(number, version, samples.len(), file.metadata.clone()));
        }
    }
    Ok(samples)
}

/// The problems of one file.
struct Problems {
    name: String,
    problems: Vec<Problem>,
    metadata: Map<String, Value>,
}

fn built_in(subject: Option<&'static Subject>) -> Vec<Problems> {
    let wanted = SUBJECTS.iter().filter(|known| subject.is_none_or(|subject| subject.name == known.name));
    let metadata = Map::from_iter([("provenance".to_owned(), builtin::PROVENANCE.into())]);
    let problems = |name: &str| builtin::problems().into_iter().filter(|problem| problem.subject == name).collect();
    wanted.map(|known| Problems { name: known.name.into(), problems: problems(known.name), metadata: metadata.clone() }).collect()
}

fn read_all(path: &Path, subject: Option<&'static Subject>) -> Result<Vec<Problems>, BenchmarkError> {
    if path.is_file() {
        let mut file = read(path)?;
        if let Some(subject) = subject {
            file.problems.retain(|problem| problem.subject == subject.name);
            if file.problems.is_empty() {
                return Err(BenchmarkError::Input(format!(
                    "{} holds no problem of the subject {}",
                    path.display(),
                    subject.name
                )));
            }
        }
        return Ok(vec![file]);
    }
    let wanted = SUBJECTS.iter().filter(|known| subject.is_none_or(|subject| subject.name == known.name));
    let files: Vec<PathBuf> = wanted.filter_map(|subject| locate(path, subject)).collect();
    if files.is_empty() {
        let what = if path.is_dir() { "holds no questions of UGMathBench" } else { "does not exist" };
        let example = subject.map_or(SUBJECTS[1].name, |subject| subject.name);
        return Err(BenchmarkError::Input(format!(
            "{} {what}: looked for {example}.json (or .json.gz, .jsonl) and the like in it and in its data/, .data/ and \
             questions/; give a folder with upstream's files, one per subject",
            path.display()
        )));
    }
    files.iter().map(|file| read(file)).collect()
}

fn locate(path: &Path, subject: &Subject) -> Option<PathBuf> {
    let named = |folder: &str| {
        let folder = path.join(folder);
        ENDINGS.into_iter().map(move |ending| folder.join(format!("{}{ending}", subject.name)))
    };
    FOLDERS.into_iter().flat_map(named).find(|file| file.is_file())
}

fn read(path: &Path) -> Result<Problems, BenchmarkError> {
    let name = path.display().to_string();
    let text = unpacked(path, &name)?;
    let rows = rows(&name, text.strip_prefix('\u{feff}').unwrap_or(&text))?;
    let place = |position: usize| format!("{name}, problem {}", position + 1);
    let problems: Result<Vec<Problem>, _> =
        rows.iter().enumerate().map(|(position, row)| Problem::parse(&place(position), row)).collect();
    let sha256 = rows_sha256(rows);
    let pinned = SUBJECTS.iter().any(|subject| subject.sha256 == sha256);
    let metadata = Map::from_iter([("rows_sha256".to_owned(), sha256.into()), ("pinned".to_owned(), pinned.into())]);
    Ok(Problems { name, problems: problems?, metadata })
}

/// SHA-256 of rows sorted by id, as compact JSON with sorted keys.
pub fn rows_sha256(mut rows: Vec<Value>) -> String {
    let id = |row: &Value| row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    rows.sort_by_cached_key(id);
    sha256_hex(canonical_json(&Value::Array(rows)).as_bytes())
}

fn unpacked(path: &Path, name: &str) -> Result<String, BenchmarkError> {
    let failed = |error: std::io::Error| BenchmarkError::Input(format!("{name} cannot be read: {error}"));
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut inside = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).take(MOST_BYTES + 1).read_to_end(&mut inside).map_err(failed)?;
        bytes = inside;
    }
    if bytes.len() as u64 > MOST_BYTES {
        return Err(BenchmarkError::Input(format!("{name} has more than the {MOST_BYTES} bytes a data file may have")));
    }
    String::from_utf8(bytes)
        .map_err(|error| BenchmarkError::Input(format!("{name} is not UTF-8 text (byte {})", error.utf8_error().valid_up_to())))
}

/// The rows of a JSON array, or of one JSON object per line.
fn rows(name: &str, text: &str) -> Result<Vec<Value>, BenchmarkError> {
    let start = text.trim_start();
    let rows = if start.starts_with('{') {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let row = |(number, line): (usize, &str)| {
            serde_json::from_str(line)
                .map_err(|error| BenchmarkError::Input(format!("{name}, line {}: not a JSON object: {error}", number + 1)))
        };
        lines.map(row).collect::<Result<Vec<Value>, _>>()?
    } else {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            BenchmarkError::Input(format!("{name} is not JSON: {error}; upstream's files are one JSON array"))
        })?;
        let Value::Array(rows) = value else {
            return Err(BenchmarkError::Input(format!("{name} holds {}, not one JSON array of problems", kind(&value))));
        };
        rows
    };
    if rows.is_empty() {
        return Err(BenchmarkError::Input(format!("{name} holds no problems")));
    }
    Ok(rows)
}
