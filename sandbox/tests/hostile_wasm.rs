//! WebAssembly modules that mean harm, each with the verdict it must come to.
#![allow(clippy::print_stdout)]

use proctor_core::{Entry, Program, Verdict};
use proctor_sandbox::{Sandbox, SandboxConfig};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

fn sandbox() -> Option<&'static Sandbox> {
    static SANDBOX: OnceLock<Option<Sandbox>> = OnceLock::new();
    let open = || Some(Sandbox::open(SandboxConfig::discover().filter(|c| c.has_python() || c.has_clang())?).unwrap());
    let sandbox = SANDBOX.get_or_init(open);
    if sandbox.is_none() {
        println!("skipped: no guest is installed (`proctor setup` does it)");
    }
    sandbox.as_ref()
}

fn limits() -> Program {
    let mut program = Program::python("", Entry::Script);
    program.limits.work = 2_000_000_000;
    program.limits.memory_bytes = 64 << 20;
    program
}

/// Checks the verdict on each module, that its work is the same twice, and that it did not take long.
fn check(cases: &[(&str, Vec<u8>, Verdict)]) {
    let Some(sandbox) = sandbox() else { return };
    for (name, module, verdict) in cases {
        let began = Instant::now();
        let execution = sandbox.run_module(module, &limits());
        assert_eq!(execution.verdict, *verdict, "{name}: {:?}", execution.raised);
        assert_eq!(execution.work, sandbox.run_module(module, &limits()).work, "{name}");
        assert!(!execution.wall_net && began.elapsed() < Duration::from_secs(60), "{name} took {:?}", began.elapsed());
    }
}

fn text(source: &str) -> Vec<u8> {
    wat::parse_str(source).unwrap()
}

