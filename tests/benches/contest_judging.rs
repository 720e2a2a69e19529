//! What judging contest programs costs: the whole local sample where it lies beside the project, else the built-in problems.
//!
//! `cargo bench -p proctor-codeelo --bench contest_judging` judges every program on its problem's tests, spread over all
//! cores, with the guests already in memory. CPU seconds are those of all threads, compiling included; each program is new
//! to the cache of compiled programs unless `-- --cached` says otherwise.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "sandbox_python/usage.rs"]
#[allow(dead_code, reason = "the other benches use the rest")]
mod usage;

use futures::stream::{self, StreamExt};
use proctor_contest::{Allowance, Checker, Judgement, Jury, Outcome, Policy, Submission, Test, judge};
use proctor_core::{JudgeError, Judges, Language, Program};
use proctor_judges::SandboxJudges;
use proctor_sandbox::SandboxConfig;
use serde_json::Value;
use std::path::Path;
use std::time::Instant;
use usage::{most_resident_mib, process_cpu, resident_mib};

/// What the whole sample may take, in CPU seconds.
const TARGET: f64 = 60.0;

type Failed = Box<dyn std::error::Error>;

struct Case {
    name: String,
    label: String,
    submission: Submission,
    tests: Vec<Test>,
    checker: Jury,
}

