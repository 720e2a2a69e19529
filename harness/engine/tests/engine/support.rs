//! A benchmark of sums, a model that follows a script, and a sink that remembers.

use async_trait::async_trait;
use futures::TryStreamExt;
use proctor_core::*;
use proctor_engine::{Context, Retries, RunSettings, Stop};
use proctor_store::Store;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// `count` questions "a + b"; the answer is graded by the judge "running" the candidate.
pub struct Sums {
    pub card: Card,
    pub count: usize,
    /// Samples whose reference is wrong.
    pub bad_references: Vec<&'static str>,
    /// How long grading takes.
    pub grade_takes: Duration,
}

impl Sums {
    pub fn new(count: usize) -> Self {
        let card = Card {
            name: "sums".into(),
            title: "Sums".into(),
            summary: "Adds two numbers.".into(),
            paper: String::new(),
            data_licence: "CC0".into(),
            metrics: vec!["accuracy".into()],
            upstream_samples: count,
            builtin_samples: count,
            judge_version: "1".into(),
        };
        Self { card, count, bad_references: Vec::new(), grade_takes: Duration::ZERO }
    }

    pub fn judged_by(mut self, version: &str) -> Self {
        self.card.judge_version = version.into();
        self
    }
}

#[async_trait]
impl Benchmark for Sums {
    fn card(&self) -> &Card {
        &self.card
    }

    fn samples(&self, _: &DataSource, selection: &Selection) -> Result<Vec<Sample>, BenchmarkError> {
        let all = (0..self.count).map(|index| Sample {
            id: format!("s{index}"),
            index,
            group: format!("g{}", index / 2),
            inputs: Map::from_iter([("a".to_string(), json!(index)), ("b".to_string(), json!(7))]),
            target: json!(index + 7),
            strata: Vec::new(),
            metadata: Map::new(),
        });
        let chosen = all.filter(|s| selection.ids.is_empty() || selection.ids.contains(&s.id));
        Ok(chosen.take(selection.limit.unwrap_or(usize::MAX)).collect())
    }

    fn prompt_sha256(&self) -> String {
        sha256_hex(b"{a} + {b}")
    }

    fn sampling(&self, _: Protocol) -> Sampling {
        Sampling { temperature: Some(0.8), max_tokens: Some(8), ..Sampling::default() }
    }

    fn request(&self, sample: &Sample, _: Protocol, sampling: &Sampling) -> Result<Request, BenchmarkError> {
        let text = format!("{} + {}", sample.inputs["a"], sample.inputs["b"]);
        Ok(Request::new(Prompt::Chat(vec![Message::new(Role::User, text)]), sampling.clone()))
    }

    async fn grade(&self, sample: &Sample, attempt: &Attempt, judges: &dyn Judges) -> Result<Grade, BenchmarkError> {
        tokio::time::sleep(self.grade_takes).await;
        let execution = judges.run(Program::python(&attempt.answer.text, Entry::Script)).await?;
        let expected = sample.target.to_string();
        let right = execution.stdout == expected;
        let outcome = if right { Outcome::Correct } else { Outcome::Incorrect };
        let mut grade = Grade::new(outcome, format!("it came to {}", execution.stdout));
        grade.scores.insert("raw".into(), f64::from(u8::from(right)));
        grade.artifacts.insert("judge".into(), json!(self.card.judge_version));
        Ok(grade)
    }

    fn reference(&self, sample: &Sample) -> Option<Attempt> {
        let wrong = self.bad_references.contains(&sample.id.as_str());
        let answer = if wrong { "wrong".into() } else { sample.target.to_string() };
        Some(Attempt::imported(answer, AnswerForm::Final))
    }

    fn import(&self, samples: &[Sample], rows: &[AnswerRow]) -> Result<Vec<Imported>, BenchmarkError> {
        rows.iter()
            .map(|row| {
                let id = row.value["id"].as_str().unwrap_or_default();
                let sample = samples.iter().find(|s| s.id == id);
                let sample = sample.ok_or_else(|| BenchmarkError::Input(format!("line {}: no sample {id}", row.line)))?;
                let text = row.value["answer"].as_str().unwrap_or_default();
                let epoch = row.value["epoch"].as_u64().unwrap_or(0) as u32;
                Ok(Imported { sample_id: sample.id.clone(), epoch, attempt: Attempt::imported(text, AnswerForm::Final) })
            })
            .collect()
    }

    fn metrics(&self, grades: &[GradedAttempt]) -> Vec<Metric> {
        let points = grades.iter().map(|g| MetricPoint { group: g.group.clone(), value: g.scores["raw"] }).collect();
        Metric::mean("accuracy", points).into_iter().collect()
    }
}

type Failing = Box<dyn Fn(&str) -> Option<JudgeError> + Send + Sync>;

/// A judge whose "sandbox" prints the program; a script may make it fail.
pub struct Printer {
    pub fail: Failing,
}

