//! From another program's log to rows of the store.

use super::foreign::{ForeignError, ForeignRun};
use super::score;
use proctor_core::{
    Attempt, GRADED_BY, Grade, IMPORTED, Protocol, RunPlan, Sample, Sampling, canonical_json, samples_sha256, sha256_hex,
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// What a log says of how it was graded; everything else it says belongs to the asking. Two logs whose values differ in one
/// of these cannot be compared.
const OF_THE_JUDGE: [&str; 8] =
    ["lm_eval_version", "inspect_version", "task_version", "task_hash", "task_args", "few_shot", "dataset", "hash"];

/// A log as a run: its plan says that and by what it was graded.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun {
    /// The plan; its judge provenance names the program (see `RunPlan::graded_by`).
    pub plan: RunPlan,
    /// The samples in order.
    pub samples: Vec<Sample>,
    /// The answers.
    pub rows: Vec<StoredRow>,
    /// Samples that were taken from the benchmark instead of the log, so that they pair with those of other runs.
    pub matched: usize,
}

/// One answer of a [`StoredRun`].
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRow {
    /// The sample.
    pub sample_id: String,
    /// The k-th attempt, from 0.
    pub epoch: u32,
    /// The attempt, or why there is none.
    pub attempt: Result<Attempt, String>,
    /// The grade; `None` where there is no attempt.
    pub grade: Option<Grade>,
}

/// Makes rows of a log. `file` names it; `model` overrides the name of the model. With `benchmark` (its name and all its
/// samples) answers are matched to that benchmark's samples, by id or else by position, and every one must match.
pub fn stored(
    foreign: ForeignRun,
    file: &str,
    model: Option<&str>,
    benchmark: Option<(&str, &[Sample])>,
) -> Result<StoredRun, ForeignError> {
    let tool = foreign.tool.as_str();
    let index = benchmark.map(|(name, samples)| Index::new(name, samples));
    let mut samples: Vec<Sample> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut keys: HashSet<(String, u32)> = HashSet::new();
    let mut rows = Vec::with_capacity(foreign.rows.len());
    for row in foreign.rows {
        let sample = match &index {
            Some(index) => index.find(&row.sample)?.clone(),
            None => row.sample,
        };
        if !keys.insert((sample.id.clone(), row.epoch)) {
            return Err(ForeignError(format!("{file} answers sample {} twice as attempt {}", sample.id, row.epoch)));
        }
        let grade = row.grade.or_else(|| row.attempt.is_ok().then(|| score::ungraded(tool)));
        rows.push(StoredRow { sample_id: sample.id.clone(), epoch: row.epoch, attempt: row.attempt, grade });
        if seen.insert(sample.id.clone()) {
            samples.push(sample);
        }
    }
    let hashes: Vec<String> = rows
        .iter()
        .map(|r| sha256_hex(canonical_json(&json!([r.sample_id, r.epoch, r.attempt.as_ref().ok(), r.grade])).as_bytes()))
        .collect();
    let mut judge = serde_json::Map::from_iter([(GRADED_BY.to_string(), Value::from(tool))]);
    judge.insert("task".into(), Value::from(foreign.task.clone()));
    if let Some(headline) = &foreign.headline {
        judge.insert("headline".into(), Value::from(headline.clone()));
    }
    let (of_judge, mut of_model): (Vec<_>, Vec<_>) =
        foreign.facts.into_iter().partition(|(name, _)| OF_THE_JUDGE.contains(&name.as_str()));
    judge.extend(of_judge);
    of_model.push(("answers".into(), Value::from(rows.len())));
    of_model.push(("answers_sha256".into(), Value::from(sha256_hex(hashes.join("\n").as_bytes()))));
    let name = model.map(str::to_string).or(foreign.model).unwrap_or_else(|| file.to_string());
    let continues = |row: &&StoredRow| {
        let exchange = row.attempt.as_ref().ok().and_then(|a| a.exchanges.first());
        exchange.is_some_and(|e| e.request.prompt.protocol() == Protocol::Completion)
    };
    let plan = RunPlan {
        benchmark: benchmark.map_or_else(|| format!("{tool}:{}", foreign.task), |(name, _)| name.to_string()),
        model: format!("{IMPORTED}{name}"),
        model_provenance: Value::Object(of_model.into_iter().collect()),
        data_sha256: samples_sha256(&samples),
        data_source: file.to_string(),
        prompt_sha256: sha256_hex(tool.as_bytes()),
        options: Default::default(),
        prompts: None,
        protocol: if rows.iter().any(|r| continues(&r)) { Protocol::Completion } else { Protocol::Chat },
        sampling: Sampling::default(),
        epochs: rows.iter().map(|r| r.epoch).max().unwrap_or(0).saturating_add(1),
        seed: 0,
        judge_version: tool.to_string(),
        judge_provenance: Value::Object(judge),
        sample_ids: samples.iter().map(|s| s.id.clone()).collect(),
    };
    let matched = if index.is_some() { samples.len() } else { 0 };
    Ok(StoredRun { plan, samples, rows, matched })
}

/// A benchmark's samples by id and by position.
struct Index<'a> {
    name: &'a str,
    by_id: HashMap<&'a str, &'a Sample>,
    by_index: HashMap<usize, &'a Sample>,
}

impl<'a> Index<'a> {
    fn new(name: &'a str, samples: &'a [Sample]) -> Self {
        Self {
            name,
            by_id: samples.iter().map(|s| (s.id.as_str(), s)).collect(),
            by_index: samples.iter().map(|s| (s.index, s)).collect(),
        }
    }

    /// The sample that the log's own id, an id within its document, or its position names.
    fn find(&self, foreign: &Sample) -> Result<&'a Sample, ForeignError> {
        let named = ["id", "task_id", "sample_id", "question_id"];
        let inner = named.iter().filter_map(|name| match foreign.inputs.get(*name)? {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        });
        let ids: Vec<String> = inner.chain([foreign.id.clone()]).collect();
        let by_id = ids.iter().find_map(|id| self.by_id.get(id.as_str()));
        by_id.or_else(|| self.by_index.get(&foreign.index)).copied().ok_or_else(|| {
            let id: String = foreign.id.chars().take(80).collect();
            ForeignError(format!("{} has no sample `{id}`; leave out -b to import the log under its own name", self.name))
        })
    }
}
