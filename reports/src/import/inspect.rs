use super::foreign::{ForeignError, ForeignRow, ForeignRun, ForeignTool};
use super::inspect_sample;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

/// Most bytes of all samples of a packed log, unpacked.
const MOST_BYTES: u64 = 8 << 30;
/// Most bytes of one entry, unpacked.
const MOST_ENTRY_BYTES: u64 = 1 << 30;
/// Most entries of a packed log.
const MOST_ENTRIES: usize = 2_000_000;

/// Whether a document is an Inspect log: `{"version", "status", "eval": {"task", "model", …}, …}`.
pub fn is_log(document: &Value) -> bool {
    document.pointer("/eval/task").is_some() && document.pointer("/eval/model").is_some()
}

/// Reads an Inspect log in the JSON format, version 2 (and 1, whose samples have one `score`).
pub fn log(document: &Value) -> Result<ForeignRun, ForeignError> {
    let samples = document.get("samples").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut rows = Vec::with_capacity(samples.len());
    let headline = headline(document, samples.first());
    for (place, sample) in samples.iter().enumerate() {
        rows.push(inspect_sample::row(place, sample, headline.as_deref())?);
    }
    finish(document, headline, rows)
}

/// Reads an Inspect log in the `.eval` format: a zip with `header.json` (or, of a run that was cut off,
/// `_journal/start.json`) and one entry per sample. Samples are read one by one.
pub fn packed(path: &Path) -> Result<ForeignRun, ForeignError> {
    let name = path.display();
    let unreadable = |e: &dyn std::fmt::Display| ForeignError(format!("{name} is not a log that can be read: {e}"));
    let file = File::open(path).map_err(|e| ForeignError(format!("{name} cannot be read: {e}")))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|e| unreadable(&e))?;
    if archive.len() > MOST_ENTRIES {
        return Err(ForeignError(format!("{name} holds more than {MOST_ENTRIES} entries")));
    }
    let mut left = MOST_BYTES;
    let header = ["header.json", "_journal/start.json"].into_iter().find(|entry| archive.index_for_name(entry).is_some());
    let header = header.ok_or_else(|| unreadable(&"it has no header.json; is it an .eval log of Inspect?"))?;
    let header = entry(&mut archive, header, &mut left).map_err(|e| unreadable(&e))?;
    if !is_log(&header) {
        return Err(unreadable(&"its header names no task and model"));
    }
    let is_sample = |name: &String| name.starts_with("samples/") && name.ends_with(".json");
    // A later entry of the same name replaces an earlier one, as Inspect itself reads them.
    let names: Vec<String> = archive.file_names().flatten().map(|name| name.into_owned()).filter(is_sample).collect();
    let mut rows = Vec::with_capacity(names.len().min(1 << 16));
    let mut decides = headline(&header, None);
    for (place, name) in names.iter().enumerate() {
        let sample = entry(&mut archive, name, &mut left).map_err(|e| unreadable(&e))?;
        if decides.is_none() {
            decides = headline(&header, Some(&sample));
        }
        rows.push(inspect_sample::row(place, &sample, decides.as_deref())?);
    }
    finish(&header, decides, rows)
}

fn entry<R: Read + std::io::Seek>(archive: &mut ZipArchive<R>, name: &str, left: &mut u64) -> Result<Value, String> {
    let file = archive.by_name(name).map_err(|e| format!("{name}: {e}"))?;
    let most = MOST_ENTRY_BYTES.min(*left);
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|e| format!("{name}: {e}"))?;
    let length = bytes.len() as u64;
    if length > most {
        return Err(format!("{name} and what stands before it unpack to more than {most} bytes"));
    }
    *left -= length;
    serde_json::from_slice(&bytes).map_err(|e| format!("{name} is not JSON: {e}"))
}

/// The scorer whose score decides: the log's own headline, else its first scorer, else the sample's first score.
fn headline(header: &Value, sample: Option<&Value>) -> Option<String> {
    let text = |pointer: &str| header.pointer(pointer).and_then(Value::as_str).map(str::to_string);
    text("/results/headline/score")
        .or_else(|| text("/results/headline/scorer"))
        .or_else(|| text("/results/scores/0/name"))
        .or_else(|| text("/eval/scorers/0/name"))
        .or_else(|| sample.and_then(|s| s.get("scores")?.as_object()?.keys().next().cloned()))
}

fn finish(header: &Value, headline: Option<String>, mut rows: Vec<ForeignRow>) -> Result<ForeignRun, ForeignError> {
    if rows.is_empty() {
        return Err(ForeignError("the log holds no samples; was it written with --no-log-samples?".into()));
    }
    // Packed samples come in the order in which they ended; the header knows the order of the data set.
    let order: Vec<String> = header
        .pointer("/eval/dataset/sample_ids")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().map(super::foreign::text).collect())
        .unwrap_or_default();
    let places: std::collections::HashMap<&str, usize> = order.iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
    for row in &mut rows {
        if let Some(place) = places.get(row.sample.id.as_str()) {
            row.sample.index = *place;
        }
    }
    rows.sort_by_key(|row| (row.sample.index, row.epoch));
    let mut facts = Map::new();
    for (name, pointer) in [
        ("inspect_version", "/eval/packages/inspect_ai"),
        ("created", "/eval/created"),
        ("status", "/status"),
        ("task_version", "/eval/task_version"),
        ("task_args", "/eval/task_args"),
        ("dataset", "/eval/dataset/name"),
        ("generate_config", "/eval/model_generate_config"),
    ] {
        let value = header.pointer(pointer).filter(|v| !v.is_null() && v.as_object().is_none_or(|map| !map.is_empty()));
        if let Some(value) = value {
            facts.insert(name.to_string(), value.clone());
        }
    }
    let text = |pointer: &str| header.pointer(pointer).and_then(Value::as_str).map(str::to_string);
    Ok(ForeignRun {
        tool: ForeignTool::Inspect,
        task: text("/eval/task").unwrap_or_else(|| "task".into()),
        model: text("/eval/model"),
        facts,
        headline: rows.iter().find_map(|row| main_score(row, headline.as_deref()?)),
        rows,
    })
}

/// The name under which the deciding score stands: the scorer's, or `scorer/part` of one with several values.
fn main_score(row: &ForeignRow, scorer: &str) -> Option<String> {
    let scores = &row.grade.as_ref()?.scores;
    let part = format!("{scorer}/");
    scores.keys().find(|name| *name == scorer).or_else(|| scores.keys().find(|name| name.starts_with(&part))).cloned()
}
