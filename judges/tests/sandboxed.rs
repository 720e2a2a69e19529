//! Programs through the judges, many at once.
#![allow(clippy::print_stdout)]

use futures::future::join_all;
use proctor_core::{Entry, JudgeError, Judges, Needs, Program, Verdict};
use proctor_judges::SandboxJudges;
use proctor_sandbox::SandboxConfig;

/// What a benchmark with Python programs needs.
const PYTHON: Needs = Needs { python: true, cpp: false, judge: false, service: false };

fn judges() -> Option<SandboxJudges> {
    let config = SandboxConfig::discover().filter(SandboxConfig::has_python);
    if config.is_none() {
        println!("skipped: the Python guest is not installed (`proctor setup` does it)");
    }
    config.map(SandboxJudges::new)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

#[test]
fn many_programs_at_once_come_each_to_its_verdict() {
    let Some(judges) = judges() else { return };
    let programs = (0..60).map(|i| Program::python(format!("assert {i} % 3 != 0"), Entry::Guarded));
    let executions = runtime().block_on(join_all(programs.map(|program| judges.run(program))));
    for (i, execution) in executions.into_iter().enumerate() {
        let expected = if i % 3 == 0 { Verdict::RuntimeError } else { Verdict::Ok };
        assert_eq!(execution.unwrap().verdict, expected, "{i}");
    }
    let provenance = judges.provenance(PYTHON);
    assert_eq!(provenance["guest_sha256"].as_str().map(str::len), Some(64), "{provenance}");
    assert_eq!(provenance, judges.provenance(PYTHON));
}

#[test]
fn without_a_guest_nothing_is_judged() {
    let empty = tempfile::tempdir().unwrap();
    let judges = SandboxJudges::new(SandboxConfig::below(empty.path()));
    let result = runtime().block_on(judges.run(Program::python("", Entry::Script)));
    match result {
        Err(JudgeError::Unavailable(message)) => assert!(message.contains("proctor setup"), "{message}"),
        other => panic!("{other:?}"),
    }
    assert!(judges.provenance(PYTHON)["unavailable"].is_string());
}
