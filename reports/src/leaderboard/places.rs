use super::entry::Entry;
use super::table::Standing;
use proctor_statistics::{CONFIDENCE, PairedSums, mean_ranks, normal_quantile, rank_interval, ranks, standard_normals};
use std::collections::{BTreeMap, HashMap};

/// Sums added up for rank intervals at most; it decides how many resamples there are.
const MOST_SUMS: usize = 300_000_000;
const FEWEST_RESAMPLES: usize = 500;
const MOST_RESAMPLES: usize = 10_000;
/// Seed of the bootstrap, fixed so that a leaderboard of the same grades is the same leaderboard.
const SEED: u64 = 19_450_330;

/// How many resamples the rank intervals of these columns are made of: 10,000, fewer where there are many groups.
pub(super) fn resamples<'a>(columns: impl Iterator<Item = Vec<&'a Entry>>) -> usize {
    let sums: usize = columns.flatten().filter_map(|entry| entry.score.as_ref()).map(|score| score.groups.len()).sum();
    (MOST_SUMS / sums.max(1)).clamp(FEWEST_RESAMPLES, MOST_RESAMPLES)
}

/// The ranks of the models of a benchmark, observed and over resamples, equals sharing the mean of their places. The models
/// are in the order of their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    models: Vec<String>,
    values: Vec<f64>,
    /// Of each model.
    pub observed: Vec<f64>,
    /// Resample by resample, of each model.
    pub draws: Vec<Vec<f64>>,
    /// Of each model, the interval of its rank counted as competitions do.
    intervals: Vec<Option<(f64, f64)>>,
}

impl Places {
    /// Of the ranked entries of a benchmark, in the order of their models' names.
    pub fn of(entries: &[&Entry], resamples: usize) -> Self {
        let models: Vec<String> = entries.iter().map(|entry| entry.model.clone()).collect();
        let values: Vec<f64> = entries.iter().map(|e| e.score.as_ref().map_or(f64::NAN, |score| score.value)).collect();
        let drawn = resampled(entries, &values, resamples);
        let competition: Vec<Vec<usize>> = drawn.iter().map(|values| ranks(values)).collect();
        let intervals = (0..models.len())
            .map(|m| {
                let own = competition.iter().filter_map(|ranks| ranks.get(m)).map(|rank| *rank as f64);
                rank_interval(own.collect(), CONFIDENCE)
            })
            .collect();
        Self { observed: mean_ranks(&values), draws: drawn.iter().map(|v| mean_ranks(v)).collect(), models, values, intervals }
    }

    /// Where a model stands in the lists.
    pub fn place_of(&self, model: &str) -> Option<usize> {
        self.models.iter().position(|known| known == model)
    }

    /// The place of a model.
    pub fn standing(&self, model: &str) -> Option<Standing> {
        let place = self.place_of(model)?;
        let rank = ranks(&self.values).get(place).copied()?;
        let (low, high) = self.intervals.get(place).copied().flatten().unwrap_or((rank as f64, rank as f64));
        let mean_rank = self.observed.get(place).copied()?;
        Some(Standing { rank, low: (low as usize).min(rank), high: (high as usize).max(rank), mean_rank })
    }
}

/// The models' figures in each resample. Means over questions: whole groups are drawn, the same for all models. Figures that
/// are no means, and means of groups that all agree (drawing again says nothing of those, as if all right could not have been
/// otherwise): from a normal distribution as wide as their intervals, each model for itself.
fn resampled(entries: &[&Entry], values: &[f64], resamples: usize) -> Vec<Vec<f64>> {
    let means: Vec<usize> = (0..entries.len()).filter(|i| entries.get(*i).is_some_and(|e| has_groups(e))).collect();
    let mut drawn = vec![values.to_vec(); resamples];
    let table = table(entries, &means);
    for (row, means_drawn) in drawn.iter_mut().zip(table.resampled(resamples, SEED)) {
        for (place, value) in means.iter().zip(means_drawn) {
            // A model that was asked none of the questions drawn keeps its figure.
            if let Some(slot) = row.get_mut(*place).filter(|_| value.is_finite()) {
                *slot = value;
            }
        }
    }
    let drawn_alone = |(place, entry): &(usize, &&Entry)| !means.contains(place) || agrees(entry);
    for (place, entry) in entries.iter().enumerate().filter(drawn_alone) {
        let Some(score) = &entry.score else { continue };
        let Some(interval) = score.interval else { continue };
        let spread = (interval.high - interval.low) / (2.0 * normal_quantile(interval.confidence));
        for (row, value) in drawn.iter_mut().zip(standard_normals(resamples, SEED ^ place as u64)) {
            if let Some(slot) = row.get_mut(place) {
                *slot += spread * value;
            }
        }
    }
    drawn
}

/// Whether all groups have the same mean.
fn agrees(entry: &Entry) -> bool {
    let groups = entry.score.iter().flat_map(|score| &score.groups);
    let mut means = groups.map(|(_, sum, n)| sum / *n as f64);
    let first = means.next();
    means.all(|mean| first.is_some_and(|first| (mean - first).abs() < 1e-12))
}

fn has_groups(entry: &Entry) -> bool {
    entry.score.as_ref().is_some_and(|score| !score.groups.is_empty())
}

fn table(entries: &[&Entry], means: &[usize]) -> PairedSums {
    let mut rows: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut places: HashMap<u64, usize> = HashMap::new();
    for (column, entry) in means.iter().filter_map(|place| entries.get(*place)).enumerate() {
        for (key, sum, n) in entry.score.iter().flat_map(|score| &score.groups) {
            let place = *places.entry(*key).or_insert_with(|| {
                rows.push(vec![(0.0, 0.0); means.len()]);
                rows.len() - 1
            });
            if let Some(slot) = rows.get_mut(place).and_then(|row| row.get_mut(column)) {
                *slot = (*sum, *n as f64);
            }
        }
    }
    // In the order of keys, so that neither the order of runs nor of samples matters.
    let mut order: BTreeMap<u64, usize> = BTreeMap::new();
    order.extend(places);
    let mut table = PairedSums::new(means.len());
    order.values().filter_map(|place| rows.get(*place)).for_each(|row| table.push(row));
    table
}
