//! The sample of contest programs that lies beside the project: what compiling costs, and whether verdicts are right.

use super::Outcome;
use super::usage::{median, process_cpu};
use proctor_core::{Program, Verdict};
use proctor_sandbox::Sandbox;
use serde_json::Value;
use std::path::Path;

/// The units of work of one test.
const WORK: u64 = 20_000_000_000;

fn same(checker: &str, expected: &str, printed: &str) -> bool {
    let (expected, printed): (Vec<&str>, Vec<&str>) =
        (expected.split_whitespace().collect(), printed.split_whitespace().collect());
    let close = |a: &str, b: &str| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-6 * a.abs().max(1.0),
        _ => a == b,
    };
    expected.len() == printed.len()
        && expected.iter().zip(&printed).all(|(a, b)| match checker {
            "tokens_ci" => a.eq_ignore_ascii_case(b),
            _ if checker.starts_with("float") => close(a, b),
            _ => a == b,
        })
}

/// Correct programs of the other sample: each must print what its problem's example says.
pub fn examples(sandbox: &Sandbox) -> Outcome {
    let path =
        Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../shared/data/refute/items.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("examples: {} is not there", path.display());
        return Ok(());
    };
    let (mut right, mut all) = (0, 0);
    for line in text.lines() {
        let item: Value = serde_json::from_str(line)?;
        for field in ["correct_cpp", "wrong_code"] {
            let Some(code) = item[field].as_str().filter(|code| code.contains("#include")) else { continue };
            let mut program = Program::cpp(code);
            program.limits.work = WORK;
            program.stdin = item["example_input"].as_str().map(|text| text.as_bytes().to_vec());
            let execution = sandbox.run(&program);
            all += 1;
            let expected = item["example_output"].as_str().unwrap_or_default();
            if execution.verdict == Verdict::Ok && same("tokens", expected, &execution.stdout) {
                right += 1;
            } else {
                let (id, said) = (&item["problem_id"], execution.stderr.lines().next().unwrap_or_default());
                println!("  {id} {field}: {} {said} printed {:?}, expected {expected:?}", execution.verdict, execution.stdout);
            }
        }
    }
    println!("examples: {right} of {all} programs print what is expected (wrong ones need not)");
    Ok(())
}

/// Compiles and judges each; a comment makes every text new, so that nothing comes out of the cache.
pub fn measure(sandbox: &Sandbox) -> Outcome {
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../shared/data/codeelo/local_judge_sample.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("contest: {} is not there, nothing to measure", path.display());
        return Ok(());
    };
    let now = std::time::UNIX_EPOCH.elapsed()?.as_nanos();
    let (mut compiles, mut runs, mut right, mut all) = (Vec::new(), Vec::new(), 0, 0);
    for line in text.lines() {
        let problem: Value = serde_json::from_str(line)?;
        let name = problem["problem_id"].as_str().unwrap_or_default();
        let (empty, checker) = (Vec::new(), problem["checker"].as_str().unwrap_or_default());
        for solution in problem["solutions"].as_array().unwrap_or(&empty) {
            if solution["lang"] == "python3" {
                continue;
            }
            let code = solution["code"].as_str().unwrap_or_default();
            let mut program = Program::cpp(format!("{code}\n// {now}\n"));
            program.limits.work = 1;
            let before = process_cpu();
            let compiled = sandbox.run(&program);
            compiles.push(process_cpu() - before);
            if compiled.verdict == Verdict::CompileError {
                println!("{name}: {}", compiled.stderr);
            }
            program.limits.work = WORK;
            program.limits.memory_bytes = 256 << 20;
            let mut passed = true;
            for test in problem["tests"].as_array().unwrap_or(&empty) {
                program.stdin = Some(test["input"].as_str().unwrap_or_default().as_bytes().to_vec());
                let before = process_cpu();
                let execution = sandbox.run(&program);
                runs.push(process_cpu() - before);
                let expected = test["output"].as_str().unwrap_or_default();
                passed = execution.verdict == Verdict::Ok && same(checker, expected, &execution.stdout);
                if !passed {
                    break;
                }
            }
            all += 1;
            if passed == (solution["label"] == "accepted") {
                right += 1;
            } else {
                println!("{name}: {} is judged otherwise", solution["label"]);
            }
        }
    }
    println!("contest: {right} of {all} programs judged as they should be");
    println!(
        "  compiling: {:.2} s the median program, {:.2} s the longest",
        median(&compiles),
        compiles.iter().copied().fold(0.0, f64::max)
    );
    println!(
        "  a test: {:.2} ms the median, {:.2} ms the longest",
        median(&runs) * 1e3,
        runs.iter().copied().fold(0.0, f64::max) * 1e3
    );
    Ok(())
}
