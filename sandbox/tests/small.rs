//! The small guest, which serves where the large one is not installed.
#![allow(clippy::print_stdout)]

use proctor_core::{Entry, Program, Verdict};
use proctor_sandbox::{Sandbox, SandboxConfig};

/// The sandbox with the small guest alone.
fn sandbox() -> Option<Sandbox> {
    let mut config = SandboxConfig::discover().filter(|c| c.python_small.is_file());
    let Some(config) = config.as_mut() else {
        println!("skipped: the small Python guest is not installed (`proctor setup --small` does it)");
        return None;
    };
    config.python = "/nowhere".into();
    Some(Sandbox::open(config.clone()).unwrap())
}

#[test]
fn programs_come_to_their_verdicts() {
    let Some(sandbox) = sandbox() else { return };
    use Entry::{Guarded, Script};
    use Verdict::*;
    let cases = [
        ("print(1)", Script, Ok, None),
        ("import sys; sys.exit(3)", Script, RuntimeError, Some("ProcessExit")),
        ("1/0", Script, RuntimeError, Some("ZeroDivisionError")),
        ("def f(:", Script, CompileError, Some("SyntaxError")),
        ("while True: pass", Script, TimeLimit, None),
        ("assert sum([0.1] * 10) == 0.9999999999999999 and __name__ == 'builtins'", Guarded, Ok, None),
        ("assert 1 == 2", Guarded, RuntimeError, Some("AssertionError")),
        ("import sys; sys.exit(0)", Guarded, RuntimeError, Some("SystemExit")),
        ("import os; os._exit(0)", Guarded, RuntimeError, Some("ProcessExit")),
        ("def f(:", Guarded, CompileError, Some("SyntaxError")),
        ("exit(0)", Guarded, RuntimeError, Some("TypeError")),
        ("x = [0] * (1 << 28)", Guarded, MemoryLimit, Some("MemoryError")),
    ];
    for (source, entry, verdict, kind) in cases {
        let mut program = Program::python(source, entry);
        program.limits.work = 20_000_000_000;
        program.limits.memory_bytes = 256 << 20;
        let execution = sandbox.run(&program);
        let got = (execution.verdict, execution.raised.as_ref().map(|r| r.kind.as_str()));
        assert_eq!(got, (verdict, kind), "{entry:?} {source}\n{}", execution.stderr);
        assert_eq!(execution.work, sandbox.run(&program).work, "{source}");
    }
}
