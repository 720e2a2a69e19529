//! Summaries as JSON.

use crate::{ReportError, Summary};
use serde_json::{Value, json};

/// The schema tag of [`summaries`]; its number rises when a field changes its meaning or goes.
pub const SCHEMA: &str = "proctor.summary/1";

/// Summaries as one JSON document: `{"schema": …, "runs": […]}`, each run as [`Summary`] serialises.
pub fn summaries(summaries: &[Summary]) -> Result<Value, ReportError> {
    Ok(json!({"schema": SCHEMA, "runs": serde_json::to_value(summaries)?}))
}
