use serde_json::{Deserializer, Value};
use std::path::Path;

/// The records of a file: a list in JSON, or one record after the other. Errors are sentences with the file's name.
pub fn read_records(file: &Path, most_bytes: u64) -> Result<Vec<Value>, String> {
    let wrong = |why: String| format!("{} {why}", file.display());
    let size = std::fs::metadata(file).map_err(|error| wrong(format!("cannot be read: {error}")))?.len();
    if size > most_bytes {
        return Err(wrong(format!("has {size} bytes, more than the {most_bytes} a data file may have")));
    }
    let bytes = std::fs::read(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is not UTF-8 text".into()))?;
    parse_records(text).map_err(|error| wrong(format!("is not JSON: {error}; it must be a list or one record a line")))
}

/// The records of a text.
fn parse_records(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text),
        false => Deserializer::from_str(text).into_iter().collect(),
    }
}
