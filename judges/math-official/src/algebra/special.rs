//! Functions of complex values.

use num_complex::Complex64;

use super::value::Value;
use crate::latex::Function;

fn one() -> Complex64 {
    Complex64::new(1.0, 0.0)
}

/// The value of a function; undefined where it has none.
pub(crate) fn call(function: Function, argument: Value) -> Value {
    use Function as F;
    if !argument.is_finite() {
        return at_infinity(function, argument);
    }
    match function {
        F::Absolute => return Value::carried(Complex64::new(argument.size(), 0.0), argument.error),
        F::Conjugate => return Value { z: argument.z.conj(), error: argument.error },
        F::Floor => return stepped(argument, f64::floor),
        F::Ceiling => return stepped(argument, f64::ceil),
        _ => {}
    }
    let z = apply(function, argument.z);
    if argument.error == 0.0 {
        return Value::carried(z, 4.0 * f64::EPSILON * z.norm());
    }
    let step = Complex64::new(argument.error.max(1e-9 * (1.0 + argument.size())), 0.0);
    let slope = (apply(function, argument.z + step) - z).norm() / step.re;
    Value::carried(z, slope * argument.error + 4.0 * f64::EPSILON * z.norm())
}

/// Whether the function of this real argument is real (Abs and the like are).
pub(crate) fn is_real_valued(function: Function, x: f64) -> bool {
    use Function as F;
    match function {
        F::Logarithm => x > 0.0,
        F::ArcSine | F::ArcCosine => x.abs() <= 1.0,
        F::ArcSecant | F::ArcCosecant => x.abs() >= 1.0,
        F::AreaCosine => x >= 1.0,
        F::AreaTangent => x.abs() < 1.0,
        _ => true,
    }
}

fn at_infinity(function: Function, argument: Value) -> Value {
    let x = argument.z.re;
    if argument.z.im != 0.0 || x.is_nan() {
        return Value::undefined();
    }
    match function {
        Function::Exponential => Value::real(x.exp()),
        Function::Logarithm | Function::Absolute => Value::real(f64::INFINITY),
        Function::ArcTangent => Value::real(x.atan()),
        Function::HyperbolicTangent => Value::real(x.tanh()),
        _ => Value::undefined(),
    }
}

fn stepped(argument: Value, step: fn(f64) -> f64) -> Value {
    Value::exact(Complex64::new(step(argument.z.re), step(argument.z.im)))
}

fn real(z: Complex64, function: fn(f64) -> f64) -> Option<Complex64> {
    (z.im == 0.0).then(|| Complex64::new(function(z.re), 0.0))
}

fn apply(function: Function, z: Complex64) -> Complex64 {
    use Function as F;
    match function {
        F::Sine => real(z, f64::sin).unwrap_or_else(|| z.sin()),
        F::Cosine => real(z, f64::cos).unwrap_or_else(|| z.cos()),
        F::Tangent => real(z, f64::tan).unwrap_or_else(|| z.tan()),
        F::Secant => apply(F::Cosine, z).inv(),
        F::Cosecant => apply(F::Sine, z).inv(),
        F::Cotangent => apply(F::Tangent, z).inv(),
        F::ArcSine if is_real_valued(function, z.re) => real(z, f64::asin).unwrap_or_else(|| z.asin()),
        F::ArcSine => z.asin(),
        F::ArcCosine if is_real_valued(function, z.re) => real(z, f64::acos).unwrap_or_else(|| z.acos()),
        F::ArcCosine => z.acos(),
        F::ArcTangent => real(z, f64::atan).unwrap_or_else(|| z.atan()),
        F::ArcSecant => apply(F::ArcCosine, z.inv()),
        F::ArcCosecant => apply(F::ArcSine, z.inv()),
        F::ArcCotangent => apply(F::ArcTangent, z.inv()),
        F::HyperbolicSine => real(z, f64::sinh).unwrap_or_else(|| z.sinh()),
        F::HyperbolicCosine => real(z, f64::cosh).unwrap_or_else(|| z.cosh()),
        F::HyperbolicTangent => real(z, f64::tanh).unwrap_or_else(|| z.tanh()),
        F::AreaSine => real(z, f64::asinh).unwrap_or_else(|| z.asinh()),
        F::AreaCosine => z.acosh(),
        F::AreaTangent => z.atanh(),
        F::Exponential => real(z, f64::exp).unwrap_or_else(|| z.exp()),
        F::Logarithm => Value::exact(z).logarithm_value(),
        F::Factorial => gamma(z + one()),
        F::Absolute | F::Floor | F::Ceiling | F::Conjugate => z,
    }
}

/// Coefficients of Lanczos' series for g = 7, n = 9 (as tabulated by Godfrey).
const LANCZOS: [f64; 9] = [
    0.999_999_999_999_809_9,
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

/// The gamma function; exact for small whole arguments.
pub(crate) fn gamma(z: Complex64) -> Complex64 {
    if z.im == 0.0 && z.re.fract() == 0.0 {
        if z.re <= 0.0 {
            return Complex64::new(f64::NAN, f64::NAN);
        }
        if z.re <= 171.0 {
            let mut product = 1.0;
            let mut factor = 2.0;
            while factor < z.re {
                product *= factor;
                factor += 1.0;
            }
            return Complex64::new(product, 0.0);
        }
    }
    if z.re < 0.5 {
        let pi = std::f64::consts::PI;
        return Complex64::new(pi, 0.0) / ((z * pi).sin() * gamma_right(one() - z));
    }
    gamma_right(z)
}

fn gamma_right(z: Complex64) -> Complex64 {
    let shifted = z - one();
    let mut sum = Complex64::new(0.0, 0.0);
    let mut offset = 0.0;
    for coefficient in LANCZOS {
        sum += if offset == 0.0 { Complex64::new(coefficient, 0.0) } else { coefficient / (shifted + offset) };
        offset += 1.0;
    }
    let base = shifted + 7.5;
    (base.ln() * (shifted + 0.5) - base).exp() * sum * (2.0 * std::f64::consts::PI).sqrt()
}
