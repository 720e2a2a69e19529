use super::item::{Item, kind};
use super::set::{SETS, Set};
use super::strata::strata;
use proctor_core::{BenchmarkError, DataSource, Sample, sha256_hex};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Most bytes of a data file; upstream's largest has 0.6 MB.
const MOST_BYTES: u64 = 256 << 20;

/// All samples of a set, in file order.
pub fn samples(set: &Set, source: &DataSource) -> Result<Vec<Sample>, BenchmarkError> {
    match source {
        DataSource::BuiltIn => parse(set, &format!("built-in questions of {}", set.title), set.built_in, None),
        DataSource::Folder(path) => {
            let file = locate(set, path)?;
            let bytes = read(&file)?;
            let sha256 = sha256_hex(&bytes);
            if let Some(other) = SETS.iter().find(|other| other.sha256 == sha256 && other.name != set.name) {
                return Err(BenchmarkError::Input(format!(
                    "{} holds {}, not {}; give the file or folder of {}.json",
                    file.display(),
                    other.title,
                    set.title,
                    set.stem
                )));
            }
            let text = std::str::from_utf8(&bytes).map_err(|error| {
                BenchmarkError::Input(format!("{} is not UTF-8 text (byte {})", file.display(), error.valid_up_to()))
            })?;
            parse(set, &file.display().to_string(), text, Some(&sha256))
        }
    }
}

/// The data file of a set: `path` itself, or in it, or in its folder `dataset`.
fn locate(set: &Set, path: &Path) -> Result<PathBuf, BenchmarkError> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let name = format!("{}.json", set.stem);
    let candidates = [path.join(&name), path.join("dataset").join(&name)];
    if let Some(found) = candidates.iter().find(|file| file.is_file()) {
        return Ok(found.clone());
    }
    let what = if path.is_dir() { "holds no data of" } else { "does not exist, so there are no data of" };
    Err(BenchmarkError::Input(format!(
        "{} {what} {}: looked for {} and {}; give a folder with upstream's files",
        path.display(),
        set.title,
        candidates[0].display(),
        candidates[1].display()
    )))
}

fn read(file: &Path) -> Result<Vec<u8>, BenchmarkError> {
    let failed = |error: std::io::Error| BenchmarkError::Input(format!("{} cannot be read: {error}", file.display()));
    let size = std::fs::metadata(file).map_err(failed)?.len();
    if size > MOST_BYTES {
        return Err(BenchmarkError::Input(format!(
            "{} has {size} bytes, more than the {MOST_BYTES} a data file may have",
            file.display()
        )));
    }
    std::fs::read(file).map_err(failed)
}

fn parse(set: &Set, name: &str, text: &str, sha256: Option<&str>) -> Result<Vec<Sample>, BenchmarkError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: Value = serde_json::from_str(text)
        .map_err(|error| BenchmarkError::Input(format!("{name} is not JSON: {error}; upstream's files are one JSON array")))?;
    let Value::Array(rows) = value else {
        return Err(BenchmarkError::Input(format!("{name} holds {}, not one JSON array of items", kind(&value))));
    };
    if rows.is_empty() {
        return Err(BenchmarkError::Input(format!("{name} holds no items")));
    }
    let mut seen = HashMap::new();
    let mut samples = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let item = Item::parse(name, index, row)?;
        if let Some(first) = seen.insert(item.id.clone(), index) {
            return Err(BenchmarkError::Input(format!(
                "{name}: items {first} and {index} (counted from 0) have the same id {}",
                item.id
            )));
        }
        let strata = strata(set, &item, sha256.is_some());
        let mut sample = item.into_sample(index, strata);
        if let Some(sha256) = sha256 {
            sample.metadata.insert("file_sha256".into(), sha256.into());
            sample.metadata.insert("pinned".into(), (sha256 == set.sha256).into());
        }
        samples.push(sample);
    }
    Ok(samples)
}
