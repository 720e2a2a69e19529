//! Numbers as upstream reckons them: exact rationals and doubles; a double makes a result a double.

use std::cmp::Ordering;

/// A coefficient.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    /// A fraction in lowest terms with a positive denominator.
    Exact(i128, i128),
    Double(f64),
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Number {
    pub(crate) const ZERO: Self = Self::Exact(0, 1);
    pub(crate) const ONE: Self = Self::Exact(1, 1);

    /// A fraction in lowest terms; none with a zero denominator or out of range.
    pub(crate) fn fraction(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let common = i128::try_from(gcd(numerator.unsigned_abs(), denominator.unsigned_abs())).ok()?.max(1);
        let (numerator, denominator) = (numerator / common, denominator / common);
        if denominator < 0 {
            return Some(Self::Exact(numerator.checked_neg()?, denominator.checked_neg()?));
        }
        Some(Self::Exact(numerator, denominator))
    }

    /// The value as a double.
    #[expect(clippy::cast_precision_loss, reason = "rounding to a double is what is wanted")]
    pub(crate) fn double(self) -> f64 {
        match self {
            Self::Exact(numerator, denominator) => numerator as f64 / denominator as f64,
            Self::Double(value) => value,
        }
    }

    pub(crate) fn is_zero(self) -> bool {
        match self {
            Self::Exact(numerator, _) => numerator == 0,
            Self::Double(value) => value == 0.0,
        }
    }

    pub(crate) fn is_exact(self) -> bool {
        matches!(self, Self::Exact(..))
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Exact(a, b), Self::Exact(c, d)) => {
                let numerator = a.checked_mul(d)?.checked_add(c.checked_mul(b)?)?;
                Self::fraction(numerator, b.checked_mul(d)?)
            }
            _ => Some(Self::Double(self.double() + other.double())),
        }
    }

    pub(crate) fn times(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Exact(0, _), _) | (_, Self::Exact(0, _)) => Some(Self::ZERO),
            (Self::Exact(a, b), Self::Exact(c, d)) => {
                let left = Self::fraction(a, d)?;
                let right = Self::fraction(c, b)?;
                match (left, right) {
                    (Self::Exact(a, d), Self::Exact(c, b)) => Self::fraction(a.checked_mul(c)?, b.checked_mul(d)?),
                    _ => None,
                }
            }
            _ => Some(Self::Double(self.double() * other.double())),
        }
    }

    pub(crate) fn inverse(self) -> Option<Self> {
        match self {
            Self::Exact(numerator, denominator) => Self::fraction(denominator, numerator),
            Self::Double(value) if value != 0.0 => Some(Self::Double(1.0 / value)),
            Self::Double(_) => None,
        }
    }

    /// A whole power.
    pub(crate) fn whole_power(self, exponent: i64) -> Option<Self> {
        if let Self::Double(value) = self {
            return Some(Self::Double(value.powi(i32::try_from(exponent).ok()?)));
        }
        let mut result = Self::ONE;
        let base = if exponent < 0 { self.inverse()? } else { self };
        if exponent.unsigned_abs() > 2_000 && !matches!(base, Self::Exact(-1..=1, 1)) {
            return None;
        }
        if exponent.unsigned_abs() > 2_000 {
            return Some(if exponent % 2 == 0 { base.times(base)? } else { base });
        }
        for _ in 0..exponent.unsigned_abs() {
            result = result.times(base)?;
        }
        Some(result)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An order for use as a key; exact numbers and doubles are never equal.
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Exact(a, b), Self::Exact(c, d)) => (a, b).cmp(&(c, d)),
            (Self::Double(a), Self::Double(b)) => a.total_cmp(b),
            (Self::Exact(..), Self::Double(_)) => Ordering::Less,
            (Self::Double(_), Self::Exact(..)) => Ordering::Greater,
        }
    }
}
