//! Real programs in the real sandbox; skipped where no Python guest is installed.

use crate::support::{SETS, block_on, open, real_data, samples};
use async_trait::async_trait;
use futures::future::join_all;
use proctor_core::{AnswerForm, Attempt, Benchmark, DataSource, Execution, JudgeError, Judges, Outcome, Program, Sample};
use proctor_judges::SandboxJudges;
use proctor_sandbox::SandboxConfig;
use serde_json::Value;

/// The judges, where a full Python guest is installed. The small one has no scientific libraries.
fn sandbox() -> Option<SandboxJudges> {
    let config = SandboxConfig::discover().filter(|config| config.python_wasm().is_file());
    if config.is_none() {
        println!("skipped: no Python guest is installed; `proctor setup` does it");
    }
    config.map(SandboxJudges::new)
}

/// Grades what `candidate` makes of each sample; gives the ids of those that pass, and id and reason of those that fail.
fn graded(
    benchmark: &dyn Benchmark,
    samples: &[Sample],
    judges: &dyn Judges,
    candidate: impl Fn(&Sample) -> Option<Attempt>,
) -> (Vec<String>, Vec<String>) {
    let graded = samples.iter().filter_map(|sample| {
        let attempt = candidate(sample)?;
        Some(async move { (sample, benchmark.grade(sample, &attempt, judges).await) })
    });
    let (mut passed, mut failed) = (Vec::new(), Vec::new());
    for (sample, grade) in block_on(join_all(graded)) {
        match grade {
            Ok(grade) if grade.outcome == Outcome::Correct => passed.push(sample.id.clone()),
            Ok(grade) => failed.push(format!("{}: {}", sample.id, grade.explanation)),
            Err(error) => panic!("{}: {error}", sample.id),
        }
    }
    (passed, failed)
}

fn passed(
    benchmark: &dyn Benchmark,
    samples: &[Sample],
    judges: &dyn Judges,
    candidate: impl Fn(&Sample) -> Option<Attempt>,
) -> Vec<String> {
    graded(benchmark, samples, judges, candidate).0
}

fn nothing() -> Vec<String> {
    Vec::new()
}

fn target<'a>(sample: &'a Sample, field: &str) -> &'a str {
    sample.target[field].as_str().unwrap_or_default()
}

/// Base problem, its solution, second problem, and `tail` as the second solution.
fn with_tail(sample: &Sample, tail: &str) -> Option<Attempt> {
    let parts = [sample.text("raw_problem")?, target(sample, "raw_solution"), sample.text("new_problem")?, tail];
    Some(Attempt::imported(parts.concat(), AnswerForm::Final))
}

fn base_alone(sample: &Sample) -> Option<Attempt> {
    Some(Attempt::imported([sample.text("raw_problem")?, target(sample, "raw_solution")].concat(), AnswerForm::Final))
}

#[test]
fn built_in_references_pass_and_wrong_solutions_fail() {
    let Some(judges) = sandbox() else { return };
    for name in SETS {
        let benchmark = open(name);
        let samples = samples(&*benchmark, &DataSource::BuiltIn);
        assert_eq!(graded(&*benchmark, &samples, &judges, |sample| benchmark.reference(sample)).1, nothing(), "{name}");
        assert_eq!(passed(&*benchmark, &samples, &judges, base_alone), nothing(), "{name}: the base alone");
        assert_eq!(passed(&*benchmark, &samples, &judges, |s| with_tail(s, "    return None\n")), nothing(), "{name}: None");
        for which in 0..3 {
            let wrong = |sample: &Sample| {
                let tail =
                    sample.metadata.get("wrong_solutions").and_then(Value::as_array)?.get(which)?["program_tail"].as_str()?;
                with_tail(sample, tail)
            };
            assert_eq!(passed(&*benchmark, &samples, &judges, wrong), nothing(), "{name}: wrong solution {which}");
        }
    }
}

#[test]
fn a_continuation_and_a_chat_reply_of_the_reference_pass() {
    let Some(judges) = sandbox() else { return };
    let benchmark = open("humaneval-pro");
    let samples = samples(&*benchmark, &DataSource::BuiltIn);
    let rest = |s: &Sample| Some([target(s, "raw_solution"), s.text("new_problem")?, target(s, "new_solution")].concat());
    let continued = |s: &Sample| Some(Attempt::imported(rest(s)? + "```\nassert False", AnswerForm::Continuation));
    assert_eq!(graded(&*benchmark, &samples, &judges, continued).1, nothing());
    let replied = |s: &Sample| {
        let text = format!("Here:\n```python\n{}{}```\nDone.", s.text("raw_problem")?, rest(s)?);
        Some(Attempt::imported(text, AnswerForm::Chat))
    };
    assert_eq!(graded(&*benchmark, &samples, &judges, replied).1, nothing());
}

