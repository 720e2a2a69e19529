use statrs::distribution::{ContinuousCDF, Normal};

/// The two-sided quantile of the standard normal distribution, e.g. 1.96 for a confidence of 0.95. A confidence
/// outside (0, 1) gives NaN.
pub fn normal_quantile(confidence: f64) -> f64 {
    if !(confidence > 0.0 && confidence < 1.0) {
        return f64::NAN;
    }
    Normal::standard().inverse_cdf(0.5 + confidence / 2.0)
}

/// The Wilson score interval of a proportion (Wilson 1927), without continuity correction; `None` where nothing was
/// counted or the counts contradict each other. At 0 of n the lower end is exactly 0, at n of n the upper exactly 1.
pub fn wilson(successes: u64, n: u64, confidence: f64) -> Option<(f64, f64)> {
    if n == 0 || successes > n {
        return None;
    }
    wilson_effective(successes as f64 / n as f64, n as f64, confidence)
}

/// The Wilson score interval around `proportion` as if it came from `n` independent observations, where `n` need not
/// be whole: the effective sample size of clustered data (Franco, Little, Louis and Slud 2019). `None` unless
/// 0 ≤ proportion ≤ 1, n > 0 and 0 < confidence < 1.
pub fn wilson_effective(proportion: f64, n: f64, confidence: f64) -> Option<(f64, f64)> {
    let z = normal_quantile(confidence);
    let usable = (0.0..=1.0).contains(&proportion) && n > 0.0 && n.is_finite() && z.is_finite();
    if !usable {
        return None;
    }
    let z2 = z * z;
    let shrink = 1.0 + z2 / n;
    let centre = (proportion + z2 / (2.0 * n)) / shrink;
    let half = z / shrink * (proportion * (1.0 - proportion) / n + z2 / (4.0 * n * n)).sqrt();
    // Rounding must not leave the ends that are exact by the formula beside the mark.
    let low = if proportion == 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if proportion == 1.0 { 1.0 } else { (centre + half).min(1.0) };
    Some((low, high))
}
