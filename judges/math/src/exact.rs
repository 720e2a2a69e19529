use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::fmt;

/// Most bits of a numerator or denominator; what would be larger is no longer computed exactly.
pub const MOST_BITS: u64 = 4096;

/// An exact rational number in lowest terms, of bounded size.
///
/// Every operation answers `None` when its result would need more than [`MOST_BITS`] bits, so that no input can ask for
/// unbounded work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Rational {
    /// Numerator and positive denominator that fit a machine word.
    Small(i64, i64),
    /// Anything larger.
    Big(Box<(BigInt, BigInt)>),
}

impl Rational {
    /// Zero.
    pub const ZERO: Self = Self::Small(0, 1);
    /// One.
    pub const ONE: Self = Self::Small(1, 1);

    /// An integer.
    pub fn integer(value: i64) -> Self {
        Self::Small(value, 1)
    }

    /// `numerator / denominator`; `None` for a zero denominator.
    pub fn fraction(numerator: i64, denominator: i64) -> Option<Self> {
        Self::from_wide(i128::from(numerator), i128::from(denominator))
    }

    fn from_wide(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let common = wide_gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let common = i128::try_from(common).ok()?;
        let sign = if denominator < 0 { -1 } else { 1 };
        let (numerator, denominator) = (numerator / common * sign, denominator / common * sign);
        match (i64::try_from(numerator), i64::try_from(denominator)) {
            (Ok(n), Ok(d)) => Some(Self::Small(n, d)),
            _ => Some(Self::Big(Box::new((BigInt::from(numerator), BigInt::from(denominator))))),
        }
    }

    /// A quotient of large integers; `None` for a zero denominator or more than [`MOST_BITS`] bits.
    pub fn from_big(numerator: BigInt, denominator: BigInt) -> Option<Self> {
        if denominator.is_zero() {
            return None;
        }
        let common = numerator.gcd(&denominator);
        let (mut numerator, mut denominator) = (numerator / &common, denominator / &common);
        if denominator.is_negative() {
            numerator = -numerator;
            denominator = -denominator;
        }
        if numerator.bits() > MOST_BITS || denominator.bits() > MOST_BITS {
            return None;
        }
        match (numerator.to_i64(), denominator.to_i64()) {
            (Some(n), Some(d)) => Some(Self::Small(n, d)),
            _ => Some(Self::Big(Box::new((numerator, denominator)))),
        }
    }

    /// Numerator and denominator as large integers.
    pub fn parts(&self) -> (BigInt, BigInt) {
        match self {
            Self::Small(n, d) => (BigInt::from(*n), BigInt::from(*d)),
            Self::Big(parts) => (parts.0.clone(), parts.1.clone()),
        }
    }

