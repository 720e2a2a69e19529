//! One item: a problem and a wrong program (spec section 2).

use crate::label;
use proctor_core::{Language, Sample};
use serde_json::{Map, Value, json};

/// Fields shown in prompts or judged with, in the order of the schema.
const FIELDS: [&str; 12] = [
    "problem_id",
    "statement",
    "input",
    "output",
    "note",
    "example_input",
    "example_output",
    "time_limit",
    "memory_limit",
    "wrong_code",
    "correct_cpp",
    "correct_python",
];

/// Reads a record into a sample. Errors say what is wrong with it.
pub fn sample(index: usize, record: &Value) -> Result<Sample, String> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = match record.get("problem_id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        _ => return Err("has no `problem_id`".into()),
    };
    let wrong = text("wrong_code").ok_or("has no `wrong_code`")?;
    let label = text("wrong_code_lang").ok_or("has no `wrong_code_lang`")?;
    let validator = text("validator").ok_or("has no `validator`")?;
    if text("correct_cpp").is_none() && text("correct_python").is_none() {
        return Err("has neither `correct_cpp` nor `correct_python`".into());
    }
    let mut inputs = Map::new();
    for field in FIELDS.into_iter().filter_map(|field| Some((field, record.get(field)?))) {
        inputs.insert(field.0.to_owned(), field.1.clone());
    }
    let mut strata = vec![match label::language(label) {
        Language::Python => "Python".to_owned(),
        Language::C | Language::Cpp => "C++".to_owned(),
    }];
    if let Some(rating) = number(record.get("problem_rating")) {
        let low = rating.div_euclid(400) * 400;
        strata.push(format!("rating {low} to {}", low + 399));
    }
    if let Some(rating) = number(record.get("author_rating")) {
        let low = rating.div_euclid(400) * 400;
        strata.push(format!("author rated {low} to {}", low + 399));
    }
    if record.get("hacked").and_then(Value::as_bool) == Some(true) {
        strata.push("hacked".into());
    }
    strata.extend(tags(record.get("tags")).into_iter().map(|tag| format!("tag {tag}")));
    let group = id.rsplit_once('/').filter(|(_, last)| last.bytes().all(|byte| byte.is_ascii_digit()));
    let group = group.map_or(id.clone(), |(problem, _)| problem.to_owned());
    let known = ["title", "problem_rating", "author_rating", "fail_tc", "tags", "provenance"];
    let metadata = known.iter().filter_map(|name| Some(((*name).to_owned(), record.get(*name)?.clone()))).collect();
    let target = json!({
        "wrong_code": wrong, "wrong_code_lang": label, "validator": validator, "counterexample": record.get("counterexample"),
    });
    Ok(Sample { id, index, group, inputs, target, strata, metadata })
}

/// Adds to each item in which fifth it is by the tests that its wrong program passed before it failed; items without that
/// number are in none.
pub fn add_fifths(samples: &mut [Sample]) {
    let passed = |sample: &Sample| number(sample.metadata.get("fail_tc")).map(|failed| (failed - 1).max(0));
    let mut counts: Vec<i64> = samples.iter().filter_map(passed).collect();
    counts.sort_unstable();
    for sample in samples {
        let Some(own) = passed(sample) else { continue };
        let fewer = counts.partition_point(|count| *count < own);
        let fifth = (fewer * 5 / counts.len().max(1)).min(4);
        sample.strata.push(format!("tests passed, fifth {}", fifth + 1));
    }
}

fn number(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Number(number)) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Tags: a list, or the text of a Python list.
fn tags(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(tags)) => tags.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => {
            let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
            let tag = |part: &str| part.trim().trim_matches(['\'', '"']).trim().to_owned();
            inner.split(',').map(tag).filter(|tag| !tag.is_empty()).collect()
        }
        _ => Vec::new(),
    }
}
