//! What the sandbox costs for Python programs, beside native CPython on the same machine in the same run: one process for
//! each program, and a grader that forks for each.
//!
//! `cargo bench -p proctor-sandbox --bench sandbox_python` measures all of it but the two long parts, which must be asked
//! for: `-- flat --programs 100000`, and `-- prepare` (compiles the guest anew, in a folder of its own). Other words after
//! `--` choose parts: `first`, `sets`, `computing`, `contests`,
//! `scaling`. Times are CPU seconds where nothing else is said.
#![allow(clippy::print_stdout)]

mod contests;
mod native;
mod parts;
mod programs;
mod usage;

use proctor_core::{Entry, Program, Verdict};
use proctor_sandbox::{Sandbox, SandboxConfig};

/// The hidden word by which a measured process is told to come to one verdict and to end.
const FIRST_VERDICT: &str = "--first-verdict";

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(config) = SandboxConfig::discover().filter(|c| c.python_wasm().is_file()) else {
        println!("skipped: the Python guest is not installed; run `proctor setup`");
        return Ok(());
    };
    if arguments.first().is_some_and(|a| a == FIRST_VERDICT) {
        let execution = Sandbox::open(config)?.run(&Program::python("print(1)", Entry::Script));
        assert_eq!((execution.verdict, execution.stdout.as_str()), (Verdict::Ok, "1\n"));
        return Ok(());
    }
    let number = arguments.iter().position(|a| a == "--programs").and_then(|i| arguments.get(i + 1));
    let programs = number.map_or(Ok(10_000), |n| n.parse::<usize>())?;
    let words: Vec<&str> = ["first", "sets", "computing", "contests", "scaling", "flat", "prepare"]
        .into_iter()
        .filter(|word| arguments.iter().any(|a| a == word))
        .collect();
    let asked = |word: &str, long: bool| words.contains(&word) || (words.is_empty() && !long);
    if asked("prepare", true) {
        parts::preparation(&config)?;
    }
    if asked("first", false) {
        parts::first_verdict()?;
    }
    let sandbox = Sandbox::open(config)?;
    let sets = programs::sets()?;
    if asked("sets", false) {
        for set in &sets {
            parts::set(&sandbox, set)?;
        }
    }
    if asked("computing", false) {
        parts::computing(&sandbox)?;
    }
    if asked("contests", false) {
        contests::contests(&sandbox)?;
    }
    if asked("scaling", false) {
        parts::scaling(&sandbox, &sets);
    }
    if asked("flat", true) {
        parts::flat(&sandbox, &sets, programs);
    }
    println!("resident memory at its most: {} MiB", usage::most_resident_mib());
    Ok(())
}
