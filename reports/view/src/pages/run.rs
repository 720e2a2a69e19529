use super::address::{Parameters, address};
use super::answer::PageResult;
use super::layout;
use super::runs::{Bar, RunLine, bar, line};
use crate::ViewError;
use crate::server::App;
use axum::extract::{Query, State};
use proctor_reports::Summary;
use proctor_reports::text::{count, decimal, interval, one_line, score, seconds, successes};
use serde::Serialize;
use std::sync::Arc;

/// Figures over subsets that the page shows at once.
const MOST_FIGURES: usize = 400;

#[derive(Serialize)]
struct Run {
    run: RunLine,
    headline: Option<Figure>,
    figures: Vec<Figure>,
    more_figures: usize,
    notes: Vec<String>,
    /// Why there are no figures.
    trouble: String,
    computing: bool,
    outcomes: Vec<Outcome>,
    facts_of_usage: Vec<Fact>,
    provenance: Vec<Fact>,
    samples: String,
    compare: String,
}

#[derive(Serialize)]
struct Figure {
    name: String,
    stratum: String,
    score: String,
    value: Option<f64>,
    interval: String,
    bar: Option<Bar>,
    counts: String,
    method: String,
    note: String,
    href: String,
    /// The same subset against every other model.
    compare: String,
}

#[derive(Serialize)]
struct Outcome {
    outcome: &'static str,
    n: String,
    href: String,
}

#[derive(Serialize)]
struct Fact {
    name: String,
    value: String,
}

/// One run: figures, outcomes, how it was made.
pub(super) async fn page(State(app): State<Arc<App>>, Query(parameters): Query<Vec<(String, String)>>) -> PageResult {
    let parameters = Parameters(parameters);
    let id = parameters.get("id").ok_or_else(|| ViewError::Request("The address names no run".into()))?;
    let runs = app.index.runs().await?;
    let entry = runs.iter().find(|run| run.id == id).ok_or_else(|| ViewError::NotFound(format!("There is no run {id}")))?;
    let known = app.summary(id);
    let summary = known.as_deref().and_then(|known| known.as_ref().ok());
    let record = app.store.run(id).await?;
    let figure = |metric: &proctor_reports::summary::ScoredMetric, summary: &Summary| Figure {
        name: one_line(&metric.name),
        stratum: metric.stratum.as_deref().map(one_line).unwrap_or_default(),
        score: score(metric, summary),
        value: metric.value,
        interval: interval(metric),
        bar: bar(metric),
        counts: successes(metric),
        method: metric.interval.map(|i| i.method.to_string()).unwrap_or_default(),
        note: metric.note.as_deref().map(one_line).unwrap_or_default(),
        href: metric
            .stratum
            .as_deref()
            .map(|stratum| address("/samples", &[("run", id), ("subset", stratum)]))
            .unwrap_or_default(),
        compare: address(
            "/compare",
            &[
                ("a", summary.run.plan.model.as_str()),
                ("benchmark", summary.run.plan.benchmark.as_str()),
                ("subset", metric.stratum.as_deref().unwrap_or_default()),
            ],
        ),
    };
    let metrics = summary.map(|s| s.metrics.as_slice()).unwrap_or_default();
    let figures: Vec<Figure> =
        summary.map(|s| metrics.iter().take(MOST_FIGURES).map(|m| figure(m, s)).collect()).unwrap_or_default();
    let usage = summary.map(|s| s.usage);
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(value.map(|value| Fact { name: name.into(), value }));
    };
    fact("prompt tokens", usage.and_then(|u| u.prompt_tokens).map(count));
    fact("answer tokens", usage.and_then(|u| u.completion_tokens).map(count));
    fact("reasoning tokens", usage.and_then(|u| u.reasoning_tokens).map(count));
    fact("time at the model", usage.filter(|u| u.latency_s > 0.0).map(|u| seconds(u.latency_s)));
    fact("cost", usage.and_then(|u| u.cost_usd).map(|cost| format!("US$ {}", decimal(cost, 4))));
    let plan = serde_json::to_value(&record.plan).unwrap_or_default();
    let provenance = plan.as_object().into_iter().flatten().filter(|(name, value)| *name != "sample_ids" && !value.is_null());
    let data = Run {
        run: line(&app, entry),
        headline: summary.and_then(|s| Some(figure(s.headline()?, s))),
        more_figures: metrics.len().saturating_sub(MOST_FIGURES),
        figures,
        notes: summary.map(|s| s.chief_notes().iter().map(|note| one_line(note)).collect()).unwrap_or_default(),
        trouble: known.as_deref().and_then(|k| k.as_ref().err()).map(|why| one_line(why)).unwrap_or_default(),
        computing: known.is_none() && entry.graded > 0,
        outcomes: entry
            .tallies
            .iter()
            .map(|tally| Outcome {
                outcome: tally.outcome,
                n: count(tally.n.unsigned_abs()),
                href: address("/samples", &[("run", id), ("outcome", tally.outcome)]),
            })
            .collect(),
        facts_of_usage: facts,
        provenance: provenance
            .map(|(name, value)| Fact {
                name: name.replace('_', " "),
                value: one_line(&value.as_str().map_or_else(|| value.to_string(), str::to_string)),
            })
            .chain([Fact { name: "fingerprint".into(), value: one_line(&record.fingerprint.0) }])
            .collect(),
        samples: address("/samples", &[("run", id)]),
        compare: address("/compare", &[("a", &record.plan.model), ("benchmark", &record.plan.benchmark)]),
    };
    layout::page(&app, &format!("{} · {}", record.plan.benchmark, record.plan.model), "view-run", &data).await
}
