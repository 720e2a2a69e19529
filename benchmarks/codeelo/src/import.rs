//! Answers that somebody else generated.

use proctor_core::{AnswerRow, BenchmarkError, Imported, Sample, import_by_id};
use serde_json::Value;

/// Fields with a program rather than a reply, and those with its language.
const PROGRAM: [&str; 3] = ["code", "solution", "program"];
const LANGUAGE: [&str; 3] = ["lang", "language", "tag"];

/// Matches rows to problems: by `problem_id` or what [`import_by_id`] takes; the answer is a reply, or a program in `code`
/// with its language in `lang`, which is read as if it stood in a block of its own.
pub fn import(samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
    let rows: Vec<AnswerRow> = rows.iter().map(|row| AnswerRow { line: row.line, value: plain(&row.value) }).collect();
    import_by_id(samples, &rows)
}

fn plain(value: &Value) -> Value {
    let mut value = value.clone();
    let Some(map) = value.as_object_mut() else { return value };
    let text = |map: &serde_json::Map<String, Value>, names: &[&str]| {
        names.iter().find_map(|name| map.get(*name).and_then(Value::as_str)).map(str::to_owned)
    };
    if let (None, None, Some(id)) = (map.get("sample_id"), map.get("id"), text(map, &["problem_id"])) {
        map.insert("id".into(), id.replace('/', "").into());
    }
    if let (None, Some(code)) = (text(map, &["answer", "completion", "output", "response", "text"]), text(map, &PROGRAM)) {
        let named = text(map, &LANGUAGE).unwrap_or_default().to_lowercase();
        let tag = match () {
            () if named.contains("py") => "python",
            () if named.contains("c++") || named.contains("cpp") || named.contains("g++") => "cpp",
            () if !named.is_empty() => named.as_str(),
            () if code.contains("#include") => "cpp",
            () => "python",
        };
        map.insert("answer".into(), format!("```{tag}\n{}\n```", code.trim_end()).into());
    }
    value
}
