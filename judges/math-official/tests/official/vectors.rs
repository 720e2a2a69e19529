//! Recorded cases of upstream's judge; skipped when the data is absent.

use std::path::Path;

use proctor_math_official::{AnswerType, Instance, Mode, extract, judge, normal_form, split_by_comma};
use serde_json::Value;

/// The recorded cases, or nothing when they are not at hand.
pub fn cases() -> Vec<Value> {
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/ugmathbench/judge_vectors.jsonl");
    match std::fs::read_to_string(&path) {
        Ok(text) => text.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect(),
        Err(_) => {
            eprintln!("skipped: the recorded cases are not beside the project");
            Vec::new()
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().map(|list| list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()).unwrap_or_default()
}

#[test]
fn extraction_and_normal_forms_agree() {
    let (mut forms, mut wrong) = (0, Vec::new());
    for case in cases() {
        let Some(expected) = case["extracted"].as_str() else { continue };
        let found = extract(case["completion"].as_str().unwrap_or("None")).unwrap_or_default();
        if found != expected {
            wrong.push(format!("extracted {found:?}, not {expected:?}"));
        }
        let kinds: Vec<AnswerType> = texts(&case["answer_type"]).iter().filter_map(|code| AnswerType::from_code(code)).collect();
        for (given, normal) in [(split_by_comma(&found), "norm_pred"), (texts(&case["answer"]), "norm_gold")] {
            for ((text, kind), expected) in given.iter().zip(&kinds).zip(texts(&case[normal])) {
                forms += 1;
                let found = normal_form(text, *kind);
                if found != expected {
                    wrong.push(format!("{text:?} became {found:?}, not {expected:?}"));
                }
            }
        }
    }
    assert!(wrong.len() * 100 <= forms, "{} of {forms} differ: {wrong:#?}", wrong.len());
}

/// The verdict on every case, one line for each that differs.
fn differing(mode: Mode, field: &str) -> (usize, Vec<String>) {
    let (mut judged, mut wrong) = (0, Vec::new());
    for case in cases() {
        if case["timeout"] == Value::Bool(true) {
            continue;
        }
        let options = case["options"].as_array().map(|list| list.iter().map(texts).collect()).unwrap_or_default();
        let types = texts(&case["answer_type"]).iter().filter_map(|code| AnswerType::from_code(code)).collect();
        let instance = Instance { answers: texts(&case["answer"]), types, options };
        let completion = case["completion"].as_str().unwrap_or("None");
        let verdict = judge(&instance, completion, mode);
        judged += 1;
        if Some(verdict.correct) != case[field].as_bool() {
            wrong.push(format!("{}: {completion:?} for {:?}: {verdict:?}", case["case_id"], case["answer"]));
        }
    }
    (judged, wrong)
}

#[test]
fn verdicts_agree() {
    for (mode, field) in [(Mode::Rule, "upstream"), (Mode::Marj, "marj_rule")] {
        let (judged, wrong) = differing(mode, field);
        assert!(wrong.len() * 200 <= judged, "{} of {judged} differ: {wrong:#?}", wrong.len());
    }
}
