//! What one judgement of a mathematical answer takes, over the labelled vectors of the development data.
//!
//! `cargo bench -p proctor-math --bench math_judge [-- --python PYTHON --every N]` also times math-verify in the same run, on
//! every N-th case, where that Python has it installed.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use proctor_math::slots::{Slot, judge};
use proctor_math::{AnswerKind, Settings};
use proctor_math_official::{AnswerType, Instance, Mode};
use serde_json::Value;
use std::hint::black_box;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Times math-verify slot by slot as its documentation says, the boxed prediction against the reference in dollar signs.
const MATH_VERIFY: &str = r#"
import sys, json, time
try:
    from math_verify import parse, verify
except ImportError:
    print(json.dumps(None)); sys.exit(0)
times = []
for line in sys.stdin:
    case = json.loads(line)
    start = time.perf_counter()
    try:
        for gold, answer in zip(case["gold"], case["answers"]):
            verify(parse("$" + gold + "$"), parse("\\boxed{" + answer + "}"))
    except Exception:
        pass
    times.append(time.perf_counter() - start)
print(json.dumps(times))
"#;

struct Case {
    completion: String,
    references: Vec<String>,
    codes: Vec<String>,
    options: Vec<Vec<String>>,
    adversarial: bool,
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().map(|all| all.iter().map(|one| one.as_str().unwrap_or_default().to_string()).collect()).unwrap_or_default()
}

fn cases() -> Option<Vec<Case>> {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/ugmathbench/judge_vectors.jsonl");
    let text = std::fs::read_to_string(path).ok()?;
    let parse = |line: &str| -> Option<Case> {
        let value: Value = serde_json::from_str(line).ok()?;
        Some(Case {
            completion: value["completion"].as_str()?.to_string(),
            references: strings(&value["answer"]),
            codes: strings(&value["answer_type"]),
            options: value["options"].as_array().map(|all| all.iter().map(strings).collect()).unwrap_or_default(),
            adversarial: value["source"] == "adversarial",
        })
    };
    text.lines().map(parse).collect()
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let count = times.len().max(1);
    let at = |share: usize| times.get((count * share / 100).min(count - 1)).copied().unwrap_or_default();
    let mean = times.iter().sum::<Duration>() / u32::try_from(count).unwrap_or(1);
    println!(
        "{name:<32} mean {mean:>10.2?}  median {:>10.2?}  p90 {:>10.2?}  p99 {:>10.2?}  most {:>10.2?}",
        at(50),
        at(90),
        at(99),
        at(100)
    );
}

fn main() {
    let Some(all) = cases() else {
        println!("skipped: the labelled vectors are not there");
        return;
    };
    let settings = Settings::default();
    let improved = |case: &Case| {
        let kind = |at: usize| case.codes.get(at).and_then(|code| AnswerKind::from_code(code)).unwrap_or(AnswerKind::Number);
        let slots: Vec<Slot> = case
            .references
            .iter()
            .enumerate()
            .map(|(at, reference)| Slot { reference, kind: kind(at), options: case.options.get(at).map_or(&[], Vec::as_slice) })
            .collect();
        let started = Instant::now();
        black_box(judge(&case.completion, &slots, &settings));
        started.elapsed()
    };
    let official = |case: &Case| {
        let types = case.codes.iter().filter_map(|code| AnswerType::from_code(code)).collect();
        let instance = Instance { answers: case.references.clone(), types, options: case.options.clone() };
        let started = Instant::now();
        black_box(proctor_math_official::judge(&instance, &case.completion, Mode::Rule));
        started.elapsed()
    };
    // Once to warm the caches; then the best of three for each case, so that other work on the machine does not count.
    let measure = |run: &dyn Fn(&Case) -> Duration, chosen: &dyn Fn(&Case) -> bool| -> Vec<Duration> {
        all.iter().filter(|case| chosen(case)).map(|case| (0..4).map(|_| run(case)).min().unwrap_or_default()).collect()
    };
    println!("{} cases", all.len());
    report("improved", measure(&improved, &|_| true));
    report("improved, not adversarial", measure(&improved, &|case| !case.adversarial));
    report("official", measure(&official, &|_| true));
    let option = |name: &str| std::env::args().skip_while(|argument| argument != name).nth(1);
    let python = option("--python").unwrap_or_else(|| "python3".to_string());
    let every = option("--every").and_then(|value| value.parse().ok()).unwrap_or(1_usize).max(1);
    match math_verify(&all, &python, every) {
        Some(times) => report(&format!("math-verify, {} cases", times.len()), times),
        None => println!("math-verify is not installed for {python}"),
    }
}

/// The times of math-verify; `None` where it is not installed.
fn math_verify(all: &[Case], python: &str, every: usize) -> Option<Vec<Duration>> {
    let mut child = Command::new(python)
        .args(["-c", MATH_VERIFY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take()?;
    let mut lines = Vec::new();
    for case in all.iter().filter(|case| !case.adversarial).step_by(every) {
        let text = proctor_math::extract::boxes(&case.completion).last().copied().unwrap_or_default().to_string();
        let answers: Vec<&str> = if case.references.len() == 1 { vec![&text] } else { text.split(',').collect() };
        lines.push(serde_json::json!({"gold": case.references, "answers": answers}).to_string());
    }
    let writer = std::thread::spawn(move || {
        let _ = input.write_all((lines.join("\n") + "\n").as_bytes());
    });
    let output = child.wait_with_output().ok()?;
    let _ = writer.join();
    let times: Option<Vec<f64>> = serde_json::from_slice(&output.stdout).ok()?;
    Some(times?.into_iter().map(Duration::from_secs_f64).collect())
}
