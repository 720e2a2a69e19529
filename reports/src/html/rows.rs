use super::document::SHORT_EXPLANATION;
use super::pack::Chunk;
use super::plots::Spread;
use crate::SampleView;
use crate::text::one_line;
use proctor_core::{Outcome, RunRecord};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The table of all attempts, column by column, as the script reads it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Rows {
    benchmarks: Vec<Samples>,
    /// Names of subsets.
    strata: Vec<String>,
    /// Names of error categories; the first is none.
    categories: Vec<String>,
    runs: Vec<RunRows>,
    /// Which rows have documents, and where.
    chunks: Vec<ChunkRows>,
    #[serde(skip)]
    strata_places: HashMap<String, u32>,
    #[serde(skip)]
    category_places: HashMap<String, u32>,
}

/// The samples of a benchmark, shared by its runs.
#[derive(Debug, Default, Serialize)]
struct Samples {
    name: String,
    ids: Vec<String>,
    /// Clusters, as numbers.
    groups: Vec<u32>,
    /// Subsets of each sample.
    strata: Vec<Vec<u32>>,
    #[serde(skip)]
    places: HashMap<String, u32>,
    #[serde(skip)]
    group_places: HashMap<String, u32>,
}

/// The attempts of a run.
#[derive(Debug, Default, Serialize)]
struct RunRows {
    id: String,
    model: String,
    benchmark: usize,
    fingerprint: String,
    samples: Vec<u32>,
    epochs: Vec<u32>,
    /// One letter each: the place in [`Outcome::ALL`] from `a`, the letter after them for not graded.
    outcomes: String,
    categories: Vec<u32>,
    explanations: Vec<String>,
    /// Answer tokens; −1 where unknown.
    tokens: Vec<i64>,
    /// Milliseconds waited for the model; −1 where none was asked.
    times: Vec<i64>,
}

#[derive(Debug, Serialize)]
struct ChunkRows {
    run: usize,
    /// First row and how many follow it, again and again.
    rows: Vec<u32>,
}

impl Rows {
    /// Adds a run without attempts.
    pub(super) fn run(&mut self, record: &RunRecord) {
        let name = one_line(&record.plan.benchmark);
        let benchmark = self.benchmarks.iter().position(|b| b.name == name).unwrap_or_else(|| {
            self.benchmarks.push(Samples { name, ..Samples::default() });
            self.benchmarks.len() - 1
        });
        if self.categories.is_empty() {
            self.categories.push(String::new());
        }
        self.runs.push(RunRows {
            id: one_line(&record.id),
            model: one_line(&record.plan.model),
            benchmark,
            fingerprint: one_line(&record.fingerprint.0),
            ..RunRows::default()
        });
    }

    /// Adds an attempt and gives its row in the run; `None` where there is no such run.
    pub(super) fn add(&mut self, run: usize, view: &SampleView) -> Option<u32> {
        let rows = self.runs.get_mut(run)?;
        let samples = self.benchmarks.get_mut(rows.benchmark)?;
        let place = match samples.places.get(&view.sample.id) {
            Some(place) => *place,
            None => {
                let next = samples.group_places.len() as u32;
                let group = *samples.group_places.entry(view.sample.group.clone()).or_insert(next);
                let mut strata = Vec::with_capacity(view.sample.strata.len());
                for name in &view.sample.strata {
                    strata.push(named(name, &mut self.strata, &mut self.strata_places));
                }
                samples.ids.push(one_line(&view.sample.id));
                samples.groups.push(group);
                samples.strata.push(strata);
                let place = samples.ids.len() as u32 - 1;
                samples.places.insert(view.sample.id.clone(), place);
                place
            }
        };
        let grade = view.grade.as_ref();
        let attempt = view.attempt.attempt.as_ref();
        let explanation = match (grade, &view.attempt.error) {
            (Some(grade), _) => grade.explanation.as_str(),
            (None, Some(error)) => error.as_str(),
            (None, None) => "answered, not graded yet",
        };
        let category = grade.and_then(|g| g.category.as_deref()).filter(|category| !category.is_empty());
        let category = category.map_or(0, |name| named(name, &mut self.categories, &mut self.category_places));
        let tokens = attempt.and_then(|a| a.usage().completion_tokens);
        let time = attempt.filter(|a| !a.exchanges.is_empty()).map(|a| (a.latency_s() * 1000.0).round());
        rows.samples.push(place);
        rows.epochs.push(view.attempt.key.epoch);
        rows.outcomes.push(letter(view.outcome()));
        rows.categories.push(category);
        rows.explanations.push(short(explanation));
        rows.tokens.push(tokens.and_then(|t| i64::try_from(t).ok()).unwrap_or(-1));
        rows.times.push(time.filter(|t| t.is_finite() && *t >= 0.0).map_or(-1, |t| t as i64));
        u32::try_from(rows.samples.len() - 1).ok()
    }

