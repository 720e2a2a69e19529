//! What durable rows cost: many writers at once, and reading them back without their texts.
//!
//! `cargo bench -p proctor-store --bench store -- [SAMPLES] [WRITERS] [STORE]`; the default is 20,000 samples, 100 writers,
//! and a file in a temporary folder. Prints samples per second and CPU milliseconds per sample of the whole process.

#![allow(clippy::print_stdout)]

use futures::StreamExt;
use proctor_core::*;
use proctor_store::{LightOptions, Store};
use serde_json::{Map, json};
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let number = |n: usize, default: usize| arguments.get(n).and_then(|a| a.parse().ok()).unwrap_or(default);
    let (count, writers) = (number(0, 20_000), number(1, 100));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = arguments.get(2).cloned().unwrap_or_else(|| folder.path().join("proctor.db").display().to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(place.as_str()).await.expect("the store opens");
        let samples = samples(count);
        let plan = plan(&samples);
        let measured = Measured::start();
        let (run, _) = store.find_or_create_run(&plan, &samples, true).await.expect("the run is created");
        measured.tell("the plan", count);
        let measured = Measured::start();
        futures::stream::iter(&samples)
            .for_each_concurrent(writers, |sample| {
                let (store, key) = (&store, AttemptKey { run_id: run.id.clone(), sample_id: sample.id.clone(), epoch: 0 });
                async move {
                    store.record_attempt(&attempt(key.clone())).await.expect("an attempt is recorded");
                    store.record_grade(&grade(key)).await.expect("a grade is recorded");
                }
            })
            .await;
        measured.tell("attempts and grades", count);
        let measured = Measured::start();
        let mut rows = store.light(&run.id, LightOptions::default());
        let mut right = 0;
        while let Some(row) = rows.next().await {
            right += usize::from(row.expect("a row").outcome == Some(Outcome::Correct));
        }
        measured.tell("light rows read", count);
        assert_eq!(right, count);
        drop(rows);
        store.close().await;
    });
}

fn samples(count: usize) -> Vec<Sample> {
    let sample = |index| Sample {
        id: format!("sample/{index}"),
        index,
        group: format!("group {}", index / 2),
        inputs: Map::from_iter([("question".to_string(), json!(format!("What is {index} and one? {}", "x".repeat(300))))]),
        target: json!(index + 1),
        strata: vec!["language=kazakh".into(), "subject=history".into()],
        metadata: Map::new(),
    };
    (0..count).map(sample).collect()
}

fn plan(samples: &[Sample]) -> RunPlan {
    RunPlan {
        benchmark: "sums".into(),
        model: "test/model".into(),
        model_provenance: json!({}),
        data_sha256: samples_sha256(samples),
        data_source: "built-in".into(),
        prompt_sha256: String::new(),
        options: Default::default(),
        prompts: None,
        protocol: Protocol::Chat,
        sampling: Sampling::default(),
        epochs: 1,
        seed: 0,
        judge_version: "1".into(),
        judge_provenance: json!({}),
        sample_ids: samples.iter().map(|s| s.id.clone()).collect(),
    }
}

fn attempt(key: AttemptKey) -> AttemptRecord {
    let usage = Usage { prompt_tokens: Some(200), completion_tokens: Some(50), ..Usage::default() };
    let completion = Completion { text: "y".repeat(400), usage, latency_s: 0.05, ..Completion::default() };
    let request = Request::new(Prompt::Chat(vec![Message::new(Role::User, "z".repeat(600))]), Sampling::default());
    let answer = Answer { text: completion.text.clone(), form: AnswerForm::Chat };
    let attempt = Attempt { exchanges: vec![Exchange { request, completion }], answer, facts: Map::new() };
    AttemptRecord { key, attempt: Some(attempt), error: None }
}

fn grade(key: AttemptKey) -> GradeRecord {
    let mut grade = Grade::new(Outcome::Correct, "the answer is the one that was wanted");
    grade.scores.insert("correct".into(), 1.0);
    grade.extracted = Some("42".into());
    GradeRecord { key, grade }
}

/// A stretch of time, and the processor time of this process in it.
struct Measured {
    began: Instant,
    cpu: Duration,
}

impl Measured {
    fn start() -> Self {
        Self { began: Instant::now(), cpu: cpu() }
    }

    fn tell(&self, what: &str, count: usize) {
        let wall = self.began.elapsed().as_secs_f64();
        let cpu_ms = (cpu() - self.cpu).as_secs_f64() * 1000.0;
        println!(
            "{what:<20} {count} in {wall:.2} s: {:.0} a second, {:.4} CPU-ms each",
            count as f64 / wall,
            cpu_ms / count as f64
        );
    }
}

/// Processor time used so far, user and system, from /proc; 0 elsewhere.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|n| fields.get(*n)?.parse::<u64>().ok()).sum();
    // Linux counts a hundred ticks a second.
    Duration::from_millis(ticks * 10)
}
