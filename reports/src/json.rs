//! Summaries as JSON.

use crate::{ReportError, Summary};
use serde::Serialize;
use serde_json::{Value, json};

/// The schema tag of [`summaries`]; its number rises when a field changes its meaning or goes.
pub const SCHEMA: &str = "proctor.summary/1";

/// Summaries as one JSON document: `{"schema": …, "runs": […]}`, each run as [`Summary`] serialises.
pub fn summaries(summaries: &[Summary]) -> Result<Value, ReportError> {
    Ok(json!({"schema": SCHEMA, "runs": serde_json::to_value(summaries)?}))
}

/// The same as text, made without the document in between: a plan may name very many samples.
pub fn text(summaries: &[Summary]) -> Result<String, ReportError> {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'a str,
        runs: &'a [Summary],
    }
    Ok(serde_json::to_string(&Document { schema: SCHEMA, runs: summaries })?)
}
