use super::tally::Tally;
use super::{ScoredMetric, Summary, Unit};
use crate::frames::AttemptRow;
use crate::text::count;
use proctor_core::{GradedAttempt, Metric, MetricInterval, Outcome, RunRecord, Scale};
use proctor_statistics::{CONFIDENCE, Clusters, Interval, IntervalMethod, mean_interval};
use proctor_store::GroundTruth;

/// Sums up a run from its grades as metrics see them. Costs are unknown here; [`summarise_rows`] knows them.
///
/// `ground_truth` is `None` where no reference solutions were graded, which the notes then say nothing about: a
/// benchmark need not have any.
pub fn summarise(run: &RunRecord, grades: &[GradedAttempt], metrics: &[Metric], ground_truth: Option<&GroundTruth>) -> Summary {
    let rows: Vec<AttemptRow> = grades.iter().map(AttemptRow::from).collect();
    summarise_rows(run, &rows, metrics, ground_truth)
}

/// Sums up a run from rows; those without an outcome are attempts that are not graded yet.
pub fn summarise_rows(run: &RunRecord, rows: &[AttemptRow], metrics: &[Metric], ground_truth: Option<&GroundTruth>) -> Summary {
    let withheld = ground_truth.and_then(GroundTruth::withheld).is_some();
    let mut tally = Tally::default();
    for row in rows {
        tally.add(row.outcome, row.category.as_deref(), &row.usage, row.latency_s, row.cost_usd);
    }
    tally.summary(run, metrics.iter().map(|metric| ScoredMetric::of(metric, withheld)).collect(), ground_truth)
}

impl ScoredMetric {
    /// A figure with its interval; where the score is `withheld`, without either.
    pub fn of(metric: &Metric, withheld: bool) -> ScoredMetric {
        let points = &metric.points;
        let fraction = |value: f64| (0.0..=1.0).contains(&value);
        let binary = !points.is_empty() && points.iter().all(|p| p.value == 0.0 || p.value == 1.0);
        let successes = points.iter().filter(|p| p.value == 1.0).count();
        ScoredMetric {
            name: metric.name.clone(),
            stratum: metric.stratum.clone(),
            headline: metric.headline,
            value: (metric.value.is_finite() && !withheld).then_some(metric.value),
            unit: match metric.scale {
                Scale::Share if fraction(metric.value) && points.iter().all(|p| fraction(p.value)) => Unit::Fraction,
                _ => Unit::Number,
            },
            interval: if withheld { None } else { interval(metric) },
            n: points.len(),
            groups: Clusters::of(points).map_or(0, |c| c.count()),
            successes: (binary && metric.scale == Scale::Share && !withheld).then_some(successes),
            note: if withheld { None } else { note(metric) },
        }
    }
}

fn interval(metric: &Metric) -> Option<Interval> {
    let Some(MetricInterval { low, high, .. }) = metric.interval else { return mean_interval(&metric.points, CONFIDENCE) };
    Some(Interval { low, high, confidence: CONFIDENCE, method: IntervalMethod::Benchmark })
}

/// What the benchmark says of a figure, and how it made the interval.
fn note(metric: &Metric) -> Option<String> {
    let method = metric.interval.as_ref().map(|interval| format!("interval: {}", interval.method));
    match (&metric.note, method) {
        (Some(note), Some(method)) => Some(format!("{note}; {method}")),
        (note, method) => note.clone().or(method),
    }
}

/// `stored` is the number of attempts that are kept, graded or not.
pub(super) fn notes(summary: &Summary, stored: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(reason) = &summary.withheld {
        notes.push(format!("The score is withheld: {reason}"));
    }
    if summary.missing() > 0 && summary.run.plan.is_imported() && summary.graded == stored {
        notes.push(format!(
            "Incomplete: the file answers {} of {} attempts; the score is over those.",
            count(summary.graded as u64),
            count(summary.planned as u64)
        ));
    } else if summary.missing() > 0 {
        notes.push(format!(
            "Incomplete: {} of {} attempts are graded; the same command continues the run.",
            count(summary.graded as u64),
            count(summary.planned as u64)
        ));
    }
    let infra = summary.infra_errors();
    if infra > 0 {
        notes.push(format!(
            "{} {} in an infrastructure error and {} left out of every score; the same command asks again.",
            count(infra as u64),
            if infra == 1 { "attempt ended" } else { "attempts ended" },
            if infra == 1 { "is" } else { "are" },
        ));
    }
    // What counts as wrong for another reason than being wrong is told in words.
    for (outcome, what) in [
        (Outcome::Truncated, "cut for want of tokens"),
        (Outcome::Refused, "refused by the model"),
        (Outcome::Filtered, "withheld by the provider"),
        (Outcome::Empty, "empty"),
    ] {
        let n = summary.count(outcome);
        if n > 0 {
            notes.push(format!(
                "{} {} {what} and count{} as wrong.",
                count(n as u64),
                if n == 1 { "answer was" } else { "answers were" },
                if n == 1 { "s" } else { "" },
            ));
        }
    }
    notes
}
