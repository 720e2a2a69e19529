//! Gamma, error function and other functions of a real variable.

/// The gamma function by Lanczos' approximation (g = 7, nine terms); relative error about 1e-14.
pub fn gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
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
    if x.fract() == 0.0 {
        if x <= 0.0 {
            return f64::NAN;
        }
        if x <= 171.0 {
            let mut product = 1.0;
            let mut k = 2.0;
            while k < x {
                product *= k;
                k += 1.0;
            }
            return product;
        }
        return f64::INFINITY;
    }
    if x < 0.5 {
        return std::f64::consts::PI / ((std::f64::consts::PI * x).sin() * gamma(1.0 - x));
    }
    let x = x - 1.0;
    let mut sum = COEFFICIENTS[0];
    let mut k = 1.0;
    for coefficient in COEFFICIENTS.iter().skip(1) {
        sum += coefficient / (x + k);
        k += 1.0;
    }
    let t = x + 7.5;
    (2.0 * std::f64::consts::PI).sqrt() * t.powf(x + 0.5) * (-t).exp() * sum
}

/// The error function, by its series or its continued fraction.
pub fn erf(x: f64) -> f64 {
    let size = x.abs();
    if size > 6.0 {
        return x.signum();
    }
    if size < 2.5 {
        let mut term = x;
        let mut sum = x;
        let mut n = 0.0;
        while term.abs() > 1e-17 * sum.abs() && n < 200.0 {
            n += 1.0;
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        return sum * 2.0 / std::f64::consts::PI.sqrt();
    }
    let mut fraction = 0.0;
    let mut k = 60.0;
    while k >= 1.0 {
        fraction = k / 2.0 / (size + fraction);
        k -= 1.0;
    }
    let tail = (-size * size).exp() / (std::f64::consts::PI.sqrt() * (size + fraction));
    (1.0 - tail) * x.signum()
}

/// The greatest common divisor of two integers held in doubles.
pub fn gcd(a: f64, b: f64) -> f64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    let mut turns = 0;
    while b >= 1.0 && turns < 100 {
        (a, b) = (b, a % b);
        turns += 1;
    }
    a
}
