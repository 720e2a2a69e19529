use crate::{Attempt, Finish};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// What an attempt came to. An infrastructure error is never a wrong answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Right.
    Correct,
    /// Wrong.
    Incorrect,
    /// Right in part; see the scores.
    Partial,
    /// No answer could be extracted.
    Unparsed,
    /// The answer has no text at all.
    Empty,
    /// Wrong, and cut for want of tokens.
    Truncated,
    /// The model declined.
    Refused,
    /// The provider withheld the answer, or would not pass the question on.
    Filtered,
    /// Nothing was learned about the model: network, disk, sandbox.
    InfraError,
    /// Not asked or not graded on purpose.
    Skipped,
}

impl Outcome {
    /// Every outcome, in the order in which tables show them.
    pub const ALL: [Outcome; 10] = [
        Outcome::Correct,
        Outcome::Incorrect,
        Outcome::Partial,
        Outcome::Unparsed,
        Outcome::Empty,
        Outcome::Truncated,
        Outcome::Refused,
        Outcome::Filtered,
        Outcome::InfraError,
        Outcome::Skipped,
    ];

    /// The word used in stores, tables and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Correct => "correct",
            Outcome::Incorrect => "incorrect",
            Outcome::Partial => "partial",
            Outcome::Unparsed => "unparsed",
            Outcome::Empty => "empty",
            Outcome::Truncated => "truncated",
            Outcome::Refused => "refused",
            Outcome::Filtered => "filtered",
            Outcome::InfraError => "infra_error",
            Outcome::Skipped => "skipped",
        }
    }

    /// The outcome written as `word`.
    pub fn parse(word: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|o| o.as_str() == word)
    }

    /// Whether it counts in the denominator of a score.
    pub fn is_scored(self) -> bool {
        !matches!(self, Outcome::InfraError | Outcome::Skipped)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The judgement of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// What it came to.
    pub outcome: Outcome,
    /// Named scores, usually 0 or 1, e.g. `raw` and `sanitised`.
    pub scores: BTreeMap<String, f64>,
    /// What was extracted from the answer, e.g. the program.
    pub extracted: Option<String>,
    /// One sentence that says why.
    pub explanation: String,
    /// Error category for tables, e.g. `AssertionError`; empty when there is none.
    pub category: Option<String>,
    /// The evidence: programs, verdicts, output, work used.
    pub artifacts: Map<String, Value>,
}

impl Grade {
    /// A grade without scores or evidence.
    pub fn new(outcome: Outcome, explanation: impl Into<String>) -> Self {
        Self {
            outcome,
            scores: BTreeMap::new(),
            extracted: None,
            explanation: explanation.into(),
            category: None,
            artifacts: Map::new(),
        }
    }

    /// The grade of `attempt` with its outcome told by how the last answer ended, where it was wrong: withheld by the
    /// provider, declined by the model, cut before its first word, or empty. Judges need not look; scores stay.
    pub fn told_apart(mut self, attempt: &Attempt) -> Self {
        use Outcome::{Empty, Filtered, Incorrect, Refused, Truncated, Unparsed};
        if !matches!(self.outcome, Incorrect | Unparsed | Refused | Truncated) {
            return self;
        }
        let empty = attempt.answer.text.trim().is_empty();
        self.outcome = match attempt.exchanges.last().map(|exchange| &exchange.completion.finish) {
            Some(Finish::ContentFilter) => Filtered,
            Some(Finish::Refused) => Refused,
            Some(Finish::Length) if empty => Truncated,
            _ if empty => Empty,
            _ => self.outcome,
        };
        self
    }
}
