//! Where a difference in one symbol is real and continuous, as far as the random check needs it.

use num_complex::Complex64;

use super::compile::{Code, Place};
use crate::latex::Function;

/// The ends of the random check.
const FAR: f64 = 1e4;
/// Inner expressions whose zeros are looked for.
const INNER: usize = 24;

/// The open intervals between the zeros of denominators, roots and logarithms where both sides are real, in order.
/// The whole range if none is found.
pub(crate) fn components(sides: [&Code; 2], values: &mut [Complex64], variable: usize) -> Vec<(f64, f64)> {
    let mut inner = Vec::new();
    for side in sides {
        collect(side, &mut inner);
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
    parts
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
        Code::Power(base, exponent) => {
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

/// The real zeros of an expression that is linear or quadratic in the symbol.
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
        return if zero.abs() <= 1e-12 * (right.abs() + left.abs()) { vec![0.0] } else { Vec::new() };
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
