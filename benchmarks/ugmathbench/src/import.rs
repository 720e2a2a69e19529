//! Answers that somebody else generated: upstream's result files (one JSON array per subject or version, with `id`,
//! `version` and `completion` in each row) and simple rows with a sample's id and a text.

use crate::item::{kind, sample_id, short};
use proctor_core::{AnswerForm, AnswerRow, Attempt, BenchmarkError, Imported, Sample};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Names of the field with the answer, in the order in which they are looked for. `answer` is upstream's name for the
/// references, so it is looked for last, and only where the row is not one of upstream's.
const TEXTS: [&str; 6] = ["completion", "output", "response", "prediction", "text", "answer"];

/// Matches rows to samples. Rows for one sample without `epoch` are further attempts at it, in the order of the file.
pub fn import(samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
    let known: HashSet<&str> = samples.iter().map(|sample| sample.id.as_str()).collect();
    let mut next: HashMap<String, u32> = HashMap::new();
    let mut imported = Vec::with_capacity(rows.len());
    for row in rows {
        let wrong = |why: String| BenchmarkError::Input(format!("Row {} of the answers {why}", row.line));
        let id = matched(&known, row).map_err(wrong)?;
        let texts = texts(row).map_err(wrong)?;
        let mut epoch = match row.value.get("epoch") {
            None => next.get(&id).copied().unwrap_or(0),
            Some(given) => given
                .as_u64()
                .and_then(|epoch| u32::try_from(epoch).ok())
                .ok_or_else(|| wrong("has an `epoch` that is not a whole number from 0".into()))?,
        };
        for text in texts {
            imported.push(Imported { sample_id: id.clone(), epoch, attempt: Attempt::imported(text, AnswerForm::Chat) });
            epoch = epoch.saturating_add(1);
        }
        next.insert(id, epoch);
    }
    Ok(imported)
}

/// The id of the sample that a row answers.
fn matched(known: &HashSet<&str>, row: &AnswerRow) -> Result<String, String> {
    let Some(given) = ["sample_id", "id"].into_iter().find_map(|name| row.value.get(name)) else {
        return Err("has no `sample_id`, or `id` and `version`, that says which sample it answers".into());
    };
    let Value::String(id) = given else {
        return Err(format!("has an id that is {}, not a text", kind(given)));
    };
    if known.contains(id.as_str()) {
        return Ok(id.clone());
    }
    let version = match row.value.get("version") {
        Some(Value::Number(version)) => version.as_u64(),
        Some(Value::String(version)) => version.trim_start_matches('v').parse().ok(),
        _ => None,
    };
    let foreign = |id: &str| {
        format!("answers sample `{}`, which is not in the data; is this the right benchmark, subject and --data?", short(id))
    };
    match version {
        Some(version) => {
            let id = sample_id(id, usize::try_from(version).unwrap_or(usize::MAX));
            if known.contains(id.as_str()) { Ok(id) } else { Err(foreign(&id)) }
        }
        None if known.contains(sample_id(id, 1).as_str()) => {
            Err(format!("names the problem {} but no `version` (1, 2 or 3)", short(id)))
        }
        None => Err(foreign(id)),
    }
}

/// The answers of a row. Upstream writes null where no answer came.
fn texts(row: &AnswerRow) -> Result<Vec<String>, String> {
    let upstream = row.value.get("answer_type").is_some();
    let names = TEXTS.into_iter().filter(|name| !(upstream && *name == "answer"));
    let Some((name, value)) = names.into_iter().find_map(|name| Some((name, row.value.get(name)?))) else {
        return Err(format!("has no answer; it is looked for under {}", TEXTS.join(", ")));
    };
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Null => Ok(String::new()),
        other => Err(format!("has {} in `{name}`, not a text", kind(other))),
    };
    match value {
        Value::Array(values) if !values.is_empty() => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}
