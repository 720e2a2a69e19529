use crate::Clusters;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Resamples drawn for an interval in a report.
pub const RESAMPLES: usize = 10_000;

/// The percentile interval of a mean by the cluster bootstrap (Davison and Hinkley 1997, chapter 3; Field and Welsh
/// 2007): whole groups are drawn with replacement, and the mean is over all points drawn. The same seed gives the same
/// interval. `None` for fewer than two groups, no resamples, or a confidence outside (0, 1).
pub fn cluster_bootstrap(clusters: &Clusters, resamples: usize, confidence: f64, seed: u64) -> Option<(f64, f64)> {
    let sums = clusters.sums();
    if sums.len() < 2 || resamples == 0 || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| {
            let (mut sum, mut n) = (0.0, 0usize);
            for _ in 0..sums.len() {
                let drawn = sums[random.random_range(0..sums.len())];
                sum += drawn.0;
                n += drawn.1;
            }
            sum / n as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Some((quantile(&means, tail), quantile(&means, 1.0 - tail)))
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
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Some((quantile(&values, tail), quantile(&values, 1.0 - tail)))
}

/// The quantile of sorted values, linear between neighbours (Hyndman and Fan 1996, type 7). `values` is not empty.
fn quantile(values: &[f64], q: f64) -> f64 {
    let position = q * (values.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    values[below] + (values[above] - values[below]) * (position - below as f64)
}
