use proctor_core::{Finish, Usage};
use serde_json::{Map, Value};

/// What a row answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A sample.
    Sample(String),
    /// One exact request.
    Request(String),
    /// Every request whose prompt contains a text.
    Contains(String),
}

/// An answer as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recorded {
    pub text: String,
    pub reasoning: Option<String>,
    pub finish: Finish,
    pub usage: Usage,
    pub model: Option<String>,
}

/// One row of the file; several texts are several epochs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub key: Key,
    pub epoch: Option<u32>,
    pub call: u32,
    pub answers: Vec<Recorded>,
}

/// Reads a row. The error says what is missing, without its place in the file.
pub(super) fn read_row(value: &Value) -> Result<Row, String> {
    let Some(row) = value.as_object() else {
        return Err("it is not an object".to_owned());
    };
    let key = read_key(row)?;
    let texts = read_texts(row)?;
    let whole = |name: &str| match row.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(v) => match v.as_u64().and_then(|n| u32::try_from(n).ok()) {
            Some(n) => Ok(Some(n)),
            None => Err(format!("`{name}` is not a whole number from 0")),
        },
    };
    let (epoch, call) = (whole("epoch")?, whole("call")?.unwrap_or(0));
    if epoch.is_some() && texts.len() > 1 {
        return Err("it has both `epoch` and a list of answers".to_owned());
    }
    let finish = match row.get("finish") {
        None | Some(Value::Null) => Finish::Stop,
        Some(v) => serde_json::from_value(v.clone())
            .or_else(|_| v.as_str().map(|s| Finish::Other(s.to_owned())).ok_or("`finish` is not a word".to_owned()))?,
    };
    let usage = match row.get("usage") {
        None | Some(Value::Null) => Usage::default(),
        Some(v) => serde_json::from_value(v.clone()).map_err(|e| format!("`usage` cannot be read: {e}"))?,
    };
    let word = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let answers = texts
        .into_iter()
        .map(|text| Recorded { text, reasoning: word("reasoning"), finish: finish.clone(), usage, model: word("model") })
        .collect();
    Ok(Row { key, epoch, call, answers })
}

fn read_key(row: &Map<String, Value>) -> Result<Key, String> {
    let text = |name: &str| match row.get(name) {
        Some(Value::String(s)) => Some(s.clone()),
        Some(Value::Number(n)) => Some(n.to_string()),
        _ => None,
    };
    if let Some(hash) = text("request_sha256") {
        return Ok(Key::Request(hash.to_ascii_lowercase()));
    }
    if let Some(part) = text("prompt_contains") {
        return if part.is_empty() { Err("`prompt_contains` is empty".to_owned()) } else { Ok(Key::Contains(part)) };
    }
    match ["sample_id", "task_id", "id"].into_iter().find_map(text) {
        Some(id) => Ok(Key::Sample(id)),
        None => Err("it has none of `sample_id`, `task_id`, `id`, `request_sha256`, `prompt_contains`".to_owned()),
    }
}

fn read_texts(row: &Map<String, Value>) -> Result<Vec<String>, String> {
    let Some((name, value)) = ["text", "completion", "solution"].into_iter().find_map(|n| row.get(n).map(|v| (n, v))) else {
        return Err("it has none of `text`, `completion`, `solution`".to_owned());
    };
    let wrong = || format!("`{name}` is neither a text nor a list of texts");
    match value {
        Value::String(s) => Ok(vec![s.clone()]),
        Value::Array(list) if list.is_empty() => Err(format!("`{name}` is an empty list")),
        Value::Array(list) => list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(wrong)).collect(),
        _ => Err(wrong()),
    }
}
