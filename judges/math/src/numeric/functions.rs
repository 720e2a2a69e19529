use super::estimate::Estimate;
use super::special::{erf, gamma, gcd};
use crate::syntax::Function;

const I: Estimate = Estimate { re: 0.0, im: 1.0, error: 0.0 };
const ONE: Estimate = Estimate { re: 1.0, im: 0.0, error: 0.0 };

/// The value of a known function.
pub fn call(function: Function, arguments: &[Estimate]) -> Estimate {
    use Function as F;
    let Some(&x) = arguments.first() else { return Estimate::UNDEFINED };
    if !arguments.iter().all(Estimate::is_finite) {
        return Estimate::UNDEFINED;
    }
    let second = arguments.get(1).copied();
    match function {
        F::Sin => sine(x),
        F::Cos => cosine(x),
        F::Tan => sine(x).divide(cosine(x)),
        F::Sec => cosine(x).invert(),
        F::Csc => sine(x).invert(),
        F::Cot => cosine(x).divide(sine(x)),
        F::Sinh => hyperbolic(x).0,
        F::Cosh => hyperbolic(x).1,
        F::Tanh => tanh(x),
        F::Sech => hyperbolic(x).1.invert(),
        F::Csch => hyperbolic(x).0.invert(),
        F::Coth => tanh(x).invert(),
        F::Asin => arcsine(x),
        F::Acos => Estimate::rounded(std::f64::consts::FRAC_PI_2).subtract(arcsine(x)),
        F::Atan => arctangent(x),
        F::Asec => call(F::Acos, &[x.invert()]),
        F::Acsc => call(F::Asin, &[x.invert()]),
        // The range (0, π), so that it is continuous on the real line.
        F::Acot => Estimate::rounded(std::f64::consts::FRAC_PI_2).subtract(arctangent(x)),
        F::Asinh => x.add(x.multiply(x).add(ONE).sqrt()).ln(),
        F::Acosh => x.add(x.add(ONE).sqrt().multiply(x.subtract(ONE).sqrt())).ln(),
        F::Atanh => ONE.add(x).ln().subtract(ONE.subtract(x).ln()).scale(0.5),
        F::Asech => call(F::Acosh, &[x.invert()]),
        F::Acsch => call(F::Asinh, &[x.invert()]),
        F::Acoth => call(F::Atanh, &[x.invert()]),
        F::Exp => x.exp(),
        F::Ln => x.ln(),
        F::Log10 => x.ln().scale(std::f64::consts::LOG10_E),
        F::LogBase => second.map_or(Estimate::UNDEFINED, |value| value.ln().divide(x.ln())),
        F::Sqrt => x.sqrt(),
        F::Cbrt => root(Estimate::exact(3.0), x),
        F::Root => second.map_or(Estimate::UNDEFINED, |radicand| root(x, radicand)),
        F::Abs => Estimate { re: x.size(), im: 0.0, error: x.error },
        F::Floor => step(x, f64::floor),
        F::Ceil => step(x, f64::ceil),
        F::Sign => real(x, |v| if v == 0.0 { 0.0 } else { v.signum() }, |v| v == 0.0),
        F::Heaviside => real(x, |v| if v > 0.0 { 1.0 } else { 0.0 }, |v| v == 0.0),
        F::Erf => smooth(x, erf, 1.2),
        F::Gamma => factorial(x.subtract(ONE)),
        F::Factorial => factorial(x),
        F::DoubleFactorial => double_factorial(x),
        F::Binomial => second.map_or(Estimate::UNDEFINED, |k| binomial(x, k)),
        F::Permutations => second.map_or(Estimate::UNDEFINED, |k| factorial(x).divide(factorial(x.subtract(k)))),
        F::Re => Estimate { re: x.re, im: 0.0, error: x.error },
        F::Im => Estimate { re: x.im, im: 0.0, error: x.error },
        F::Arg => {
            if x.may_be_zero() {
                Estimate::UNDEFINED
            } else {
                Estimate { re: x.im.atan2(x.re), im: 0.0, error: x.error / x.size() + 1e-16 }
            }
        }
        F::Conjugate => Estimate { re: x.re, im: if x.im == 0.0 { 0.0 } else { -x.im }, error: x.error },
        F::Min => fold(arguments, f64::min),
        F::Max => fold(arguments, f64::max),
        F::Gcd => fold_integers(arguments, gcd),
        F::Lcm => fold_integers(arguments, |a, b| if a == 0.0 || b == 0.0 { 0.0 } else { a / gcd(a, b) * b }),
        F::Mod => match second {
            Some(m) if x.is_real() && m.is_real() && m.re != 0.0 => {
                Estimate { re: x.re.rem_euclid(m.re), im: 0.0, error: x.error + m.error }
            }
            _ => Estimate::UNDEFINED,
        },
        F::Determinant => x,
    }
}

