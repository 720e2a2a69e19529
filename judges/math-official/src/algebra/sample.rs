//! Upstream's random check of a difference in one symbol (spec section 6.1).

use num_complex::Complex64;

use super::compile::{Code, Place};
use super::domain::components;
use super::twister::Twister;
use super::value::Value;

/// Places that are tried.
const PLACES: usize = 300;
/// What the difference may be, in absolute terms.
const TOLERANCE: f64 = 1e-3;
/// Evaluations of single parts granted to one check.
const WORK: usize = 300_000;

/// What rounding errors of the difference mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Noise {
    /// They come from evaluating both sides apart, which upstream does not do.
    Allowed,
    /// They are upstream's own.
    Counts,
}

/// Whether the difference stays within 1e-3 at random places between -1e4 and 1e4 where it is real.
pub(crate) fn vanishes(sides: [&Code; 2], size: usize, values: &mut [Complex64], variable: usize, noise: Noise) -> bool {
    let mut twister = Twister::seeded(123);
    let places = PLACES.min(WORK / size.max(1)).max(8);
    let Some(parts) = components(sides, values, variable) else { return false };
    let Ok(count) = u32::try_from(parts.len()) else { return false };
    let (mut found, mut missed) = (0, 0);
    while found < places {
        let part = usize::try_from(twister.index(count)).ok().and_then(|at| parts.get(at));
        let Some((low, high)) = part.copied() else { return false };
        if let Some(slot) = values.get_mut(variable) {
            *slot = Complex64::new(low + (high - low) * twister.unit(), 0.0);
        }
        let mut place = Place { values: &mut *values, real: true };
        let (left, right) = (place.value(sides[0]), place.value(sides[1]));
        if !place.real {
            missed += 1;
            if missed > 4 * PLACES {
                return found > 0;
            }
            continue;
        }
        found += 1;
        if !within(left, right, noise) {
            return false;
        }
    }
    true
}

fn within(left: Value, right: Value, noise: Noise) -> bool {
    let difference = left.minus(right);
    let size = difference.size();
    let small = match noise {
        Noise::Allowed => size <= TOLERANCE.max(8.0 * difference.error),
        Noise::Counts => size + difference.error <= TOLERANCE,
    };
    size.is_finite() && small
}
