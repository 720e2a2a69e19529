/// The rounding of one operation, relative to its result.
const ROUNDING: f64 = 2.3e-16;

/// A complex number and a bound of how far it is from the exact one.
///
/// Undefined values are not a number; what is too large for a double is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
    /// Bound of the absolute error.
    pub error: f64,
}

impl Estimate {
    /// No value at all.
    pub const UNDEFINED: Self = Self { re: f64::NAN, im: f64::NAN, error: f64::INFINITY };

    /// A real number that is exact.
    pub fn exact(re: f64) -> Self {
        Self { re, im: 0.0, error: 0.0 }
    }

    /// A real number that was rounded once.
    pub fn rounded(re: f64) -> Self {
        Self { re, im: 0.0, error: re.abs() * ROUNDING }
    }

    /// Whether it is a finite number.
    pub fn is_finite(&self) -> bool {
        self.re.is_finite() && self.im.is_finite() && self.error.is_finite()
    }

    /// The absolute value.
    pub fn size(&self) -> f64 {
        if self.im == 0.0 { self.re.abs() } else { self.re.hypot(self.im) }
    }

    /// The relative error; infinite near zero.
    pub fn relative_error(&self) -> f64 {
        let size = self.size();
        if self.error == 0.0 {
            0.0
        } else if size == 0.0 {
            f64::INFINITY
        } else {
            self.error / size
        }
    }

    /// Whether the imaginary part is no more than error.
    pub fn is_real(&self) -> bool {
        self.im.abs() <= self.error.max(self.re.abs() * 1e-12)
    }

    /// Whether it may be zero.
    pub fn may_be_zero(&self) -> bool {
        self.size() <= self.error
    }

    fn finish(re: f64, im: f64, error: f64) -> Self {
        let size = if im == 0.0 { re.abs() } else { re.hypot(im) };
        Self { re, im, error: error + size * ROUNDING }
    }

    /// The sum.
    pub fn add(self, other: Self) -> Self {
        Self::finish(self.re + other.re, self.im + other.im, self.error + other.error)
    }

    /// The negative.
    pub fn negate(self) -> Self {
        Self { re: -self.re, im: if self.im == 0.0 { 0.0 } else { -self.im }, error: self.error }
    }

    /// The difference.
    pub fn subtract(self, other: Self) -> Self {
        self.add(other.negate())
    }

    /// The product.
    pub fn multiply(self, other: Self) -> Self {
        let error = self.size() * other.error + other.size() * self.error + self.error * other.error;
        if self.im == 0.0 && other.im == 0.0 {
            return Self::finish(self.re * other.re, 0.0, error);
        }
        Self::finish(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re, error * 1.5)
    }

    /// The reciprocal; undefined where the number may be zero.
    pub fn invert(self) -> Self {
        if self.may_be_zero() {
            return Self::UNDEFINED;
        }
        let size = self.size();
        let error = self.error / (size * (size - self.error));
        if self.im == 0.0 {
            return Self::finish(1.0 / self.re, 0.0, error);
        }
        let square = size * size;
        if !square.is_finite() || square == 0.0 {
            return Self::UNDEFINED;
        }
        Self::finish(self.re / square, -self.im / square, error * 1.5)
    }

    /// The quotient.
    pub fn divide(self, other: Self) -> Self {
        if other.error == 0.0 && other.im == 0.0 && other.re != 0.0 {
            let error = self.error / other.re.abs();
            return Self::finish(self.re / other.re, self.im / other.re, error);
        }
        self.multiply(other.invert())
    }

    /// Multiplied by a real factor.
    pub fn scale(self, factor: f64) -> Self {
        Self::finish(self.re * factor, if self.im == 0.0 { 0.0 } else { self.im * factor }, self.error * factor.abs())
    }

