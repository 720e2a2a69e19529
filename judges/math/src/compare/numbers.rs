use super::context::Context;
use crate::numeric::Estimate;
use crate::syntax::{Kind, Node, Number};
use crate::verdict::{Disagreement, Outcome, Step, Verdict};

/// How a value was written, as far as rounding goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Writing {
    /// No decimal anywhere.
    Exact,
    /// One decimal number: its last place and how many digits it has.
    Decimal { last_place: i32, digits: u32 },
    /// Decimals inside an expression.
    Mixed,
}

/// How a node was written.
pub fn writing(node: &Node) -> Writing {
    let decimal = |node: &Node| matches!(&node.kind, Kind::Number(Number { decimal: true, .. }));
    if !node.any(&decimal) {
        return Writing::Exact;
    }
    let mut inner = node;
    loop {
        match &inner.kind {
            Kind::Negative(next) | Kind::Percent(next) | Kind::Currency(next) | Kind::Quantity(next, _) | Kind::Degrees(next) => {
                inner = next
            }
            Kind::Number(number) => return Writing::Decimal { last_place: number.last_place, digits: number.digits },
            Kind::Product(factors) => {
                // `1.5 \times 10^{3}`
                if let [(first, false), (second, false)] = factors.as_slice()
                    && let (Kind::Number(number), Some(power)) = (&first.kind, power_of_ten(second))
                {
                    return Writing::Decimal { last_place: number.last_place.saturating_add(power), digits: number.digits };
                }
                return Writing::Mixed;
            }
            _ => return Writing::Mixed,
        }
    }
}

/// The exponent of a power of ten.
fn power_of_ten(node: &Node) -> Option<i32> {
    let Kind::Power(base, exponent) = &node.kind else { return None };
    let small = |node: &Node| match &node.kind {
        Kind::Number(number) => number.value.as_ref().and_then(crate::exact::Rational::to_integer),
        _ => None,
    };
    if small(base)? != 10 {
        return None;
    }
    let exponent = match &exponent.kind {
        Kind::Negative(inner) => small(inner)?.checked_neg()?,
        _ => small(exponent)?,
    };
    i32::try_from(exponent).ok()
}

/// Compares two values without variables.
pub fn numbers(reference: Estimate, answer: Estimate, writings: (Writing, Writing), scale: f64, context: &Context) -> Verdict {
    let disagreement = || Some(Disagreement { point: Vec::new(), reference: show(reference), answer: show(answer) });
    if !reference.is_finite() || !answer.is_finite() {
        let overflow = |value: &Estimate| value.re.is_infinite() || value.im.is_infinite();
        // A finite number is not the same as one that is undefined; two that are too large are not known.
        let both = !reference.is_finite() && !answer.is_finite();
        if both && (overflow(&reference) || overflow(&answer)) {
            return Verdict::undecided(Step::Number, "the numbers are too large to be computed");
        }
        return Verdict { outcome: Outcome::Different, step: Step::Number, disagreement: disagreement(), note: None };
    }
    let difference = reference.subtract(answer);
    let (gap, doubt) = (difference.size(), difference.error);
    let size = reference.size();
    let tolerance = if size == 0.0 || reference.may_be_zero() && size <= 1e-9 * scale {
        // Zero: an absolute bound, times the size of what cancelled.
        context.settings.absolute * scale.clamp(1.0, 1e6)
    } else if context.lenient() {
        context.settings.relative * size
    } else {
        match writings {
            (Writing::Exact, Writing::Exact) => 1e-9 * size,
            (Writing::Mixed, _) | (_, Writing::Mixed) => context.settings.relative * size,
            (a, b) => rounded(a, b).max(1e-9 * size),
        }
    };
    if gap + doubt <= tolerance {
        return Verdict::equivalent(Step::Number);
    }
    if gap <= tolerance + doubt && doubt > tolerance * 0.5 {
        return Verdict::undecided(Step::Number, "rounding errors are as large as the difference");
    }
    if gap <= tolerance {
        return Verdict::equivalent(Step::Number);
    }
    Verdict { outcome: Outcome::Different, step: Step::Number, disagreement: disagreement(), note: None }
}

/// Half a unit of the last place of the number that was rounded more, if it still has three digits.
fn rounded(a: Writing, b: Writing) -> f64 {
    let place = |writing: Writing| match writing {
        Writing::Decimal { last_place, digits } => Some((last_place, digits)),
        _ => None,
    };
    let coarse = match (place(a), place(b)) {
        (Some(a), Some(b)) => Some(if a.0 >= b.0 { a } else { b }),
        (one, other) => one.or(other),
    };
    match coarse {
        Some((last_place, digits)) if digits >= 3 => 0.5 * 10_f64.powi(last_place) * (1.0 + 1e-9),
        _ => 0.0,
    }
}

/// A value for people.
pub fn show(value: Estimate) -> String {
    if value.re.is_nan() || value.im.is_nan() {
        return "undefined".into();
    }
    if !value.re.is_finite() || !value.im.is_finite() {
        return "too large".into();
    }
    if value.im == 0.0 || value.is_real() {
        return format!("{}", significant(value.re));
    }
    format!("{} {} {}i", significant(value.re), if value.im < 0.0 { "-" } else { "+" }, significant(value.im.abs()))
}

fn significant(value: f64) -> f64 {
    format!("{value:.9e}").parse().unwrap_or(value)
}
