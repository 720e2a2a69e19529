//! Two expressions side by side.

use num_complex::Complex64;

use super::compile::{Code, Compiler, Place, Symbols};
use super::form::{Form, Rules};
use super::sample::{Noise, vanishes};
use super::value::Value;
use crate::latex::Expression;

/// What is found out about a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Likeness {
    /// It is zero everywhere.
    Zero,
    /// It is zero up to the rounding of decimals, and upstream does not see that it is zero.
    Rounding,
    /// It is a constant other than zero, of this absolute size.
    Constant(f64),
    /// It depends on symbols.
    Varying,
    /// It has no value where it was looked for.
    Unknown,
}

/// Places where identities are tried: unlike in size and quadrant, so that roots and logarithms that do not combine
/// are told from those that do.
const PLACES: [(f64, f64, f64, f64); 6] = [
    (0.71, 0.43, 0.37, 0.29),
    (-0.83, 0.59, -0.31, 0.67),
    (1.9, -3.7, 0.41, -0.53),
    (0.11, -0.07, 0.053, -0.031),
    (-1.31, -0.47, 0.23, -0.91),
    (0.013, 0.021, 0.0057, -0.0043),
];

/// Both sides of a comparison, ready for evaluation.
pub(crate) struct Sides<'a> {
    trees: [&'a Expression; 2],
    codes: [Code; 2],
    symbols: Symbols,
    /// Whether each side has free symbols.
    pub(crate) open: [bool; 2],
    /// Whether a decimal occurs.
    decimal: bool,
    size: usize,
}

impl<'a> Sides<'a> {
    /// Makes both sides ready.
    pub(crate) fn new(left: &'a Expression, right: &'a Expression) -> Self {
        let mut symbols = Symbols::default();
        let mut compiled = |tree: &Expression| {
            let mut compiler = Compiler::new(&mut symbols, true);
            let code = compiler.compile(tree);
            (code, compiler.open, compiler.decimal, compiler.size)
        };
        let (a, b) = (compiled(left), compiled(right));
        Self { trees: [left, right], codes: [a.0, b.0], symbols, open: [a.1, b.1], decimal: a.2 || b.2, size: a.3 + b.3 }
    }

    /// How many parts both sides have.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The values of two sides without symbols.
    pub(crate) fn values(&self) -> [Value; 2] {
        let mut values = self.place(0);
        let mut place = Place { values: &mut values, real: true };
        [place.value(&self.codes[0]), place.value(&self.codes[1])]
    }

    /// Values for all symbols at one of the places.
    fn place(&self, number: usize) -> Vec<Complex64> {
        let (re, im, step_re, step_im) = PLACES.get(number).copied().unwrap_or((0.5, 0.5, 0.1, 0.1));
        let mut values = Vec::with_capacity(self.symbols.len());
        let mut shift = 0.0;
        for _ in 0..self.symbols.len() {
            values.push(Complex64::new(re + step_re * shift, im + step_im * shift));
            shift = (shift * 1.618 + 0.414) % 1.37;
        }
        values
    }

    fn difference(&self, values: &mut [Complex64]) -> (Value, Value, Value) {
        let mut place = Place { values, real: true };
        let (left, right) = (place.value(&self.codes[0]), place.value(&self.codes[1]));
        (left, right, left.minus(right))
    }

    /// What the difference of both sides is.
    pub(crate) fn likeness(&self) -> Likeness {
        let mut constant: Option<Value> = None;
        let (mut seen, mut zero) = (0, true);
        for number in 0..PLACES.len() {
            let (left, right, difference) = self.difference(&mut self.place(number));
            if !left.is_known() || !right.is_known() {
                continue;
            }
            seen += 1;
            zero &= is_noise(difference);
            match constant {
                Some(known) if !zero && !is_noise(known.minus(difference)) => return Likeness::Varying,
                Some(_) => {}
                None => constant = Some(difference),
            }
            if seen >= 5 {
                break;
            }
        }
        match constant {
            None => Likeness::Unknown,
            Some(_) if zero => self.rounding(),
            Some(value) if seen >= 2 => Likeness::Constant(value.size()),
            Some(_) => Likeness::Varying,
        }
    }

    /// Whether upstream sees that a difference is zero that is zero but for rounding.
    fn rounding(&self) -> Likeness {
        if !self.decimal {
            return Likeness::Zero;
        }
        match self.formed() {
            Some(form) if !form.is_zero() && !form.has_denominator() => Likeness::Rounding,
            _ => Likeness::Zero,
        }
    }

