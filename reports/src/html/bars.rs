use crate::Summary;
use crate::summary::{ScoredMetric, Unit};
use proctor_statistics::Interval;
use serde::Serialize;

/// Width of a bar's drawing area in its own units; the page scales it.
const WIDTH: f64 = 200.0;

/// Where the interval of a fraction lies on a line from 0 to 1.
#[derive(Debug, Clone, Serialize)]
pub(super) struct IntervalBar {
    low: f64,
    span: f64,
    point: f64,
}

/// One outcome's part of a run's bar.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Segment {
    outcome: &'static str,
    start: f64,
    span: f64,
    n: usize,
}

/// The bar of a metric; `None` unless it is a fraction with an interval.
pub(super) fn interval_bar(metric: &ScoredMetric) -> Option<IntervalBar> {
    let (value, Interval { low, high, .. }) = (metric.value?, metric.interval?);
    (metric.unit == Unit::Fraction).then(|| IntervalBar {
        low: round(low * WIDTH),
        span: round(((high - low) * WIDTH).max(1.0)),
        point: round(value * WIDTH),
    })
}

/// The outcomes of a run side by side, those that did not come left out.
pub(super) fn outcome_segments(summary: &Summary) -> Vec<Segment> {
    let total = summary.outcomes.iter().map(|c| c.n).sum::<usize>().max(1) as f64;
    let mut start = 0.0;
    let mut segments = Vec::new();
    for part in summary.outcomes.iter().filter(|c| c.n > 0) {
        let span = part.n as f64 / total * WIDTH;
        segments.push(Segment { outcome: part.outcome.as_str(), start: round(start), span: round(span), n: part.n });
        start += span;
    }
    segments
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
