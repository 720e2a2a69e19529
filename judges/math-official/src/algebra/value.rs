//! Complex values with a bound of their rounding error.

use num_complex::Complex64;

/// The relative rounding error of one operation.
const EPSILON: f64 = f64::EPSILON;

/// A value and how far it may be off, in absolute terms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) z: Complex64,
    pub(crate) error: f64,
}

impl Value {
    /// A value that is exact.
    pub(crate) fn exact(z: Complex64) -> Self {
        Self { z, error: 0.0 }
    }

    pub(crate) fn real(re: f64) -> Self {
        Self::exact(Complex64::new(re, 0.0))
    }

    /// No value.
    pub(crate) fn undefined() -> Self {
        Self::real(f64::NAN)
    }

    pub(crate) fn size(self) -> f64 {
        self.z.norm()
    }

    pub(crate) fn is_finite(self) -> bool {
        self.z.re.is_finite() && self.z.im.is_finite() && self.error.is_finite()
    }

    /// Whether the value is known well enough to be compared.
    pub(crate) fn is_known(self) -> bool {
        self.is_finite() && self.error <= 1e-4 * (self.size() + 1e-30).max(1e-8)
    }

    /// A result of a function with the error of its argument carried along.
    pub(crate) fn carried(z: Complex64, error: f64) -> Self {
        Self { z, error: error + 2.0 * EPSILON * z.norm() }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let z = self.z + other.z;
        Self { z, error: self.error + other.error + EPSILON * z.norm() }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(Self { z: -other.z, error: other.error })
    }

    pub(crate) fn times(self, other: Self) -> Self {
        let z =
            if self.z.im == 0.0 && other.z.im == 0.0 { Complex64::new(self.z.re * other.z.re, 0.0) } else { self.z * other.z };
        Self::carried(z, self.error * other.size() + other.error * self.size())
    }

    pub(crate) fn inverse(self) -> Self {
        let z = if self.z.im == 0.0 { Complex64::new(1.0 / self.z.re, 0.0) } else { self.z.inv() };
        let size = self.size();
        if size == 0.0 {
            return Self::undefined();
        }
        Self::carried(z, self.error / (size * size))
    }

    /// A whole power.
    pub(crate) fn whole_power(self, exponent: i64) -> Self {
        let mut result = Self::real(1.0);
        let mut base = self;
        let mut left = exponent.unsigned_abs();
        while left > 0 {
            if left & 1 == 1 {
                result = result.times(base);
            }
            left >>= 1;
            if left > 0 {
                base = base.times(base);
            }
        }
        if exponent < 0 { result.inverse() } else { result }
    }

    /// The principal power.
    pub(crate) fn power(self, exponent: Self) -> Self {
        if exponent.z.im == 0.0 && exponent.error == 0.0 && exponent.z.re.fract() == 0.0 && exponent.z.re.abs() < 1e9 {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e9")]
            return self.whole_power(exponent.z.re as i64);
        }
        if self.z == Complex64::new(0.0, 0.0) {
            return if exponent.z.re > 0.0 && self.error == 0.0 { Self::real(0.0) } else { Self::undefined() };
        }
        if self.z.im == 0.0 && exponent.z.im == 0.0 && self.z.re > 0.0 {
            let z = Complex64::new(self.z.re.powf(exponent.z.re), 0.0);
            return Self::carried(z, self.power_error(exponent, z));
        }
        let z = (self.logarithm_value() * exponent.z).exp();
        Self::carried(z, self.power_error(exponent, z))
    }

    fn power_error(self, exponent: Self, z: Complex64) -> f64 {
        let logarithm = self.logarithm_value().norm();
        let relative =
            exponent.size() * self.error / self.size() + logarithm * (exponent.error + EPSILON * exponent.size() * 2.0);
        z.norm() * relative
    }

    /// The principal logarithm, real for positive arguments.
    pub(crate) fn logarithm_value(self) -> Complex64 {
        if self.z.im == 0.0 {
            let turn = if self.z.re < 0.0 { std::f64::consts::PI } else { 0.0 };
            return Complex64::new(self.z.re.abs().ln(), turn);
        }
        self.z.ln()
    }
}
