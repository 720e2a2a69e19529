//! From rows in the store to summaries and pages.

use crate::error::CliError;
use futures::TryStreamExt;
use proctor_benchmarks::registry;
use proctor_core::{Benchmark, GradedAttempt, Metric, RunRecord};
use proctor_reports::frames::{AttemptRow, Detail};
use proctor_reports::text::{count, dollars};
use proctor_reports::{ReportRun, SampleView, Summary, summarise_rows};
use proctor_store::{Judged, Store};
use std::collections::HashMap;
use std::sync::Arc;

/// Every attempt of a run with its sample and grade, in the order of the plan.
pub async fn views(store: &Store, run: &RunRecord) -> Result<Vec<SampleView>, CliError> {
    let samples: HashMap<String, _> = store.samples(&run.id).await?.into_iter().map(|s| (s.id.clone(), s)).collect();
    let mut grades: HashMap<_, _> = store.grades(&run.id).map_ok(|g| (g.key, g.grade)).try_collect().await?;
    let mut attempts = store.attempts(&run.id);
    let mut views = Vec::new();
    while let Some(attempt) = attempts.try_next().await? {
        let grade = grades.remove(&attempt.key);
        if let Some(sample) = samples.get(&attempt.key.sample_id) {
            views.push(SampleView { sample: sample.clone(), attempt, grade });
        }
    }
    let order: HashMap<&str, usize> = run.plan.sample_ids.iter().enumerate().map(|(i, id)| (id, i)).collect();
    views.sort_by_key(|v| (order.get(v.attempt.key.sample_id.as_str()).copied(), v.attempt.key.epoch));
    Ok(views)
}

/// The summary of a run and the views it is made of.
pub async fn report(store: &Store, run: &RunRecord) -> Result<ReportRun, CliError> {
    let samples = views(store, run).await?;
    let benchmark: Arc<dyn Benchmark> = registry::open_run(&run.plan, false)?;
    let graded: Vec<GradedAttempt> = samples.iter().filter_map(SampleView::graded).collect();
    let summary = summarise(store, run, &samples, &benchmark.metrics(&graded)).await?;
    // A withheld score is not to be read off a plot either.
    let plots = if summary.withheld.is_some() { Vec::new() } else { benchmark.plots(&graded) };
    Ok(ReportRun { summary, plots, samples })
}

async fn summarise(store: &Store, run: &RunRecord, views: &[SampleView], metrics: &[Metric]) -> Result<Summary, CliError> {
    // Figures need no texts, and texts are what is large.
    let figures = |view| AttemptRow { detail: Detail::default(), ..AttemptRow::from(view) };
    let rows: Vec<AttemptRow> = views.iter().map(figures).collect();
    let truth = store.ground_truth(&run.id).await?;
    let mut summary = summarise_rows(run, &rows, metrics, Some(&truth));
    summary.notes.extend(spending(store, run).await?);
    Ok(summary)
}

/// What a run cost beside its own answers, and saved: its judge models, and answers that were kept from before.
pub async fn spending(store: &Store, run: &RunRecord) -> Result<Vec<String>, CliError> {
    let mut notes = Vec::new();
    if run.plan.judge_provenance.get("judge_models").is_some() {
        notes.extend(judging(&store.judged(&run.id).await?));
    }
    let spent = store.spent(&run.id).await?;
    if spent.cached_exchanges > 0 {
        let saved = spent.saved_usd.map_or(String::new(), |saved| format!(", which saved US$ {}", dollars(saved)));
        let (kept, all) = (spent.cached_exchanges, spent.exchanges);
        notes.push(format!("{kept} of {all} answers were kept from before{saved}; --no-cache asks again"));
    }
    Ok(notes)
}

/// What judge models were asked and cost.
fn judging(judged: &Judged) -> Option<String> {
    let Judged { answers, priced, cost_usd, tokens } = *judged;
    let cost = match cost_usd {
        Some(cost) if priced < answers => format!(", US$ {} for {priced} of them, the others have no price", dollars(cost)),
        Some(cost) => format!(", US$ {}", dollars(cost)),
        // A local model, or one without a price, which was told when the run began.
        None => String::new(),
    };
    let plural = if answers == 1 { "" } else { "s" };
    (answers > 0).then(|| format!("judge models gave {answers} answer{plural} beside that: {} tokens{cost}", count(tokens)))
}
