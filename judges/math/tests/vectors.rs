//! The labelled vectors of real and written answers, and every reference of the real data against itself.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they measured and why they skip")]

use proctor_math::slots::{Slot, judge};
use proctor_math::{AnswerKind, Settings};
use serde_json::Value;
use std::path::PathBuf;

fn data(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/ugmathbench")
        .join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().map(|a| a.iter().map(|v| v.as_str().unwrap_or_default().to_string()).collect()).unwrap_or_default()
}

#[test]
fn labelled_vectors() {
    let Some(path) = data("judge_vectors.jsonl") else { return };
    let text = std::fs::read_to_string(path).expect("readable");
    let (mut right, mut labelled, mut false_positive, mut undecided) = (0, 0, 0, 0);
    let mut times = Vec::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let references = strings(&case["answer"]);
        let kinds: Vec<AnswerKind> = strings(&case["answer_type"]).iter().filter_map(|c| AnswerKind::from_code(c)).collect();
        let options: Vec<Vec<String>> = case["options"].as_array().map(|a| a.iter().map(strings).collect()).unwrap_or_default();
        let slots: Vec<Slot> = references
            .iter()
            .enumerate()
            .map(|(at, reference)| Slot {
                reference,
                kind: kinds.get(at).copied().unwrap_or(AnswerKind::Number),
                options: options.get(at).map_or(&[], Vec::as_slice),
            })
            .collect();
        let completion = case["completion"].as_str().unwrap_or_default();
        let started = std::time::Instant::now();
        let judgement = judge(completion, &slots, &Settings::default());
        times.push(started.elapsed());
        undecided += usize::from(judgement.undecided);
        let Some(human) = case["human"].as_bool() else { continue };
        labelled += 1;
        if judgement.correct == human {
            right += 1;
        } else {
            false_positive += usize::from(judgement.correct);
            let clip = |s: &str| s.chars().take(240).collect::<String>();
            println!(
                "{} {} {} | {} | {} | {:?}",
                if human { "MISSED  " } else { "ACCEPTED" },
                case["source"].as_str().unwrap_or(""),
                case["answer_type"],
                clip(&references.join(" ;; ")),
                clip(completion),
                judgement.verdicts.iter().find(|v| v.is_equivalent() != human)
            );
        }
    }
    times.sort_unstable();
    let mean = times.iter().sum::<std::time::Duration>() / u32::try_from(times.len()).expect("few");
    println!(
        "{right} of {labelled} agree, {false_positive} false positives, {undecided} undecided; mean {mean:?}, median {:?}, p99 {:?}, most {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1]
    );
    assert!(right * 1000 >= labelled * 990, "{right} of {labelled}");
    assert!(false_positive * 1000 <= labelled * 3, "{false_positive} false positives");
}
