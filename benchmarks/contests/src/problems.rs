use serde_json::{Value, json};

const PROBLEMS: &str = include_str!("../problems.jsonl");

/// The problems, in the order of their contests. Fields: `problem_id, contest_id, index, title, description, input, output,
/// examples, time_limit_ms, memory_limit_mb, rating, tags, div, checker, tests, validator, cpp, python, wrong`, and where
/// they have one `checker_source`, or `interaction, interactor, interactor_lang`.
pub fn problems() -> Vec<Value> {
    PROBLEMS.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// One item of REFUTE's schema for each wrong program, with a known counterexample beside. Programs that are only too slow
/// (`ending` is TLE) make none: strictly judged, nothing breaks them. Neither do problems with more than one right output,
/// which REFUTE's comparison does not know.
pub fn refute_items() -> Vec<Value> {
    let problems = problems();
    let compared = problems.iter().filter(|problem| problem.get("checker").is_some_and(|checker| checker == "tokens"));
    let compared = compared.filter(|problem| problem.get("interactor").is_none());
    let items = compared.flat_map(|problem| {
        let wrong = problem.get("wrong").and_then(Value::as_array).cloned().unwrap_or_default();
        let wrong = wrong.into_iter().enumerate().filter(|(_, wrong)| wrong.get("ending").is_none());
        wrong.map(move |(place, wrong)| item(problem, place, &wrong))
    });
    items.collect()
}

fn item(problem: &Value, place: usize, wrong: &Value) -> Value {
    let get = |name: &str| problem.get(name).cloned().unwrap_or(Value::Null);
    let example = |side: usize| problem.pointer(&format!("/examples/0/{side}")).cloned().unwrap_or(Value::Null);
    let id = problem.get("problem_id").and_then(Value::as_str).unwrap_or_default();
    json!({
        "problem_id": format!("{id}/{}", place + 1), "title": get("title"), "statement": get("description"),
        "input": get("input"), "output": get("output"), "note": null, "example_input": example(0),
        "example_output": example(1), "time_limit": get("time_limit_ms"), "memory_limit": get("memory_limit_mb"),
        "tags": get("tags"), "problem_rating": get("rating"), "author_rating": null, "wrong_code": wrong.get("code"),
        "wrong_code_lang": wrong.get("lang"), "correct_cpp": get("cpp"), "correct_python": get("python"),
        "validator": get("validator"), "fail_tc": null, "counterexample": wrong.get("counterexample"),
        "provenance": "written for proctor",
    })
}
