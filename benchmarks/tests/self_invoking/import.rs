use crate::support::{built_in, open};
use proctor_core::{AnswerForm, AnswerRow, Imported};
use serde_json::{Value, json};

fn rows(values: &[Value]) -> Vec<AnswerRow> {
    values.iter().zip(1..).map(|(value, line)| AnswerRow { line, value: value.clone() }).collect()
}

fn import(name: &str, values: &[Value]) -> Result<Vec<Imported>, String> {
    let (benchmark, samples) = built_in(name);
    benchmark.import(&samples, &rows(values)).map_err(|error| error.to_string())
}

/// The rows become these (sample, epoch, text, form).
fn check(name: &str, values: &[Value], expected: &[(&str, u32, &str, AnswerForm)]) {
    let imported = import(name, values).unwrap_or_else(|error| panic!("{values:?}: {error}"));
    let found: Vec<_> = imported
        .iter()
        .map(|row| (row.sample_id.as_str(), row.epoch, row.attempt.answer.text.as_str(), row.attempt.answer.form))
        .collect();
    assert_eq!(found, expected, "{values:?}");
}

/// The rows are refused with one sentence that holds all `parts`.
fn refuse(name: &str, values: &[Value], parts: &[&str]) {
    let message = import(name, values).map(|rows| rows.len()).expect_err("the rows were taken");
    for part in parts {
        assert!(message.contains(part), "{message:?} does not hold {part:?}");
    }
    assert!(!message.contains('\n') && message.len() < 600, "{message:?}");
}

#[test]
fn ids_in_every_usual_spelling() {
    use AnswerForm::Final;
    for id in
        [json!("HumanEvalPro/3"), json!("HumanEval/3"), json!("humaneval-pro/3"), json!("3"), json!(3), json!(3.0), json!(" 3 ")]
    {
        check("humaneval-pro", &[json!({"task_id": id, "solution": "s"})], &[("3", 0, "s", Final)]);
    }
    for id in ["MbppPro/3", "Mbpp/3", "mbpp_pro/3", "3"] {
        check("mbpp-pro", &[json!({"task_id": id, "solution": "s"})], &[("3", 0, "s", Final)]);
    }
    for id in ["BuiltIn/3", "builtin/3", "3"] {
        check("bigcodebench-lite-pro", &[json!({"task_id": id, "solution": "s"})], &[("BuiltIn/3", 0, "s", Final)]);
    }
    check("humaneval-pro", &[json!({"id": 5, "solution": "s"})], &[("5", 0, "s", Final)]);
}

#[test]
fn duplicates_and_lists_are_epochs() {
    use AnswerForm::Continuation;
    let values = [
        json!({"task_id": 1, "completion": ["a", "b"]}),
        json!({"task_id": 0, "completion": "c"}),
        json!({"task_id": "HumanEval/1", "completion": "d"}),
    ];
    let expected = [("1", 0, "a"), ("1", 1, "b"), ("0", 0, "c"), ("1", 2, "d")].map(|(id, k, text)| (id, k, text, Continuation));
    check("humaneval-pro", &values, &expected);
}

#[test]
fn the_first_row_decides_how_rows_are_read() {
    check("mbpp-pro", &[json!({"task_id": 0, "completion": "c", "solution": "s"})], &[("0", 0, "c", AnswerForm::Continuation)]);
    refuse("mbpp-pro", &[json!({"task_id": 0})], &["Line 1", "`completion`", "`solution`"]);
    refuse(
        "mbpp-pro",
        &[json!({"task_id": 0, "completion": "c"}), json!({"task_id": 1, "solution": "s"})],
        &["Line 2", "no `completion`"],
    );
    refuse("mbpp-pro", &[json!({"task_id": 0, "solution": null})], &["Line 1", "is null"]);
    refuse("mbpp-pro", &[json!({"task_id": 0, "solution": []})], &["Line 1"]);
    refuse("mbpp-pro", &[json!({"task_id": 0, "solution": ["a", 1]})], &["Line 1", "a number"]);
    refuse("mbpp-pro", &[], &["no answers"]);
}

#[test]
fn a_stored_continuation_is_not_cut_again() {
    let program = "# Write a function to double a number.\ndef double(number):\n    '''```'''\n";
    check("mbpp-pro", &[json!({"task_id": 0, "completion": "    '''```'''\n"})], &[("0", 0, program, AnswerForm::Final)]);
}

#[test]
fn rows_without_ids_are_joined_by_position() {
    let values: Vec<Value> = (0..14).map(|index| json!({"solution": format!("s{index}")})).collect();
    let imported = import("humaneval-pro", &values).unwrap();
    assert_eq!(imported.len(), 14);
    assert!(imported.iter().all(|row| row.attempt.answer.text == format!("s{}", row.sample_id) && row.epoch == 0));
    refuse("humaneval-pro", &values[1..], &["13 rows", "14 samples", "task_id"]);
    let mut mixed = values.clone();
    mixed[4]["task_id"] = json!(4);
    refuse("humaneval-pro", &mixed, &["Line 1", "no `task_id`"]);
}

#[test]
fn unknown_ids_are_listed() {
    let values: Vec<Value> = (10..30).map(|id| json!({"task_id": format!("HumanEval/{id}"), "solution": ""})).collect();
    refuse("humaneval-pro", &values, &["16 of 20 rows", "\"HumanEval/14\" (line 5)", "…", "14 of HumanEval Pro"]);
    refuse("humaneval-pro", &[json!({"task_id": "Mbpp/3", "solution": ""})], &["\"Mbpp/3\" (line 1)"]);
    refuse("bigcodebench-lite-pro", &[json!({"task_id": "BigCodeBench/3", "solution": ""})], &["BigCodeBench/3"]);
    refuse("mbpp-pro", &[json!({"task_id": {"a": 1}, "solution": ""})], &["line 1"]);
    refuse("mbpp-pro", &[json!({"task_id": -1, "solution": ""})], &["-1"]);
}

#[test]
fn references_are_whole_programs() {
    for name in crate::support::SETS {
        let (_, samples) = built_in(name);
        for sample in &samples {
            let reference = open(name).reference(sample).unwrap();
            assert_eq!(reference.answer.form, AnswerForm::Final);
            assert!(reference.answer.text.starts_with(sample.text("raw_problem").unwrap()));
            assert!(reference.answer.text.ends_with(sample.target["new_solution"].as_str().unwrap()));
        }
    }
}
