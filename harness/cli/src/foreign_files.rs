//! Finds and reads the logs of other harnesses.

use crate::error::CliError;
use clap::ValueEnum;
use proctor_benchmarks::read_answers_file;
use proctor_reports::import::{self, ForeignError, ForeignRun};
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of a log that is one JSON document.
const MOST_BYTES: u64 = 4 << 30;
/// Most entries of a folder that is searched for logs.
const MOST_ENTRIES: usize = 100_000;

/// Whose log a file is, where it is not to be told by what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Origin {
    /// lm-evaluation-harness: samples_*.jsonl, written with --log_samples.
    LmEval,
    /// evalplus: samples.jsonl and, beside it, its eval_results.json.
    Evalplus,
    /// Inspect: .eval and .json.
    Inspect,
}

/// A log and the name of its file.
pub struct Found {
    /// The file's name, without its folder.
    pub name: String,
    /// What it holds.
    pub run: ForeignRun,
}

/// Reads the log at `path`, or every log below a folder.
pub fn read(path: &Path, origin: Option<Origin>) -> Result<Vec<Found>, CliError> {
    if !path.is_dir() {
        return Ok(vec![log(path, origin)?]);
    }
    let mut found = Vec::new();
    for file in logs_below(path)? {
        found.push(log(&file, origin)?);
    }
    match found.is_empty() {
        true => Err(CliError::usage(format!("{} holds no log of lm-eval, evalplus or Inspect", path.display()))
            .hint("logs are samples_*.jsonl, *samples.jsonl, *eval_results.json, *.eval and Inspect's *.json")),
        false => Ok(found),
    }
}

fn log(path: &Path, origin: Option<Origin>) -> Result<Found, CliError> {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let said = |error: ForeignError| match error.0.starts_with(&path.display().to_string()) {
        true => CliError::usage(error.0),
        false => CliError::usage(format!("{}: {}", path.display(), error.0)),
    };
    let run = match origin {
        Some(Origin::Inspect) | None if is_zip(path)? => import::inspect_packed(path).map_err(said)?,
        _ => match document(path)? {
            Some(document) => whole(path, &document).ok_or_else(|| unknown(path))?.map_err(said)?,
            None => lines(path, origin)?.map_err(said)?,
        },
    };
    Ok(Found { name, run })
}

fn unknown(path: &Path) -> CliError {
    CliError::usage(format!("{} is no log of lm-eval, evalplus or Inspect", path.display()))
        .hint("answers without grades go through `proctor grade FILE -b BENCHMARK`")
}

fn is_zip(path: &Path) -> Result<bool, CliError> {
    let mut start = [0; 4];
    let mut file = File::open(path).map_err(|e| CliError::usage(format!("{} cannot be read: {e}", path.display())))?;
    Ok(file.read_exact(&mut start).is_ok() && start.starts_with(b"PK\x03\x04"))
}

/// The file as one JSON document; `None` where it has several (JSON lines) or is packed.
fn document(path: &Path) -> Result<Option<Value>, CliError> {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    if !name.ends_with(".json") {
        return Ok(None);
    }
    let unreadable = |e: &dyn std::fmt::Display| CliError::usage(format!("{} cannot be read: {e}", path.display()));
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(|e| unreadable(&e))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unreadable(&format!("it has more than {MOST_BYTES} bytes")));
    }
    match serde_json::from_slice(&bytes) {
        Ok(document) => Ok(Some(document)),
        // JSON lines under a wrong name end in an error after the first line.
        Err(error) if error.to_string().starts_with("trailing characters") => Ok(None),
        Err(error) => Err(CliError::usage(format!("{} is not JSON: {error}", path.display()))),
    }
}

fn whole(path: &Path, document: &Value) -> Option<Result<ForeignRun, ForeignError>> {
    if import::is_inspect_log(document) {
        return Some(import::inspect_log(document));
    }
    import::is_evalplus_results(document).then(|| import::evalplus(Some(stem(path)), &[], Some(document)))
}

fn lines(path: &Path, origin: Option<Origin>) -> Result<Result<ForeignRun, ForeignError>, CliError> {
    let rows: Vec<(usize, Value)> = read_answers_file(path)?.into_iter().map(|row| (row.line, row.value)).collect();
    let first = rows.first().map(|(_, row)| row);
    let is = |wanted, test: fn(&Value) -> bool| origin == Some(wanted) || (origin.is_none() && first.is_some_and(test));
    if is(Origin::LmEval, import::is_lm_eval_row) {
        let results = beside(path, &lm_eval_results(path))?;
        let task = lm_eval_task(path);
        let run = import::lm_eval(task, &rows, results.as_ref());
        return Ok(run.map(|run| ForeignRun { model: run.model.or_else(|| folder_model(path)), ..run }));
    }
    if is(Origin::Evalplus, import::is_evalplus_sample) {
        let results = beside(path, &evalplus_results(path))?;
        return Ok(import::evalplus(Some(stem(path)), &rows, results.as_ref()));
    }
    Err(unknown(path))
}

