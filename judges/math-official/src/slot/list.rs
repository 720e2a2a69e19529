//! Ordered and unordered lists: element by element, each by whatever judge accepts it.

use super::{Outcome, choice, judge_slot};
use crate::answer_type::AnswerType;
use crate::text::{split_by_comma, strip_set};
use crate::verdict::{Mode, Step};

/// The judges an element is tried with, in order.
const TRIED: [AnswerType; 8] = [
    AnswerType::Interval,
    AnswerType::Truth,
    AnswerType::Expression,
    AnswerType::Equation,
    AnswerType::Words,
    AnswerType::Choices,
    AnswerType::Choice,
    AnswerType::Number,
];

/// Elements that may be compared in vain: upstream's five seconds end sooner.
const VAIN: usize = 400;

/// Whether any judge accepts the element.
fn element(prediction: &str, reference: &str, mode: Mode) -> bool {
    if choice::words(prediction, reference).0 {
        return true;
    }
    TRIED.into_iter().any(|kind| judge_slot(kind, prediction, reference, &[], mode).0)
}

fn elements(prediction: &str, reference: &str) -> (Vec<String>, Vec<String>) {
    (split_by_comma(strip_set(prediction, "()<>")), split_by_comma(strip_set(reference, "()")))
}

/// An ordered list.
pub(crate) fn list(prediction: &str, reference: &str, mode: Mode) -> Outcome {
    let (found, wanted) = elements(prediction, reference);
    let same = found.len() == wanted.len() && found.iter().zip(&wanted).all(|(p, r)| element(p, r, mode));
    (same, Step::Parts)
}

/// An unordered list: every element takes the first reference that accepts it.
pub(crate) fn set(prediction: &str, reference: &str, mode: Mode) -> Outcome {
    let (found, mut wanted) = elements(prediction, reference);
    if found.len() != wanted.len() {
        return (false, Step::Parts);
    }
    let mut vain = 0;
    for prediction in &found {
        let mut accepting = None;
        for (at, reference) in wanted.iter().enumerate() {
            if element(prediction, reference, mode) {
                accepting = Some(at);
                break;
            }
            vain += 1;
            if vain > VAIN {
                return (false, Step::TooMuch);
            }
        }
        match accepting {
            Some(at) => wanted.remove(at),
            None => return (false, Step::Parts),
        };
    }
    (true, Step::Parts)
}
