/// What differences between two ratings mean (Krippendorff's metrics).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Equal or not.
    Nominal,
    /// Only the order counts; the distance is the number of ratings given in between.
    Ordinal,
    /// The squared difference.
    Interval,
}

/// Ratings are digits.
const VALUES: usize = 10;

/// How often ratings met within units: all that Krippendorff's α depends on. Coincidences of several units add up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Coincidences {
    pairs: [[f64; VALUES]; VALUES],
}

impl Coincidences {
    /// Those of one unit with the ratings that judges gave it, digits each; others are left out. Each ordered pair of m
    /// ratings counts 1/(m − 1); fewer than two ratings say nothing.
    pub fn of(ratings: &[u8]) -> Self {
        let mut counts = [0.0; VALUES];
        ratings.iter().filter_map(|rating| counts_at(*rating)).for_each(|at| counts[at] += 1.0);
        let m: f64 = counts.iter().sum();
        let mut coincidences = Self::default();
        if m < 2.0 {
            return coincidences;
        }
        for (a, row) in coincidences.pairs.iter_mut().enumerate() {
            for (b, pair) in row.iter_mut().enumerate() {
                *pair = counts[a] * (counts[b] - if a == b { 1.0 } else { 0.0 }) / (m - 1.0);
            }
        }
        coincidences
    }

    /// Adds those of other units.
    pub fn add(&mut self, other: &Coincidences) {
        for (row, others) in self.pairs.iter_mut().zip(&other.pairs) {
            row.iter_mut().zip(others).for_each(|(pair, other)| *pair += other);
        }
    }

    /// Krippendorff's α (Krippendorff 2011, *Computing Krippendorff's Alpha-Reliability*): 1 − observed disagreement /
    /// disagreement expected by chance. `None` where nothing can be compared or every rating is the same, for which α is
    /// not defined.
    pub fn alpha(&self, level: Level) -> Option<f64> {
        let totals: [f64; VALUES] = self.pairs.map(|row| row.iter().sum());
        let n: f64 = totals.iter().sum();
        let (mut observed, mut expected) = (0.0, 0.0);
        for a in 0..VALUES {
            for b in 0..VALUES {
                let squared = distance(a, b, level, &totals).powi(2);
                observed += self.pairs[a][b] * squared;
                expected += totals[a] * totals[b] * squared;
            }
        }
        (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
    }
}

fn counts_at(rating: u8) -> Option<usize> {
    let at = usize::from(rating);
    (at < VALUES).then_some(at)
}

fn distance(a: usize, b: usize, level: Level, totals: &[f64; VALUES]) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    match level {
        _ if a == b => 0.0,
        Level::Nominal => 1.0,
        Level::Interval => (high - low) as f64,
        Level::Ordinal => totals[low..=high].iter().sum::<f64>() - (totals[low] + totals[high]) / 2.0,
    }
}

/// α over units, each with the ratings that judges gave it.
pub fn krippendorff_alpha<'a>(units: impl IntoIterator<Item = &'a [u8]>, level: Level) -> Option<f64> {
    let mut all = Coincidences::default();
    units.into_iter().for_each(|ratings| all.add(&Coincidences::of(ratings)));
    all.alpha(level)
}