fn smooth(x: Estimate, value: impl Fn(f64) -> f64, slope: f64) -> Estimate {
    if !x.is_real() {
        return Estimate::UNDEFINED;
    }
    let result = value(x.re);
    Estimate { re: result, im: 0.0, error: x.error * slope + result.abs() * 1e-14 }
}

/// A function with jumps: undefined on them.
fn real(x: Estimate, value: impl Fn(f64) -> f64, jump: impl Fn(f64) -> bool) -> Estimate {
    if !x.is_real() || (jump(x.re) && x.error > 0.0) || value(x.re - x.error) != value(x.re + x.error) {
        return Estimate::UNDEFINED;
    }
    Estimate::exact(value(x.re))
}

/// Floor and ceiling. A value that is an integer up to its error counts as that integer.
fn step(x: Estimate, value: impl Fn(f64) -> f64) -> Estimate {
    if !x.is_real() || x.re.abs() > 1e15 {
        return Estimate::UNDEFINED;
    }
    let near = x.re.round();
    if (x.re - near).abs() <= x.error {
        return Estimate::exact(near);
    }
    Estimate::exact(value(x.re))
}

fn sine(x: Estimate) -> Estimate {
    let rounding = x.re.abs() * 2.3e-16 + 1e-16;
    if x.im == 0.0 {
        return Estimate { re: x.re.sin(), im: 0.0, error: (x.error + rounding).min(2.0) };
    }
    let (sinh, cosh) = (x.im.sinh(), x.im.cosh());
    Estimate { re: x.re.sin() * cosh, im: x.re.cos() * sinh, error: (x.error + rounding) * cosh * 2.0 }
}

fn cosine(x: Estimate) -> Estimate {
    let rounding = x.re.abs() * 2.3e-16 + 1e-16;
    if x.im == 0.0 {
        return Estimate { re: x.re.cos(), im: 0.0, error: (x.error + rounding).min(2.0) };
    }
    let (sinh, cosh) = (x.im.sinh(), x.im.cosh());
    Estimate { re: x.re.cos() * cosh, im: -(x.re.sin() * sinh), error: (x.error + rounding) * cosh * 2.0 }
}

/// Hyperbolic sine and cosine.
fn hyperbolic(x: Estimate) -> (Estimate, Estimate) {
    if x.im == 0.0 {
        let (sinh, cosh) = (x.re.sinh(), x.re.cosh());
        let error = cosh * (x.error.exp_m1() + 1e-15);
        return (Estimate { re: sinh, im: 0.0, error }, Estimate { re: cosh, im: 0.0, error });
    }
    let (up, down) = (x.exp(), x.negate().exp());
    (up.subtract(down).scale(0.5), up.add(down).scale(0.5))
}

fn tanh(x: Estimate) -> Estimate {
    if x.im == 0.0 {
        return Estimate { re: x.re.tanh(), im: 0.0, error: x.error + 1e-16 };
    }
    let (sinh, cosh) = hyperbolic(x);
    sinh.divide(cosh)
}

fn arcsine(x: Estimate) -> Estimate {
    if x.im == 0.0 && x.re.abs() <= 1.0 {
        let slope = 1.0 / (1.0 - x.re * x.re).sqrt();
        let error = if slope.is_finite() && slope * x.error < 1e-3 { slope * x.error } else { (2.0 * x.error).sqrt() };
        return Estimate { re: x.re.asin(), im: 0.0, error: error + 2e-16 };
    }
    if x.im == 0.0 && x.re.abs() <= 1.0 + x.error {
        return Estimate { re: std::f64::consts::FRAC_PI_2.copysign(x.re), im: 0.0, error: (4.0 * x.error).sqrt() };
    }
    // -i ln(ix + sqrt(1 - x²))
    let inside = I.multiply(x).add(ONE.subtract(x.multiply(x)).sqrt());
    I.negate().multiply(inside.ln())
}