    /// An integer power by repeated squaring.
    pub fn power_integer(self, exponent: i64) -> Self {
        if exponent < 0 {
            return self.invert().power_integer(exponent.checked_neg().unwrap_or(i64::MAX));
        }
        if self.im == 0.0 && exponent > 64 {
            #[allow(clippy::cast_precision_loss, reason = "exponents this large overflow long before they lose digits")]
            let value = self.re.powf(exponent as f64);
            #[allow(clippy::cast_precision_loss, reason = "a bound")]
            return Self::finish(value, 0.0, value.abs() * self.relative_error().min(1.0) * exponent as f64 * 1.1);
        }
        let mut result = Self::exact(1.0);
        let mut base = self;
        let mut left = exponent;
        while left > 0 {
            if left % 2 == 1 {
                result = result.multiply(base);
            }
            left /= 2;
            if left > 0 {
                base = base.multiply(base);
            }
        }
        result
    }

    /// The exponential.
    pub fn exp(self) -> Self {
        let size = self.re.exp();
        if self.im == 0.0 {
            return Self::finish(size, 0.0, size * (self.error.exp_m1() + 1e-15));
        }
        Self::finish(size * self.im.cos(), size * self.im.sin(), size * (self.error.exp_m1() + 1e-15 + self.im.abs() * ROUNDING))
    }

    /// The principal logarithm; undefined where the number may be zero.
    pub fn ln(self) -> Self {
        if self.may_be_zero() {
            return Self::UNDEFINED;
        }
        let relative = self.error / (self.size() - self.error);
        if self.im == 0.0 && self.re > 0.0 {
            return Self::finish(self.re.ln(), 0.0, relative + 1e-16);
        }
        if self.re < 0.0 && self.im != 0.0 && self.im.abs() <= self.error {
            // On the cut: which side is not known.
            return Self::finish(self.size().ln(), std::f64::consts::PI, relative + 1e-16);
        }
        Self::finish(self.size().ln(), self.im.atan2(self.re), relative + 1e-16)
    }

    /// The principal square root.
    pub fn sqrt(self) -> Self {
        let size = self.size();
        if size == 0.0 {
            return Self { re: 0.0, im: 0.0, error: self.error.sqrt() };
        }
        let error = if size > 2.0 * self.error { self.error / size.sqrt() } else { self.error.sqrt() };
        if self.im == 0.0 {
            return if self.re >= 0.0 {
                Self::finish(self.re.sqrt(), 0.0, error)
            } else {
                Self::finish(0.0, (-self.re).sqrt(), error)
            };
        }
        if self.re < 0.0 && self.im.abs() <= self.error {
            return Self::finish(0.0, size.sqrt(), error);
        }
        let re = f64::midpoint(size, self.re).max(0.0).sqrt();
        let im = f64::midpoint(size, -self.re).max(0.0).sqrt();
        Self::finish(re, im.copysign(self.im), error)
    }

    /// A power with any exponent, on the principal branch.
    pub fn power(self, exponent: Self) -> Self {
        if exponent.error == 0.0 && exponent.im == 0.0 && exponent.re.fract() == 0.0 && exponent.re.abs() <= 1e15 {
            #[allow(clippy::cast_possible_truncation, reason = "checked to be an integer in range")]
            let integer = exponent.re as i64;
            if integer == 0 && self.may_be_zero() {
                return Self::UNDEFINED;
            }
            return self.power_integer(integer);
        }
        if self.size() == 0.0 && self.error == 0.0 {
            return if exponent.re > exponent.error { Self::exact(0.0) } else { Self::UNDEFINED };
        }
        if self.im == 0.0 && self.re > self.error && exponent.im == 0.0 {
            let value = self.re.powf(exponent.re);
            let log = self.re.ln().abs() + 1e-16;
            let relative = self.error / (self.re - self.error);
            let error = exponent.re.abs() * relative + exponent.error * log + (exponent.re * log).abs() * ROUNDING + 1e-15;
            return Self::finish(value, 0.0, value.abs() * error.min(700.0).exp_m1());
        }
        self.ln().multiply(exponent).exp()
    }
}
