//! Numerical values (spec section 6, NV).

use super::Outcome;
use crate::algebra::{Sides, same_form};
use crate::latex::{Expression, parse};
use crate::verdict::Step;

/// The relative difference that is accepted: the precision with one percent of slack.
pub(crate) const RELATIVE: f64 = 1e-3 * 1.01;

/// Judges two numbers.
pub(crate) fn number(prediction: &str, reference: &str) -> Outcome {
    if prediction == reference {
        return (true, Step::Text);
    }
    if let (Some(found), Some(wanted)) = (decimal(prediction), decimal(reference)) {
        let wanted = six_decimals(wanted);
        return (wanted != 0.0 && (found - wanted).abs() / wanted.abs() <= RELATIVE, Step::Number);
    }
    let (Ok(found), Ok(wanted)) = (parse(prediction), parse(reference)) else {
        return (false, Step::Unreadable);
    };
    if is_relation(&found) || is_relation(&wanted) {
        return (false, Step::Raised);
    }
    if wanted == Expression::integer(0) {
        return (false, Step::Raised);
    }
    let sides = Sides::new(&found, &wanted);
    if sides.open != [false, false] {
        let whatever = matches!(wanted, Expression::Infinity) && sides.open[0];
        return (whatever || same_form(&found, &wanted), Step::SameForm);
    }
    let [left, right] = sides.values();
    if close(left.z, right.z) {
        return (true, Step::Value);
    }
    if scientific(&found).is_some() || scientific(&wanted).is_some() {
        let (Some(found), Some(wanted)) =
            (scientific(&found).or_else(|| written(left.z.re)), scientific(&wanted).or_else(|| written(right.z.re)))
        else {
            return (false, Step::Raised);
        };
        return (found.1 == wanted.1 && (found.0 - wanted.0).abs() <= 0.101, Step::Scientific);
    }
    (left.z == right.z, Step::Value)
}

pub(crate) fn is_relation(expression: &Expression) -> bool {
    matches!(expression, Expression::Relation(..))
}

/// Whether two values differ by no more than the relative precision; nothing is close to zero.
pub(crate) fn close(found: num_complex::Complex64, wanted: num_complex::Complex64) -> bool {
    if found == wanted {
        return wanted.norm() != 0.0;
    }
    (found - wanted).norm() / wanted.norm() <= RELATIVE
}

/// A number as Python reads it.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let ascii = ascii_digits(text.trim());
    let text = ascii.as_str();
    let bytes = text.as_bytes();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if !text.contains('_') {
        return text.parse().ok();
    }
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let joined =
        bytes.iter().enumerate().all(|(at, byte)| *byte != b'_' || (digit(at.checked_sub(1)) && digit(at.checked_add(1))));
    if joined { text.replace('_', "").parse().ok() } else { None }
}

/// Digits of a few other scripts are digits to Python.
fn ascii_digits(text: &str) -> String {
    let digit = |c: char| {
        let code = u32::from(c);
        [0xff10, 0x0660, 0x06f0, 0x0966]
            .into_iter()
            .find_map(|zero| code.checked_sub(zero).filter(|value| *value < 10))
            .and_then(|value| char::from_digit(value, 10))
            .unwrap_or(c)
    };
    if text.is_ascii() { text.to_owned() } else { text.chars().map(digit).collect() }
}

/// Rounded to six decimals.
fn six_decimals(value: f64) -> f64 {
    format!("{value:.6}").parse().unwrap_or(value)
}

/// A number times a whole power of ten: both.
fn scientific(expression: &Expression) -> Option<(f64, i64)> {
    let Expression::Product(parts) = expression else { return None };
    let [mantissa, Expression::Power(base, exponent)] = parts.as_slice() else { return None };
    let Expression::Integer(exponent) = exponent.as_ref() else { return None };
    if **base != Expression::integer(10) {
        return None;
    }
    let mantissa = match mantissa {
        Expression::Integer(value) => value.to_string().parse().ok()?,
        Expression::Decimal(text) => text.parse().ok()?,
        _ => return None,
    };
    Some((mantissa, i64::try_from(exponent).ok()?))
}

/// A number written with two decimals and a power of ten.
fn written(value: f64) -> Option<(f64, i64)> {
    let text = format!("{value:.2e}");
    let (mantissa, exponent) = text.split_once('e')?;
    Some((mantissa.parse().ok()?, exponent.parse().ok()?))
}