    /// The difference, term by term.
    fn formed(&self) -> Option<Form> {
        let rules = Rules { expand: true, numeric_pi: true };
        let (left, right) = (rules.form(self.trees[0])?, rules.form(self.trees[1])?);
        left.minus(&right)
    }

    /// Upstream's random check of a difference that is zero but for rounding: what is left of it after the terms have
    /// been collected.
    pub(crate) fn remainder_sampled(&self) -> bool {
        let Some(rest) = self.formed().and_then(|form| form.expression()) else { return true };
        let zero = Expression::integer(0);
        Sides::new(&rest, &zero).sampled_over(Noise::Counts)
    }

    /// The random check over the only free symbol there is; it passes without any and fails by itself with several.
    fn sampled_over(&self, noise: Noise) -> bool {
        let free: Vec<usize> = (0..self.symbols.len()).filter(|at| self.symbols.is_free(*at)).collect();
        match free.as_slice() {
            [] => true,
            [variable] => vanishes([&self.codes[0], &self.codes[1]], self.size, &mut self.place(0), *variable, noise),
            _ => false,
        }
    }

    /// The symbols the difference depends on, up to two of them.
    fn varying(&self) -> Vec<usize> {
        let free: Vec<usize> = (0..self.symbols.len()).filter(|at| self.symbols.is_free(*at)).collect();
        if free.len() < 2 {
            return free;
        }
        let mut found = Vec::new();
        for at in free {
            let moved = (0..2).any(|number| {
                let mut values = self.place(number);
                let (_, _, before) = self.difference(&mut values);
                if let Some(slot) = values.get_mut(at) {
                    *slot *= Complex64::new(1.17, 0.13);
                }
                let (_, _, after) = self.difference(&mut values);
                !is_noise(after.minus(before))
            });
            if moved {
                found.push(at);
                if found.len() > 1 {
                    break;
                }
            }
        }
        found
    }

    /// Upstream's random check: it fails by itself as soon as the difference depends on two symbols.
    pub(crate) fn sampled(&self) -> bool {
        let varying = self.varying();
        match varying.as_slice() {
            [variable] => {
                let short = self.formed().filter(Form::is_short).and_then(|form| form.expression());
                if let Some(rest) = short {
                    let zero = Expression::integer(0);
                    return Sides::new(&rest, &zero).sampled_over(Noise::Allowed);
                }
                let codes = [&self.codes[0], &self.codes[1]];
                vanishes(codes, self.size, &mut self.place(0), *variable, Noise::Allowed)
            }
            _ => false,
        }
    }

    /// With decimals upstream finds a whole ratio only if both sides become the same once their fractions are cleared.
    fn formal_ratio(&self) -> Option<bool> {
        let rules = Rules { expand: true, numeric_pi: true };
        let (left, above) = rules.form(self.trees[0])?.cleared()?;
        let (right, below) = rules.form(self.trees[1])?.cleared()?;
        Some(left.same_up_to_sign(&right) && (above % below == 0 || below % above == 0))
    }

    /// The constant whole number that the left side is a multiple of the right side by, in either direction.
    pub(crate) fn whole_ratio(&self) -> bool {
        if self.decimal {
            return self.formal_ratio().unwrap_or(false);
        }
        let mut ratio: Option<f64> = None;
        for number in 0..PLACES.len() {
            let mut values = self.place(number);
            let (left, right, _) = self.difference(&mut values);
            if !left.is_known() || !right.is_known() {
                continue;
            }
            let quotient = left.times(right.inverse());
            if !quotient.is_known() || quotient.z.im.abs() > 1e-9 * quotient.size() {
                return false;
            }
            match ratio {
                Some(known) if (known - quotient.z.re).abs() > 1e-9 * known.abs() => return false,
                Some(_) => {}
                None => ratio = Some(quotient.z.re),
            }
        }
        let whole = |value: f64| value != 0.0 && value.abs() < 1e12 && (value - value.round()).abs() < 1e-9 * value.abs();
        ratio.is_some_and(|ratio| whole(ratio) || whole(1.0 / ratio))
    }
}

/// Whether a difference is no larger than its rounding error.
fn is_noise(difference: Value) -> bool {
    difference.size() <= 64.0 * difference.error + 1e-290
}
