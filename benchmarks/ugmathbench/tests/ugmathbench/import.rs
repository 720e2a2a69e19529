use crate::support::{open, refusal, samples};
use proctor_core::{AnswerRow, DataSource};
use serde_json::{Value, json};

fn rows(values: &[Value]) -> Vec<AnswerRow> {
    values.iter().zip(1..).map(|(value, line)| AnswerRow { line, value: value.clone() }).collect()
}

fn import(values: &[Value]) -> Result<Vec<(String, u32, String)>, proctor_core::BenchmarkError> {
    let benchmark = open(&[]);
    let imported = benchmark.import(&samples(&*benchmark, &DataSource::BuiltIn), &rows(values))?;
    Ok(imported.into_iter().map(|row| (row.sample_id, row.epoch, row.attempt.answer.text)).collect())
}

fn expected(rows: &[(&str, u32, &str)]) -> Vec<(String, u32, String)> {
    rows.iter().map(|(id, epoch, text)| ((*id).to_owned(), *epoch, (*text).to_owned())).collect()
}

/// Upstream's files hold the references under `answer` and what the model wrote under `completion`.
#[test]
fn upstreams_rows() {
    let row = |version: u64, completion: Value| {
        json!({"id": "Algebra_9001", "subject": "Algebra", "problem": "p", "answer": ["5"], "version": version,
            "answer_type": ["NV"], "options": [[]], "prompt": "q", "completion": completion, "correctness": true})
    };
    let found = import(&[row(2, "\\boxed{5}".into()), row(1, Value::Null)]).unwrap();
    assert_eq!(found, expected(&[("Algebra_9001_v2", 0, "\\boxed{5}"), ("Algebra_9001_v1", 0, "")]));
    let mut unanswered = row(1, Value::Null);
    unanswered.as_object_mut().unwrap().remove("completion");
    let message = refusal(import(&[unanswered]));
    assert!(message.contains("Row 1") && message.contains("no answer"), "{message}");
}

#[test]
fn simple_rows() {
    let found = import(&[
        json!({"sample_id": "Algebra_9001_v1", "answer": "a"}),
        json!({"id": "Algebra_9001_v1", "output": "b"}),
        json!({"id": "Algebra_9001", "version": "v3", "response": ["c", "d"]}),
        json!({"id": "Algebra_9001_v2", "answer": "e", "epoch": 4}),
    ])
    .unwrap();
    let all = [
        ("Algebra_9001_v1", 0, "a"),
        ("Algebra_9001_v1", 1, "b"),
        ("Algebra_9001_v3", 0, "c"),
        ("Algebra_9001_v3", 1, "d"),
        ("Algebra_9001_v2", 4, "e"),
    ];
    assert_eq!(found, expected(&all));
}

#[test]
fn bad_rows_are_told_in_one_sentence() {
    for (row, parts) in [
        (json!({"answer": "a"}), ["`sample_id`", "`version`"]),
        (json!({"id": 7, "answer": "a"}), ["is a number", "not a text"]),
        (json!({"id": "Algebra_9001", "answer": "a"}), ["Algebra_9001", "no `version`"]),
        (json!({"id": "Algebra_9001", "version": 4, "answer": "a"}), ["Algebra_9001_v4", "not in the data"]),
        (json!({"id": "Humaneval/3", "version": 1, "answer": "a"}), ["Humaneval/3_v1", "right benchmark"]),
        (json!({"id": "Algebra_9001_v1"}), ["no answer", "completion"]),
        (json!({"id": "Algebra_9001_v1", "answer": 3}), ["a number", "`answer`"]),
        (json!({"id": "Algebra_9001_v1", "answer": ["a", {}]}), ["an object", "`answer`"]),
        (json!({"id": "Algebra_9001_v1", "answer": "a", "epoch": -1}), ["`epoch`", "whole number"]),
    ] {
        let message = refusal(import(&[json!({"id": "Algebra_9002_v1", "answer": "a"}), row]));
        assert!(message.starts_with("Row 2") && parts.iter().all(|part| message.contains(part)), "{message}");
    }
}
