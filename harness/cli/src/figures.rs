//! From light rows in the store to figures: no transcript is read.

use crate::error::CliError;
use futures::TryStreamExt;
use proctor_benchmarks::registry;
use proctor_core::{Benchmark, GradedAttempt, Metric, MetricPoint, Outcome, RunRecord};
use proctor_reports::compare::{RunGrades, in_slices};
use proctor_reports::frames::{AttemptRow, Detail};
use proctor_reports::leaderboard::{Entry, Score};
use proctor_reports::summary::{OutcomeCount, UsageTotals};
use proctor_store::{LightOptions, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// Runs read side by side.
const SIDE_BY_SIDE: usize = 3;
/// Subsets named in a message.
const SLICES_NAMED: usize = 24;

/// A run with its grades, and what they add up to.
pub struct RunFigures {
    /// The run and its grades, over the samples asked for.
    pub grades: RunGrades,
    /// Attempts in the plan, at the samples asked for.
    pub planned: usize,
    /// Attempts that ended in an infrastructure error, graded or not.
    pub infra_errors: usize,
    /// Grades by outcome, all eight.
    pub outcomes: Vec<OutcomeCount>,
    /// Tokens, time and cost.
    pub usage: UsageTotals,
    /// The subsets that its samples have, whether asked for or not.
    pub strata: BTreeSet<String>,
    headline: Headline,
}

/// How the headline figure of a run is had: by its benchmark, or as the share of right answers where nobody here knows it.
#[derive(Clone)]
pub struct Headline(Option<Arc<dyn Benchmark>>);

impl Headline {
    /// Of a run's benchmark.
    pub fn of(run: &RunRecord) -> Self {
        Self(registry::open_run(&run.plan, false).ok())
    }

    /// The figure over grades.
    pub fn figure(&self, grades: &[GradedAttempt]) -> Option<Metric> {
        match &self.0 {
            Some(benchmark) => benchmark.headline(grades),
            None => {
                let scored = grades.iter().filter(|grade| grade.outcome.is_scored());
                let value = |grade: &GradedAttempt| f64::from(u8::from(grade.outcome == Outcome::Correct));
                Metric::mean("correct", scored.map(|g| MetricPoint { group: g.group.clone(), value: value(g) }).collect())
            }
        }
    }

    fn reads_extracted(&self) -> bool {
        self.0.as_ref().is_some_and(|benchmark| benchmark.reads_extracted())
    }
}

impl RunFigures {
    /// Reads a run; only samples that are in all of `slices`.
    pub async fn read(store: &Store, run: &RunRecord, slices: &[String]) -> Result<Self, CliError> {
        let headline = Headline::of(run);
        let samples = store.light_samples(&run.id).await?;
        let inside: Vec<bool> = samples.iter().map(|sample| in_slices(&sample.strata, slices)).collect();
        let options = LightOptions { extracted: headline.reads_extracted(), ..LightOptions::default() };
        let mut rows = store.light(&run.id, options);
        let mut grades = Vec::new();
        let mut infra_errors = 0;
        let mut usage = UsageTotals::default();
        let mut counts: BTreeMap<Outcome, usize> = BTreeMap::new();
        while let Some(row) = rows.try_next().await? {
            let place = row.position as usize;
            let Some(sample) = samples.get(place).filter(|_| inside.get(place) == Some(&true)) else { continue };
            usage = usage.with(&UsageTotals {
                prompt_tokens: row.usage.prompt_tokens,
                completion_tokens: row.usage.completion_tokens,
                reasoning_tokens: row.usage.reasoning_tokens,
                cached_tokens: row.usage.cached_tokens,
                unreported: usize::from(row.usage.completion_tokens.is_none()),
                latency_s: row.latency_s,
                cost_usd: row.cost_usd,
            });
            infra_errors += usize::from(row.outcome == Some(Outcome::InfraError) || (row.outcome.is_none() && !row.answered));
            let Some(outcome) = row.outcome else { continue };
            *counts.entry(outcome).or_default() += 1;
            grades.push(GradedAttempt {
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
        drop(rows);
        Ok(Self {
            planned: inside.iter().filter(|inside| **inside).count() * run.plan.epochs as usize,
            infra_errors,
            outcomes: Outcome::ALL
                .into_iter()
                .map(|outcome| OutcomeCount { outcome, n: counts.get(&outcome).copied().unwrap_or(0) })
                .collect(),
            usage,
            strata: samples.iter().flat_map(|sample| sample.strata.iter().cloned()).collect(),
            grades: RunGrades {
                run: run.clone(),
                grades,
                contents: samples.into_iter().map(|sample| (sample.sample_id, sample.content_sha256)).collect(),
            },
            headline,
        })
    }

    /// How the headline figure is had.
    pub fn headline(&self) -> Headline {
        self.headline.clone()
    }

    /// The run's line of a leaderboard.
    pub fn entry(&self, withheld: Option<String>) -> Entry {
        Entry {
            score: self.headline.figure(&self.grades.grades).as_ref().and_then(Score::of),
            withheld,
            planned: self.planned,
            graded: self.grades.grades.len(),
            infra_errors: self.infra_errors,
            usage: self.usage,
            ..Entry::of(&self.grades.run)
        }
    }
}

/// A run's attempts as rows of the table of grades.
pub async fn rows(store: &Store, run: &RunRecord) -> Result<Vec<AttemptRow>, CliError> {
    let samples = store.light_samples(&run.id).await?;
    let mut light = store.light(&run.id, LightOptions { extracted: true, explanation: true, ..LightOptions::default() });
    let mut rows = Vec::new();
    while let Some(row) = light.try_next().await? {
        let Some(sample) = samples.get(row.position as usize) else { continue };
        rows.push(AttemptRow {
            sample_id: sample.sample_id.clone(),
            group: sample.group.clone(),
            strata: sample.strata.clone(),
            epoch: row.epoch,
            outcome: row.outcome,
            category: row.category.as_deref().map(str::to_owned),
            explanation: row.explanation,
            scores: row.scores.as_ref().clone(),
            usage: row.usage,
            // Without a last answer no model was waited for.
            latency_s: row.finish.is_some().then_some(row.latency_s),
            cost_usd: row.cost_usd,
            detail: Detail { extracted: row.extracted, ..Detail::default() },
        });
    }
    Ok(rows)
}

/// Why the scores of runs are withheld. Runs of the same questions and the same judge share the answer.
#[derive(Clone, Default)]
pub struct Withholding(Arc<Mutex<HashMap<String, Option<String>>>>);

impl Withholding {
    /// Of a run; `None` where nothing speaks against its score.
    pub async fn of(&self, store: &Store, run: &RunRecord) -> Result<Option<String>, CliError> {
        let plan = &run.plan;
        if plan.graded_by().is_some() {
            return Ok(None);
        }
        let key = format!("{} {} {} {}", plan.benchmark, plan.data_sha256, plan.judge_version, plan.judge_provenance);
        let mut known = self.0.lock().await;
        if let Some(found) = known.get(&key) {
            return Ok(found.clone());
        }
        let found = store.ground_truth(&run.id).await?.withheld();
        known.insert(key, found.clone());
        Ok(found)
    }
}

/// A run's place in the list, its line of a leaderboard and the subsets of its samples.
type ReadEntry = (usize, Entry, BTreeSet<String>);

/// The leaderboard's lines of runs, read side by side; one that has no sample in `slices` has none.
pub async fn entries(store: &Store, runs: Vec<RunRecord>, slices: &[String]) -> Result<Vec<Entry>, CliError> {
    let withholding = Withholding::default();
    let mut found: Vec<(usize, Entry)> = Vec::new();
    let mut strata = BTreeSet::new();
    let mut waiting = runs.into_iter().enumerate();
    let mut reading: JoinSet<Result<ReadEntry, CliError>> = JoinSet::new();
    loop {
        while reading.len() < SIDE_BY_SIDE {
            let Some((place, run)) = waiting.next() else { break };
            let (store, slices, withholding) = (store.clone(), slices.to_vec(), withholding.clone());
            reading.spawn(async move {
                let figures = RunFigures::read(&store, &run, &slices).await?;
                let withheld = withholding.of(&store, &run).await?;
                Ok((place, figures.entry(withheld), figures.strata))
            });
        }
        let Some(done) = reading.join_next().await else { break };
        let (place, entry, own) = done.map_err(|e| CliError::failure(format!("a run could not be read: {e}")))??;
        strata.extend(own);
        if entry.planned > 0 {
            found.push((place, entry));
        }
    }
    if found.is_empty() && !slices.is_empty() {
        return Err(no_such_slice(slices, &strata));
    }
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, entry)| entry).collect())
}

/// The error where no sample is in `slices`; `strata` are those there are.
pub fn no_such_slice(slices: &[String], strata: &BTreeSet<String>) -> CliError {
    let error = CliError::usage(format!("no sample is in {}", slices.join(" and in ")));
    let near: Vec<&str> = strata
        .iter()
        .filter(|known| slices.iter().any(|slice| known.to_lowercase().contains(&last(slice).to_lowercase())))
        .map(String::as_str)
        .collect();
    let mut named: Vec<&str> = if near.is_empty() { strata.iter().map(String::as_str).collect() } else { near };
    let more = named.len().saturating_sub(SLICES_NAMED);
    named.truncate(SLICES_NAMED);
    match named.is_empty() {
        true => error.hint("the samples of these runs are in no subsets"),
        false if more > 0 => error.hint(format!("subsets are {}, and {more} more", named.join(", "))),
        false => error.hint(format!("subsets are {}", named.join(", "))),
    }
}

fn last(slice: &str) -> &str {
    slice.split_once('=').map_or(slice, |(_, name)| name.trim())
}