    /// Tells where the documents are.
    pub(super) fn place(&mut self, chunks: &[Chunk]) {
        for chunk in chunks {
            let mut rows: Vec<u32> = Vec::new();
            for row in &chunk.rows {
                match rows.as_mut_slice() {
                    [.., first, n] if *first + *n == *row => *n += 1,
                    _ => rows.extend([*row, 1]),
                }
            }
            self.chunks.push(ChunkRows { run: chunk.run, rows });
        }
    }

    /// About how many bytes of the page the rows of so many attempts take.
    pub(super) fn bytes(&self, attempts: usize) -> usize {
        let here = self.len();
        if here < 64 {
            return attempts * 48;
        }
        let mut different: BTreeSet<&str> = BTreeSet::new();
        for run in self.runs.iter().rev().take(12) {
            different.extend(run.explanations.iter().take(400).map(String::as_str));
        }
        let looked: usize = self.runs.iter().rev().take(12).map(|run| run.explanations.len().min(400)).sum();
        let texts: usize = different.iter().map(|text| text.len()).sum();
        let row = 14.0 + texts as f64 * 0.55 / looked.max(1) as f64;
        (row * attempts.max(here) as f64) as usize
    }

    /// Attempts there are.
    pub(super) fn len(&self) -> usize {
        self.runs.iter().map(|run| run.samples.len()).sum()
    }

    /// How the answer tokens of a run are spread.
    pub(super) fn token_spread(&self, run: usize) -> Option<Spread> {
        Spread::of(self.runs.get(run)?.tokens.iter().map(|t| *t as f64))
    }

    /// How the seconds waited are spread.
    pub(super) fn time_spread(&self, run: usize) -> Option<Spread> {
        Spread::of(self.runs.get(run)?.times.iter().map(|t| *t as f64 / 1000.0))
    }

    /// Attempts of each outcome in each sample that was tried several times, for pass@k: group, attempts scored, correct.
    pub(super) fn tries(&self, run: usize) -> Vec<(String, u64, u64)> {
        let Some(rows) = self.runs.get(run) else { return Vec::new() };
        let Some(samples) = self.benchmarks.get(rows.benchmark) else { return Vec::new() };
        let mut tries: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        for (place, letter) in rows.samples.iter().zip(rows.outcomes.chars()) {
            let outcome = u32::from(letter).checked_sub(u32::from('a')).and_then(|place| Outcome::ALL.get(place as usize));
            if let Some(outcome) = outcome.filter(|o| o.is_scored()) {
                let (n, correct) = tries.entry(*place).or_default();
                *n += 1;
                *correct += u64::from(*outcome == Outcome::Correct);
            }
        }
        let group = |place: u32| samples.groups.get(place as usize).map(u32::to_string).unwrap_or_default();
        tries.into_iter().map(|(place, (n, correct))| (group(place), n, correct)).collect()
    }
}

fn named(name: &str, names: &mut Vec<String>, places: &mut HashMap<String, u32>) -> u32 {
    *places.entry(name.to_string()).or_insert_with(|| {
        names.push(one_line(name));
        names.len() as u32 - 1
    })
}

fn letter(outcome: Option<Outcome>) -> char {
    let place = outcome.and_then(|outcome| Outcome::ALL.iter().position(|o| *o == outcome)).unwrap_or(Outcome::ALL.len());
    ('a'..='z').nth(place).unwrap_or('z')
}

fn short(explanation: &str) -> String {
    let text = one_line(explanation);
    if text.chars().count() <= SHORT_EXPLANATION {
        return text;
    }
    let head: String = text.chars().take(SHORT_EXPLANATION - 1).collect();
    format!("{head}…")
}