fn arctangent(x: Estimate) -> Estimate {
    if x.im == 0.0 {
        return Estimate { re: x.re.atan(), im: 0.0, error: x.error / (1.0 + x.re * x.re) + 2e-16 };
    }
    let ix = I.multiply(x);
    let difference = ONE.subtract(ix).ln().subtract(ONE.add(ix).ln());
    I.multiply(difference).scale(0.5)
}

/// The root of a degree: the real one where there is one, else the principal one.
pub fn root(degree: Estimate, radicand: Estimate) -> Estimate {
    let odd = degree.im == 0.0 && degree.error == 0.0 && degree.re.fract() == 0.0 && degree.re.rem_euclid(2.0) == 1.0;
    if odd && radicand.im == 0.0 && radicand.re < 0.0 {
        return radicand.negate().power(degree.invert()).negate();
    }
    if degree.error == 0.0 && degree.re == 2.0 && degree.im == 0.0 {
        return radicand.sqrt();
    }
    if radicand.size() == 0.0 {
        return Estimate::exact(0.0);
    }
    radicand.power(degree.invert())
}

fn factorial(x: Estimate) -> Estimate {
    if !x.is_real() {
        return Estimate::UNDEFINED;
    }
    let value =
        if x.error < 1e-6 && (x.re - x.re.round()).abs() <= x.error { gamma(x.re.round() + 1.0) } else { gamma(x.re + 1.0) };
    // |digamma| is below ln(x + 2) + 1 for positive x.
    let slope = (x.re.abs() + 2.0).ln() + 1.0;
    Estimate { re: value, im: 0.0, error: value.abs() * (2e-14 + x.error * slope) }
}

fn double_factorial(x: Estimate) -> Estimate {
    let n = x.re.round();
    if !x.is_real() || (x.re - n).abs() > 1e-9 || !(0.0..=400.0).contains(&n) {
        return Estimate::UNDEFINED;
    }
    let mut product = 1.0;
    let mut k = n;
    while k > 1.0 {
        product *= k;
        k -= 2.0;
    }
    Estimate { re: product, im: 0.0, error: product * 1e-13 }
}

fn binomial(n: Estimate, k: Estimate) -> Estimate {
    if !n.is_real() || !k.is_real() {
        return Estimate::UNDEFINED;
    }
    let count = k.re.round();
    if (k.re - count).abs() > 1e-9 {
        return factorial(n).divide(factorial(k).multiply(factorial(n.subtract(k))));
    }
    let whole = n.re.round();
    let count = if (n.re - whole).abs() < 1e-9 && whole >= count && whole - count < count { whole - count } else { count };
    if count < 0.0 {
        return Estimate::exact(0.0);
    }
    if count > 5000.0 {
        return Estimate { re: f64::INFINITY, im: 0.0, error: f64::INFINITY };
    }
    let mut product = 1.0;
    let mut step = 1.0;
    while step <= count {
        product *= (n.re - count + step) / step;
        step += 1.0;
    }
    Estimate { re: product, im: 0.0, error: product.abs() * (1e-14 + count * 1e-15) + n.error * product.abs() * count }
}

fn fold(arguments: &[Estimate], choose: impl Fn(f64, f64) -> f64) -> Estimate {
    let mut result: Option<Estimate> = None;
    for argument in arguments {
        if !argument.is_real() {
            return Estimate::UNDEFINED;
        }
        result = Some(match result {
            None => *argument,
            Some(before) => Estimate { re: choose(before.re, argument.re), im: 0.0, error: before.error.max(argument.error) },
        });
    }
    result.unwrap_or(Estimate::UNDEFINED)
}

fn fold_integers(arguments: &[Estimate], choose: impl Fn(f64, f64) -> f64) -> Estimate {
    let mut result: Option<f64> = None;
    for argument in arguments {
        let value = argument.re.round();
        if !argument.is_real() || (argument.re - value).abs() > 1e-9 || value.abs() > 9e15 {
            return Estimate::UNDEFINED;
        }
        result = Some(result.map_or(value.abs(), |before| choose(before, value.abs())));
    }
    result.map_or(Estimate::UNDEFINED, Estimate::exact)
}
