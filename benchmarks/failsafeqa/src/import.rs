use crate::case::Case;
use proctor_core::{AnswerRow, BenchmarkError, Imported, Sample, import_by_id};
use serde_json::Value;

/// Matches rows to samples: by `sample_id` (or `id`) of the form `{idx}/{case}`, or by `idx` and `case`. The answer is as
/// in [`import_by_id`].
pub fn import(samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
    let rows = rows.iter().map(with_id).collect::<Result<Vec<_>, _>>()?;
    import_by_id(samples, &rows)
}

fn with_id(row: &AnswerRow) -> Result<AnswerRow, BenchmarkError> {
    let mut row = row.clone();
    let Value::Object(map) = &mut row.value else { return Ok(row) };
    if map.contains_key("sample_id") || map.contains_key("id") {
        return Ok(row);
    }
    let idx = match map.get("idx") {
        Some(Value::Number(idx)) => idx.to_string(),
        Some(Value::String(idx)) => idx.clone(),
        _ => return Ok(row),
    };
    let wrong = |why: String| {
        let known: Vec<_> = Case::ALL.iter().map(|case| case.id()).collect();
        BenchmarkError::Input(format!("Row {} of the answers {why}; known are {}", row.line, known.join(", ")))
    };
    let case = match map.get("case") {
        Some(Value::String(word)) => Case::parse(word).ok_or_else(|| {
            let word: String = word.chars().take(80).collect();
            wrong(format!("has an unknown `case` {word}"))
        })?,
        _ => return Err(wrong("has an `idx` and no `case` beside it".into())),
    };
    map.insert("sample_id".into(), format!("{idx}/{case}").into());
    Ok(row)
}
