use crate::bootstrap::quantile;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal};
use std::cmp::Ordering;

/// Ranks of figures, the highest first: 1 + the number of higher ones (equals share a rank).
pub fn ranks(values: &[f64]) -> Vec<usize> {
    values.iter().map(|value| 1 + values.iter().filter(|other| higher(**other, *value)).count()).collect()
}

/// Ranks of figures, the highest first, equals sharing the mean of their places (Kendall 1945).
pub fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let above = values.iter().filter(|other| higher(**other, *value)).count();
        let equal = values.iter().filter(|other| !higher(**other, *value) && !higher(*value, **other)).count();
        above as f64 + (equal as f64 + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

/// Whether `a` is higher than `b` by more than rounding. NaN is lower than anything.
fn higher(a: f64, b: f64) -> bool {
    match a.partial_cmp(&b) {
        Some(Ordering::Greater) => a - b > 1e-12 * a.abs().max(1.0),
        Some(_) => false,
        None => b.is_nan() && !a.is_nan(),
    }
}

/// What several models scored at the same groups of questions: a sum and a number of points of each model in each group.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedSums {
    models: usize,
    /// Group by group: the sums of all models, then their numbers of points.
    rows: Vec<f64>,
}

impl PairedSums {
    /// No groups yet.
    pub fn new(models: usize) -> Self {
        Self { models, rows: Vec::new() }
    }

    /// Adds a group: of each model its sum and its number of points there; (0, 0) where it was asked none of them. Does
    /// nothing for a list that is not as long as there are models.
    pub fn push(&mut self, group: &[(f64, f64)]) {
        if group.len() == self.models {
            self.rows.extend(group.iter().map(|(sum, _)| sum));
            self.rows.extend(group.iter().map(|(_, n)| n));
        }
    }

    /// How many groups.
    pub fn groups(&self) -> usize {
        self.rows.len() / (2 * self.models).max(1)
    }

    /// Each model's mean over all its points; NaN where it has none.
    pub fn means(&self) -> Vec<f64> {
        let mut totals = vec![0.0; 2 * self.models];
        for row in self.rows.chunks_exact((2 * self.models).max(1)) {
            totals.iter_mut().zip(row).for_each(|(total, value)| *total += value);
        }
        self.of_totals(&totals)
    }

    fn of_totals(&self, totals: &[f64]) -> Vec<f64> {
        let (sums, counts) = totals.split_at(self.models);
        sums.iter().zip(counts).map(|(sum, n)| sum / n).collect()
    }

    /// The models' means in each of `resamples` resamples of whole groups (the cluster bootstrap). The same groups are drawn
    /// for every model, since all answered the same questions. The same seed gives the same draws.
    pub fn resampled(&self, resamples: usize, seed: u64) -> Vec<Vec<f64>> {
        let width = 2 * self.models;
        let groups = self.groups();
        if groups == 0 {
            return Vec::new();
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut totals = vec![0.0; width];
        let mut draw = || {
            totals.fill(0.0);
            for _ in 0..groups {
                let start = random.random_range(0..groups as u32) as usize * width;
                totals.iter_mut().zip(&self.rows[start..start + width]).for_each(|(total, value)| *total += value);
            }
            self.of_totals(&totals)
        };
        (0..resamples).map(|_| draw()).collect()
    }
}

/// `n` draws from the standard normal distribution; the same seed gives the same draws.
pub fn standard_normals(n: usize, seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let normal = Normal::standard();
    // Never 0, whose quantile is infinite.
    (0..n).map(|_| normal.inverse_cdf(random.random::<f64>().max(f64::MIN_POSITIVE))).collect()
}

/// The percentile interval of whole-numbered ranks (or their means) over resamples: the smallest and the largest place that
/// is not in either tail. `values` are those of one model over resamples; `None` for none.
pub fn rank_interval(mut values: Vec<f64>, confidence: f64) -> Option<(f64, f64)> {
    if values.is_empty() || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Some((quantile(&values, tail).floor(), quantile(&values, 1.0 - tail).ceil()))
}