/// The first of `candidates` that exists, as JSON.
fn beside(path: &Path, candidates: &[PathBuf]) -> Result<Option<Value>, CliError> {
    let found = candidates.iter().find(|candidate| candidate.is_file() && candidate.as_path() != path);
    found.map(|found| document(found)).transpose().map(Option::flatten)
}

/// `results_*.json` beside `samples_TASK_DATE.jsonl`: that of the same date, else the latest.
fn lm_eval_results(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let date = date_of(&stem(path)).map(str::to_string);
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_ENTRIES);
    let is_results = |path: &PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        (name.starts_with("results_") || name == "results.json") && name.ends_with(".json")
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_results).collect();
    found.sort();
    found.reverse();
    found.sort_by_key(|path| date.is_none() || date_of(&stem(path)).map(str::to_string) != date);
    found
}

/// Where evalplus puts its verdicts on `NAME.jsonl`.
fn evalplus_results(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let stem = stem(path);
    let named = [format!("{stem}_eval_results.json"), format!("{stem}.eval_results.json"), "eval_results.json".to_string()];
    named.iter().map(|name| folder.join(name)).collect()
}

/// The file's name without its folder and its extensions.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let ends = [".gz", ".jsonl", ".json", ".eval_results", "_eval_results"];
    ends.iter().fold(name, |name, end| name.strip_suffix(end).map(str::to_string).unwrap_or(name))
}

/// The date at the end of `samples_TASK_2026-01-31T10-20-30.123456`.
fn date_of(stem: &str) -> Option<&str> {
    let (_, date) = stem.rsplit_once('_')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (date.get(..4).is_some_and(digits) && date.contains('T') && date.get(4..5) == Some("-")).then_some(date)
}

/// The task in `samples_TASK_DATE.jsonl`.
fn lm_eval_task(path: &Path) -> String {
    let stem = stem(path);
    let without_date = date_of(&stem).and_then(|date| stem.strip_suffix(date)?.strip_suffix('_')).unwrap_or(&stem);
    without_date.strip_prefix("samples_").unwrap_or(without_date).to_string()
}

/// lm-eval names the folder of its logs after the model, `/` written as `__`.
fn folder_model(path: &Path) -> Option<String> {
    let folder = path.parent()?.file_name()?.to_string_lossy().into_owned();
    folder.contains("__").then(|| folder.replace("__", "/"))
}

/// Every file below a folder that looks like a log, in the order of their paths.
fn logs_below(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let failed = |e: std::io::Error| CliError::usage(format!("{} cannot be read: {e}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if looks_like_log(&path) {
                files.push(path);
            }
            if files.len() + folders.len() > MOST_ENTRIES {
                return Err(CliError::usage(format!("more than {MOST_ENTRIES} entries; give a folder of logs")));
            }
        }
    }
    files.sort();
    // evalplus's results are read along with the answers they stand beside.
    let companions: Vec<PathBuf> =
        files.iter().filter(|f| f.extension().is_some_and(|e| e == "jsonl")).flat_map(|f| evalplus_results(f)).collect();
    files.retain(|file| !companions.contains(file));
    Ok(files)
}

fn looks_like_log(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let lines = name.strip_suffix(".gz").unwrap_or(&name).ends_with(".jsonl");
    if name.ends_with(".eval") || name.ends_with("eval_results.json") || (lines && name.contains("samples")) {
        return true;
    }
    if lines {
        let first = std::fs::File::open(path).ok().map(std::io::BufReader::new);
        let mut line = String::new();
        let read = first.map(|reader| std::io::BufRead::read_line(&mut reader.take(1 << 20), &mut line));
        let row: Option<Value> = read.and_then(Result::ok).and_then(|_| serde_json::from_str(&line).ok());
        return row.is_some_and(|row| import::is_lm_eval_row(&row) || import::is_evalplus_sample(&row));
    }
    // Inspect's JSON logs begin with their version; other JSON files lie about everywhere.
    let mut start = [0; 400];
    let length = std::fs::File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or(0);
    let start = String::from_utf8_lossy(&start[..length]).into_owned();
    name.ends_with(".json") && start.contains("\"version\"") && start.contains("\"eval\"")
}
