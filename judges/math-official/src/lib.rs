//! UGMathBench's rule judge, imitated from the description of its behaviour (spec sections 4 to 7 and 11).
//!
//! Published scores were made by this judge, so its faults are kept: it reads calculator syntax as LaTeX, ignores what
//! follows the longest readable start of an answer, takes a trailing letter for a unit. A judge that means to be right
//! is another crate.

mod algebra;
mod answer_type;
mod judge;
pub mod latex;
mod slot;
mod text;
mod verdict;

pub use answer_type::AnswerType;
pub use judge::judge;
pub use text::{extract, normal_form, normal_form_with, normalise_prediction, split_by_comma};
pub use verdict::{Instance, Mode, Reason, SlotVerdict, Step, Verdict};