impl Default for Printer {
    fn default() -> Self {
        Self { fail: Box::new(|_| None) }
    }
}

#[async_trait]
impl Judges for Printer {
    async fn run(&self, program: Program) -> Result<Execution, JudgeError> {
        match (self.fail)(&program.source) {
            Some(error) => Err(error),
            None => Ok(Execution {
                verdict: Verdict::Ok,
                exit_status: Some(0),
                raised: None,
                stdout: program.source,
                stderr: String::new(),
                work: 1,
                peak_memory_bytes: 1,
                wall_s: 0.0,
                wall_net: false,
            }),
        }
    }

    fn provenance(&self, _: proctor_core::Needs) -> Value {
        json!({"printer": 1})
    }
}

type Script = Box<dyn Fn(&str, usize) -> Result<(), ModelError> + Send + Sync>;

/// A model that adds, rightly two times of three, as its seed has it; a script may make it fail first.
pub struct Adder {
    pub takes: Duration,
    pub concurrency: Option<usize>,
    /// Told the sample's id and how often it was asked before.
    pub script: Script,
    pub asked: Mutex<Vec<(String, u32)>>,
}

impl Default for Adder {
    fn default() -> Self {
        Self { takes: Duration::ZERO, concurrency: None, script: Box::new(|_, _| Ok(())), asked: Mutex::default() }
    }
}

impl Adder {
    pub fn scripted(script: impl Fn(&str, usize) -> Result<(), ModelError> + Send + Sync + 'static) -> Self {
        Self { script: Box::new(script), ..Self::default() }
    }

    pub fn times_asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait]
impl Model for Adder {
    fn name(&self) -> &str {
        "test/adder"
    }

    fn capabilities(&self) -> Capabilities {
        let concurrency = self.concurrency;
        Capabilities { chat: true, completion: false, seed: true, concurrency, context_tokens: None }
    }

    fn provenance(&self) -> Value {
        json!({"adder": 1})
    }

    async fn complete(&self, request: &Request) -> Result<Completion, ModelError> {
        let label = request.label.clone().expect("the engine labels requests");
        let before = {
            let mut asked = self.asked.lock().unwrap();
            asked.push((label.sample_id.clone(), label.epoch));
            asked.iter().filter(|(id, epoch)| *id == label.sample_id && *epoch == label.epoch).count() - 1
        };
        tokio::time::sleep(self.takes).await;
        (self.script)(&label.sample_id, before)?;
        let Prompt::Chat(messages) = &request.prompt else { panic!("chat was asked for") };
        let sum: u64 = messages[0].content.split(" + ").map(|n| n.parse::<u64>().unwrap()).sum();
        let seed = request.sampling.seed.expect("the engine seeds requests");
        Ok(Completion {
            text: if seed.is_multiple_of(3) { "no idea".into() } else { sum.to_string() },
            reasoning: None,
            finish: Finish::Stop,
            usage: Usage { completion_tokens: Some(1 + seed % 5), ..Usage::default() },
            model: "adder".into(),
            latency_s: 0.25,
            cost_usd: None,
            ..Completion::default()
        })
    }
}

type Reaction = Box<dyn Fn(&Event) + Send + Sync>;

/// Remembers every event, and may act on it.
#[derive(Default)]
pub struct Recorder {
    pub events: Mutex<Vec<Event>>,
    pub react: Option<Reaction>,
}

impl EventSink for Recorder {
    fn emit(&self, event: &Event) {
        self.events.lock().unwrap().push(event.clone());
        if let Some(react) = &self.react {
            react(event);
        }
    }
}

impl Recorder {
    pub fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.lock().unwrap().iter().filter(|e| wanted(e)).count()
    }
}

pub async fn context(path: &Path) -> (Context, Arc<Recorder>) {
    let sink = Arc::new(Recorder::default());
    let store = Store::open(path).await.unwrap();
    (Context::new(store, sink.clone(), Stop::new()), sink)
}

/// Two epochs, quick retries.
pub fn settings() -> RunSettings {
    let retries = Retries {
        tries: 3,
        total: Duration::from_secs(5),
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
        ..Retries::default()
    };
    RunSettings { epochs: 2, retries, ..RunSettings::default() }
}

pub fn error(kind: ModelErrorKind) -> ModelError {
    ModelError::new(kind, format!("scripted {kind:?}"))
}

/// Everything in the store about a run, but the times at which rows were written.
pub async fn table(store: &Store, run_id: &str) -> Value {
    let attempts: Vec<AttemptRecord> = store.attempts(run_id).try_collect().await.unwrap();
    let grades: Vec<GradeRecord> = store.grades(run_id).try_collect().await.unwrap();
    let run = store.run(run_id).await.unwrap();
    json!({
        "id": run.id, "plan": run.plan, "state": run.state, "attempts": attempts, "grades": grades,
        "graded": store.graded(run_id).await.unwrap(), "truth": store.ground_truth(run_id).await.unwrap(),
    })
}
