//! Contest solutions in Python that read standard input, here and natively.

use super::Outcome;
use super::native::Native;
use super::usage::{median, thread_cpu};
use proctor_core::{Entry, Program, Verdict};
use proctor_sandbox::{Sandbox, work_for_seconds};
use serde_json::Value;
use std::path::Path;

/// Seconds that each test may take natively.
const SECONDS: u64 = 10;

/// Runs the solutions of a set of judged ones, where a copy lies beside the project: those that were accepted must give
/// every expected output, those that were not must fail somewhere.
pub fn contests(sandbox: &Sandbox) -> Outcome {
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../shared/data/codeelo/local_judge_sample.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("contests: {} is not there", path.display());
        return Ok(());
    };
    let native = Native::find()?;
    let start = native.as_ref().map(|native| native.process("pass", None)).transpose()?.unwrap_or(0.0);
    let input = tempfile::NamedTempFile::new()?;
    let (mut right, mut wrong, mut surprises) = (0, 0, 0);
    let (mut ours, mut theirs, mut ratios) = (0.0, 0.0, Vec::new());
    for line in text.lines() {
        let problem: Value = serde_json::from_str(line)?;
        let checker = problem["checker"].as_str().unwrap_or_default();
        let tests = problem["tests"].as_array().map(Vec::as_slice).unwrap_or_default();
        for solution in problem["solutions"].as_array().into_iter().flatten().filter(|s| s["lang"] == "python3") {
            let source = solution["code"].as_str().unwrap_or_default();
            let accepted = solution["label"] != "wrong";
            let mut failed = None;
            for (number, test) in tests.iter().enumerate() {
                let stdin = test["input"].as_str().unwrap_or_default();
                let mut program = Program::python(source, Entry::Script);
                program.stdin = Some(stdin.into());
                program.limits.work = work_for_seconds(SECONDS);
                let before = thread_cpu();
                let execution = sandbox.run(&program);
                let used = thread_cpu() - before;
                let expected = test["output"].as_str().unwrap_or_default();
                if execution.verdict != Verdict::Ok || !agree(checker, &execution.stdout, expected) {
                    failed = Some((number + 1, execution));
                    break;
                }
                if let (Some(native), true) = (&native, accepted) {
                    std::fs::write(input.path(), stdin)?;
                    let there = native.process(source, Some(input.path()))? - start;
                    (ours, theirs) = (ours + used, theirs + there.max(0.0));
                    if there > 0.1 {
                        ratios.push(used / there);
                    }
                }
            }
            match (accepted, failed) {
                (true, None) => right += 1,
                (false, Some(_)) => wrong += 1,
                (_, failed) => {
                    surprises += 1;
                    let how = failed.map_or("passes every test".to_string(), |(test, e)| {
                        format!("test {test}: {} {}", e.verdict, e.stderr.trim().lines().last().unwrap_or_default())
                    });
                    println!("  {} ({}): {how}", problem["problem_id"], solution["label"]);
                }
            }
        }
    }
    println!("contests: {right} accepted and {wrong} rejected as expected, {surprises} not");
    println!(
        "  {ours:.1} s here, {theirs:.1} s natively without starts; where a test takes more than 0.1 s: {:.2} times (median of {})",
        median(&ratios),
        ratios.len()
    );
    Ok(())
}

/// Whether an output is the expected one.
fn agree(checker: &str, output: &str, expected: &str) -> bool {
    let (mut ours, mut theirs) = (output.split_whitespace(), expected.split_whitespace());
    loop {
        return match (ours.next(), theirs.next()) {
            (None, None) => true,
            (Some(a), Some(b)) if a == b || close(checker, a, b) => continue,
            // Who may judge it is not here; that it ended well is all there is to see.
            _ => checker == "special",
        };
    }
}

fn close(checker: &str, a: &str, b: &str) -> bool {
    match checker.split_once(':') {
        _ if checker == "tokens_ci" => a.eq_ignore_ascii_case(b),
        Some(("float", within)) => match (a.parse::<f64>(), b.parse::<f64>(), within.parse::<f64>()) {
            (Ok(a), Ok(b), Ok(within)) => (a - b).abs() <= within * b.abs().max(1.0),
            _ => false,
        },
        _ => false,
    }
}
