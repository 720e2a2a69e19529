use super::document::Fact;
use super::evidence::pretty;
use super::matrix::{BarView, bar, interval_ends};
use super::plots::PlotView;
use crate::Summary;
use crate::summary::{ScoredMetric, Unit};
use crate::text::{count, decimal, figure, interval, one_line, score, seconds, successes};
use proctor_core::{Outcome, RunState};
use serde::Serialize;
use serde_json::{Map, Value};

/// A benchmark with the runs of all models, as the template `benchmark` shows it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct BenchmarkView {
    pub anchor: String,
    pub name: String,
    pub metric: String,
    pub notes: Vec<NoteView>,
    /// What many notes come to, in one line; empty where there are few.
    pub note_line: String,
    pub runs: Vec<RunView>,
    /// Figures that are not the headline, by run.
    pub figures: Vec<FigureView>,
    /// How many those are, and where they are in the page's data, if they are there.
    pub figure_count: usize,
    pub figures_fold: Option<usize>,
    pub parts: usize,
    pub intervals: Option<PlotView>,
    /// Plots the script draws: numbers in the page's list of plots.
    pub plots: Vec<PlotPlace>,
    pub unfinished: bool,
}

/// Where the script draws a plot: one of several that are alike.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PlotPlace {
    pub title: String,
    pub caption: String,
    /// Number and name of each.
    pub choices: Vec<(usize, String)>,
    pub wide: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct NoteView {
    pub model: String,
    pub text: String,
    pub serious: bool,
    /// Whether it explains a figure rather than warns of something.
    pub mild: bool,
}

/// A run in the table of its benchmark.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RunView {
    pub anchor: String,
    pub id: String,
    pub model: String,
    pub state: String,
    pub graded: String,
    pub score: String,
    pub value: Option<f64>,
    pub interval: String,
    pub method: String,
    pub counts: String,
    pub bar: Option<BarView>,
    pub segments: Vec<Segment>,
    pub tokens: String,
    pub tokens_value: Option<u64>,
    pub time: String,
    pub time_value: f64,
    pub cost: String,
    pub cost_value: Option<f64>,
    pub outcomes: Vec<OutcomeView>,
    pub categories: Vec<Fact>,
    pub provenance: Vec<Fact>,
    pub plan: String,
    /// Where provenance and plan are in the page's data, if they are there.
    pub fold: Option<usize>,
}

/// An outcome's part of a bar of 100.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Segment {
    pub outcome: &'static str,
    pub start: f64,
    pub span: f64,
    pub n: usize,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct OutcomeView {
    pub outcome: &'static str,
    pub n: usize,
    pub text: String,
    pub share: String,
}

/// A figure of one run.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FigureView {
    pub model: String,
    pub name: String,
    pub stratum: String,
    pub score: String,
    pub value: Option<f64>,
    pub interval: String,
    pub method: String,
    pub counts: String,
    pub bar: Option<BarView>,
    pub note: String,
}

/// Prepares a run.
pub(super) fn run_view(anchor: String, summary: &Summary) -> RunView {
    let record = &summary.run;
    let headline = summary.headline();
    let usage = &summary.usage;
    RunView {
        anchor,
        id: one_line(&record.id),
        model: one_line(&record.plan.model),
        state: match record.state {
            RunState::Running => "not finished".to_string(),
            RunState::Finished => "finished".to_string(),
        },
        graded: format!("{} of {}", count(summary.graded as u64), count(summary.planned as u64)),
        score: headline.map_or("no figures yet".into(), |metric| score(metric, summary)),
        value: headline.and_then(|metric| metric.value),
        interval: headline.map_or(String::new(), interval_ends),
        method: headline.and_then(|m| m.interval).map_or(String::new(), |i| i.method.to_string()),
        counts: headline.map_or(String::new(), successes),
        bar: headline.and_then(|m| bar(m.value, m.interval.map(|i| (i.low, i.high)), m.unit)),
        segments: segments(summary),
        tokens: usage.completion_tokens.map_or("–".into(), count),
        tokens_value: usage.completion_tokens,
        time: if usage.latency_s > 0.0 { seconds(usage.latency_s) } else { "–".into() },
        time_value: usage.latency_s,
        cost: usage.cost_usd.map_or("–".into(), |cost| format!("${}", decimal(cost, if cost >= 10.0 { 2 } else { 4 }))),
        cost_value: usage.cost_usd,
        outcomes: outcomes(summary),
        categories: summary.categories.iter().take(12).map(|c| fact(&one_line(&c.category), count(c.n as u64))).collect(),
        provenance: provenance(summary),
        plan: plan(summary),
        fold: None,
    }
}

/// Prepares the figures of a run but for the headline.
pub(super) fn figure_views(summary: &Summary) -> Vec<FigureView> {
    let headline = summary.headline();
    let others = summary.metrics.iter().filter(|metric| !headline.is_some_and(|h| std::ptr::eq(h, *metric)));
    others.map(|metric| figure_view(metric, summary)).collect()
}

