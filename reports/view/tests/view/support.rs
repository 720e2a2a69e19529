use async_trait::async_trait;
use proctor_core::{
    Answer, AnswerForm, Attempt, AttemptKey, AttemptRecord, Completion, Exchange, Grade, GradeRecord, Message, Outcome, Prompt,
    Protocol, Request, Role, RunPlan, RunRecord, Sample, Sampling, Usage, samples_sha256,
};
use proctor_reports::Summary;
use proctor_reports::compare::Comparison;
use proctor_reports::leaderboard::Leaderboard;
use proctor_store::Store;
use proctor_view::Figures;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Figures of nothing: what the pages show of a store without them.
pub struct NoFigures;

#[async_trait]
impl Figures for NoFigures {
    async fn summary(&self, _run: &str) -> Result<Summary, String> {
        Err("no benchmark of that name".into())
    }

    async fn leaderboard(&self, _slices: &[String]) -> Result<Leaderboard, String> {
        Err("no <b>figures</b>".into())
    }

    async fn compare(&self, a: &str, b: &str, _: Option<&str>, _: &[String]) -> Result<Comparison, String> {
        Err(format!("{a} and {b} have nothing in common"))
    }
}

pub async fn store(folder: &Path) -> Store {
    Store::open(folder.join("proctor.db")).await.unwrap()
}

/// A sample asking about `topic`, in the subset `subset`.
pub fn sample(index: usize, topic: &str, subset: &str) -> Sample {
    Sample {
        id: format!("q{index}"),
        index,
        group: format!("q{index}"),
        inputs: Map::from_iter([("question".to_string(), Value::from(format!("What is {topic}?")))]),
        target: Value::Null,
        strata: vec![subset.to_string()],
        metadata: Map::new(),
    }
}

/// A run of `model` over `samples`; nothing is answered yet.
pub async fn run(store: &Store, benchmark: &str, model: &str, samples: &[Sample]) -> RunRecord {
    let plan = RunPlan {
        benchmark: benchmark.into(),
        model: model.into(),
        model_provenance: json!({}),
        data_sha256: samples_sha256(samples),
        data_source: "built-in".into(),
        prompt_sha256: "e".repeat(64),
        options: Default::default(),
        prompts: None,
        protocol: Protocol::Chat,
        sampling: Sampling::default(),
        epochs: 1,
        seed: 0,
        judge_version: "1".into(),
        judge_provenance: json!({}),
        sample_ids: samples.iter().map(|s| s.id.clone()).collect(),
    };
    store.find_or_create_run(&plan, samples, true).await.unwrap().0
}

pub fn key(run: &RunRecord, sample: &Sample) -> AttemptKey {
    AttemptKey { run_id: run.id.clone(), sample_id: sample.id.clone(), epoch: 0 }
}

/// An answer of `tokens` tokens.
pub async fn answer(store: &Store, run: &RunRecord, sample: &Sample, text: &str, tokens: u64) {
    let question = sample.inputs.get("question").and_then(Value::as_str).unwrap();
    let request = Request::new(Prompt::Chat(vec![Message::new(Role::User, question)]), Sampling::default());
    let completion = Completion {
        text: text.into(),
        usage: Usage { completion_tokens: Some(tokens), ..Usage::default() },
        latency_s: tokens as f64 / 10.0,
        ..Completion::default()
    };
    let attempt = Attempt {
        exchanges: vec![Exchange { request, completion }],
        answer: Answer { text: text.into(), form: AnswerForm::Chat },
        facts: Map::new(),
    };
    store.record_attempt(&AttemptRecord { key: key(run, sample), attempt: Some(attempt), error: None }).await.unwrap();
}

pub async fn grade(store: &Store, run: &RunRecord, sample: &Sample, outcome: Outcome, why: &str) {
    let mut grade = Grade::new(outcome, why);
    grade.category = (outcome == Outcome::Incorrect).then(|| "AssertionError".to_string());
    store.record_grade(&GradeRecord { key: key(run, sample), grade }).await.unwrap();
}
