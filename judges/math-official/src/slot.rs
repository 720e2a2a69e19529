//! The judges of the answer types (spec section 6).

mod choice;
mod expression;
mod list;
mod number;

use crate::answer_type::AnswerType;
use crate::verdict::{Mode, Step};

/// Whether a slot is accepted, and what decided.
pub(crate) type Outcome = (bool, Step);

/// Judges two normal forms of one type.
pub(crate) fn judge_slot(kind: AnswerType, prediction: &str, reference: &str, options: &[String], mode: Mode) -> Outcome {
    match kind {
        AnswerType::Truth => choice::truth(prediction, reference),
        AnswerType::Choice => choice::choice(prediction, reference, options),
        AnswerType::Choices => choice::choices(prediction, reference, options),
        AnswerType::Words => choice::words(prediction, reference),
        AnswerType::List => list::list(prediction, reference, mode),
        AnswerType::Set => list::set(prediction, reference, mode),
        AnswerType::Number => number::number(prediction, reference),
        AnswerType::Expression => expression::expression(prediction, reference),
        AnswerType::Equation => expression::equation(prediction, reference, mode),
        AnswerType::Interval => expression::interval(prediction, reference),
    }
}
