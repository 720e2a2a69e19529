//! Where a difference in one symbol is real and continuous, as far as the random check needs it.

use num_complex::Complex64;

use super::compile::{Code, Place};
use crate::latex::Function;

/// The ends of the random check.
const FAR: f64 = 1e4;
/// Inner expressions whose zeros are looked for.
const INNER: usize = 24;

/// The open intervals between the zeros of denominators, roots and logarithms where both sides are real, in order;
/// the whole range if none is found. None where upstream's search for the domain fails: periodic poles, steps,
/// factorials and functions without meaning.
pub(crate) fn components(sides: [&Code; 2], values: &mut [Complex64], variable: usize) -> Option<Vec<(f64, f64)>> {
    let mut inner = Vec::new();
    for side in sides {
        collect(side, &mut inner);
        if fails(side, variable) {
            return None;
        }
    }
    let mut zeros: Vec<f64> = inner.iter().take(INNER).flat_map(|code| zeros_of(code, values, variable)).collect();
    zeros.sort_by(f64::total_cmp);
    zeros.dedup_by(|a, b| (*a - *b).abs() < 1e-9 * (1.0 + b.abs()));
    let mut parts = Vec::new();
    let mut low = -FAR;
    for high in zeros.into_iter().chain([FAR]) {
        if high > low && is_real(sides, values, variable, low + (high - low) * 0.382) {
            parts.push((low, high));
        }
        low = low.max(high);
    }
    if parts.is_empty() {
        parts.push((-FAR, FAR));
    }
    Some(parts)
}

/// Whether the symbol occurs.
fn holds(code: &Code, variable: usize) -> bool {
    match code {
        Code::Constant(_) => false,
        Code::Variable(at) => *at == variable,
        Code::Sum(parts) | Code::Product(parts) | Code::Opaque(_, parts) => parts.iter().any(|part| holds(part, variable)),
        Code::Power(a, b, _) | Code::LogarithmTo(a, b) | Code::Binomial(a, b) => holds(a, variable) || holds(b, variable),
        Code::Call(_, argument) => holds(argument, variable),
        Code::Derivative(..) | Code::Repeated { .. } => true,
    }
}

/// Whether upstream cannot tell the domain of this expression in the symbol.
fn fails(code: &Code, variable: usize) -> bool {
    use Function as F;
    match code {
        Code::Constant(_) | Code::Variable(_) => false,
        Code::Sum(parts) | Code::Product(parts) => parts.iter().any(|part| fails(part, variable)),
        Code::Power(base, exponent, _) => fails(base, variable) || fails(exponent, variable),
        Code::Call(function, argument) => {
            let hard =
                matches!(function, F::Tangent | F::Cotangent | F::Secant | F::Cosecant | F::Factorial | F::Floor | F::Ceiling);
            (hard && holds(argument, variable)) || fails(argument, variable)
        }
        Code::Opaque(..) | Code::Binomial(..) => holds(code, variable),
        Code::LogarithmTo(..) | Code::Derivative(..) | Code::Repeated { .. } => false,
    }
}

fn is_real(sides: [&Code; 2], values: &mut [Complex64], variable: usize, x: f64) -> bool {
    if let Some(slot) = values.get_mut(variable) {
        *slot = Complex64::new(x, 0.0);
    }
    let mut place = Place { values, real: true };
    for side in sides {
        place.value(side);
    }
    place.real
}

/// Bases of powers that are no whole positive powers, and arguments of logarithms.
fn collect<'a>(code: &'a Code, inner: &mut Vec<&'a Code>) {
    match code {
        Code::Constant(_) | Code::Variable(_) | Code::Opaque(..) => {}
        Code::Sum(parts) | Code::Product(parts) => {
            for part in parts {
                collect(part, inner);
            }
        }
        Code::Power(base, exponent, _) => {
            collect(base, inner);
            collect(exponent, inner);
            if let Code::Constant(value) = exponent.as_ref()
                && value.z.re >= 0.0
                && value.z.re.fract() == 0.0
            {
                return;
            }
            inner.push(base);
        }
        Code::Call(function, argument) => {
            collect(argument, inner);
            if *function == Function::Logarithm {
                inner.push(argument);
            }
        }
        Code::LogarithmTo(argument, _) => inner.push(argument),
        Code::Binomial(..) | Code::Derivative(..) | Code::Repeated { .. } => {}
    }
}

/// The real zeros of an expression: exactly if it is linear or quadratic in the symbol, else where its sign changes.
fn zeros_of(code: &Code, values: &mut [Complex64], variable: usize) -> Vec<f64> {
    let mut at = |x: f64| -> Option<f64> {
        if let Some(slot) = values.get_mut(variable) {
            *slot = Complex64::new(x, 0.0);
        }
        let value = Place { values: &mut *values, real: true }.value(code).z;
        (value.re.is_finite() && value.im == 0.0).then_some(value.re)
    };
    let (Some(left), Some(zero), Some(right), Some(far)) = (at(-1.0), at(0.0), at(1.0), at(3.0)) else {
        return Vec::new();
    };
    let square = (left + right) / 2.0 - zero;
    let slope = (right - left) / 2.0;
    let scale = square.abs() + slope.abs() + zero.abs();
    if (zero + 3.0 * slope + 9.0 * square - far).abs() > 1e-9 * scale {
        return changes_of(&mut at);
    }
    if square.abs() <= 1e-12 * scale {
        return if slope.abs() <= 1e-12 * scale { Vec::new() } else { vec![-zero / slope] };
    }
    let discriminant = slope * slope - 4.0 * square * zero;
    if discriminant < 0.0 {
        return Vec::new();
    }
    let root = discriminant.sqrt();
    vec![(-slope - root) / (2.0 * square), (-slope + root) / (2.0 * square)]
}

/// Steps between which a change of sign is looked for, on each side of zero.
const STEPS: i32 = 90;

/// Places where an expression changes its sign, and zero if it vanishes there; steps grow with the distance from zero.
fn changes_of(at: &mut impl FnMut(f64) -> Option<f64>) -> Vec<f64> {
    let mut found = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for step in -STEPS..=STEPS {
        let x = f64::from(step.signum()) * (1.13f64.powi(step.abs()) - 1.0) * 0.17;
        let Some(value) = at(x) else {
            before = None;
            continue;
        };
        if value == 0.0 {
            found.push(x);
        } else if let Some((mut low, sign)) = before
            && sign * value < 0.0
        {
            let mut high = x;
            for _ in 0..50 {
                let middle = f64::midpoint(low, high);
                match at(middle) {
                    Some(between) if between * sign > 0.0 => low = middle,
                    _ => high = middle,
                }
            }
            found.push(high);
        }
        before = if value == 0.0 { None } else { Some((x, value)) };
    }
    found
}
