//! The figures (spec section 6).

use super::grading::{RAW, SANITISED};
use super::set::{Execution, Set};
use super::strata::{UNNAMED_TARGET, VACUOUS_TESTS};
use crate::pass_at_k;
use proctor_core::{GradedAttempt, Metric, MetricPoint, Outcome};
use std::collections::HashMap;

/// The k upstream reports, each only when every sample has that many attempts.
const KS: [u64; 3] = [1, 5, 10];

/// Counts of one sample.
struct Tally {
    group: String,
    strata: Vec<String>,
    attempts: u64,
    raw: u64,
    sanitised: u64,
}

/// Counts of a run's samples, in the order in which they first appear.
#[derive(Default)]
pub struct Tallies {
    places: HashMap<String, usize>,
    tallies: Vec<Tally>,
    infrastructure_errors: usize,
    skipped: usize,
}

impl Tallies {
    /// Those of `grades`.
    pub fn of(grades: &[GradedAttempt]) -> Self {
        let mut tallies = Self::default();
        grades.iter().for_each(|grade| tallies.add(grade));
        tallies
    }

    /// Counts the next graded attempt.
    pub fn add(&mut self, grade: &GradedAttempt) {
        self.infrastructure_errors += usize::from(grade.outcome == Outcome::InfraError);
        self.skipped += usize::from(grade.outcome == Outcome::Skipped);
        if !grade.outcome.is_scored() {
            return;
        }
        let place = match self.places.get(&grade.sample_id) {
            Some(place) => *place,
            None => {
                self.places.insert(grade.sample_id.clone(), self.tallies.len());
                let (group, strata) = (grade.group.clone(), grade.strata.clone());
                self.tallies.push(Tally { group, strata, attempts: 0, raw: 0, sanitised: 0 });
                self.tallies.len() - 1
            }
        };
        let passed = |name: &str| u64::from(grade.scores.get(name).is_some_and(|score| *score >= 1.0));
        if let Some(tally) = self.tallies.get_mut(place) {
            tally.attempts += 1;
            tally.raw += passed(RAW);
            tally.sanitised += passed(SANITISED);
        }
    }

    /// To be called after the last attempt. With several attempts per sample upstream's sanitising changes nothing, so raw
    /// counts for both (spec section 4.1).
    fn close(&mut self) {
        if self.tallies.iter().any(|tally| tally.attempts > 1) {
            self.tallies.iter_mut().for_each(|tally| tally.sanitised = tally.raw);
        }
    }

    /// What the figures leave out, in words.
    fn left_out(&self) -> Option<String> {
        let parts: Vec<String> = [(self.infrastructure_errors, "infrastructure errors"), (self.skipped, "skipped")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect();
        (!parts.is_empty()).then(|| format!("left out: {}", parts.join(", ")))
    }
}

/// All figures of a run: per k the official one (the higher of raw and sanitised over the whole set), both of those,
/// and the official one over each stratum. Error categories are counted by whoever shows the grades.
pub fn metrics(set: &Set, mut counted: Tallies) -> Vec<Metric> {
    counted.close();
    let left_out = counted.left_out();
    let tallies = counted.tallies;
    let mut metrics = Vec::new();
    for (name, score) in scores(set, &tallies) {
        let Some([mut official, raw, sanitised]) = whole_set(&name, &tallies, score.as_ref(), left_out.as_deref()) else {
            continue;
        };
        official.headline = metrics.is_empty();
        let from_raw = raw.value >= sanitised.value;
        metrics.extend([official, raw, sanitised]);
        for stratum in [UNNAMED_TARGET, VACUOUS_TESTS] {
            let inside = tallies.iter().filter(|tally| tally.strata.iter().any(|name| name == stratum));
            if let Some(mut metric) = Metric::mean(&name, points(inside, from_raw, score.as_ref())) {
                metric.stratum = Some(stratum.to_owned());
                metrics.push(metric);
            }
        }
    }
    metrics
}

/// A sample's value from its attempts and how many of them passed.
type Score = Box<dyn Fn(u64, u64) -> f64>;

/// The scores that can be computed: pass@k with every sample at n ≥ k, or for scripts passed attempts per sample, which
/// has no k and with several attempts may pass 1.
fn scores(set: &Set, tallies: &[Tally]) -> Vec<(String, Score)> {
    let Some(fewest) = tallies.iter().map(|tally| tally.attempts).min() else { return Vec::new() };
    match set.execution {
        Execution::Script => vec![("pass rate".to_owned(), Box::new(|_, passed| passed as f64))],
        Execution::CodeEval => KS
            .into_iter()
            .filter(|k| *k <= fewest)
            .map(|k| -> (String, Score) { (format!("pass@{k}"), Box::new(move |n, passed| pass_at_k(n, passed, k))) })
            .collect(),
    }
}

/// Official, raw and sanitised over all samples.
fn whole_set(name: &str, tallies: &[Tally], score: &dyn Fn(u64, u64) -> f64, left_out: Option<&str>) -> Option<[Metric; 3]> {
    let mut raw = Metric::mean(format!("{name} raw"), points(tallies, true, score))?;
    let mut sanitised = Metric::mean(format!("{name} sanitised"), points(tallies, false, score))?;
    let chosen = if raw.value >= sanitised.value { &raw } else { &sanitised };
    let mut official = Metric { name: name.to_owned(), ..chosen.clone() };
    let counts = |side: fn(&Tally) -> u64| {
        format!("{}/{}", tallies.iter().map(side).sum::<u64>(), tallies.iter().map(|tally| tally.attempts).sum::<u64>())
    };
    let several = tallies.iter().any(|tally| tally.attempts > 1);
    let source = match (several, raw.value.total_cmp(&sanitised.value)) {
        (true, _) => "with several attempts per sample upstream sanitises nothing, so raw is official".to_owned(),
        (false, std::cmp::Ordering::Equal) => "raw and sanitised agree".to_owned(),
        (false, order) => format!(
            "the higher of raw ({} passed) and sanitised ({} passed): {}",
            counts(|tally| tally.raw),
            counts(|tally| tally.sanitised),
            if order.is_gt() { "raw" } else { "sanitised" }
        ),
    };
    official.note = Some(left_out.map_or(source.clone(), |left_out| format!("{source}; {left_out}")));
    raw.note = Some(format!("{} attempts passed", counts(|tally| tally.raw)));
    sanitised.note = Some(format!("{} attempts passed", counts(|tally| tally.sanitised)));
    Some([official, raw, sanitised])
}

fn points<'a>(tallies: impl IntoIterator<Item = &'a Tally>, raw: bool, score: &dyn Fn(u64, u64) -> f64) -> Vec<MetricPoint> {
    let point = |tally: &Tally| MetricPoint {
        group: tally.group.clone(),
        value: score(tally.attempts, if raw { tally.raw } else { tally.sanitised }),
    };
    tallies.into_iter().map(point).collect()
}
