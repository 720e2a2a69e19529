//! Runs made up for the tests of this crate.
#![allow(dead_code)]

use proctor_core::{
    Answer, AnswerForm, Attempt, AttemptKey, AttemptRecord, Completion, Exchange, Fingerprint, Finish, Grade, Message, Metric,
    MetricPoint, Outcome, Prompt, Protocol, Request, Role, RunPlan, RunRecord, RunState, Sample, Sampling, Usage,
};
use proctor_reports::SampleView;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// A run of `samples` samples, one attempt each.
pub fn run(samples: usize) -> RunRecord {
    let plan = RunPlan {
        benchmark: "humaneval-pro".into(),
        model: "candle/smollm2-135m".into(),
        model_provenance: json!({"weights_sha256": "ab12", "mode": "q8_0"}),
        data_sha256: "d".repeat(64),
        data_source: "built-in".into(),
        prompt_sha256: "e".repeat(64),
        options: Default::default(),
        prompts: None,
        protocol: Protocol::Chat,
        sampling: Sampling { temperature: Some(0.0), max_tokens: Some(512), ..Sampling::default() },
        epochs: 1,
        seed: 7,
        judge_version: "1".into(),
        judge_provenance: json!({"guest": {"name": "cpython", "sha256": "77aa"}}),
        sample_ids: (0..samples).map(|i| i.to_string()).collect(),
    };
    RunRecord {
        id: "humaneval-pro-3f2a91".into(),
        plan,
        fingerprint: Fingerprint("0123456789abcdef".into()),
        state: RunState::Running,
        created_at: "2026-11-24T06:00:00Z".into(),
        proctor_version: "0.1.0".into(),
    }
}

/// An attempt that asked `prompt`, was answered `answer` and graded `outcome`.
pub fn view(id: &str, outcome: Outcome, prompt: &str, answer: &str) -> SampleView {
    let key = AttemptKey { run_id: "humaneval-pro-3f2a91".into(), sample_id: id.into(), epoch: 0 };
    let request = Request::new(
        Prompt::Chat(vec![Message::new(Role::System, "You write programs."), Message::new(Role::User, prompt)]),
        Sampling { temperature: Some(0.0), max_tokens: Some(512), ..Sampling::default() },
    );
    let completion = Completion {
        text: answer.into(),
        reasoning: None,
        finish: if outcome == Outcome::Truncated { Finish::Length } else { Finish::Stop },
        usage: Usage { prompt_tokens: Some(100), completion_tokens: Some(50), ..Usage::default() },
        model: "smollm2".into(),
        latency_s: 1.5,
        cost_usd: Some(0.001),
        ..Completion::default()
    };
    let mut grade = Grade::new(outcome, format!("the answer is {outcome}"));
    grade.scores.insert("raw".into(), f64::from(u8::from(outcome == Outcome::Correct)));
    grade.category = (outcome == Outcome::Incorrect).then(|| "AssertionError".into());
    grade.extracted = Some(format!("def f{id}(x):\n    return x\n"));
    let artifact = json!({"raw": {"program": format!("{answer}\nassert f{id}(1) == 2\n"), "verdict": "runtime_error",
        "stdout": "", "stderr": "Traceback (most recent call last):\n  …\nAssertionError\n", "work": 1_885_358_483u64}});
    grade.artifacts = artifact.as_object().cloned().unwrap_or_default();
    SampleView {
        sample: sample(id),
        attempt: AttemptRecord {
            key,
            attempt: Some(Attempt {
                exchanges: vec![Exchange { request, completion }],
                answer: Answer { text: answer.into(), form: AnswerForm::Chat },
                facts: Default::default(),
            }),
            error: None,
        },
        grade: Some(grade),
    }
}

/// A sample of its own group.
pub fn sample(id: &str) -> Sample {
    Sample {
        id: id.into(),
        index: id.parse().unwrap_or(0),
        group: format!("group-{id}"),
        inputs: Map::new(),
        target: Value::String(format!("assert f{id}(1) == 2\nassert f{id}(2) == 3\n")),
        strata: Vec::new(),
        metadata: Map::new(),
    }
}

/// Attempts of every outcome: 5 correct, 7 incorrect, 1 of each other; the last is not graded.
pub fn mixed() -> Vec<SampleView> {
    use Outcome::*;
    let others = vec![Partial, Unparsed, Empty, Truncated, Refused, Filtered, InfraError, Skipped];
    let outcomes = [vec![Correct; 5], vec![Incorrect; 7], others].concat();
    let mut views: Vec<SampleView> = outcomes
        .iter()
        .enumerate()
        .map(|(i, outcome)| view(&i.to_string(), *outcome, "Write f.", "```python\ndef f(x):\n    return x\n```"))
        .collect();
    views[18].attempt.attempt = None;
    views[18].attempt.error = Some("the endpoint gave no answer in 60 s".into());
    let mut ungraded = view("20", Correct, "Write f.", "def f(x): return x");
    ungraded.grade = None;
    views.push(ungraded);
    views
}

/// The headline metric over the scored attempts among `views`.
pub fn pass_at_1(views: &[SampleView]) -> Vec<Metric> {
    let graded = views.iter().filter_map(SampleView::graded).filter(|g| g.outcome.is_scored());
    let points: Vec<MetricPoint> =
        graded.map(|g| MetricPoint { value: f64::from(u8::from(g.outcome == Outcome::Correct)), group: g.group }).collect();
    let mut metric = Metric::mean("pass@1", points).into_iter().collect::<Vec<_>>();
    for metric in &mut metric {
        metric.headline = true;
    }
    metric
}

/// Compares with a file under `tests/golden`; `UPDATE_GOLDEN=1` writes it instead.
pub fn golden(name: &str, text: &str) {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == text, "{} differs; UPDATE_GOLDEN=1 accepts this:\n{text}\ninstead of:\n{expected}", path.display());
}
