use super::bars::{IntervalBar, Segment, interval_bar, outcome_segments};
use super::evidence::{Budget, Fact, pretty};
use super::sample::{SamplePage, sample_page};
use crate::summary::ScoredMetric;
use crate::text::{count, dollars, figure, interval, one_line, score, seconds, successes, visible};
use crate::{ReportRun, Summary};
use proctor_core::{Plot, RunState};
use serde::Serialize;
use serde_json::{Map, Value};

/// A run as the templates see it: every figure is already text.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RunPage {
    anchor: String,
    benchmark: String,
    model: String,
    id: String,
    state: String,
    fingerprint: String,
    withheld: Option<String>,
    headline: Option<MetricPage>,
    metrics: Vec<MetricPage>,
    parts: Vec<MetricPage>,
    plots: Vec<Plot>,
    segments: Vec<Segment>,
    outcomes: Vec<OutcomePage>,
    categories: Vec<Fact>,
    usage: Vec<Fact>,
    notes: Vec<String>,
    provenance: Vec<Fact>,
    plan: String,
    graded: String,
    samples: Vec<SamplePage>,
    epochs: bool,
}

#[derive(Debug, Clone, Serialize)]
struct MetricPage {
    name: String,
    stratum: Option<String>,
    headline: bool,
    score: String,
    interval: String,
    method: String,
    n: String,
    bar: Option<IntervalBar>,
    note: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct OutcomePage {
    outcome: &'static str,
    n: usize,
    text: String,
    share: String,
}

/// Prepares a run for the page.
pub(super) fn run_page(number: usize, run: &ReportRun, budget: &mut Budget) -> RunPage {
    let summary = &run.summary;
    let record = &summary.run;
    let (whole, parts): (Vec<_>, Vec<_>) = summary.metrics.iter().partition(|metric| metric.stratum.is_none());
    let pages = |metrics: Vec<&ScoredMetric>| metrics.into_iter().map(|metric| metric_page(metric, summary)).collect();
    let samples = run.samples.iter().enumerate().map(|(i, view)| sample_page(number, i, view, budget));
    RunPage {
        anchor: format!("run{number}"),
        benchmark: one_line(&record.plan.benchmark),
        model: one_line(&record.plan.model),
        id: one_line(&record.id),
        state: match record.state {
            RunState::Running => "not finished".to_string(),
            RunState::Finished => "finished".to_string(),
        },
        fingerprint: one_line(&record.fingerprint.0),
        withheld: summary.withheld.as_deref().map(one_line),
        headline: summary.headline().map(|metric| metric_page(metric, summary)),
        metrics: pages(whole),
        parts: pages(parts),
        plots: run.plots.clone(),
        segments: outcome_segments(summary),
        outcomes: outcome_pages(summary),
        categories: summary.categories.iter().map(|c| fact(&one_line(&c.category), count(c.n as u64))).collect(),
        usage: usage_facts(summary),
        notes: summary.notes.iter().map(|note| one_line(note)).collect(),
        provenance: provenance(summary),
        plan: visible(&pretty(&serde_json::to_value(&record.plan).unwrap_or_default())).into_owned(),
        graded: format!("{} of {} attempts graded", count(summary.graded as u64), count(summary.planned as u64)),
        samples: samples.collect(),
        epochs: record.plan.epochs > 1,
    }
}

fn metric_page(metric: &ScoredMetric, summary: &Summary) -> MetricPage {
    MetricPage {
        name: one_line(&metric.name),
        stratum: metric.stratum.as_deref().map(one_line),
        headline: metric.headline,
        score: score(metric, summary),
        interval: interval(metric),
        method: metric.interval.map_or(String::new(), |i| i.method.to_string()),
        n: successes(metric),
        bar: interval_bar(metric),
        note: metric.note.as_deref().map(one_line),
    }
}

fn outcome_pages(summary: &Summary) -> Vec<OutcomePage> {
    let total = summary.outcomes.iter().map(|c| c.n).sum::<usize>();
    let share = |n: usize| match total {
        0 => "–".to_string(),
        total => figure(n as f64 / total as f64, crate::summary::Unit::Fraction),
    };
    let pages = summary.outcomes.iter();
    pages.map(|c| OutcomePage { outcome: c.outcome.as_str(), n: c.n, text: count(c.n as u64), share: share(c.n) }).collect()
}

fn usage_facts(summary: &Summary) -> Vec<Fact> {
    let usage = &summary.usage;
    let tokens = |n: Option<u64>| n.map(count);
    let mut facts: Vec<Fact> = [
        ("prompt tokens", tokens(usage.prompt_tokens)),
        ("answer tokens", tokens(usage.completion_tokens)),
        ("reasoning tokens", tokens(usage.reasoning_tokens)),
        ("cached tokens", tokens(usage.cached_tokens)),
        ("time at the model, summed", (usage.latency_s > 0.0).then(|| seconds(usage.latency_s))),
        ("cost", usage.cost_usd.map(|cost| format!("US$ {}", dollars(cost)))),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(fact(name, value?)))
    .collect();
    if usage.unreported > 0 && usage.unreported < summary.graded {
        facts.push(fact("attempts without token counts", count(usage.unreported as u64)));
    }
    facts
}

/// What must be equal for two scores to be compared, and where this one comes from.
fn provenance(summary: &Summary) -> Vec<Fact> {
    let (record, plan) = (&summary.run, &summary.run.plan);
    let mut facts = vec![
        fact("run", one_line(&record.id)),
        fact("fingerprint", one_line(&record.fingerprint.0)),
        fact("began", one_line(&record.created_at)),
        fact("proctor", one_line(&record.proctor_version)),
        fact("questions", one_line(&plan.data_source)),
        fact("questions, SHA-256", one_line(&plan.data_sha256)),
        fact("prompts, SHA-256", one_line(&plan.prompt_sha256)),
        fact("samples × epochs", format!("{} × {}", plan.sample_ids.len(), plan.epochs)),
        fact("seed", plan.seed.to_string()),
        fact("judge version", one_line(&plan.judge_version)),
    ];
    for (name, value) in [
        ("protocol", serde_json::to_value(plan.protocol).unwrap_or_default()),
        ("sampling", serde_json::to_value(&plan.sampling).unwrap_or_default()),
        ("model", plan.model_provenance.clone()),
        ("judge", plan.judge_provenance.clone()),
    ] {
        flatten(name, &value, &mut facts);
    }
    facts
}

fn flatten(name: &str, value: &Value, facts: &mut Vec<Fact>) {
    match value {
        Value::Null => {}
        Value::Object(map) => flatten_map(name, map, facts),
        Value::String(text) => facts.push(fact(name, one_line(text))),
        other => facts.push(fact(name, one_line(&other.to_string()))),
    }
}

fn flatten_map(name: &str, map: &Map<String, Value>, facts: &mut Vec<Fact>) {
    for (key, value) in map {
        flatten(&format!("{name} · {}", one_line(key)), value, facts);
    }
}

fn fact(name: &str, value: String) -> Fact {
    Fact { name: name.to_string(), value }
}
