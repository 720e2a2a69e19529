//! Answers from files.

use super::support::{open, samples};
use proctor_core::{AnswerRow, DataSource, Imported, Selection};
use serde_json::{Value, json};

fn import(variant: &str, rows: Vec<Value>) -> Result<Vec<Imported>, String> {
    let benchmark = open(variant, "");
    let rows: Vec<AnswerRow> = rows.into_iter().zip(1..).map(|(value, line)| AnswerRow { line, value }).collect();
    benchmark.import(&samples(&*benchmark), &rows).map_err(|error| error.to_string())
}

#[test]
fn names_of_items() {
    for id in [json!("classic/111"), json!("111"), json!(111), json!("111.txt"), json!("classic/111.txt")] {
        let imported =
            import("", vec![json!({"id": id, "output": "answer = []"}), json!({"id": id, "output": "x"})]).expect("imported");
        let found: Vec<(&str, u32)> = imported.iter().map(|answer| (answer.sample_id.as_str(), answer.epoch)).collect();
        assert_eq!(found, [("classic/111", 0), ("classic/111", 1)], "{id}");
    }
    let imported = import("story", vec![json!({"sample_id": "story/466_4", "answer": ["a", "b"]})]).expect("imported");
    assert_eq!(
        imported.iter().map(|answer| (answer.sample_id.as_str(), answer.epoch)).collect::<Vec<_>>(),
        [("466_4", 0), ("466_4", 1)]
    );
    assert_eq!(
        import("nested", vec![json!({"sample_id": "nested-03", "answer": "a"})]).expect("imported")[0].sample_id,
        "nested-03"
    );
}

#[test]
fn wrong_rows() {
    for (row, part) in [
        (json!({"id": "477", "output": "x"}), "answers sample `477`, which is not in the data"),
        (json!({"id": "111_0", "output": "x"}), "answers sample `111_0`"),
        (json!({"output": "x"}), "has no `sample_id`"),
        (json!({"id": "111"}), "has no text"),
    ] {
        let error = import("", vec![row]).expect_err("a wrong row");
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn chosen_samples() {
    let choose = |variant: &str, ids: &[&str]| {
        let selection = Selection { ids: ids.iter().map(|id| (*id).to_owned()).collect(), limit: None };
        let chosen = open(variant, "").samples(&DataSource::BuiltIn, &selection);
        chosen.map(|samples| samples.into_iter().map(|sample| sample.id).collect::<Vec<_>>()).map_err(|error| error.to_string())
    };
    assert_eq!(choose("", &["466", "classic/111"]), Ok(vec!["classic/111".into(), "classic/466".into()]));
    assert_eq!(choose("story", &["story/111_3"]), Ok(vec!["111_3".into()]));
    assert!(choose("", &["999"]).is_err_and(|error| error.contains("has no sample `999` here")));
}
