use statrs::distribution::{Beta, Binomial, ContinuousCDF, Discrete, DiscreteCDF};

/// The exact interval of a proportion (Clopper and Pearson 1934): the ends are quantiles of beta distributions,
/// B(α/2; k, n−k+1) and B(1−α/2; k+1, n−k). `None` where nothing was counted, the counts contradict each other, or the
/// confidence is outside (0, 1). At 0 of n the lower end is exactly 0, at n of n the upper exactly 1.
pub fn clopper_pearson(successes: u64, n: u64, confidence: f64) -> Option<(f64, f64)> {
    if n == 0 || successes > n || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let tail = (1.0 - confidence) / 2.0;
    let (k, n) = (successes as f64, n as f64);
    let low = if successes == 0 { 0.0 } else { beta_quantile(k, n - k + 1.0, tail)? };
    // By symmetry, so that the smaller of the two tails is always the one that is computed.
    let high = if k == n { 1.0 } else { 1.0 - beta_quantile(n - k, k + 1.0, tail)? };
    Some((low, high))
}

/// The quantile of a beta distribution at a small `p`, by bisection from the library's: its own stops at an absolute error
/// that is too large for quantiles near 0.
fn beta_quantile(a: f64, b: f64, p: f64) -> Option<f64> {
    let beta = Beta::new(a, b).ok()?;
    let (mut low, mut high) = (0.0f64, 1.0f64);
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if beta.cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low + (high - low) / 2.0)
}

/// The exact test of paired 0/1 outcomes (McNemar 1947).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// Two-sided: min(1, 2·P(X ≤ min(b, c))) for X binomial with b + c trials of chance ½; 1 where no pair differs.
    pub p_value: f64,
    /// The same less half of the probability of the outcome itself on either side (Fagerland, Lydersen and Laake 2013); less
    /// conservative. `None` where no pair differs.
    pub mid_p: Option<f64>,
}

/// McNemar's exact test from the pairs that differ: `b` where only the first is right, `c` where only the second is.
pub fn mcnemar_exact(b: u64, c: u64) -> McNemar {
    let trials = b.saturating_add(c);
    let fewer = b.min(c);
    let Ok(binomial) = Binomial::new(0.5, trials) else { return McNemar { p_value: 1.0, mid_p: None } };
    if trials == 0 {
        return McNemar { p_value: 1.0, mid_p: None };
    }
    let point = binomial.pmf(fewer);
    if b == c {
        return McNemar { p_value: 1.0, mid_p: Some(1.0 - point) };
    }
    let p_value = (2.0 * binomial.cdf(fewer)).min(1.0);
    McNemar { p_value, mid_p: Some((p_value - point).max(0.0)) }
}
