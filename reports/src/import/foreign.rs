use proctor_core::{Attempt, Grade, Sample};
use serde_json::{Map, Value};

/// A program whose logs can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignTool {
    /// lm-evaluation-harness, `samples_*.jsonl`.
    LmEval,
    /// evalplus, `samples.jsonl` and its results.
    Evalplus,
    /// Inspect, `.json` and `.eval`.
    Inspect,
}

impl ForeignTool {
    /// The word in plans, names and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            ForeignTool::LmEval => "lm-eval",
            ForeignTool::Evalplus => "evalplus",
            ForeignTool::Inspect => "inspect",
        }
    }
}

/// What another program's log holds: one task with one model.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignRun {
    /// Who wrote it.
    pub tool: ForeignTool,
    /// The task, in that program's words.
    pub task: String,
    /// The model, in that program's words; `None` where the log does not say.
    pub model: Option<String>,
    /// Whatever else the log says of how it came about: version, date, settings.
    pub facts: Map<String, Value>,
    /// The name of the score that decides outcomes, where there is one.
    pub headline: Option<String>,
    /// Its answers, in the order of the file.
    pub rows: Vec<ForeignRow>,
}

/// One answer of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignRow {
    /// The question, as far as the log tells it.
    pub sample: Sample,
    /// The k-th answer to it, from 0.
    pub epoch: u32,
    /// What was asked and answered; the error where there was no answer.
    pub attempt: Result<Attempt, String>,
    /// The judgement; `None` where the log holds none.
    pub grade: Option<Grade>,
}

/// Why a log cannot be read: what is wrong, where, what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ForeignError(pub String);

impl ForeignError {
    /// An error in the row at `line`, from 1.
    pub(super) fn at(line: usize, why: impl std::fmt::Display) -> Self {
        Self(format!("row {line} {why}"))
    }
}

/// A JSON value as one text: a string as it stands, anything else as JSON, null as nothing.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A sample made from what a log says of it; its own group.
pub(super) fn sample(id: String, index: usize, inputs: Map<String, Value>, target: Value) -> Sample {
    Sample { group: id.clone(), id, index, inputs, target, strata: Vec::new(), metadata: Map::new() }
}
