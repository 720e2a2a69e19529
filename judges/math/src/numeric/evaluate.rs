use super::calculus;
use super::estimate::Estimate;
use super::formula::Formula;
use super::functions::{call, root};
use std::cell::Cell;

/// What is left of the work one comparison may do, in steps of evaluation.
#[derive(Debug)]
pub struct Work {
    left: Cell<u64>,
    complex: Cell<bool>,
}

impl Work {
    /// A budget.
    pub fn new(steps: u64) -> Self {
        Self { left: Cell::new(steps), complex: Cell::new(false) }
    }

    /// Takes one step; false when nothing is left.
    pub fn step(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Takes several steps; false when nothing is left.
    pub fn take(&self, steps: u64) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(steps));
        left > steps
    }

    /// Begins a point.
    pub fn enter(&self) {
        self.complex.set(false);
    }

    /// Whether some function of real values was not real since the point began.
    pub fn left_the_reals(&self) -> bool {
        self.complex.get()
    }

    /// Notes a value that was made of real ones.
    fn note(&self, value: Estimate) -> Estimate {
        if value.im != 0.0 && !value.is_real() {
            self.complex.set(true);
        }
        value
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}

/// A value and the size of the terms it was summed from.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation {
    /// The value.
    pub value: Estimate,
    /// The largest sum of absolute values of terms that went into it at the top.
    pub scale: f64,
}

impl Formula {
    /// The value at a point, and its scale.
    pub fn evaluate(&self, point: &mut [Estimate], work: &Work) -> Evaluation {
        match self {
            Self::Sum(terms) => {
                let mut value = Estimate::exact(0.0);
                let mut scale = 0.0;
                for term in terms {
                    let part = term.evaluate(point, work);
                    value = value.add(part.value);
                    scale += part.scale;
                }
                Evaluation { value, scale }
            }
            Self::Product(factors) => {
                let mut value = Estimate::exact(1.0);
                let mut scale = 1.0;
                for (factor, divides) in factors {
                    let part = factor.evaluate(point, work);
                    if *divides {
                        value = value.divide(part.value);
                        scale /= part.value.size();
                    } else {
                        value = value.multiply(part.value);
                        scale *= part.scale;
                    }
                }
                Evaluation { value, scale }
            }
            Self::Negative(inner) => {
                let part = inner.evaluate(point, work);
                Evaluation { value: part.value.negate(), scale: part.scale }
            }
            _ => {
                let value = self.value(point, work);
                Evaluation { value, scale: value.size() }
            }
        }
    }

    /// The value at a point.
    pub fn value(&self, point: &mut [Estimate], work: &Work) -> Estimate {
        if !work.step() {
            return Estimate::UNDEFINED;
        }
        match self {
            Self::Value(value) => *value,
            Self::Infinite => Estimate::UNDEFINED,
            Self::Variable(at) => point.get(*at).copied().unwrap_or(Estimate::UNDEFINED),
            Self::Sum(terms) => terms.iter().fold(Estimate::exact(0.0), |sum, term| sum.add(term.value(point, work))),
            Self::Product(factors) => factors.iter().fold(Estimate::exact(1.0), |product, (factor, divides)| {
                let value = factor.value(point, work);
                if *divides { product.divide(value) } else { product.multiply(value) }
            }),
            Self::Negative(inner) => inner.value(point, work).negate(),
            Self::Power(base, exponent, fraction) => {
                let base = base.value(point, work);
                work.note(match fraction {
                    Some((n, 1)) if *n != 0 => base.power_integer(*n),
                    Some((n, 2)) if base.im == 0.0 && base.re >= 0.0 => base.sqrt().power_integer(*n),
                    Some((n, d)) if d % 2 == 1 && base.im == 0.0 && base.re < 0.0 && *d > 1 => {
                        #[allow(clippy::cast_precision_loss, reason = "the denominator is below a thousand")]
                        let degree = Estimate::exact(*d as f64);
                        root(degree, base).power_integer(*n)
                    }
                    _ => base.power(exponent.value(point, work)),
                })
            }
            Self::Call(function, arguments) => match arguments.as_slice() {
                [argument] => {
                    let value = argument.value(point, work);
                    work.note(call(*function, &[value]))
                }
                _ => {
                    let values: Vec<Estimate> = arguments.iter().map(|argument| argument.value(point, work)).collect();
                    work.note(call(*function, &values))
                }
            },
            Self::Opaque(seed, arguments) => {
                let mut sum = Estimate::exact(fraction_of(*seed));
                for (place, argument) in arguments.iter().enumerate() {
                    let value = argument.value(point, work);
                    let own =
                        seed.rotate_left(u32::try_from(place % 64).unwrap_or(0) * 7 + 3).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    let inside = value.scale(0.7 + fraction_of(own)).add(Estimate::exact(fraction_of(own.rotate_left(29))));
                    let wave = call(crate::syntax::Function::Sin, &[inside]).scale(1.0 + fraction_of(own.rotate_left(41)));
                    sum = sum.add(wave).add(value.scale(0.3 + fraction_of(own.rotate_left(17))));
                }
                sum
            }
            Self::Bound { binder, variable, low, high, body } => {
                calculus::bound(*binder, *variable, low.as_deref(), high.as_deref(), body, point, work)
            }
        }
    }
}

/// A number between 0 and 1 made of a hash.
fn fraction_of(hash: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "the lowest bits do not matter")]
    let top = (hash >> 11) as f64;
    top / 9_007_199_254_740_992.0
}
