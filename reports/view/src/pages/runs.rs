use super::address::address;
use super::answer::PageResult;
use super::layout;
use crate::ViewError;
use crate::index::RunEntry;
use crate::server::App;
use axum::Json;
use axum::extract::State;
use proctor_reports::Summary;
use proctor_reports::summary::{ScoredMetric, Unit};
use proctor_reports::text::{count, interval, one_line, score, successes};
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct Runs {
    runs: Vec<RunLine>,
    filled: bool,
}

/// A run as the list shows it; also what the script asks for while a run goes on.
#[derive(Serialize)]
pub(super) struct RunLine {
    pub id: String,
    pub href: String,
    pub benchmark: String,
    pub model: String,
    pub score: String,
    pub value: Option<f64>,
    pub metric: String,
    pub interval: String,
    pub bar: Option<Bar>,
    pub counts: String,
    pub answered: i64,
    pub graded: i64,
    pub planned: i64,
    /// Percent of the plan that is graded.
    pub percent: f64,
    pub progress: String,
    pub finished: bool,
    pub segments: Vec<Segment>,
    pub began: String,
}

/// An interval on a line from 0 to 100.
#[derive(Serialize)]
pub(super) struct Bar {
    low: f64,
    span: f64,
    point: f64,
}

/// An outcome's part of a line from 0 to 100.
#[derive(Serialize)]
pub(super) struct Segment {
    pub outcome: &'static str,
    pub start: f64,
    pub span: f64,
    pub n: i64,
}

/// Every run.
pub(super) async fn page(State(app): State<Arc<App>>) -> PageResult {
    let runs = lines(&app).await?;
    let filled = app.filled.load(std::sync::atomic::Ordering::Relaxed);
    layout::page(&app, "Runs", "view-runs", &Runs { runs, filled }).await
}

/// The same as data, for the script.
pub(super) async fn json(State(app): State<Arc<App>>) -> Result<Json<Vec<RunLine>>, ViewError> {
    Ok(Json(lines(&app).await?))
}

async fn lines(app: &App) -> Result<Vec<RunLine>, ViewError> {
    let runs = app.index.runs().await?;
    Ok(runs.iter().map(|run| line(app, run)).collect())
}

/// A run with its figures, as far as they are known.
pub(super) fn line(app: &App, run: &RunEntry) -> RunLine {
    let known = app.summary(&run.id);
    let summary = known.as_deref().and_then(|summary| summary.as_ref().ok());
    let metric = summary.and_then(Summary::headline);
    let shown = |of: fn(&ScoredMetric, &Summary) -> String| match (metric, summary) {
        (Some(metric), Some(summary)) => of(metric, summary),
        _ => String::new(),
    };
    let failed = known.as_deref().is_some_and(Result::is_err);
    let of = |n: i64| count(n.unsigned_abs());
    RunLine {
        id: one_line(&run.id),
        href: address("/run", &[("id", &run.id)]),
        benchmark: one_line(&run.benchmark),
        model: one_line(&run.model),
        score: match (metric, failed) {
            (Some(_), _) => shown(score),
            (None, true) => "no figures".into(),
            (None, false) if run.graded > 0 && summary.is_none() => "…".into(),
            (None, false) => "–".into(),
        },
        value: metric.and_then(|m| m.value),
        metric: metric.map(|m| one_line(&m.name)).unwrap_or_default(),
        interval: shown(|metric, _| interval(metric)),
        bar: metric.and_then(bar),
        counts: shown(|metric, _| successes(metric)),
        answered: run.answered,
        graded: run.graded,
        planned: run.planned,
        percent: (run.graded as f64 / run.planned.max(1) as f64 * 1000.0).round() / 10.0,
        progress: match run.finished {
            true => format!("{} attempts", of(run.graded)),
            false => format!("{} of {} graded", of(run.graded), of(run.planned)),
        },
        finished: run.finished,
        segments: segments(run),
        began: run.created_at.replace('T', " ").trim_end_matches('Z').chars().take(16).collect(),
    }
}

pub(super) fn bar(metric: &ScoredMetric) -> Option<Bar> {
    let (value, interval) = (metric.value?, metric.interval?);
    let percent = |part: f64| (part.clamp(0.0, 1.0) * 1000.0).round() / 10.0;
    (metric.unit == Unit::Fraction).then(|| Bar {
        low: percent(interval.low),
        span: (percent(interval.high) - percent(interval.low)).max(0.5),
        point: percent(value),
    })
}

/// The outcomes of a run side by side; what is not there yet is left empty.
pub(super) fn segments(run: &RunEntry) -> Vec<Segment> {
    let whole = run.planned.max(run.answered).max(1) as f64;
    let mut start = 0.0;
    let mut segments = Vec::new();
    for tally in &run.tallies {
        let span = tally.n as f64 / whole * 100.0;
        let round = |x: f64| (x * 100.0).round() / 100.0;
        segments.push(Segment { outcome: tally.outcome, start: round(start), span: round(span), n: tally.n });
        start += span;
    }
    segments
}