fn word(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// Programs of a problem: language, label, text. The local sample lists them; built-in problems have one for each language.
fn programs(problem: &Value) -> Vec<(Language, String, String)> {
    let language = |name: &str| if name.starts_with("python") { Language::Python } else { Language::Cpp };
    if let Some(solutions) = problem["solutions"].as_array() {
        return solutions.iter().map(|one| (language(&word(one, "lang")), word(one, "label"), word(one, "code"))).collect();
    }
    let own = ["cpp", "python"].into_iter().filter(|name| problem[*name].is_string());
    own.map(|name| (language(name), "accepted".to_owned(), word(problem, name))).collect()
}

fn cases(problems: &[Value], mark: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for problem in problems {
        let part = |test: &Value, name: &str, at: usize| {
            test.get(name).or_else(|| test.get(at)).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let tests = problem["tests"].as_array().into_iter().flatten();
        let tests: Vec<Test> =
            tests.map(|test| Test { input: part(test, "input", 0), output: part(test, "output", 1) }).collect();
        let source = problem["checker_source"].as_str().map(str::to_owned);
        let checker = match (word(problem, "checker").as_str(), source) {
            ("python", Some(source)) => Checker::Python(source),
            ("testlib", Some(source)) => Checker::Testlib(source),
            ("", _) => Checker::parse("tokens").unwrap_or(Checker::Missing),
            (other, _) => Checker::parse(other).unwrap_or(Checker::Missing),
        };
        for (language, label, code) in programs(problem) {
            let comment = if language == Language::Python { "#" } else { "//" };
            let source = if mark.is_empty() { code } else { format!("{code}\n{comment} {mark}\n") };
            cases.push(Case {
                name: word(problem, "problem_id"),
                label,
                submission: Submission { language, standard: None, source },
                tests: tests.clone(),
                checker: Jury::Checker(checker.clone()),
            });
        }
    }
    cases
}

fn main() -> Result<(), Failed> {
    let Some(config) = SandboxConfig::discover().filter(|config| config.has_python() && config.has_clang()) else {
        println!("skipped: the guests are not installed; run `proctor setup`");
        return Ok(());
    };
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../../shared/data/codeelo/local_judge_sample.jsonl");
    let (what, problems) = match std::fs::read_to_string(&path) {
        Ok(text) => ("local sample", text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?),
        Err(_) => ("built-in problems", proctor_contests::problems()),
    };
    let cached = std::env::args().any(|argument| argument == "--cached");
    let mark = if cached { String::new() } else { std::time::UNIX_EPOCH.elapsed()?.as_nanos().to_string() };
    let cases = cases(&problems, &mark);
    let threads = std::thread::available_parallelism()?.get();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build()?;
    let judges = SandboxJudges::new(config);
    runtime.block_on(measure(what, problems.len(), &cases, threads, &judges))
}

async fn one<'a>(case: &'a Case, policy: &Policy, judges: &dyn Judges) -> (&'a Case, Result<Judgement, JudgeError>) {
    (case, judge(&case.submission, &case.tests, &case.checker, policy, judges).await)
}

async fn measure(what: &str, problems: usize, cases: &[Case], threads: usize, judges: &dyn Judges) -> Result<(), Failed> {
    let started = process_cpu();
    for program in [Program::cpp("int main() {}"), Program::new(Language::Python, "print(1)")] {
        judges.run(program).await?;
    }
    println!("guests warm after {:.2} CPU s, {} MiB resident", process_cpu() - started, resident_mib());

    let allowance = Allowance { seconds: 1.5, memory_bytes: 256 << 20, cpp_factor: 1.0, python_factor: 1.0 };
    let policy = Policy { allowance, all_tests: false, through_files: false };
    let (cpu, wall) = (process_cpu(), Instant::now());
    let judged: Vec<_> = stream::iter(cases).map(|case| one(case, &policy, judges)).buffer_unordered(threads * 2).collect().await;
    let (cpu, wall) = (process_cpu() - cpu, wall.elapsed().as_secs_f64());

    let (mut tests, mut wrong, mut works) = (0, 0, Vec::new());
    let mut margins = [(0.0, String::new()), (0.0, String::new())];
    for (case, judgement) in judged {
        let judgement = judgement?;
        tests += judgement.tests.len();
        let work: u64 = judgement.tests.iter().map(|test| test.work).sum();
        works.push((work, format!("{} {:?} {}", case.name, case.submission.language, judgement.outcome.as_str())));
        let largest = &mut margins[usize::from(case.submission.language == Language::Python)];
        if judgement.outcome == Outcome::Accepted && judgement.margin() > largest.0 {
            *largest = (judgement.margin(), case.name.clone());
        }
        let fitting = match case.label.as_str() {
            "accepted" => judgement.outcome == Outcome::Accepted,
            "wrong" => !matches!(judgement.outcome, Outcome::Accepted | Outcome::Unjudged | Outcome::CompileError),
            _ => judgement.outcome == Outcome::Unjudged,
        };
        if !fitting {
            wrong += 1;
            println!("  {} {} is {}", case.name, case.label, judgement.outcome.as_str());
        }
    }
    let of = |language: Language| cases.iter().filter(|case| case.submission.language == language).count();
    println!(
        "{what}: {problems} problems, {} programs ({} C++, {} Python), {tests} tests, {wrong} unexpected verdicts",
        cases.len(),
        of(Language::Cpp),
        of(Language::Python)
    );
    works.sort();
    let heaviest: u64 = works.iter().rev().take(10).map(|(work, _)| work).sum();
    let all: u64 = works.iter().map(|(work, _)| work).sum();
    println!("{:.0}·10⁹ units of work, {:.0}·10⁹ of them in the ten heaviest programs:", all as f64 / 1e9, heaviest as f64 / 1e9);
    for (work, name) in works.iter().rev().take(10) {
        println!("  {:>6.1}·10⁹ {name}", *work as f64 / 1e9);
    }
    for (language, (share, name)) in ["C++", "Python"].iter().zip(&margins) {
        println!("accepted programs in {language} use at most {:.1} % of their time limit ({name})", share * 100.0);
    }
    let busy = cpu / wall / threads as f64 * 100.0;
    println!(
        "{cpu:.1} CPU s, {wall:.1} s on the clock, {threads} cores {busy:.0} % busy, {} MiB at its most",
        most_resident_mib()
    );
    println!("target of {TARGET} CPU s: {}", if cpu <= TARGET { "met" } else { "missed" });
    match wrong {
        0 => Ok(()),
        wrong => Err(format!("{wrong} verdicts are not the expected ones").into()),
    }
}
