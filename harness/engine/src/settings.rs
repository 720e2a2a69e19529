use crate::BatchSettings;
use proctor_core::{DataSource, Protocol, Sampling, Selection};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the user wants of a run, beyond benchmark and model.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// Where the samples come from.
    pub source: DataSource,
    /// Which samples.
    pub selection: Selection,
    /// The options the benchmark was opened with, for the plan.
    pub options: BTreeMap<String, String>,
    /// The folder of upstream's prompt files the benchmark was opened with, for the plan.
    pub prompts: Option<String>,
    /// How questions reach the model; `None` is chat where the model has it.
    pub protocol: Option<Protocol>,
    /// What differs from the benchmark's way of drawing answers.
    pub sampling: SamplingOverrides,
    /// Independent attempts per sample.
    pub epochs: u32,
    /// The seed everything is derived from.
    pub seed: u64,
    /// Most requests in flight; `None` leaves it to the model, or, where that does not say, to what the endpoint is
    /// found to take, up to 128.
    pub concurrency: Option<usize>,
    /// Most requests a minute.
    pub requests_per_minute: Option<f64>,
    /// Most tokens a minute, of prompts and answers together.
    pub tokens_per_minute: Option<f64>,
    /// Most attempts graded at once; `None` is one per core.
    pub grade_concurrency: Option<usize>,
    /// How failed requests are repeated.
    pub retries: Retries,
    /// Whether requests are handed in as batches, which are answered within hours, and how those are looked after.
    pub batch: Option<BatchSettings>,
    /// Whether reference solutions are graded too.
    pub ground_truth: bool,
    /// Whether answers are kept by the content of their questions, and taken from there.
    pub cache: bool,
    /// Most requests in flight for which this process can have connections; a model's own bound is none of its business.
    pub connections: usize,
    /// Whether to begin a new run even where there is one to continue.
    pub fresh: bool,
    /// Whether to do nothing but what ended in an infrastructure error.
    pub only_errors: bool,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            source: DataSource::BuiltIn,
            selection: Selection::default(),
            options: BTreeMap::new(),
            prompts: None,
            protocol: None,
            sampling: SamplingOverrides::default(),
            epochs: 1,
            seed: 0,
            concurrency: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            grade_concurrency: None,
            retries: Retries::default(),
            batch: None,
            ground_truth: true,
            cache: true,
            connections: usize::MAX,
            fresh: false,
            only_errors: false,
        }
    }
}

/// What the user wants where no model is asked.
#[derive(Debug, Clone)]
pub struct GradeSettings {
    /// Where the samples come from; not used for a stored run, which has its own.
    pub source: DataSource,
    /// Which samples; not used for a stored run.
    pub selection: Selection,
    /// The options the benchmark was opened with, for the plan; of a stored run, all of them.
    pub options: BTreeMap<String, String>,
    /// Most attempts graded at once; `None` is one per core.
    pub grade_concurrency: Option<usize>,
    /// Whether reference solutions are graded too.
    pub ground_truth: bool,
    /// Whether to begin a new run even where these answers were graded before.
    pub fresh: bool,
}

impl Default for GradeSettings {
    fn default() -> Self {
        Self {
            source: DataSource::BuiltIn,
            selection: Selection::default(),
            options: BTreeMap::new(),
            grade_concurrency: None,
            ground_truth: true,
            fresh: false,
        }
    }
}

/// What differs from the benchmark's way of drawing answers; `None` keeps the benchmark's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SamplingOverrides {
    /// 0 is greedy.
    pub temperature: Option<f64>,
    /// Nucleus mass.
    pub top_p: Option<f64>,
    /// Only the k most probable tokens.
    pub top_k: Option<u32>,
    /// Most new tokens in one answer.
    pub max_tokens: Option<u32>,
    /// Stop strings, instead of the benchmark's.
    pub stop: Option<Vec<String>>,
    /// Further fields for the provider, on top of the benchmark's.
    pub extra: Map<String, Value>,
}

impl SamplingOverrides {
    /// `base` with these differences.
    pub fn apply(&self, base: Sampling) -> Sampling {
        let mut extra = base.extra;
        extra.extend(self.extra.clone());
        Sampling {
            temperature: self.temperature.or(base.temperature),
            top_p: self.top_p.or(base.top_p),
            top_k: self.top_k.or(base.top_k),
            max_tokens: self.max_tokens.or(base.max_tokens),
            stop: self.stop.clone().unwrap_or(base.stop),
            seed: base.seed,
            extra,
        }
    }
}

/// How failed requests are repeated. Waits grow exponentially with decorrelated jitter: each is drawn between the first
/// wait and three times the last one, and is never shorter than what the service asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Most tries of one request, the first included. More are made where the service only says "too many requests".
    pub tries: u32,
    /// Most time for one request, waits between tries included and time in line not; a wait that would pass it is not
    /// begun.
    pub total: Duration,
    /// The shortest wait.
    pub first_wait: Duration,
    /// The longest wait, unless the service asks for more.
    pub longest_wait: Duration,
    /// Safety net for one try, far above the time-outs that backends have themselves.
    pub request_timeout: Duration,
    /// Attempts in a row that end in a failure of the endpoint before asking is given up.
    pub failures_in_a_row: u32,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            tries: 6,
            total: Duration::from_secs(600),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            request_timeout: Duration::from_secs(3600),
            failures_in_a_row: 10,
        }
    }
}
