//! Contest problems judged in the sandbox: the local sample, and every built-in problem.
#![allow(clippy::print_stderr)]

use futures::stream::{self, StreamExt};
use proctor_codeelo::FAMILY;
use proctor_contest::{Allowance, Checker, Jury, Outcome, Policy, Submission, Test, judge};
use proctor_core::{Benchmark, DataSource, Judges, Language, Needs, Opening, Outcome as Graded, Sample, Selection};
use proctor_judges::SandboxJudges;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

fn judges() -> Option<SandboxJudges> {
    let judges = SandboxJudges::installed(Needs { python: true, cpp: true, ..Needs::default() });
    if judges.is_none() {
        eprintln!("skipped: the guests are not installed (`proctor setup` does it)");
    }
    judges
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

fn open(variant: Option<&str>) -> Arc<dyn Benchmark> {
    let opening = Opening { variant: variant.map(str::to_owned), ..Opening::default() };
    (FAMILY.open)("codeelo", &opening).unwrap().unwrap()
}

#[test]
fn every_program_of_the_local_sample() {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/codeelo/local_judge_sample.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let Some(judges) = judges() else { return };
    let judges: &dyn Judges = &judges;
    let mut all = Vec::new();
    for problem in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let word = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let tests: Vec<Test> = problem["tests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|test| Test { input: word(test, "input"), output: word(test, "output") })
            .collect();
        let checker = Jury::Checker(Checker::parse(problem["checker"].as_str().unwrap()).unwrap());
        for solution in problem["solutions"].as_array().unwrap() {
            let language = if solution["lang"] == "python3" { Language::Python } else { Language::Cpp };
            let submission = Submission { language, standard: None, source: word(solution, "code") };
            all.push((word(&problem, "problem_id"), word(solution, "label"), submission, tests.clone(), checker.clone()));
        }
    }
    let allowance = Allowance { seconds: 1.5, memory_bytes: 256 << 20, cpp_factor: 1.0, python_factor: 1.0 };
    let policy = Policy { allowance, all_tests: false, through_files: false };
    let run = async |(id, label, submission, tests, checker): &(String, String, Submission, Vec<Test>, Jury)| {
        let judgement = judge(submission, tests, checker, &policy, judges).await.unwrap();
        let fitting = match label.as_str() {
            "accepted" => judgement.outcome == Outcome::Accepted,
            "wrong" => !matches!(judgement.outcome, Outcome::Accepted | Outcome::Unjudged | Outcome::CompileError),
            _ => judgement.outcome == Outcome::Unjudged,
        };
        (!fitting).then(|| {
            format!(
                "{id} {label} {:?}: {:?} on {:?} {}",
                submission.language,
                judgement.outcome,
                judgement.test,
                judgement.remark()
            )
        })
    };
    let wrong: Vec<String> =
        runtime().block_on(stream::iter(&all).map(run).buffer_unordered(8).filter_map(|told| async { told }).collect());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    eprintln!("{} programs judged as expected", all.len());
}

#[test]
fn built_in_problems_accept_their_own_programs() {
    let Some(judges) = judges() else { return };
    let judges: &dyn Judges = &judges;
    for name in [None, Some("python")] {
        let benchmark = open(name);
        let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
        let run = async |sample: &Sample| {
            let reference = benchmark.reference(sample).unwrap();
            let grade = benchmark.grade(sample, &reference, judges).await.unwrap();
            (grade.outcome != Graded::Correct).then(|| format!("{name:?} {}: {}", sample.id, grade.explanation))
        };
        let wrong: Vec<String> =
            runtime().block_on(stream::iter(&samples).map(run).buffer_unordered(8).filter_map(|told| async { told }).collect());
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), samples.len(), wrong.join("\n"));
    }
}

#[test]
fn built_in_problems_reject_their_wrong_programs() {
    let Some(judges) = judges() else { return };
    let judges: &dyn Judges = &judges;
    let benchmark = open(None);
    let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
    let mut all = Vec::new();
    for problem in proctor_contests::problems() {
        let sample = samples.iter().find(|sample| problem["problem_id"] == sample.id).unwrap();
        for wrong in problem["wrong"].as_array().unwrap() {
            let tag = if wrong["lang"] == "Python 3" { "python" } else { "cpp" };
            all.push((sample, format!("```{tag}\n{}\n```", wrong["code"].as_str().unwrap())));
        }
    }
    let run = async |(sample, reply): &(&Sample, String)| {
        let mut attempt = benchmark.reference(sample).unwrap();
        attempt.answer.text.clone_from(reply);
        let grade = benchmark.grade(sample, &attempt, judges).await.unwrap();
        (!matches!(grade.category.as_deref(), Some("WA" | "TLE")))
            .then(|| format!("{}: {:?} {}", sample.id, grade.category, grade.explanation))
    };
    let accepted: Vec<String> =
        runtime().block_on(stream::iter(&all).map(run).buffer_unordered(8).filter_map(|told| async { told }).collect());
    assert!(accepted.is_empty(), "{} of {}:\n{}", accepted.len(), all.len(), accepted.join("\n"));
    eprintln!("{} wrong programs rejected", all.len());
}