fn figure_view(metric: &ScoredMetric, summary: &Summary) -> FigureView {
    FigureView {
        model: one_line(&summary.run.plan.model),
        name: one_line(&metric.name),
        stratum: metric.stratum.as_deref().map(one_line).unwrap_or_default(),
        score: score(metric, summary),
        value: metric.value,
        interval: interval(metric),
        method: metric.interval.map_or(String::new(), |i| i.method.to_string()),
        counts: successes(metric),
        bar: bar(metric.value, metric.interval.map(|i| (i.low, i.high)), metric.unit),
        note: metric.note.as_deref().map(one_line).unwrap_or_default(),
    }
}

/// What the notes of several runs come to, in one line.
pub(super) fn note_line(summaries: &[&Summary]) -> String {
    let some = |n: usize, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{} {more}", count(n as u64))),
    };
    let runs = |fits: fn(&Summary) -> bool| summaries.iter().filter(|s| fits(s)).count();
    let sum = |of: fn(&Summary) -> usize| summaries.iter().map(|s| of(s)).sum::<usize>();
    let parts = [
        some(runs(|s| s.withheld.is_some()), "score is withheld", "scores are withheld"),
        some(runs(|s| s.missing() > 0), "run is not complete", "runs are not complete"),
        some(sum(Summary::infra_errors), "infrastructure error", "infrastructure errors, in no score"),
        some(sum(|s| s.count(Outcome::Truncated)), "answer was cut for want of tokens", "answers were cut for want of tokens"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "Notes on the figures".into() } else { parts.join(" · ") }
}

/// What must be known of a run before its figures are trusted.
pub(super) fn notes(summary: &Summary) -> Vec<NoteView> {
    let model = one_line(&summary.run.plan.model);
    let serious = |text: &str| summary.withheld.as_deref().is_some_and(|reason| text.contains(reason));
    let all = summary.chief_notes();
    let note = |text: &String| NoteView {
        model: model.clone(),
        text: one_line(text),
        serious: serious(text),
        mild: !summary.notes.contains(text),
    };
    all.iter().map(note).collect()
}

fn segments(summary: &Summary) -> Vec<Segment> {
    let ungraded = summary.missing();
    let total = (summary.outcomes.iter().map(|c| c.n).sum::<usize>() + ungraded).max(1) as f64;
    let mut start = 0.0;
    let mut segments = Vec::new();
    let all = summary.outcomes.iter().map(|c| (c.outcome.as_str(), c.n)).chain([("ungraded", ungraded)]);
    for (outcome, n) in all.filter(|(_, n)| *n > 0) {
        let span = n as f64 / total * 100.0;
        let round = |value: f64| (value * 100.0).round() / 100.0;
        segments.push(Segment { outcome, start: round(start), span: round(span), n });
        start += span;
    }
    segments
}

fn outcomes(summary: &Summary) -> Vec<OutcomeView> {
    let total = summary.outcomes.iter().map(|c| c.n).sum::<usize>();
    let share = |n: usize| match total {
        0 => "–".to_string(),
        total => figure(n as f64 / total as f64, Unit::Fraction),
    };
    let views = Outcome::ALL.into_iter().map(|outcome| (outcome, summary.count(outcome)));
    views.map(|(outcome, n)| OutcomeView { outcome: outcome.as_str(), n, text: count(n as u64), share: share(n) }).collect()
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
        flatten(name, &value, 4, &mut facts);
    }
    let usage = &summary.usage;
    let tokens = [
        ("prompt tokens", usage.prompt_tokens),
        ("answer tokens", usage.completion_tokens),
        ("reasoning tokens", usage.reasoning_tokens),
        ("cached tokens", usage.cached_tokens),
    ];
    facts.extend(tokens.into_iter().filter_map(|(name, value)| Some(fact(name, count(value?)))));
    if usage.unreported > 0 && usage.unreported < summary.graded {
        facts.push(fact("attempts without token counts", count(usage.unreported as u64)));
    }
    facts
}

/// The plan without the ids of its samples, which the table of samples has.
fn plan(summary: &Summary) -> String {
    let mut plan = serde_json::to_value(&summary.run.plan).unwrap_or_default();
    if let Some(map) = plan.as_object_mut() {
        map.remove("sample_ids");
    }
    crate::text::visible(&pretty(&plan)).into_owned()
}

fn flatten(name: &str, value: &Value, depth: usize, facts: &mut Vec<Fact>) {
    match value {
        Value::Null => {}
        Value::Object(map) if depth > 0 => flatten_map(name, map, depth - 1, facts),
        Value::String(text) => facts.push(fact(name, one_line(text))),
        other => facts.push(fact(name, one_line(&other.to_string()))),
    }
}

fn flatten_map(name: &str, map: &Map<String, Value>, depth: usize, facts: &mut Vec<Fact>) {
    for (key, value) in map {
        flatten(&format!("{name} · {}", one_line(key)), value, depth, facts);
    }
}

fn fact(name: &str, value: String) -> Fact {
    Fact { name: name.to_string(), value }
}