    /// The decimal `digits · 10^exponent`, where `digits` holds ASCII digits only.
    pub fn decimal(digits: &str, exponent: i64) -> Option<Self> {
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self::ZERO);
        }
        if significant.len() > 1200 || exponent.abs() > 1200 {
            return None;
        }
        if significant.len() <= 18 && (-18..=0).contains(&exponent) {
            let value: i64 = significant.parse().ok()?;
            let scale = 10_i64.checked_pow(u32::try_from(-exponent).ok()?)?;
            return Self::fraction(value, scale);
        }
        let value = BigInt::parse_bytes(significant.as_bytes(), 10)?;
        let scale = BigInt::from(10).pow(u32::try_from(exponent.unsigned_abs()).ok()?);
        if exponent >= 0 { Self::from_big(value * scale, BigInt::one()) } else { Self::from_big(value, scale) }
    }

    /// The sum.
    pub fn add(&self, other: &Self) -> Option<Self> {
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            if *b == 1
                && *d == 1
                && let Some(sum) = a.checked_add(*c)
            {
                return Some(Self::Small(sum, 1));
            }
            let (a, b, c, d) = (i128::from(*a), i128::from(*b), i128::from(*c), i128::from(*d));
            if let (Some(left), Some(right)) = (a.checked_mul(d), c.checked_mul(b))
                && let (Some(sum), Some(product)) = (left.checked_add(right), b.checked_mul(d))
            {
                return Self::from_wide(sum, product);
            }
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        if b.is_one() && d.is_one() {
            return Self::from_integer(a + c);
        }
        Self::from_big(&a * &d + &c * &b, b * d)
    }

    /// The difference.
    pub fn subtract(&self, other: &Self) -> Option<Self> {
        self.add(&other.negate())
    }

    /// The product.
    pub fn multiply(&self, other: &Self) -> Option<Self> {
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            let (a, b, c, d) = (i128::from(*a), i128::from(*b), i128::from(*c), i128::from(*d));
            if let (Some(top), Some(bottom)) = (a.checked_mul(c), b.checked_mul(d)) {
                return Self::from_wide(top, bottom);
            }
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        if b.is_one() && d.is_one() {
            return Self::from_integer(a * c);
        }
        Self::from_big(a * c, b * d)
    }

    /// A large integer; `None` for more than [`MOST_BITS`] bits.
    fn from_integer(value: BigInt) -> Option<Self> {
        if value.bits() > MOST_BITS {
            return None;
        }
        Some(match value.to_i64() {
            Some(small) => Self::Small(small, 1),
            None => Self::Big(Box::new((value, BigInt::one()))),
        })
    }

    /// How much work one operation with it is, in small operations.
    pub fn cost(&self) -> u32 {
        match self {
            Self::Small(..) => 1,
            Self::Big(parts) => {
                let bits = parts.0.bits() + if parts.1.is_one() { 0 } else { 4 * parts.1.bits() };
                u32::try_from(bits / 32).unwrap_or(u32::MAX).saturating_add(2)
            }
        }
    }

    /// The reciprocal; `None` for zero.
    pub fn invert(&self) -> Option<Self> {
        match self {
            Self::Small(0, _) => None,
            Self::Small(n, d) => Self::from_wide(i128::from(*d), i128::from(*n)),
            Self::Big(parts) => Self::from_big(parts.1.clone(), parts.0.clone()),
        }
    }

    /// The quotient; `None` for division by zero.
    pub fn divide(&self, other: &Self) -> Option<Self> {
        self.multiply(&other.invert()?)
    }

    /// The number with the opposite sign.
    pub fn negate(&self) -> Self {
        match self {
            Self::Small(n, d) => match n.checked_neg() {
                Some(negated) => Self::Small(negated, *d),
                None => Self::Big(Box::new((-BigInt::from(*n), BigInt::from(*d)))),
            },
            Self::Big(parts) => {
                let negated = -parts.0.clone();
                match (negated.to_i64(), parts.1.to_i64()) {
                    (Some(n), Some(d)) => Self::Small(n, d),
                    _ => Self::Big(Box::new((negated, parts.1.clone()))),
                }
            }
        }
    }

    /// The absolute value.
    pub fn absolute(&self) -> Self {
        if self.is_negative() { self.negate() } else { self.clone() }
    }

    /// An integer power; `None` when too large, and for zero to a power that is not positive.
    pub fn power(&self, exponent: i64) -> Option<Self> {
        if exponent == 1 {
            return Some(self.clone());
        }
        if self.is_zero() {
            return (exponent > 0).then_some(Self::ZERO);
        }
        if self.is_one() {
            return Some(Self::ONE);
        }
        let base = if exponent < 0 { self.invert()? } else { self.clone() };
        let times = exponent.unsigned_abs();
        let (top, bottom) = base.parts();
        let bits = top.bits().max(bottom.bits()).max(1);
        // A number of b bits to the n-th power has at least (b - 1) n bits.
        if bits.saturating_sub(1).saturating_mul(times) > MOST_BITS || times > MOST_BITS * 2 {
            return match base {
                Self::Small(-1, 1) => Some(Self::integer(if times.is_multiple_of(2) { 1 } else { -1 })),
                _ => None,
            };
        }
        let times = u32::try_from(times).ok()?;
        Self::from_big(top.pow(times), bottom.pow(times))
    }

    /// The exact real root of the given degree, if it is rational.
    pub fn root(&self, degree: u32) -> Option<Self> {
        if degree == 0 || (self.is_negative() && degree.is_multiple_of(2)) {
            return None;
        }
        let (top, bottom) = self.parts();
        let (top_root, bottom_root) = (top.nth_root(degree), bottom.nth_root(degree));
        (top_root.pow(degree) == top && bottom_root.pow(degree) == bottom).then(|| Self::from_big(top_root, bottom_root))?
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self, Self::Small(0, _))
    }

    /// Whether it is one.
    pub fn is_one(&self) -> bool {
        matches!(self, Self::Small(1, 1))
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        match self {
            Self::Small(n, _) => *n < 0,
            Self::Big(parts) => parts.0.sign() == Sign::Minus,
        }
    }

    /// Whether it is an integer.
    pub fn is_integer(&self) -> bool {
        match self {
            Self::Small(_, d) => *d == 1,
            Self::Big(parts) => parts.1.is_one(),
        }
    }

    /// The integer it is, if it is one that fits.
    pub fn to_integer(&self) -> Option<i64> {
        match self {
            Self::Small(n, 1) => Some(*n),
            _ => None,
        }
    }

    /// The nearest double, infinite when too large.
    pub fn to_f64(&self) -> f64 {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "rounding to a double is what is asked for")]
            Self::Small(n, d) => *n as f64 / *d as f64,
            Self::Big(parts) => {
                let (top, bottom) = (&parts.0, &parts.1);
                // Both are brought to at most 900 bits, so that neither overflows.
                let excess = top.bits().max(bottom.bits()).saturating_sub(900);
                let shift = i64::try_from(excess).unwrap_or(0);
                let value = |x: &BigInt| (x >> shift).to_f64().unwrap_or(f64::INFINITY);
                if excess > 0 && (top.bits() <= excess || bottom.bits() <= excess) {
                    return if top.bits() <= excess { 0.0 } else { f64::INFINITY * value(top).signum() };
                }
                value(top) / value(bottom)
            }
        }
    }

    /// The largest integer not above it.
    pub fn floor(&self) -> Option<Self> {
        let (top, bottom) = self.parts();
        Self::from_big(top.div_floor(&bottom), BigInt::one())
    }
}

fn wide_gcd(mut a: u128, mut b: u128) -> u128 {
    // Machine words divide many times faster than double words.
    while b != 0 {
        if let (Ok(mut x), Ok(mut y)) = (u64::try_from(a), u64::try_from(b)) {
            while y != 0 {
                (x, y) = (y, x % y);
            }
            return u128::from(x);
        }
        (a, b) = (b, a % b);
    }
    a
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(a, b), Self::Small(c, d)) => (i128::from(*a) * i128::from(*d)).cmp(&(i128::from(*c) * i128::from(*b))),
            _ => {
                let ((a, b), (c, d)) = (self.parts(), other.parts());
                (a * d).cmp(&(c * b))
            }
        }
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small(n, 1) => write!(f, "{n}"),
            Self::Small(n, d) => write!(f, "{n}/{d}"),
            Self::Big(parts) if parts.1.is_one() => write!(f, "{}", parts.0),
            Self::Big(parts) => write!(f, "{}/{}", parts.0, parts.1),
        }
    }
}
