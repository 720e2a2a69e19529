//! One problem, in the layouts people have (spec sections 2 and 7).

use crate::infer;
use proctor_contest::{Checker, Test};
use proctor_core::Sample;
use serde_json::{Map, Value, json};

/// Reads a problem of CodeElo's rows, open-r1/codeforces or the local sample into a sample. Errors say what is wrong.
pub fn sample(index: usize, record: &Value) -> Result<Sample, String> {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| record.get(*name).filter(|value| !value.is_null()));
        match found {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    };
    let number = |name: &str| match record.get(name) {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let id = text(&["problem_id", "id"]).ok_or("has no `problem_id`")?.replace('/', "");
    let description = text(&["description", "statement"]).ok_or("has no `description`")?;
    let examples = tests(record.get("examples"))?;
    let mut all = tests(record.get("tests"))?;
    all.extend(tests(record.get("official_tests"))?);
    all.extend(tests(record.get("extra_tests"))?);
    let samples_only = all.is_empty();
    if samples_only {
        all = examples.clone();
    }
    let interactive = text(&["interaction", "interaction_format"]).is_some();
    let checker = checker(record, &text);
    if !["python", "testlib"].contains(&checker.as_str()) && Checker::parse(&checker).is_none() {
        return Err(format!("has the checker `{checker}`; known are tokens, tokens_ci, exact, float:1e-6, special"));
    }
    let seconds =
        number("time_limit_ms").map(|limit| limit / 1000.0).or_else(|| number("time_limit")).or_else(|| number("time_limit_s"));
    let megabytes = number("memory_limit_mb").or_else(|| number("memory_limit"));
    let split = id.find(|c: char| !c.is_ascii_digit()).unwrap_or(id.len());
    let contest = text(&["contest_id"]).unwrap_or_else(|| id.get(..split).unwrap_or_default().to_owned());
    let mut inputs = Map::new();
    let shown: [(&str, &[&str]); 5] = [
        ("input", &["input", "input_format"]),
        ("output", &["output", "output_format"]),
        ("interaction", &["interaction", "interaction_format"]),
        ("note", &["note"]),
        ("title", &["title"]),
    ];
    inputs.insert("description".into(), json!(description));
    for (name, names) in shown {
        if let Some(text) = text(names) {
            inputs.insert(name.into(), json!(text));
        }
    }
    inputs.insert("examples".into(), pairs(&examples));
    let rating = number("rating");
    let mut strata = Vec::new();
    match rating {
        Some(rating) if rating < 1000.0 => strata.push("Easy".to_owned()),
        Some(rating) if rating < 1300.0 => strata.push("Medium".to_owned()),
        Some(_) => strata.push("Hard".to_owned()),
        None => {}
    }
    if let Some(rating) = rating {
        let low = (rating / 400.0).floor() as i64 * 400;
        strata.push(format!("rated {low} to {}", low + 399));
    }
    if let Some(division) = text(&["div"]) {
        strata.push(division);
    }
    let tags = record.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
    strata.extend(tags.iter().filter_map(Value::as_str).map(|tag| format!("tag {tag}")));
    let mut target = json!({
        "tests": pairs(&all), "samples_only": samples_only, "checker": checker,
        "checker_source": record.get("generated_checker").or_else(|| record.get("checker_source")),
        "seconds": seconds, "megabytes": megabytes, "interactive": interactive, "contest_id": contest,
        "interactor": record.get("interactor"), "interactor_lang": record.get("interactor_lang"),
        "input_mode": record.get("input_mode"), "complete": record.get("official_tests_complete"),
        "cpp": record.get("cpp"), "python": record.get("python"),
    });
    if let Some(map) = target.as_object_mut() {
        // What is not there is left out, so that a sample's content does not depend on what can be read.
        map.retain(|_, value| !value.is_null());
    }
    let metadata = [("rating", json!(rating)), ("contest_id", json!(contest))];
    let metadata = metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let group = if contest.is_empty() { id.clone() } else { contest };
    Ok(Sample { id, index, group, inputs, target, strata, metadata })
}

/// How outputs are judged: as the record says, by the checker that came with it, or as its statement says. A record of a
/// set in which checkers were written says by the absence of one that outputs are compared.
fn checker(record: &Value, text: &impl Fn(&[&str]) -> Option<String>) -> String {
    let (word, generated) = (text(&["checker"]), text(&["generated_checker"]));
    match (word, generated) {
        // A checker that somebody wrote later is better than none.
        (Some(word), generated) if word != "special" || generated.is_none() => word,
        (_, Some(_)) => "python".into(),
        _ => {
            let parts = [&["description", "statement"][..], &["output", "output_format"], &["note"]];
            let statement: Vec<String> = parts.iter().filter_map(|names| text(names)).collect();
            let inferred = infer::checker(&statement.join("\n"));
            let compared = inferred == "special" && record.get("generated_checker").is_some();
            if compared { "tokens".into() } else { inferred }
        }
    }
}

/// Tests as `{input, output}` or `[input, output]`; a missing list is an empty one.
pub(crate) fn tests(value: Option<&Value>) -> Result<Vec<Test>, String> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or("has tests that are no list")?;
    let test = |(i, test): (usize, &Value)| {
        let part = |name: &str, at: usize| test.get(name).or_else(|| test.get(at)).and_then(Value::as_str);
        match (part("input", 0), part("output", 1)) {
            (Some(input), Some(output)) => Ok(Test { input: input.to_owned(), output: output.to_owned() }),
            _ => Err(format!("has a test {} without input and output", i + 1)),
        }
    };
    list.iter().enumerate().map(test).collect()
}

fn pairs(tests: &[Test]) -> Value {
    tests.iter().map(|test| json!([test.input, test.output])).collect()
}
