//! The report page of stored runs: attempts go from the store into the page one by one, so that no more than one run's
//! figures and one part of the texts are in memory.

use crate::allocator;
use crate::error::CliError;
use crate::figures::entries;
use crate::reporting;
use futures::TryStreamExt;
use proctor_benchmarks::registry;
use proctor_core::{Figures, GradedAttempt, Metric, MetricPoint, Outcome, Plot, RunRecord, Sample, Usage};
use proctor_reports::html::{PageBuilder, PageOptions, PageRun};
use proctor_reports::leaderboard::{Leaderboard, leaderboard};
use proctor_reports::summary::{ScoredMetric, Tally};
use proctor_reports::{SampleView, Summary, write_file};
use proctor_store::{LightOptions, Store};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// A run's figures, from its light rows: its attempts go from the store into sums one by one.
pub async fn light_summary(store: &Store, run: &RunRecord) -> Result<Summary, CliError> {
    Ok(light_run(store, run, false).await?.summary)
}

/// A run's figures, and with `plots` the benchmark's own plots.
pub async fn light_run(store: &Store, run: &RunRecord, plots: bool) -> Result<PageRun, CliError> {
    let benchmark = registry::open_run(&run.plan, false).ok();
    let mut figures: Box<dyn Figures + '_> = match &benchmark {
        Some(benchmark) => benchmark.figures(),
        None => Box::new(RightAnswers::default()),
    };
    let mut tally = Tally::default();
    let extracted = benchmark.as_ref().is_some_and(|benchmark| benchmark.reads_extracted());
    let mut samples = store.light_samples_as_taken(&run.id);
    let mut rows = store.light(&run.id, LightOptions { extracted, ..LightOptions::default() });
    // Both come in the order of the plan.
    let mut place = None;
    let mut grade = no_grade();
    while let Some(row) = rows.try_next().await? {
        while place.is_none_or(|place| place < row.position)
            && let Some(sample) = samples.try_next().await?
        {
            place = Some(place.map_or(0, |place| place + 1));
            (grade.sample_id, grade.group, grade.strata) = (sample.sample_id, sample.group, sample.strata);
        }
        if place != Some(row.position) {
            continue;
        }
        tally.add(row.outcome, row.category.as_deref(), &row.usage, Some(row.latency_s), row.cost_usd);
        let Some(outcome) = row.outcome else { continue };
        (grade.epoch, grade.outcome, grade.usage, grade.latency_s) = (row.epoch, outcome, row.usage, row.latency_s);
        grade.scores.clone_from(&row.scores);
        grade.category = row.category.as_deref().map(str::to_owned);
        grade.extracted = row.extracted;
        figures.add(&grade);
    }
    drop((rows, samples));
    // Points of figures come now, one for each sample.
    allocator::give_back();
    let truth = store.ground_truth_of(run).await?;
    let withheld = truth.withheld().is_some();
    // A withheld score is not to be read off a plot either.
    let plots = if plots && !withheld { figures.plots() } else { Vec::new() };
    let mut metrics = Vec::new();
    figures.finish(&mut |metric| metrics.push(ScoredMetric::of(&metric, withheld)));
    let mut summary = tally.summary(run, metrics, Some(&truth));
    summary.notes.extend(reporting::spending(store, run).await?);
    Ok(PageRun { summary, plots })
}

/// What a graded attempt is read into.
fn no_grade() -> GradedAttempt {
    GradedAttempt {
        sample_id: String::new(),
        group: String::new(),
        strata: Vec::new(),
        epoch: 0,
        outcome: Outcome::Skipped,
        scores: BTreeMap::new(),
        category: None,
        extracted: None,
        usage: Usage::default(),
        latency_s: 0.0,
    }
}

/// The share of right answers, for a benchmark that nobody here knows.
#[derive(Default)]
struct RightAnswers(Vec<MetricPoint>);

impl Figures for RightAnswers {
    fn add(&mut self, grade: &GradedAttempt) {
        if grade.outcome.is_scored() {
            let value = f64::from(u8::from(grade.outcome == Outcome::Correct));
            self.0.push(MetricPoint { group: grade.group.clone(), value });
        }
    }

    fn plots(&mut self) -> Vec<Plot> {
        Vec::new()
    }

    fn finish(self: Box<Self>, take: &mut dyn FnMut(Metric)) {
        Metric::mean("correct", self.0).map(|metric| Metric { headline: true, ..metric }).into_iter().for_each(take);
    }
}

/// The summaries of runs.
pub async fn summaries(store: &Store, runs: &[RunRecord]) -> Result<Vec<Summary>, CliError> {
    let mut summaries = Vec::new();
    for run in runs {
        summaries.push(light_summary(store, run).await?);
    }
    Ok(summaries)
}

/// Writes one page about `runs`, making its folder if need be.
pub async fn write_report(store: &Store, runs: &[RunRecord], options: PageOptions, path: &Path) -> Result<(), CliError> {
    let mut light = Vec::new();
    for run in runs {
        light.push(light_run(store, run, true).await?);
    }
    write_page(store, runs, light, options, path).await
}

/// The same where the figures are there already.
pub async fn write_page(
    store: &Store,
    runs: &[RunRecord],
    light: Vec<PageRun>,
    options: PageOptions,
    path: &Path,
) -> Result<(), CliError> {
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
