use crate::Clusters;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Resamples drawn for an interval in a report.
pub const RESAMPLES: usize = 10_000;

/// What a bootstrap says of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrapped {
    /// Lower end of the percentile interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The standard deviation of the figure over resamples.
    pub standard_error: f64,
}

impl Bootstrapped {
    /// Of the figure's values over resamples; `None` for none.
    fn of(mut values: Vec<f64>, confidence: f64) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let tail = (1.0 - confidence) / 2.0;
        Some(Self { low: quantile(&values, tail), high: quantile(&values, 1.0 - tail), standard_error: variance.sqrt() })
    }
}

/// The percentile interval of a mean by the cluster bootstrap (Davison and Hinkley 1997, chapter 3; Field and Welsh
/// 2007): whole groups are drawn with replacement, and the mean is over all points drawn. With each point a group of its
/// own it is the ordinary bootstrap (Efron 1979); with differences of pairs, the paired one. The same seed gives the same
/// interval. `None` for fewer than two groups, no resamples, or a confidence outside (0, 1).
pub fn bootstrap_mean(clusters: &Clusters, resamples: usize, confidence: f64, seed: u64) -> Option<Bootstrapped> {
    let sums = clusters.sums();
    if sums.len() < 2 || resamples == 0 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let means = (0..resamples).map(|_| {
        let (mut sum, mut n) = (0.0, 0usize);
        for _ in 0..sums.len() {
            let drawn = sums[random.random_range(0..sums.len())];
            sum += drawn.0;
            n += drawn.1;
        }
        sum / n as f64
    });
    Bootstrapped::of(means.collect(), confidence)
}

/// The ends of [`bootstrap_mean`].
pub fn cluster_bootstrap(clusters: &Clusters, resamples: usize, confidence: f64, seed: u64) -> Option<(f64, f64)> {
    bootstrap_mean(clusters, resamples, confidence, seed).map(|found| (found.low, found.high))
}

/// The percentile interval of any figure over whole groups: `figure` is given the indices of groups drawn with
/// replacement, as many as there are. Draws for which it has no finite value are left out; with fewer than half of them
/// left, or fewer than two groups, there is no interval. The same seed gives the same interval.
pub fn bootstrap_groups(
    groups: usize,
    resamples: usize,
    confidence: f64,
    seed: u64,
    mut figure: impl FnMut(&[usize]) -> Option<f64>,
) -> Option<(f64, f64)> {
    if groups < 2 || resamples == 0 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = vec![0; groups];
    let mut values = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        drawn.iter_mut().for_each(|place| *place = random.random_range(0..groups));
        values.extend(figure(&drawn).filter(|value| value.is_finite()));
    }
    if values.is_empty() || values.len() * 2 < resamples {
        return None;
    }
    Bootstrapped::of(values, confidence).map(|found| (found.low, found.high))
}

/// The quantile of sorted values, linear between neighbours (Hyndman and Fan 1996, type 7). `values` is not empty.
pub(crate) fn quantile(values: &[f64], q: f64) -> f64 {
    let position = q * (values.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    values[below] + (values[above] - values[below]) * (position - below as f64)
}
