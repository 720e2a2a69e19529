//! Which of the things that decide a score differ between two runs, by name.

use proctor_core::{RunPlan, Sampling};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Named differences within one value, e.g. the judge's provenance; more are counted.
const MOST_NAMED: usize = 4;
/// Levels to which values are taken apart.
const MOST_LEVELS: usize = 6;
/// Characters of a value that are shown.
const MOST_SHOWN: usize = 40;

/// What decides a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The benchmark.
    Benchmark,
    /// The questions.
    Data,
    /// The prompt templates, or where they come from.
    Prompt,
    /// The benchmark's own options.
    Options,
    /// How questions reach the model.
    Protocol,
    /// Extraction, judges, guests.
    Judge,
    /// How answers are drawn.
    Sampling,
    /// Attempts per sample.
    Epochs,
    /// The seed.
    Seed,
    /// The model, or the backend that runs it.
    Model,
}

impl Part {
    /// Every part that may be allowed to differ, as [`Part::parse`] takes them.
    pub const ALL: [Part; 10] = [
        Part::Benchmark,
        Part::Data,
        Part::Prompt,
        Part::Options,
        Part::Protocol,
        Part::Judge,
        Part::Sampling,
        Part::Epochs,
        Part::Seed,
        Part::Model,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Benchmark => "benchmark",
            Part::Data => "data",
            Part::Prompt => "prompt",
            Part::Options => "options",
            Part::Protocol => "protocol",
            Part::Judge => "judge",
            Part::Sampling => "sampling",
            Part::Epochs => "epochs",
            Part::Seed => "seed",
            Part::Model => "model",
        }
    }

    /// The part written as `word`.
    pub fn parse(word: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.as_str() == word)
    }

    /// Whether scores are not comparable where it differs. Sampling, epochs and seed move a score only by what the model
    /// does; providers do not even offer the same.
    pub fn forbids(self) -> bool {
        !matches!(self, Part::Sampling | Part::Epochs | Part::Seed | Part::Model)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that differs between two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What decides the score and differs.
    pub part: Part,
    /// The thing by name, e.g. `sampling temperature`.
    pub what: String,
    /// What it is in the one, shortened.
    pub a: String,
    /// What it is in the other, shortened.
    pub b: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} against {}", self.what, self.a, self.b)
    }
}

/// What differs between two plans, the weightiest first. Empty where the same fingerprint would come out.
pub fn differences(a: &RunPlan, b: &RunPlan) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    found.text(Part::Benchmark, "benchmark", &a.benchmark, &b.benchmark);
    found.data(a, b);
    found.text(Part::Prompt, "prompt templates", &a.prompt_sha256, &b.prompt_sha256);
    found.maps(Part::Options, "option", &a.options, &b.options);
    found.value(Part::Protocol, "protocol", &json(&a.protocol), &json(&b.protocol));
    found.text(Part::Judge, "judge version", &a.judge_version, &b.judge_version);
    found.value(Part::Judge, "judge", &a.judge_provenance, &b.judge_provenance);
    found.sampling(&a.sampling, &b.sampling);
    found.text(Part::Epochs, "epochs", &a.epochs.to_string(), &b.epochs.to_string());
    found.text(Part::Seed, "seed", &a.seed.to_string(), &b.seed.to_string());
    found.text(Part::Model, "model", &a.model, &b.model);
    if a.model == b.model {
        found.value(Part::Model, "model", &a.model_provenance, &b.model_provenance);
    }
    found.0
}

/// Whether scores of two plans over the same questions may be compared, whatever the models.
pub fn comparable(a: &RunPlan, b: &RunPlan) -> bool {
    differences(a, b).iter().all(|difference| !difference.part.forbids())
}

struct Found(Vec<Difference>);

impl Found {
    fn push(&mut self, part: Part, what: &str, a: &str, b: &str) {
        self.0.push(Difference { part, what: what.to_owned(), a: shortened(a), b: shortened(b) });
    }

    fn text(&mut self, part: Part, what: &str, a: &str, b: &str) {
        if a != b {
            self.push(part, what, a, b);
        }
    }

    fn data(&mut self, a: &RunPlan, b: &RunPlan) {
        if a.data_sha256 == b.data_sha256 {
            return;
        }
        if a.sample_ids == b.sample_ids {
            return self.push(Part::Data, "data revision", &a.data_sha256, &b.data_sha256);
        }
        let ids: BTreeSet<&str> = a.sample_ids.iter().collect();
        let shared = b.sample_ids.iter().filter(|id| ids.contains(id)).count();
        let (one, other) = (a.sample_ids.len(), b.sample_ids.len());
        self.push(Part::Data, "samples", &format!("{one} ({shared} in both)"), &other.to_string());
    }

    fn sampling(&mut self, a: &Sampling, b: &Sampling) {
        // The run's seed is told apart from it.
        let without_seed = |sampling: &Sampling| json(&Sampling { seed: None, ..sampling.clone() });
        self.value(Part::Sampling, "sampling", &without_seed(a), &without_seed(b));
    }

    fn maps(&mut self, part: Part, what: &str, a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) {
        let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for name in names {
            let of = |map: &BTreeMap<String, String>| map.get(name).cloned().unwrap_or_else(|| "unset".to_owned());
            self.text(part, &format!("{what} {name}"), &of(a), &of(b));
        }
    }

    /// Leaves of two values that differ, each by its path.
    fn value(&mut self, part: Part, what: &str, a: &Value, b: &Value) {
        let mut leaves = Vec::new();
        walk(what.to_owned(), a, b, 0, &mut leaves);
        let more = leaves.len().saturating_sub(MOST_NAMED);
        for (path, a, b) in leaves.into_iter().take(MOST_NAMED) {
            self.push(part, &path, &a, &b);
        }
        if more > 0 {
            self.push(part, &format!("{what}: {more} more"), "…", "…");
        }
    }
}

fn walk(path: String, a: &Value, b: &Value, level: usize, leaves: &mut Vec<(String, String, String)>) {
    if a == b {
        return;
    }
    match (a, b) {
        (Value::Object(x), Value::Object(y)) if level < MOST_LEVELS => {
            let names: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for name in names {
                let (one, other) = (x.get(name).unwrap_or(&Value::Null), y.get(name).unwrap_or(&Value::Null));
                walk(format!("{path} {name}"), one, other, level + 1, leaves);
            }
        }
        _ => leaves.push((path, shown(a), shown(b))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "unset".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// A hash by its beginning, anything else up to a bound.
fn shortened(text: &str) -> String {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return text[..12].to_owned();
    }
    match text.chars().count() > MOST_SHOWN {
        true => text.chars().take(MOST_SHOWN).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
