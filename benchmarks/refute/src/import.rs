//! Answers that somebody else generated.

use proctor_core::{AnswerForm, AnswerRow, BenchmarkError, Imported, Sample, import_by_id};
use serde_json::Value;

/// Fields with an input as it stands, rather than a reply with a program that prints it.
const INPUT: [&str; 3] = ["input", "counterexample", "fail_case"];

/// Matches rows to items: by `problem_id` or what [`import_by_id`] takes. The answer is a reply, or an input as it stands in
/// `input`, which is judged without a program that prints it.
pub fn import(samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
    let mut raw = Vec::with_capacity(rows.len());
    let rows: Vec<AnswerRow> = rows
        .iter()
        .map(|row| {
            let mut value = row.value.clone();
            let input = value.as_object_mut().is_some_and(plain);
            let answers = value.get("answer").and_then(Value::as_array).map_or(1, Vec::len);
            raw.extend(std::iter::repeat_n(input, answers));
            AnswerRow { line: row.line, value }
        })
        .collect();
    let mut imported = import_by_id(samples, &rows)?;
    for (answer, input) in imported.iter_mut().zip(raw) {
        if input {
            answer.attempt.answer.form = AnswerForm::Final;
        }
    }
    Ok(imported)
}

/// Puts a row's fields where they are looked for; whether its answer is an input as it stands.
fn plain(map: &mut serde_json::Map<String, Value>) -> bool {
    if map.get("sample_id").is_none()
        && map.get("id").is_none()
        && let Some(id) = map.get("problem_id").cloned()
    {
        map.insert("id".into(), id);
    }
    let replied = ["answer", "completion", "output", "response", "text"].iter().any(|name| map.contains_key(*name));
    let input = INPUT.iter().find_map(|name| map.get(*name)).filter(|input| input.is_string()).cloned();
    match input {
        Some(input) if !replied => {
            map.insert("answer".into(), input);
            true
        }
        _ => false,
    }
}
