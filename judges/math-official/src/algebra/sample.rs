//! Upstream's random check of a difference in one symbol (spec section 6.1).

use num_complex::Complex64;

use super::compile::{Code, Place};
use super::twister::Twister;
use super::value::Value;

/// Places that are tried.
const PLACES: usize = 300;
/// The largest place.
const FAR: f64 = 1e4;
/// What the difference may be, in absolute terms.
const TOLERANCE: f64 = 1e-3;
/// Evaluations of single parts granted to one check.
const WORK: usize = 300_000;

/// Whether the difference stays within 1e-3 at random places between -1e4 and 1e4 where it is real. `small` gives the
/// difference without cancellation if that is known.
pub(crate) fn vanishes(sides: [&Code; 2], size: usize, values: &mut [Complex64], variable: usize) -> bool {
    let mut twister = Twister::seeded(123);
    let places = PLACES.min(WORK / size.max(1)).max(8);
    let (mut found, mut missed) = (0, 0);
    let mut reach = FAR;
    while found < places {
        twister.index(1);
        let x = -reach + 2.0 * reach * twister.unit();
        if let Some(slot) = values.get_mut(variable) {
            *slot = Complex64::new(x, 0.0);
        }
        let mut place = Place { values: &mut *values, real: true };
        let (left, right) = (place.value(sides[0]), place.value(sides[1]));
        if !place.real {
            missed += 1;
            if missed > 40 && found == 0 {
                if reach < 1e-2 {
                    return false;
                }
                reach /= 10.0;
                missed = 0;
            }
            if missed > 4 * PLACES {
                return true;
            }
            continue;
        }
        found += 1;
        if !within(left, right) {
            return false;
        }
    }
    true
}

fn within(left: Value, right: Value) -> bool {
    let difference = left.minus(right);
    let size = difference.size();
    size.is_finite() && size <= TOLERANCE.max(8.0 * difference.error)
}
