use crate::clean::clean;
use crate::judge::{compare, readings};
use crate::print::canonical;
use crate::read::read;
use crate::verdict::{AnswerKind, Settings, Verdict};
use serde::Serialize;

/// A verdict with both sides as they were read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// What the comparison came to, and why.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The reference.
    pub reference: Side,
    /// The answer.
    pub answer: Side,
}

/// One side as it was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// The text without what surrounds it.
    pub text: String,
    /// The canonical form of what was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Where reading stopped and why, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// Compares like [`compare`] and says how both sides were read.
///
/// The forms are those of the first reading; where the writing is ambiguous, others were tried too.
pub fn explain(reference: &str, answer: &str, kind: AnswerKind, options: &[String], settings: &Settings) -> Explanation {
    let verdict = compare(reference, answer, kind, options, settings);
    let (for_reference, for_answer) = readings(clean(reference), clean(answer), kind);
    let side = |text: &str, reading| {
        let text = clean(text);
        let (form, stopped) = match (kind, read(text, reading)) {
            (AnswerKind::Truth | AnswerKind::Choice | AnswerKind::Choices, _) => (None, None),
            (_, Ok(node)) => (Some(canonical(&node)), None),
            (_, Err(problem)) => (None, Some(problem.to_string())),
        };
        Side { text: text.chars().take(2000).collect(), form, stopped }
    };
    let (reference, answer) = (side(reference, &for_reference), side(answer, &for_answer));
    Explanation { verdict, reference, answer }
}
