use proctor_core::MetricPoint;

/// The unbiased estimate of pass@k for one sample: the chance that at least one of `k` attempts drawn without
/// replacement from `attempts` passes, `passed` of them passing. 1 when fewer than `k` attempts failed, else
/// 1 − Π (1 − k/j) for j from attempts − passed + 1 to attempts, in that order (Chen et al. 2021, as `code_eval` computes
/// it). More passes than attempts count as all.
pub fn pass_at_k(attempts: u64, passed: u64, k: u64) -> f64 {
    let failed = attempts.saturating_sub(passed);
    if failed < k {
        return 1.0;
    }
    1.0 - (failed + 1..=attempts).map(|j| 1.0 - k as f64 / j as f64).product::<f64>()
}

/// [`pass_at_k`] where it is defined: at least one attempt, 1 ≤ k ≤ attempts, and no more passes than attempts.
pub fn checked_pass_at_k(attempts: u64, passed: u64, k: u64) -> Option<f64> {
    (k >= 1 && k <= attempts && passed <= attempts).then(|| pass_at_k(attempts, passed, k))
}

/// The mean of pass@k over samples, each with its attempts and passes, as the points of a metric: one for each sample, in
/// the group given with it. `None` where pass@k is not defined for one of them, or there are none.
pub fn pass_at_k_points(samples: &[(String, u64, u64)], k: u64) -> Option<Vec<MetricPoint>> {
    let point = |(group, attempts, passed): &(String, u64, u64)| {
        Some(MetricPoint { group: group.clone(), value: checked_pass_at_k(*attempts, *passed, k)? })
    };
    samples.iter().map(point).collect::<Option<Vec<_>>>().filter(|points| !points.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attempts: u64, passed: u64, k: u64, expected: f64) {
        let value = pass_at_k(attempts, passed, k);
        assert!((value - expected).abs() < 1e-12, "pass@{k} of {passed}/{attempts}: {value}, expected {expected}");
    }

    #[test]
    fn known_values() {
        check(20, 3, 5, 1.0 - 6188.0 / 15504.0);
        check(20, 3, 1, 0.15);
        check(20, 0, 10, 0.0);
        check(20, 11, 10, 1.0);
        check(1, 1, 1, 1.0);
        check(1, 0, 1, 0.0);
        check(10, 1, 10, 1.0);
        check(10, 0, 10, 0.0);
        check(5, 2, 5, 1.0);
    }
}
