//! What the tests share: one open sandbox, and running a program in one line.
#![allow(dead_code, clippy::print_stdout)]

use proctor_core::{Entry, Execution, Program, Semantics, Verdict};
use proctor_sandbox::{Sandbox, SandboxConfig};
use std::sync::OnceLock;

/// The sandbox, where the Python guest is installed; says so where it is not.
pub fn sandbox() -> Option<&'static Sandbox> {
    static SANDBOX: OnceLock<Option<Sandbox>> = OnceLock::new();
    let sandbox = SANDBOX.get_or_init(|| {
        let config = SandboxConfig::discover().filter(|c| c.python_wasm().is_file())?;
        Some(Sandbox::open(config).expect("an installed guest can be opened"))
    });
    if sandbox.is_none() {
        println!("skipped: the Python guest is not installed (`proctor setup` does it)");
    }
    sandbox.as_ref()
}

/// A program with limits small enough for tests.
pub fn program(source: &str, entry: Entry) -> Program {
    let mut program = Program::python(source, entry);
    program.limits.work = 20_000_000_000;
    program.limits.memory_bytes = 256 << 20;
    program
}

pub fn script(source: &str) -> Program {
    program(source, Entry::Script)
}

pub fn guarded(source: &str) -> Program {
    program(source, Entry::Guarded)
}

pub fn native(source: &str) -> Program {
    Program { semantics: Semantics::Native, ..script(source) }
}

/// What a script prints; fails where it does not end well.
pub fn printed(sandbox: &Sandbox, program: &Program) -> String {
    let execution = sandbox.run(program);
    assert_eq!(execution.verdict, Verdict::Ok, "{}\n{}{}", program.source, execution.stdout, execution.stderr);
    execution.stdout
}

/// The verdict, and the kind of what was raised.
pub fn outcome(execution: &Execution) -> (Verdict, Option<&str>) {
    (execution.verdict, execution.raised.as_ref().map(|raised| raised.kind.as_str()))
}