#[test]
fn failures_say_where() {
    let Some(judges) = sandbox() else { return };
    let benchmark = open("mbpp-pro");
    let samples = samples(&*benchmark, &DataSource::BuiltIn);
    let check = |tail: &str, category: &str, parts: &[&str]| {
        let attempt = with_tail(&samples[0], tail).unwrap();
        let grade = block_on(benchmark.grade(&samples[0], &attempt, &judges)).unwrap();
        assert_eq!((grade.outcome, grade.category.as_deref()), (Outcome::Incorrect, Some(category)), "{}", grade.explanation);
        for part in parts {
            assert!(grade.explanation.contains(part), "{}", grade.explanation);
        }
    };
    check("    return numbers\n", "AssertionError", &["AssertionError", "assert double_all([1, 2, 3]) == [2, 4, 6]"]);
    check("    return nothing\n", "NameError", &["NameError: name 'nothing' is not defined"]);
    check("    return numbers[9]\n", "IndexError", &["list index out of range"]);
    check("    return 1 + ''\n", "TypeError", &["TypeError"]);
    check("    exit(0)\n", "TypeError", &["'NoneType' object is not callable"]);
    check("    return (\n", "OtherError", &["SyntaxError"]);
    check("    while True: pass\n", "OtherError", &["work limit"]);
}

#[test]
fn a_script_may_print_what_it_likes() {
    let Some(judges) = sandbox() else { return };
    let benchmark = open("bigcodebench-lite-pro");
    let sample = &samples(&*benchmark, &DataSource::BuiltIn)[0];
    let attempt = Attempt::imported("print('x' * 3_000_000)\nexit(0)", AnswerForm::Final);
    let grade = block_on(benchmark.grade(sample, &attempt, &judges)).unwrap();
    assert_eq!(grade.outcome, Outcome::Correct, "{}", grade.explanation);
    let output = grade.artifacts["raw"]["stdout"].as_str().unwrap();
    assert!(output.len() < 70_000 && output.contains("of 3000001 bytes left out"), "{}", output.len());
}

#[test]
fn upstreams_references_pass() {
    let (Some(judges), Some(source)) = (sandbox(), real_data()) else { return };
    for name in SETS {
        let benchmark = open(name);
        let samples = samples(&*benchmark, &source);
        assert_eq!(graded(&*benchmark, &samples, &judges, |sample| benchmark.reference(sample)).1, nothing(), "{name}");
    }
}

#[test]
fn stubs_pass_only_where_tests_are_vacuous() {
    let (Some(judges), Some(source)) = (sandbox(), real_data()) else { return };
    for name in SETS {
        let benchmark = open(name);
        let samples = samples(&*benchmark, &source);
        let vacuous = |sample: &&Sample| sample.strata.iter().any(|name| name == "vacuous-tests");
        let expected: Vec<String> = samples.iter().filter(vacuous).map(|sample| sample.id.clone()).collect();
        assert_eq!(passed(&*benchmark, &samples, &judges, |s| with_tail(s, "    return None\n")), expected, "{name}");
    }
}

#[test]
fn the_base_alone_passes_nowhere() {
    let (Some(judges), Some(source)) = (sandbox(), real_data()) else { return };
    for name in &SETS[..2] {
        let benchmark = open(name);
        let samples = samples(&*benchmark, &source);
        assert_eq!(passed(&*benchmark, &samples, &judges, base_alone), nothing(), "{name}");
    }
}

/// The sandbox in another time zone.
struct Zone<'a>(&'a SandboxJudges, &'static str);

#[async_trait]
impl Judges for Zone<'_> {
    async fn run(&self, mut program: Program) -> Result<Execution, JudgeError> {
        program.environment.insert("TZ".into(), self.1.into());
        self.0.run(program).await
    }

    fn provenance(&self, needs: proctor_core::Needs) -> Value {
        self.0.provenance(needs)
    }
}

#[test]
fn one_sample_holds_its_authors_time_zone() {
    let (Some(judges), Some(source)) = (sandbox(), real_data()) else { return };
    let benchmark = open("bigcodebench-lite-pro");
    let sample: Vec<Sample> = samples(&*benchmark, &source).into_iter().filter(|s| s.id == "BigCodeBench/551").collect();
    assert_eq!(sample.len(), 1);
    let reference = |sample: &Sample| benchmark.reference(sample);
    assert_eq!(passed(&*benchmark, &sample, &Zone(&judges, "UTC"), reference), nothing());
    assert_eq!(passed(&*benchmark, &sample, &Zone(&judges, "Asia/Shanghai"), reference), ["BigCodeBench/551"]);
}
