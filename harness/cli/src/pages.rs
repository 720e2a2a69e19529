//! The report page of stored runs: attempts go from the store into the page one by one, so that no more than one run's
//! figures and one part of the texts are in memory.

use crate::error::CliError;
use crate::figures::entries;
use crate::reporting;
use futures::TryStreamExt;
use proctor_benchmarks::registry;
use proctor_core::{GradedAttempt, Metric, MetricPoint, Outcome, RunRecord, Sample};
use proctor_reports::frames::AttemptRow;
use proctor_reports::html::{PageBuilder, PageOptions, PageRun};
use proctor_reports::leaderboard::{Leaderboard, leaderboard};
use proctor_reports::{SampleView, Summary, summarise_rows, write_file};
use proctor_store::{LightOptions, Store};
use std::collections::HashMap;
use std::path::Path;

/// A run's figures and plots, from its light rows.
pub async fn light_run(store: &Store, run: &RunRecord) -> Result<PageRun, CliError> {
    let benchmark = registry::open_run(&run.plan, false).ok();
    let samples = store.light_samples(&run.id).await?;
    let extracted = benchmark.as_ref().is_some_and(|benchmark| benchmark.reads_extracted());
    let mut light = store.light(&run.id, LightOptions { extracted, ..LightOptions::default() });
    let mut rows: Vec<AttemptRow> = Vec::new();
    let mut graded: Vec<GradedAttempt> = Vec::new();
    while let Some(row) = light.try_next().await? {
        let Some(sample) = samples.get(row.position as usize) else { continue };
        rows.push(AttemptRow {
            sample_id: sample.sample_id.clone(),
            group: sample.group.clone(),
            epoch: row.epoch,
            outcome: row.outcome,
            category: row.category.as_deref().map(str::to_owned),
            usage: row.usage,
            latency_s: Some(row.latency_s),
            cost_usd: row.cost_usd,
            ..AttemptRow::default()
        });
        let Some(outcome) = row.outcome else { continue };
        graded.push(GradedAttempt {
            sample_id: sample.sample_id.clone(),
            group: sample.group.clone(),
            strata: sample.strata.clone(),
            epoch: row.epoch,
            outcome,
            scores: row.scores.as_ref().clone(),
            category: row.category.as_deref().map(str::to_owned),
            extracted: row.extracted,
            usage: row.usage,
            latency_s: row.latency_s,
        });
    }
    drop(light);
    let truth = store.ground_truth(&run.id).await?;
    let metrics = benchmark.as_ref().map_or_else(|| right_answers(&graded), |benchmark| benchmark.metrics(&graded));
    let mut summary = summarise_rows(run, &rows, &metrics, Some(&truth))?;
    summary.notes.extend(reporting::kept(store, run).await?);
    // A withheld score is not to be read off a plot either.
    let plots = match &benchmark {
        Some(benchmark) if summary.withheld.is_none() => benchmark.plots(&graded),
        _ => Vec::new(),
    };
    Ok(PageRun { summary, plots })
}

/// The share of right answers, for a benchmark that nobody here knows.
fn right_answers(grades: &[GradedAttempt]) -> Vec<Metric> {
    let scored = grades.iter().filter(|grade| grade.outcome.is_scored());
    let value = |grade: &GradedAttempt| f64::from(u8::from(grade.outcome == Outcome::Correct));
    let points = scored.map(|grade| MetricPoint { group: grade.group.clone(), value: value(grade) }).collect();
    Metric::mean("correct", points).map(|metric| Metric { headline: true, ..metric }).into_iter().collect()
}

/// The summaries of runs.
pub async fn summaries(store: &Store, runs: &[RunRecord]) -> Result<Vec<Summary>, CliError> {
    let mut summaries = Vec::new();
    for run in runs {
        summaries.push(light_run(store, run).await?.summary);
    }
    Ok(summaries)
}

/// Writes one page about `runs`, making its folder if need be.
pub async fn write_report(store: &Store, runs: &[RunRecord], options: PageOptions, path: &Path) -> Result<(), CliError> {
    let mut light = Vec::new();
    for run in runs {
        light.push(light_run(store, run).await?);
    }
    let board: Option<Leaderboard> =
        if runs.len() > 1 { Some(leaderboard(entries(store, runs.to_vec(), &[]).await?, &[])) } else { None };
    let mut page = PageBuilder::new(options, light, board);
    for (number, run) in runs.iter().enumerate() {
        add_attempts(store, run, number, &mut page).await?;
    }
    let html = page.finish()?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| CliError::failure(format!("the folder {} cannot be made: {e}", folder.display())))?;
    }
    Ok(write_file(path, html.as_bytes())?)
}

/// Adds the attempts of a run. Attempts and grades come from the store in the same order.
async fn add_attempts(store: &Store, run: &RunRecord, number: usize, page: &mut PageBuilder) -> Result<(), CliError> {
    let samples: HashMap<String, Sample> = store.samples(&run.id).await?.into_iter().map(|s| (s.id.clone(), s)).collect();
    let mut attempts = store.attempts(&run.id);
    let mut grades = store.grades(&run.id);
    let mut next = grades.try_next().await?;
    while let Some(attempt) = attempts.try_next().await? {
        let mut grade = None;
        if let Some(found) = next.take() {
            if found.key == attempt.key {
                grade = Some(found.grade);
                next = grades.try_next().await?;
            } else {
                next = Some(found);
            }
        }
        let Some(sample) = samples.get(&attempt.key.sample_id) else { continue };
        page.add(number, &SampleView { sample: sample.clone(), attempt, grade })?;
    }
    Ok(())
}
