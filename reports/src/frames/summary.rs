use super::column::{column, finite};
use crate::ReportError;
use crate::summary::{ScoredMetric, Summary};
use polars::prelude::DataFrame;
use proctor_core::Outcome;

/// One row per run and metric: the figure, its interval and counts, then the run's outcomes, tokens and time. A run
/// without metrics has one row whose metric is null. Columns and types: `docs/results.md`.
pub fn summary(summaries: &[Summary]) -> Result<DataFrame, ReportError> {
    let mut rows: Vec<(&Summary, Option<&ScoredMetric>)> = Vec::new();
    for summary in summaries {
        if summary.metrics.is_empty() {
            rows.push((summary, None));
        }
        rows.extend(summary.metrics.iter().map(|metric| (summary, Some(metric))));
    }
    let count = |n: usize| u64::try_from(n).ok();
    let mut columns = vec![
        column("run_id", &rows, |(s, _)| Some(s.run.id.clone())),
        column("benchmark", &rows, |(s, _)| Some(s.run.plan.benchmark.clone())),
        column("model", &rows, |(s, _)| Some(s.run.plan.model.clone())),
        column("fingerprint", &rows, |(s, _)| Some(s.run.fingerprint.0.clone())),
        column("metric", &rows, |(_, m)| m.map(|m| m.name.clone())),
        column("stratum", &rows, |(_, m)| m.and_then(|m| m.stratum.clone())),
        column("headline", &rows, |(_, m)| m.map(|m| m.headline)),
        column("value", &rows, |(_, m)| m.and_then(|m| m.value).and_then(finite)),
        column("low", &rows, |(_, m)| m.and_then(|m| m.interval).map(|i| i.low)),
        column("high", &rows, |(_, m)| m.and_then(|m| m.interval).map(|i| i.high)),
        column("confidence", &rows, |(_, m)| m.and_then(|m| m.interval).map(|i| i.confidence)),
        column("interval", &rows, |(_, m)| m.and_then(|m| m.interval).map(|i| i.method.title().to_string())),
        column("n", &rows, |(_, m)| m.and_then(|m| count(m.n))),
        column("groups", &rows, |(_, m)| m.and_then(|m| count(m.groups))),
        column("successes", &rows, |(_, m)| m.and_then(|m| m.successes).and_then(count)),
        column("planned", &rows, |(s, _)| count(s.planned)),
        column("graded", &rows, |(s, _)| count(s.graded)),
    ];
    for outcome in Outcome::ALL {
        columns.push(column(outcome.as_str(), &rows, |(s, _)| count(s.count(outcome))));
    }
    columns.extend([
        column("prompt_tokens", &rows, |(s, _)| s.usage.prompt_tokens),
        column("completion_tokens", &rows, |(s, _)| s.usage.completion_tokens),
        column("latency_s", &rows, |(s, _)| finite(s.usage.latency_s)),
        column("cost_usd", &rows, |(s, _)| s.usage.cost_usd.and_then(finite)),
        column("withheld", &rows, |(s, _)| s.withheld.clone()),
    ]);
    Ok(DataFrame::new(rows.len(), columns)?)
}
