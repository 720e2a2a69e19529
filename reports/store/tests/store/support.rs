use proctor_core::*;
use serde_json::{Map, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each test on a new store of either kind.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let store = proctor_store::Store::open(folder.path().join("proctor.db")).await.unwrap();
                super::$name(store).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let Some(address) = crate::postgres::database() else { return };
                let store = proctor_store::Store::open(address.as_str()).await.unwrap();
                super::$name(store).await;
            })*
        }
    };
}

pub fn samples(count: usize) -> Vec<Sample> {
    let sample = |index| Sample {
        id: format!("s{index}"),
        index,
        group: format!("g{}", index / 2),
        inputs: Map::from_iter([("question".to_string(), json!(format!("what is {index}?")))]),
        target: json!(index),
        strata: vec!["small".into()],
        metadata: Map::new(),
    };
    (0..count).map(sample).collect()
}

pub fn plan(samples: &[Sample], seed: u64) -> RunPlan {
    RunPlan {
        benchmark: "sums:hard".into(),
        model: "test/model".into(),
        model_provenance: json!({}),
        data_sha256: samples_sha256(samples),
        data_source: "built-in".into(),
        prompt_sha256: "p".into(),
        options: Default::default(),
        prompts: None,
        protocol: Protocol::Chat,
        sampling: Sampling::default(),
        epochs: 2,
        seed,
        judge_version: "1".into(),
        judge_provenance: json!({"guest": "g"}),
        sample_ids: samples.iter().map(|s| s.id.clone()).collect(),
    }
}

pub fn key(run: &RunRecord, sample_id: &str, epoch: u32) -> AttemptKey {
    AttemptKey { run_id: run.id.clone(), sample_id: sample_id.into(), epoch }
}

pub fn answer(key: AttemptKey, text: &str) -> AttemptRecord {
    let completion = Completion {
        text: text.into(),
        reasoning: Some("because".into()),
        finish: Finish::Stop,
        usage: Usage { prompt_tokens: Some(3), completion_tokens: Some(4), ..Usage::default() },
        model: "m".into(),
        latency_s: 1.5,
        cost_usd: Some(0.25),
        ..Completion::default()
    };
    let request = Request::new(Prompt::Completion("what is it?".into()), Sampling::default());
    let attempt = Attempt {
        exchanges: vec![Exchange { request, completion }],
        answer: Answer { text: text.into(), form: AnswerForm::Chat },
        facts: Default::default(),
    };
    AttemptRecord { key, attempt: Some(attempt), error: None }
}

pub fn no_answer(key: AttemptKey, error: &str) -> AttemptRecord {
    AttemptRecord { key, attempt: None, error: Some(error.into()) }
}

pub fn grade(key: AttemptKey, outcome: Outcome) -> GradeRecord {
    let mut grade = Grade::new(outcome, format!("it is {outcome}"));
    grade.scores.insert("raw".into(), f64::from(u8::from(outcome == Outcome::Correct)));
    grade.extracted = Some("print(1)".into());
    grade.artifacts.insert("stdout".into(), json!("1\n\u{0}é"));
    GradeRecord { key, grade }
}

/// A small file system of its own, where this process may mount one; unmounted on drop.
pub struct Mount(tempfile::TempDir);

impl Mount {
    pub fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let mounted = run(&["mount", "-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], folder.path());
        if !mounted {
            eprintln!("skipped: this process may not mount a file system");
        }
        mounted.then(|| Self(folder))
    }

    pub fn make_read_only(&self) {
        assert!(run(&["mount", "-o", "remount,ro"], self.0.path()));
    }

    pub fn resize(&self, size: &str) {
        assert!(run(&["mount", "-o", &format!("remount,size={size}")], self.0.path()));
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().join("proctor.db")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run(&["umount", "-l"], self.0.path());
    }
}

fn run(command: &[&str], path: &Path) -> bool {
    let output = Command::new(command[0]).args(&command[1..]).arg(path).output();
    output.is_ok_and(|o| o.status.success())
}
