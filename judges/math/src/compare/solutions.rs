//! The real solutions of two equations along lines, found and compared.

use super::context::Context;
use super::points::point;
use crate::numeric::{Estimate, Formula, Symbols};

/// Half the length of the line that is searched.
const REACH: f64 = 12.0;
/// Intervals of the line that are searched for a change of sign.
const PIECES: u32 = 300;
/// Lines that are searched where there is more than one variable.
const LINES: usize = 3;

/// Whether both equations have the same solutions wherever they were looked for; `None` where too few were found.
///
/// On each line one variable moves and the others stay. Every zero of one must be a zero of the other. Zeros without a change of
/// sign are not seen, so this only ever tells equations apart from none, never proves them the same for certain.
pub fn same(first: &Formula, second: &Formula, symbols: &Symbols, context: &Context) -> Option<bool> {
    let names = symbols.names();
    let variables = names.iter().filter(|name| !name.starts_with('\u{1}')).count();
    if variables == 0 || variables > 4 {
        return None;
    }
    let mut found = 0;
    let lines = if variables == 1 { 1 } else { LINES };
    for (variable, name) in names.iter().enumerate() {
        if name.starts_with('\u{1}') {
            continue;
        }
        for k in 0..lines {
            let place = point(symbols, k, &vec![false; names.len()]);
            let line = Line { variable, place, context };
            let (a, b) = (line.zeros(first)?, line.zeros(second)?);
            if !a.iter().all(|x| line.vanishes(second, *x)) || !b.iter().all(|x| line.vanishes(first, *x)) {
                return Some(false);
            }
            found += a.len().min(b.len());
        }
    }
    (found >= if variables == 1 { 1 } else { 4 }).then_some(true)
}

struct Line<'a> {
    variable: usize,
    place: Vec<Estimate>,
    context: &'a Context<'a>,
}

impl Line<'_> {
    /// The value and its scale.
    fn at(&self, formula: &Formula, x: f64) -> Option<(f64, f64)> {
        let mut place = self.place.clone();
        *place.get_mut(self.variable)? = Estimate::exact(x);
        let found = formula.evaluate(&mut place, self.context.work);
        (found.value.is_finite() && found.value.is_real()).then_some((found.value.re, found.scale.max(1e-300)))
    }

    /// The zeros at which the sign changes; `None` when the work is spent.
    fn zeros(&self, formula: &Formula) -> Option<Vec<f64>> {
        let mut zeros = Vec::new();
        // An odd offset, so that simple zeros are inside of pieces.
        let step = 2.0 * REACH / f64::from(PIECES);
        let at = |k: u32| -REACH + 0.013_7 + step * f64::from(k);
        let mut before: Option<(f64, f64)> = None;
        for k in 0..=PIECES {
            if self.context.work.is_spent() {
                return None;
            }
            let now = self.at(formula, at(k)).map(|(value, _)| (at(k), value));
            if let (Some((low, a)), Some((high, b))) = (before, now)
                && a.signum() != b.signum()
                && let Some(zero) = self.bisect(formula, (low, a), high)
            {
                zeros.push(zero);
            }
            before = now;
        }
        Some(zeros)
    }

    /// The zero between two points of different sign, if it is no pole.
    fn bisect(&self, formula: &Formula, low: (f64, f64), high: f64) -> Option<f64> {
        let (mut low, sign, mut high) = (low.0, low.1.signum(), high);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            let (value, _) = self.at(formula, middle)?;
            if value == 0.0 {
                return Some(middle);
            }
            if value.signum() == sign {
                low = middle;
            } else {
                high = middle;
            }
        }
        let zero = f64::midpoint(low, high);
        let (value, scale) = self.at(formula, zero)?;
        (value.abs() <= 1e-6 * scale).then_some(zero)
    }

    /// Whether a formula is zero at a point, or changes its sign next to it.
    fn vanishes(&self, formula: &Formula, x: f64) -> bool {
        let tolerance = self.context.settings.relative;
        if self.at(formula, x).is_some_and(|(value, scale)| value.abs() <= 1e-7 * scale) {
            return true;
        }
        let width = tolerance * x.abs().max(0.01) * 0.01;
        match (self.at(formula, x - width), self.at(formula, x + width)) {
            (Some((a, scale)), Some((b, _))) => a.signum() != b.signum() && a.abs() <= 0.01 * scale,
            _ => false,
        }
    }
}
