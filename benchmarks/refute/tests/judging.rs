//! Items judged in the sandbox: the stand-in data's verdicts, and every built-in item.
#![allow(clippy::print_stderr)]

use futures::future::join_all;
use proctor_core::{DataSource, Judges, Needs, Opening, Outcome, Selection};
use proctor_judges::SandboxJudges;
use proctor_refute::{Admissions, FAMILY, evaluate, samples};
use serde_json::Value;
use std::path::PathBuf;

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

#[test]
fn every_vector_of_verdicts() {
    let folder =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../../shared/data/refute");
    let Ok(vectors) = std::fs::read_to_string(folder.join("verdict_vectors.jsonl")) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let Some(judges) = judges() else { return };
    let items = samples(&folder).unwrap();
    let vectors: Vec<Value> = vectors.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let admissions = Admissions::default();
    let judges: &dyn Judges = &judges;
    let check = async |vector: &Value| {
        let id = vector["problem_id"].as_str().unwrap();
        let sample = items.iter().find(|sample| sample.id == id).unwrap();
        let item = admissions.of(sample, judges).await.unwrap().unwrap_or_else(|why| panic!("{id}: {why}"));
        let evaluation = evaluate(&item, vector["input"].as_str().unwrap(), judges).await.unwrap();
        let wanted = vector["success"].as_bool().unwrap();
        let fitting = match vector["category"].as_str().unwrap() {
            "counterexample" => evaluation.category.starts_with("success"),
            category => evaluation.category == category,
        };
        (evaluation.official == wanted && fitting && (evaluation.strict == wanted || evaluation.category != "success_wa"))
            .then_some(())
            .ok_or(format!("{id}: {} for {}: {}", evaluation.category, vector["category"], evaluation.explanation))
    };
    let results = runtime().block_on(join_all(vectors.iter().map(check)));
    let wrong: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    eprintln!("{} verdicts as expected", vectors.len());
}

#[test]
fn every_built_in_item_is_broken_by_its_counterexample() {
    let Some(judges) = judges() else { return };
    for (variant, mode) in [(None, "official"), (None, "strict"), (Some("randsearch-oracle".to_owned()), "official")] {
        let options = [("mode".to_owned(), mode.to_owned())].into();
        let benchmark = (FAMILY.open)("refute", &Opening { variant, options, ..Opening::default() }).unwrap().unwrap();
        let samples = benchmark.samples(&DataSource::BuiltIn, &Selection::default()).unwrap();
        assert!(samples.len() >= 48, "{} items", samples.len());
        let grades = runtime().block_on(join_all(samples.iter().map(async |sample| {
            let reference = benchmark.reference(sample).unwrap();
            benchmark.grade(sample, &reference, &judges).await.unwrap()
        })));
        for (sample, grade) in samples.iter().zip(grades) {
            assert_eq!(grade.outcome, Outcome::Correct, "{mode} {}: {}", sample.id, grade.explanation);
        }
    }
}
