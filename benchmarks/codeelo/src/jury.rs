//! What a sample is judged with.

use crate::problem::tests;
use proctor_contest::{Allowance, Checker, Interactor, Jury, Policy, Test};
use proctor_core::{Language, Sample};
use serde_json::Value;

/// Seconds for problems that state no limit, in either language: as units of work, what the slowest kind of program does in
/// so many native seconds, and most kinds in two to four (docs/benchmarks/codeelo.md).
const UNSTATED: f64 = 1.5;

/// The tests of a sample.
pub fn tests_of(sample: &Sample) -> Vec<Test> {
    tests(sample.target.get("tests")).unwrap_or_default()
}

/// Who decides on outputs; the reason where nobody can.
pub fn jury_of(sample: &Sample) -> Result<Jury, &'static str> {
    let text = |name: &str| sample.target.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if sample.target.get("interactive").and_then(Value::as_bool) == Some(true) {
        let source = text("interactor").ok_or("The problem is interactive and there is no interactor.")?.to_owned();
        let named = text("interactor_lang").unwrap_or_default().to_lowercase();
        let python = named.starts_with("py") || (named.is_empty() && !source.contains("#include"));
        let language = if python { Language::Python } else { Language::Cpp };
        return Ok(Jury::Interactor(Interactor { language, source }));
    }
    let checker = match (text("checker"), text("checker_source")) {
        (Some("python"), Some(source)) => Checker::Python(source.to_owned()),
        (Some("testlib"), Some(source)) => Checker::Testlib(source.to_owned()),
        (Some(word), _) => Checker::parse(word).unwrap_or(Checker::Missing),
        (None, _) => Checker::Missing,
    };
    match checker {
        Checker::Missing => Err("Many outputs are right and there is no checker."),
        checker => Ok(Jury::Checker(checker)),
    }
}

/// What a sample allows.
pub fn policy_of(sample: &Sample, python_factor: f64, all_tests: bool) -> Policy {
    let number = |name: &str| sample.target.get(name).and_then(Value::as_f64);
    let stated = number("seconds").filter(|seconds| *seconds > 0.0);
    let allowance = Allowance {
        seconds: stated.unwrap_or(UNSTATED),
        memory_bytes: (number("megabytes").unwrap_or(256.0).clamp(1.0, 4096.0) as u64) << 20,
        cpp_factor: 1.0,
        python_factor: if stated.is_some() { python_factor } else { 1.0 },
    };
    let through_files = sample.target.get("input_mode").and_then(Value::as_str) == Some("file");
    Policy { allowance, all_tests, through_files }
}

/// How much of the platform's own tests a sample's tests are.
pub fn evidence_of(sample: &Sample) -> &'static str {
    let flag = |name: &str| sample.target.get(name).and_then(Value::as_bool);
    match (flag("samples_only"), flag("complete")) {
        (Some(true), _) => "examples only",
        (_, Some(false)) => "incomplete tests",
        _ => "tests",
    }
}
