use crate::case::{Case, Task};
use proctor_core::BenchmarkError;
use serde_json::{Map, Value};
use std::sync::Arc;

/// One record in upstream's schema (spec section 2).
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Upstream's `idx`, as text.
    pub idx: String,
    /// The filing.
    pub context: Arc<str>,
    /// The filing as a bad scan.
    pub ocr_context: Option<Arc<str>>,
    /// The right answer to `query`.
    pub answer: String,
    /// The question as it should be asked.
    pub query: String,
    /// Its keyword form.
    pub incomplete_query: Option<String>,
    /// Its lay form.
    pub out_of_domain_query: Option<String>,
    /// Its misspelled form.
    pub error_query: Option<String>,
    /// A question that the filing cannot answer.
    pub out_of_scope_query: Option<String>,
    /// The excerpts that support the answer.
    pub citations: Option<String>,
    /// What kind of work it asks for; not in upstream's records but in a file beside them.
    pub task: Option<Task>,
    /// Where the filing comes from, where the file says so.
    pub source: Option<String>,
}

impl Record {
    /// Reads a record. `place` says where it stands, for messages. Empty texts count as absent.
    pub fn parse(place: &str, value: &Value) -> Result<Record, BenchmarkError> {
        let Value::Object(map) = value else {
            return Err(wrong(place, format!("is {}, not an object with upstream's fields", kind(value))));
        };
        let idx = match map.get("idx") {
            Some(Value::Number(number)) if number.is_u64() || number.is_i64() => number.to_string(),
            Some(Value::String(text)) if plain(text) => text.clone(),
            Some(Value::String(_)) => return Err(wrong(place, "has an `idx` that is empty, long or holds `/` or white space")),
            Some(other) => return Err(wrong(place, format!("has {} in `idx`; it must be a whole number", kind(other)))),
            None => return Err(wrong(place, "has no `idx`; is this FailSafeQA's file?")),
        };
        let lay = text(place, map, "out-of-domain_query")?;
        if lay.is_none() && map.contains_key("out-of_domain_query") {
            return Err(wrong(place, "has `out-of_domain_query`; upstream's name of the field is `out-of-domain_query`"));
        }
        let task = match text(place, map, "task_type")? {
            None => None,
            Some(word) => match Task::parse(&word) {
                Some(task) => Some(task),
                None => return Err(wrong(place, "has a `task_type` that is neither QA nor TG")),
            },
        };
        Ok(Record {
            idx,
            context: required(place, map, "context")?.into(),
            ocr_context: text(place, map, "ocr_context")?.map(Arc::from),
            answer: required(place, map, "answer")?,
            query: required(place, map, "query")?,
            incomplete_query: text(place, map, "incomplete_query")?,
            out_of_domain_query: lay,
            error_query: text(place, map, "error_query")?,
            out_of_scope_query: text(place, map, "out-of-scope_query")?,
            citations: text(place, map, "citations")?,
            task,
            source: text(place, map, "source_doc")?,
        })
    }

    /// The question of a case; `None` where the record has none. Of irrelevant context it is the question that this
    /// record's filing cannot answer.
    pub fn question(&self, case: Case) -> Option<&str> {
        match case {
            Case::Baseline | Case::Ocr | Case::MissingContext => Some(&self.query),
            Case::Misspelled => self.error_query.as_deref(),
            Case::Incomplete => self.incomplete_query.as_deref(),
            Case::OutOfDomain => self.out_of_domain_query.as_deref(),
            Case::IrrelevantContext => self.out_of_scope_query.as_deref(),
        }
    }
}

fn required(place: &str, map: &Map<String, Value>, field: &str) -> Result<String, BenchmarkError> {
    text(place, map, field)?.ok_or_else(|| wrong(place, format!("has no text in `{field}`, which every record needs")))
}

/// The text of a field; `None` where it is absent, null or blank.
fn text(place: &str, map: &Map<String, Value>, field: &str) -> Result<Option<String>, BenchmarkError> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong(place, format!("has {} in `{field}`; it must be a text", kind(other)))),
    }
}

/// Whether `text` can stand before the slash of a sample id.
fn plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 80 && !text.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control())
}

pub(crate) fn wrong(place: &str, what: impl AsRef<str>) -> BenchmarkError {
    BenchmarkError::Input(format!("{place} {}", what.as_ref()))
}

/// What kind of JSON value, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
