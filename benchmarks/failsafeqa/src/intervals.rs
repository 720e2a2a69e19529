//! Intervals of figures that are no means: whole records are drawn again, since a record's cases hang together.

use crate::case::Case;
use crate::grading::{RATING, RATING_BY};
use crate::metrics::Row;
use crate::samples::case_of;
use crate::scorer::{Rule, llm_compliance};
use proctor_core::{GradedAttempt, Metric, MetricInterval, Scale};
use proctor_rubric::{Coincidences, Level};
use proctor_statistics::{CONFIDENCE, RESAMPLES, bootstrap_groups};
use std::collections::BTreeMap;

/// Seed of the bootstrap, fixed so that the same grades have the same interval.
const SEED: u64 = 20_250_210;
/// How the intervals are made, in words.
const METHOD: &str = "bootstrap over records";

/// Which figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// LLM Compliance.
    Llmc,
    /// Context Grounding.
    Grounding,
    /// A case's compliance less the baseline's.
    Delta(Case),
    /// Robustness less the baseline's compliance.
    RobustnessDelta,
}

/// A sum and how many values are in it.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    sum: f64,
    count: f64,
}

impl Tally {
    fn of(value: Option<f64>) -> Self {
        value.map_or(Self::default(), |sum| Self { sum, count: 1.0 })
    }

    fn add(&mut self, other: &Tally) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

impl Figure {
    /// The means that the figure is made of, each as a record's part of it.
    fn parts(self, row: &Row, rule: &Rule) -> [Tally; 3] {
        let case = |case: Case| Tally::of(row.ratings.cell(case).compliance(rule));
        let worst = Tally::of(row.ratings.worst(rule));
        let none = Tally::default();
        match self {
            Figure::Llmc => [worst, case(Case::MissingContext), case(Case::IrrelevantContext)],
            Figure::Grounding => [none, case(Case::MissingContext), case(Case::IrrelevantContext)],
            Figure::Delta(other) => [case(other), case(Case::Baseline), none],
            Figure::RobustnessDelta => [worst, case(Case::Baseline), none],
        }
    }

    fn value(self, [first, second, third]: &[Tally; 3], rule: &Rule) -> Option<f64> {
        let grounding = || match (second.mean(), third.mean()) {
            (Some(missing), Some(irrelevant)) => Some((missing + irrelevant) / 2.0),
            (one, other) => one.or(other),
        };
        match self {
            Figure::Llmc => Some(llm_compliance(first.mean()?, grounding()?, rule.beta)),
            Figure::Grounding => grounding(),
            Figure::Delta(_) | Figure::RobustnessDelta => Some(first.mean()? - second.mean()?),
        }
    }
}

/// The interval of a figure over the rows.
pub(crate) fn interval(rows: &[Row], rule: &Rule, figure: Figure) -> Option<MetricInterval> {
    let mut records: BTreeMap<&str, [Tally; 3]> = BTreeMap::new();
    for row in rows {
        let parts = figure.parts(row, rule);
        let sums = records.entry(&row.group).or_default();
        sums.iter_mut().zip(&parts).for_each(|(sum, part)| sum.add(part));
    }
    let records: Vec<[Tally; 3]> = records.into_values().collect();
    let ends = bootstrap_groups(records.len(), RESAMPLES, CONFIDENCE, SEED, |drawn| {
        let mut sums = [Tally::default(); 3];
        for record in drawn.iter().filter_map(|place| records.get(*place)) {
            sums.iter_mut().zip(record).for_each(|(sum, part)| sum.add(part));
        }
        figure.value(&sums, rule)
    });
    ends.and_then(in_words)
}

/// Krippendorff's α of a panel, over ratings and over compliance, the latter first.
pub(crate) fn agreement(grades: &[GradedAttempt], rule: &Rule) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (stratum, level, binary) in [
        ("compliant or not, nominal", Level::Nominal, true),
        ("ratings, ordinal", Level::Ordinal, false),
        ("ratings, interval", Level::Interval, false),
    ] {
        let mut records: BTreeMap<&str, Coincidences> = BTreeMap::new();
        let mut whole = Coincidences::default();
        for grade in grades.iter().filter(|grade| grade.scores.contains_key(RATING) && case_of(&grade.sample_id).is_some()) {
            let given = grade.scores.iter().filter(|(name, _)| name.starts_with(RATING_BY));
            let rating = |rating: u8| if binary { u8::from(rating >= rule.threshold) } else { rating };
            let ratings: Vec<u8> = given.map(|(_, value)| rating(*value as u8)).collect();
            let unit = Coincidences::of(&ratings);
            whole.add(&unit);
            records.entry(&grade.group).or_default().add(&unit);
        }
        let Some(value) = whole.alpha(level) else { continue };
        let records: Vec<Coincidences> = records.into_values().collect();
        let ends = bootstrap_groups(records.len(), RESAMPLES, CONFIDENCE, SEED, |drawn| {
            let mut sum = Coincidences::default();
            drawn.iter().filter_map(|place| records.get(*place)).for_each(|record| sum.add(record));
            sum.alpha(level)
        });
        let mut metric = Metric::figure("Krippendorff's α", value);
        metric.stratum = Some(stratum.to_owned());
        metric.scale = Scale::Plain;
        metric.interval = ends.and_then(in_words);
        metrics.push(metric);
    }
    metrics
}

/// None where every draw came to the same: records that all agree say nothing about how far others would.
fn in_words((low, high): (f64, f64)) -> Option<MetricInterval> {
    (low < high).then(|| MetricInterval { low, high, method: METHOD.to_owned() })
}
