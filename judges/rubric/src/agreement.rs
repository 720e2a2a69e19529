use std::collections::BTreeMap;

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

/// Krippendorff's α over units, each with the ratings that judges gave it (Krippendorff 2011, *Computing Krippendorff's
/// Alpha-Reliability*): 1 − observed disagreement / disagreement expected by chance. Units with fewer than two ratings
/// say nothing. `None` where nothing can be compared or every rating is the same, for which α is not defined.
pub fn krippendorff_alpha(units: &[Vec<u8>], level: Level) -> Option<f64> {
    // Coincidences: each ordered pair of ratings within a unit of m ratings counts 1/(m−1).
    let mut coincidences: BTreeMap<(u8, u8), f64> = BTreeMap::new();
    let mut totals: BTreeMap<u8, f64> = BTreeMap::new();
    for ratings in units.iter().filter(|ratings| ratings.len() > 1) {
        let share = 1.0 / (ratings.len() - 1) as f64;
        let mut counts: BTreeMap<u8, f64> = BTreeMap::new();
        ratings.iter().for_each(|rating| *counts.entry(*rating).or_insert(0.0) += 1.0);
        for (&a, &of_a) in &counts {
            *totals.entry(a).or_insert(0.0) += of_a;
            for (&b, &of_b) in &counts {
                let pairs = if a == b { of_a * (of_a - 1.0) } else { of_a * of_b };
                *coincidences.entry((a, b)).or_insert(0.0) += pairs * share;
            }
        }
    }
    let n: f64 = totals.values().sum();
    let observed: f64 = coincidences.iter().map(|(&(a, b), count)| count * distance(a, b, level, &totals)).sum();
    let mut expected = 0.0;
    for (&a, &of_a) in &totals {
        for (&b, &of_b) in &totals {
            expected += of_a * of_b * distance(a, b, level, &totals);
        }
    }
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}

/// The squared distance of two ratings.
fn distance(a: u8, b: u8, level: Level, totals: &BTreeMap<u8, f64>) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    let difference = match level {
        _ if a == b => 0.0,
        Level::Nominal => 1.0,
        Level::Interval => f64::from(high - low),
        Level::Ordinal => {
            let of = |rating: u8| totals.get(&rating).copied().unwrap_or(0.0);
            totals.range(low..=high).map(|(_, count)| count).sum::<f64>() - (of(low) + of(high)) / 2.0
        }
    };
    difference * difference
}