/// A command of these instructions, with the usual functions of its system imported and one page of memory.
fn command(body: &str) -> Vec<u8> {
    let import = |name: &str, parameters: &str| {
        format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param {parameters}) (result i32)))")
    };
    let imports: String = [
        ("args_get", "i32 i32"),
        ("environ_get", "i32 i32"),
        ("clock_time_get", "i32 i64 i32"),
        ("random_get", "i32 i32"),
        ("fd_write", "i32 i32 i32 i32"),
        ("fd_read", "i32 i32 i32 i32"),
        ("fd_pread", "i32 i32 i32 i64 i32"),
        ("fd_readdir", "i32 i32 i32 i64 i32"),
        ("fd_prestat_dir_name", "i32 i32 i32"),
        ("fd_renumber", "i32 i32"),
        ("fd_close", "i32"),
        ("fd_seek", "i32 i64 i32 i32"),
        ("fd_filestat_set_size", "i32 i64"),
        ("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32"),
        ("path_link", "i32 i32 i32 i32 i32 i32 i32"),
        ("path_symlink", "i32 i32 i32 i32 i32"),
        ("poll_oneoff", "i32 i32 i32 i32"),
        ("sock_send", "i32 i32 i32 i32 i32"),
    ]
    .map(|(name, parameters)| import(name, parameters))
    .concat();
    text(&format!(
        "(module {imports} (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))
        (memory (export \"memory\") 1 256) (data (i32.const 64) \"../../etc/passwd/etc/passwd\")
        (data (i32.const 128) \"\\00\\02\\00\\00\\00\\00\\01\\00\") (table 8 funcref)
        (type $v (func)) (type $i (func (param i32) (result i32)))
        (func $same (export \"_start\") {body}))"
    ))
}

/// A command that exits with 0 when a call gives one of these error numbers.
fn refused(call: &str, numbers: &[u32]) -> Vec<u8> {
    let tests: String = numbers.iter().map(|n| format!("(i32.eq (local.get 0) (i32.const {n})) i32.or ")).collect();
    command(&format!(
        "(local i32) (local.set 0 {call}) i32.const 0 {tests} i32.eqz if local.get 0 i32.const 100 i32.add call $exit end"
    ))
}

#[test]
fn malformed_modules_are_no_programs() {
    let whole = command("");
    let deep = format!("(module (func (export \"_start\") {} {}))", "block ".repeat(60_000), "end ".repeat(60_000));
    let memories = "(module (memory 1) (func (export \"_start\") (i64.store 1 (i32.const 0) (i64.const 1))))";
    let cases = [
        ("nothing", vec![]),
        ("half a header", b"\0asm".to_vec()),
        ("another version", b"\0asm\x02\0\0\0".to_vec()),
        ("no module", b"#!/bin/sh\necho".to_vec()),
        ("an empty module", b"\0asm\x01\0\0\0".to_vec()),
        ("a cut module", whole[..whole.len() / 2].to_vec()),
        ("a length beyond its end", b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f".to_vec()),
        ("a count of four billion types", b"\0asm\x01\0\0\0\x01\x05\xff\xff\xff\xff\x0f".to_vec()),
        ("bytes after its end", [&whole[..], &[0x0a, 0, 0x0a, 0]].concat()),
        ("code that is no code", b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x05\x01\x03\0\xff\x0b".to_vec()),
        ("no command", text("(module (func (export \"main\")))")),
        ("a command with a parameter", text("(module (func (export \"_start\") (param i32)))")),
        ("an unknown import", text("(module (import \"env\" \"system\" (func (param i32))) (func (export \"_start\")))")),
        ("the host's memory", text("(module (import \"env\" \"memory\" (memory 1)) (func (export \"_start\")))")),
        (
            "an import of another type",
            text("(module (import \"wasi_snapshot_preview1\" \"fd_close\" (func)) (func (export \"_start\")))"),
        ),
        ("two memories", text("(module (memory 1) (memory 1) (func (export \"_start\")))")),
        ("the counter by an address", {
            // Valid only where there is a second memory, as there is once work is counted.
            let mut module = text(&memories.replace("(memory 1)", "(memory 1) (memory 1)"));
            let at = module.windows(5).position(|w| w == [5, 5, 2, 0, 1]).unwrap();
            module.splice(at..at + 7, [5, 3, 1, 0, 1]);
            module
        }),
        ("the counter's name", text("(module (memory (export \"proctor:work\") 1) (func (export \"_start\")))")),
        ("shared memory", text("(module (memory 1 2 shared) (func (export \"_start\")))")),
        ("a table that grows uncounted", command("(drop (table.grow 0 (ref.null func) (i32.const 1000000)))")),
        ("60,000 blocks in one another", deep.parse::<String>().map(|t| text(&t)).unwrap()),
    ];
    let Some(sandbox) = sandbox() else { return };
    for (name, module) in cases {
        let execution = sandbox.run_module(&module, &limits());
        // Blocks may be as deep as they like, as long as the host lives.
        let expected = if name.starts_with("60,000") { execution.verdict } else { Verdict::CompileError };
        assert_eq!(execution.verdict, expected, "{name}: {:?}", execution.raised);
        assert_ne!(execution.verdict, Verdict::SandboxError, "{name}");
        assert!(execution.raised.is_none_or(|raised| !raised.message.is_empty()), "{name}");
    }
}

#[test]
fn modules_that_do_not_end_are_ended() {
    use Verdict::*;
    check(&[
        ("an endless loop", command("(loop (br 0))"), TimeLimit),
        ("an endless start", text("(module (func $s (loop (br 0))) (start $s) (func (export \"_start\")))"), TimeLimit),
        ("a start that traps", text("(module (func $s unreachable) (start $s) (func (export \"_start\")))"), RuntimeError),
        ("endless recursion", command("(call $same)"), RuntimeError),
        ("endless calls in place of returns", text("(module (func $f (export \"_start\") (return_call $f)))"), TimeLimit),
        (
            "a tree of calls",
            text(
                "(module (func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1)))))) (func (export \"_start\") (call $f (i32.const 200))))",
            ),
            TimeLimit,
        ),
        (
            "a loop that asks for the time",
            command("(loop (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0))) (br 0))"),
            TimeLimit,
        ),
        ("a loop that grows by nothing", command("(loop (drop (memory.grow (i32.const 0))) (br 0))"), TimeLimit),
        (
            "a loop that grows",
            command("(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable"),
            Verdict::RuntimeError,
        ),
        (
            "filling all memory for ever",
            command(
                "(drop (memory.grow (i32.const 200))) (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 13000000)) (br 0))",
            ),
            TimeLimit,
        ),
        (
            "copying all memory for ever",
            command(
                "(drop (memory.grow (i32.const 200))) (loop (memory.copy (i32.const 0) (i32.const 1) (i32.const 13000000)) (br 0))",
            ),
            TimeLimit,
        ),
        (
            "exceptions for ever",
            text(
                "(module (tag $t) (func (export \"_start\") (loop $l (block $h (try_table (catch $t $h) (throw $t))) (br $l))))",
            ),
            TimeLimit,
        ),
        (
            "sleeping for ever",
            command(
                "(i64.store (i32.const 1024) (i64.const 9000000000000000)) (drop (call $poll_oneoff (i32.const 1000) (i32.const 2000) (i32.const 1) (i32.const 3000)))",
            ),
            TimeLimit,
        ),
        (
            "writing for ever",
            command(
                "(i32.store (i32.const 8) (i32.const 64)) (i32.store (i32.const 12) (i32.const 60000)) (loop (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0))) (br 0))",
            ),
            OutputLimit,
        ),
        (
            "reading the same megabytes for ever",
            command(
                "(loop (drop (call $fd_pread (i32.const 3) (i32.const 0) (i32.const 8192) (i64.const 0) (i32.const 0))) (br 0))",
            ),
            TimeLimit,
        ),
        ("randomness for ever", command("(loop (drop (call $random_get (i32.const 0) (i32.const 65536))) (br 0))"), TimeLimit),
    ]);
}

#[test]
fn modules_that_crash_crash_alone() {
    use Verdict::*;
    check(&[
        ("an unreachable place", command("unreachable"), RuntimeError),
        ("a division by zero", command("(drop (i32.div_s (i32.const 1) (i32.const 0)))"), RuntimeError),
        ("an address beyond its memory", command("(drop (i32.load (i32.const 0x7fffffff)))"), RuntimeError),
        ("the highest address", command("(i64.store offset=0xffffffff (i32.const -1) (i64.const -1))"), RuntimeError),
        ("filling beyond its memory", command("(memory.fill (i32.const 1) (i32.const 0) (i32.const 65536))"), RuntimeError),
        ("copying from beyond it", command("(memory.copy (i32.const 0) (i32.const -1) (i32.const 16))"), RuntimeError),
        ("a call of nothing", command("(call_indirect (type $v) (i32.const 0))"), RuntimeError),
        ("a call beyond the table", command("(call_indirect (type $v) (i32.const -1))"), RuntimeError),
        (
            "a call by another type",
            text(
                "(module (type $v (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (param i32)) (func (export \"_start\") (call_indirect (type $v) (i32.const 0))))",
            ),
            RuntimeError,
        ),
        ("an exception nobody catches", text("(module (tag $t) (func (export \"_start\") (throw $t)))"), RuntimeError),
        (
            "data beyond its memory",
            text("(module (memory 1) (data (i32.const 65536) \"x\") (func (export \"_start\")))"),
            RuntimeError,
        ),
        ("four gigabytes at once", text("(module (memory 65536) (func (export \"_start\")))"), MemoryLimit),
        ("a table of ten million", text("(module (table 10000000 funcref) (func (export \"_start\")))"), RuntimeError),
        ("exit status -1", command("(call $exit (i32.const -1))"), RuntimeError),
        ("exit status 0", command("(call $exit (i32.const 0)) unreachable"), Ok),
    ]);
}

#[test]
fn calls_with_wild_pointers_and_paths_are_refused() {
    use Verdict::Ok;
    let (fault, invalid) = (21, 28);
    check(&[
        (
            "vectors beyond memory",
            refused("(call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 0))", &[fault]),
            Ok,
        ),
        (
            "four billion vectors",
            refused("(call $fd_write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 0))", &[fault, invalid]),
            Ok,
        ),
        ("a buffer beyond memory", refused("(call $random_get (i32.const 65535) (i32.const 2))", &[fault]), Ok),
        ("four gigabytes of randomness", refused("(call $random_get (i32.const 0) (i32.const -1))", &[fault, invalid]), Ok),
        ("arguments at the end of memory", refused("(call $args_get (i32.const 65534) (i32.const 65534))", &[fault]), Ok),
        ("the time beyond memory", refused("(call $clock_time_get (i32.const 0) (i64.const 0) (i32.const -1))", &[fault]), Ok),
        (
            "a clock there is none of",
            refused("(call $clock_time_get (i32.const 99) (i64.const 0) (i32.const 0))", &[invalid]),
            Ok,
        ),
        (
            "four billion subscriptions",
            refused("(call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0))", &[fault, invalid]),
            Ok,
        ),
        (
            "a path of four gigabytes",
            refused(
                "(call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 0))",
                &[fault, 37],
            ),
            Ok,
        ),
        (
            "a way out of the root",
            refused(
                "(call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 16) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))",
                &[63],
            ),
            Ok,
        ),
        (
            "a path from the host's root",
            refused(
                "(call $path_open (i32.const 3) (i32.const 0) (i32.const 80) (i32.const 11) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))",
                &[44, 63],
            ),
            Ok,
        ),
        (
            "a path from what is no folder",
            refused(
                "(call $path_open (i32.const 1) (i32.const 0) (i32.const 80) (i32.const 11) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))",
                &[54],
            ),
            Ok,
        ),
        (
            "a descriptor there is none of",
            refused("(call $fd_read (i32.const -1) (i32.const 128) (i32.const 1) (i32.const 0))", &[8, fault]),
            Ok,
        ),
        ("renumbering what is not open", refused("(call $fd_renumber (i32.const 0) (i32.const 1000000))", &[8]), Ok),
        (
            "a list into no memory",
            refused("(call $fd_readdir (i32.const 3) (i32.const -4) (i32.const 4096) (i64.const 0) (i32.const 0))", &[fault]),
            Ok,
        ),
        (
            "a name into no memory",
            refused("(call $fd_prestat_dir_name (i32.const 3) (i32.const -1) (i32.const 100))", &[fault]),
            Ok,
        ),
        (
            "a place before the beginning",
            refused("(call $fd_seek (i32.const 0) (i64.const -1) (i32.const 0) (i32.const 0))", &[invalid, 70]),
            Ok,
        ),
        ("a size for standard output", refused("(call $fd_filestat_set_size (i32.const 1) (i64.const -1))", &[invalid]), Ok),
        (
            "links",
            refused(
                "(i32.or (call $path_link (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 16) (i32.const 3) (i32.const 80) (i32.const 4)) (call $path_symlink (i32.const 64) (i32.const 16) (i32.const 3) (i32.const 80) (i32.const 4)))",
                &[63],
            ),
            Ok,
        ),
        (
            "the door to time zones",
            refused(
                "(call $path_link (i32.const 0) (i32.const 0x7a6f6e00) (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const -1))",
                &[44],
            ),
            Ok,
        ),
        (
            "sockets",
            refused("(call $sock_send (i32.const 1) (i32.const 128) (i32.const 1) (i32.const 0) (i32.const 0))", &[58]),
            Ok,
        ),
        (
            "closing everything twice",
            refused(
                "(drop (call $fd_close (i32.const 0))) (drop (call $fd_close (i32.const 1))) (drop (call $fd_close (i32.const 3))) (call $fd_close (i32.const 0))",
                &[8],
            ),
            Ok,
        ),
        ("no environment", refused("(call $environ_get (i32.const 0) (i32.const 0))", &[0]), Ok),
    ]);
}

#[test]
fn modules_the_compiler_takes_long_for_are_refused() {
    let Some(sandbox) = sandbox() else { return };
    let many = format!("(module {} (func (export \"_start\")))", "(func (loop (br 0)))".repeat(50_000));
    assert_eq!(sandbox.run_module(&text(&many), &limits()).verdict, Verdict::Ok);
    let long = format!(
        "(module (func (export \"_start\") (local i64) {}))",
        "local.get 0 i64.const 7 i64.mul local.set 0 ".repeat(100_000)
    );
    let execution = sandbox.run_module(&text(&long), &limits());
    assert_eq!(execution.verdict, Verdict::CompileError);
    assert!(execution.raised.is_some_and(|raised| raised.message.contains("a function of the module has")));
    let blocks =
        format!("(module (func (export \"_start\") {} {}))", "block ".repeat(20_000), "i32.const 1 br_if 0 end ".repeat(20_000));
    let began = Instant::now();
    assert_ne!(sandbox.run_module(&text(&blocks), &limits()).verdict, Verdict::SandboxError);
    assert!(began.elapsed() < Duration::from_secs(60));
}
