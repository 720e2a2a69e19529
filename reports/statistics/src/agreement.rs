//! How far judges agree, beyond chance.

/// What differences between two ratings mean (Krippendorff's metrics).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Equal or not.
    Nominal,
    /// Only the order counts; the distance is the number of ratings given in between.
    Ordinal,
    /// The squared difference.
    Interval,
    /// The squared difference relative to the sum.
    Ratio,
}

/// Krippendorff's α (Krippendorff 2011, *Computing Krippendorff's Alpha-Reliability*): 1 − observed disagreement /
/// disagreement expected by chance. A unit is a list with the rating of each judge, `None` where one is missing; units with
/// fewer than two ratings are left out. `None` where nothing can be compared, a rating is not finite, or every rating is the
/// same, for which α is not defined.
pub fn krippendorff_alpha(units: &[Vec<Option<f64>>], level: Level) -> Option<f64> {
    let rated: Vec<Vec<f64>> = units.iter().map(|unit| unit.iter().flatten().copied().collect()).collect();
    let rated: Vec<Vec<f64>> = rated.into_iter().filter(|unit: &Vec<f64>| unit.len() > 1).collect();
    if rated.iter().flatten().any(|rating| !rating.is_finite()) {
        return None;
    }
    let mut values: Vec<f64> = rated.iter().flatten().copied().collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let place = |rating: f64| values.partition_point(|value| *value < rating);
    let counts: Vec<Vec<(usize, f64)>> = rated.iter().map(|unit| tally(unit.iter().map(|rating| place(*rating)))).collect();
    let mut totals = vec![0.0; values.len()];
    counts.iter().flatten().for_each(|(at, count)| totals[*at] += count);
    let n: f64 = totals.iter().sum();
    // Ratings given below each value and half of its own, so that the ordinal distance is a difference.
    let mut below = 0.0;
    let middles: Vec<f64> = totals
        .iter()
        .map(|total| {
            below += total;
            below - total / 2.0
        })
        .collect();
    let distance = |a: usize, b: usize| match level {
        _ if a == b => 0.0,
        Level::Nominal => 1.0,
        Level::Ordinal => (middles[a] - middles[b]).powi(2),
        Level::Interval => (values[a] - values[b]).powi(2),
        Level::Ratio if values[a] + values[b] == 0.0 => 0.0,
        Level::Ratio => ((values[a] - values[b]) / (values[a] + values[b])).powi(2),
    };
    let observed: f64 = counts
        .iter()
        .map(|unit| {
            let raters: f64 = unit.iter().map(|(_, count)| count).sum();
            let pairs = unit.iter().flat_map(|a| unit.iter().map(move |b| (a, b)));
            pairs.map(|((a, m), (b, k))| m * k * distance(*a, *b)).sum::<f64>() / (raters - 1.0)
        })
        .sum();
    let pairs = (0..values.len()).flat_map(|a| (0..values.len()).map(move |b| (a, b)));
    let expected: f64 = pairs.map(|(a, b)| totals[a] * totals[b] * distance(a, b)).sum();
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}

fn tally(places: impl Iterator<Item = usize>) -> Vec<(usize, f64)> {
    let mut counts: Vec<(usize, f64)> = Vec::new();
    for place in places {
        match counts.iter_mut().find(|(known, _)| *known == place) {
            Some((_, count)) => *count += 1.0,
            None => counts.push((place, 1.0)),
        }
    }
    counts
}

/// How disagreements weigh in Cohen's κ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// All alike (Cohen 1960).
    Unweighted,
    /// By the distance of the categories (Cohen 1968).
    Linear,
    /// By its square.
    Quadratic,
}

/// Cohen's κ of two judges: 1 − Σ(W·O)/Σ(W·E). Ratings are places in an ordered list of `categories` categories. `None`
/// for lists of different length, none at all, a place that is no category, or where chance alone leaves no disagreement.
pub fn cohen_kappa(a: &[usize], b: &[usize], categories: usize, weights: Weights) -> Option<f64> {
    if a.len() != b.len() || a.is_empty() || a.iter().chain(b).any(|place| *place >= categories) {
        return None;
    }
    let weight = |i: usize, j: usize| match weights {
        Weights::Unweighted => f64::from(u8::from(i != j)),
        Weights::Linear => i.abs_diff(j) as f64,
        Weights::Quadratic => (i.abs_diff(j) as f64).powi(2),
    };
    let margin = |side: &[usize]| {
        let mut counts = vec![0.0; categories];
        side.iter().for_each(|place| counts[*place] += 1.0);
        counts
    };
    let (rows, columns) = (margin(a), margin(b));
    let observed: f64 = a.iter().zip(b).map(|(i, j)| weight(*i, *j)).sum();
    let cells = (0..categories).flat_map(|i| (0..categories).map(move |j| (i, j)));
    let expected: f64 = cells.map(|(i, j)| weight(i, j) * rows[i] * columns[j]).sum::<f64>() / a.len() as f64;
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Fleiss' κ (Fleiss 1971): each row counts how many judges put a subject into each category; every row has the same sum,
/// at least 2. `None` where it has not, or where all ratings are in one category.
pub fn fleiss_kappa(table: &[Vec<u64>]) -> Option<f64> {
    let raters = table.first()?.iter().sum::<u64>();
    let categories = table.first()?.len();
    if raters < 2 || table.iter().any(|row| row.len() != categories || row.iter().sum::<u64>() != raters) {
        return None;
    }
    let (subjects, m) = (table.len() as f64, raters as f64);
    let agreeing = |row: &Vec<u64>| row.iter().map(|count| (*count as f64) * (*count as f64 - 1.0)).sum::<f64>();
    let observed = table.iter().map(agreeing).sum::<f64>() / (subjects * m * (m - 1.0));
    let share = |category: usize| table.iter().map(|row| row[category] as f64).sum::<f64>() / (subjects * m);
    let expected: f64 = (0..categories).map(|category| share(category).powi(2)).sum();
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}
