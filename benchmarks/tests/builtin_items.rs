//! The built-in questions keep the schema and the conventions of upstream's three files (spec section 2).

use serde_json::Value;

const HUMANEVAL: &str = include_str!("../src/self_invoking/builtin/humaneval_pro.json");
const MBPP: &str = include_str!("../src/self_invoking/builtin/mbpp_pro.json");
const BIGCODEBENCH: &str = include_str!("../src/self_invoking/builtin/bigcodebench_lite_pro.json");

/// Upstream's fields, in upstream's order, then our own two.
const FIELDS: [&str; 8] =
    ["id", "raw_problem", "raw_solution", "new_problem", "new_solution", "test_code", "provenance", "wrong_solutions"];

fn items(text: &str) -> Vec<Value> {
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) => items,
        other => panic!("not a JSON array: {other:?}"),
    }
}

fn text<'a>(item: &'a Value, field: &str) -> &'a str {
    item[field].as_str().unwrap_or_else(|| panic!("{}: field {field} is not text", item["id"]))
}

/// Names of the functions defined at the left margin of `code`, in order.
fn defined(code: &str) -> Vec<&str> {
    code.lines().filter_map(|line| line.strip_prefix("def ")).filter_map(|rest| rest.split('(').next()).collect()
}

/// The statements of a test file that can be seen to be asserts: lines at the left margin.
fn asserts(code: &str) -> usize {
    code.lines().filter(|line| line.starts_with("assert ")).count()
}

fn check(file: &str, count: usize, id: impl Fn(usize) -> Value) {
    let items = items(file);
    assert_eq!(items.len(), count);
    for (index, item) in items.iter().enumerate() {
        let fields: Vec<&str> = item.as_object().map(|o| o.keys().map(String::as_str).collect()).unwrap_or_default();
        assert_eq!(fields, FIELDS, "item {index}");
        assert_eq!(item["id"], id(index));
        let (problem, solution) = (text(item, "raw_problem"), text(item, "raw_solution"));
        let (new_problem, new_solution) = (text(item, "new_problem"), text(item, "new_solution"));
        assert!(problem.ends_with('\n') && new_problem.ends_with('\n'), "{}: problems end a line", item["id"]);
        assert!(new_problem.starts_with("# "), "{}: the second problem starts with a comment", item["id"]);
        assert!(solution.starts_with("    ") && new_solution.starts_with("    "), "{}: bodies are indented", item["id"]);

        let (base, target) = (defined(problem), defined(new_problem));
        assert_eq!((base.len(), target.len()), (1, 1), "{}: each problem names one function", item["id"]);
        assert_ne!(base, target, "{}", item["id"]);
        assert!(new_solution.contains(&format!("{}(", base[0])), "{}: the reference calls the first function", item["id"]);
        assert!(text(item, "test_code").contains(&format!("{}(", target[0])), "{}: tests call the second", item["id"]);
        assert!(asserts(text(item, "test_code")) >= 4, "{}: too few asserts", item["id"]);
        assert!(!item.to_string().contains("\\t"), "{}: a tab", item["id"]);
        assert!(text(item, "provenance").contains("MIT OR Apache-2.0"), "{}", item["id"]);

        let wrong = item["wrong_solutions"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(!wrong.is_empty(), "{}: no wrong solution", item["id"]);
        for attempt in wrong {
            let tail = attempt["program_tail"].as_str().unwrap_or_default();
            assert!(tail.starts_with("    ") && tail.ends_with('\n'), "{}: {attempt}", item["id"]);
            assert_ne!(tail, new_solution, "{}: the reference is listed as wrong", item["id"]);
            assert!(attempt["why"].as_str().is_some_and(|why| !why.is_empty()), "{}: no reason", item["id"]);
        }
    }
}

#[test]
fn humaneval_items() {
    check(HUMANEVAL, 14, Value::from);
    for item in items(HUMANEVAL) {
        assert!(text(&item, "test_code").starts_with('\n'), "{}", item["id"]);
        assert!(text(&item, "raw_solution").ends_with('\n'), "{}", item["id"]);
        assert!(text(&item, "raw_problem").contains(">>> "), "{}: the docstring shows no example", item["id"]);
    }
}

#[test]
fn mbpp_items() {
    check(MBPP, 14, Value::from);
    for item in items(MBPP) {
        assert!(text(&item, "raw_problem").starts_with("# Write a function"), "{}", item["id"]);
        assert!(text(&item, "raw_solution").ends_with('\n'), "{}", item["id"]);
    }
}

#[test]
fn bigcodebench_items() {
    check(BIGCODEBENCH, 9, |index| Value::from(format!("BuiltIn/{index}")));
    for item in items(BIGCODEBENCH) {
        assert!(!text(&item, "raw_solution").ends_with('\n'), "{}", item["id"]);
        assert!(text(&item, "raw_problem").contains("def task_func("), "{}", item["id"]);
        assert!(text(&item, "new_problem").contains("def new_task_func("), "{}", item["id"]);
    }
}

/// The one-shot variants show one line of the tests: line 1 for HumanEval Pro, line 0 for MBPP Pro (spec section 3.2).
#[test]
fn the_line_shown_by_one_shot_is_an_assert_on_the_target() {
    for (file, line) in [(HUMANEVAL, 1), (MBPP, 0)] {
        for item in items(file) {
            let shown = text(&item, "test_code").split('\n').nth(line).unwrap_or_default().to_owned();
            let target = defined(text(&item, "new_problem"))[0].to_owned();
            assert!(shown.starts_with("assert ") && shown.contains(&format!("{target}(")), "{}: {shown}", item["id"]);
        }
    }
}

/// Upstream's HumanEval Pro and MBPP Pro tests are asserts only, so that the counts of asserts mean something.
#[test]
fn guarded_tests_are_asserts_only() {
    for file in [HUMANEVAL, MBPP] {
        for item in items(file) {
            let tests = text(&item, "test_code").trim_start_matches('\n').to_owned();
            assert_eq!(asserts(&tests), tests.lines().count(), "{}", item["id"]);
        }
    }
}
