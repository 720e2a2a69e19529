//! Expressions, equations and intervals (spec section 6, EX, EQ and INT).

use super::Outcome;
use super::number::{close, is_relation};
use crate::algebra::{Likeness, Sides, same_form};
use crate::latex::{Expression, parse};
use crate::text::strip_set;
use crate::verdict::{Mode, Step};

/// The absolute difference that is accepted for expressions.
const ABSOLUTE: f64 = 1e-3;
/// Parts of both sides together that are still compared.
const LARGEST: usize = 40_000;

/// What stands behind the first equals sign, if there is one.
fn right_side(text: &str) -> &str {
    text.split('=').nth(1).unwrap_or(text).trim()
}

/// Judges two expressions.
pub(crate) fn expression(prediction: &str, reference: &str) -> Outcome {
    let (prediction, reference) = (right_side(prediction), right_side(reference));
    let Ok(found) = parse(prediction) else { return (false, Step::Unreadable) };
    if prediction == reference {
        return (true, Step::SameForm);
    }
    let Ok(wanted) = parse(reference) else { return (false, Step::Unreadable) };
    if found == wanted {
        return (true, Step::SameForm);
    }
    if is_relation(&found) || is_relation(&wanted) {
        let same = is_relation(&found) && is_relation(&wanted) && same_form(&found, &wanted);
        return (same, Step::SameForm);
    }
    compared(&found, &wanted)
}

fn compared(found: &Expression, wanted: &Expression) -> Outcome {
    let sides = Sides::new(found, wanted);
    if sides.size() > LARGEST {
        return (false, Step::TooMuch);
    }
    if sides.open == [false, false] {
        let [left, right] = sides.values();
        return (left.z == right.z || close(left.z, right.z), Step::Value);
    }
    match sides.likeness() {
        Likeness::Zero => (true, Step::Identity),
        Likeness::Constant(size) => (size < ABSOLUTE, Step::Identity),
        Likeness::Rounding => (sides.remainder_sampled(), Step::Sampled),
        Likeness::Varying | Likeness::Unknown => (sides.sampled(), Step::Sampled),
    }
}

/// Judges two equations.
pub(crate) fn equation(prediction: &str, reference: &str, mode: Mode) -> Outcome {
    let (Some(found), Some(wanted)) = (difference(prediction, mode), difference(reference, mode)) else {
        return (false, Step::Unreadable);
    };
    if found == wanted {
        return (true, Step::SameForm);
    }
    let sides = Sides::new(&found, &wanted);
    if sides.size() > LARGEST {
        return (false, Step::TooMuch);
    }
    match sides.likeness() {
        Likeness::Zero => (true, Step::Identity),
        Likeness::Rounding => (false, Step::Identity),
        _ => (sides.whole_ratio(), Step::Identity),
    }
}

/// Left side minus right side. Without an equals sign the model-assisted judge takes zero for the right side.
fn difference(text: &str, mode: Mode) -> Option<Expression> {
    let mut sides = text.split('=');
    let (left, right, more) = (sides.next()?, sides.next(), sides.next());
    if more.is_some() {
        return None;
    }
    let left = parse(left).ok()?;
    let right = match right {
        Some(right) => parse(right).ok()?,
        None if mode == Mode::Marj => Expression::integer(0),
        None => return None,
    };
    if is_relation(&left) || is_relation(&right) {
        return None;
    }
    Some(Expression::Sum(vec![left, right.negated()]))
}

/// Judges two unions of intervals: every part takes the first of the other side that accepts it.
pub(crate) fn interval(prediction: &str, reference: &str) -> Outcome {
    let found: Vec<&str> = prediction.split("\\cup").collect();
    let mut wanted: Vec<&str> = reference.split("\\cup").collect();
    if found.len() != wanted.len() {
        return (false, Step::Parts);
    }
    if found.len() > 20 {
        return (false, Step::TooMuch);
    }
    for part in found {
        match wanted.iter().position(|other| same_interval(part, other)) {
            Some(at) => wanted.remove(at),
            None => return (false, Step::Parts),
        };
    }
    (true, Step::Parts)
}

fn same_interval(found: &str, wanted: &str) -> bool {
    if found.chars().next() != wanted.chars().next() || found.chars().next_back() != wanted.chars().next_back() {
        return false;
    }
    let bounds = |text: &str| -> Option<(String, String)> {
        let mut parts = strip_set(text, "()[]").split(',');
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    };
    let (Some(found), Some(wanted)) = (bounds(found), bounds(wanted)) else { return false };
    expression(&found.0, &wanted.0).0 && expression(&found.1, &wanted.1).0
}
