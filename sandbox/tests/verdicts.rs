//! Which program comes to which verdict.
#![allow(clippy::print_stdout)]

mod support;

use proctor_core::{Entry, Verdict};
use support::{guarded, native, outcome, printed, program, sandbox, script};

#[test]
fn each_ending_has_its_verdict() {
    let Some(sandbox) = sandbox() else { return };
    use Entry::{Guarded, Script};
    use Verdict::*;
    let cases: &[(&str, Entry, Verdict, Option<&str>)] = &[
        ("print(1)", Script, Ok, None),
        ("", Script, Ok, None),
        ("assert 1 == 1", Guarded, Ok, None),
        ("", Guarded, Ok, None),
        ("assert 1 == 2, 'no'", Script, RuntimeError, Some("AssertionError")),
        ("assert 1 == 2", Guarded, RuntimeError, Some("AssertionError")),
        ("1/0", Guarded, RuntimeError, Some("ZeroDivisionError")),
        ("class Odd(Exception): pass\nraise Odd('x')", Guarded, RuntimeError, Some("Odd")),
        ("raise BaseException", Guarded, RuntimeError, Some("BaseException")),
        ("def f(:", Script, CompileError, Some("SyntaxError")),
        ("def f(:", Guarded, CompileError, Some("SyntaxError")),
        ("if 1:\n\tx = 1\n        y = 2", Guarded, CompileError, Some("TabError")),
        ("x = 1\0", Guarded, CompileError, Some("SyntaxError")),
        ("import sys; sys.exit(0)", Script, Ok, None),
        ("import sys; sys.exit(3)", Script, RuntimeError, Some("SystemExit")),
        ("import sys; sys.exit('why')", Script, RuntimeError, Some("SystemExit")),
        ("import sys; sys.exit(0)", Guarded, RuntimeError, Some("SystemExit")),
        ("raise SystemExit", Guarded, RuntimeError, Some("SystemExit")),
        ("import os; os._exit(0)", Script, Ok, None),
        ("import os; os._exit(7)", Script, RuntimeError, Some("ProcessExit")),
        ("import os; os._exit(0)", Guarded, RuntimeError, Some("ProcessExit")),
        ("while True: pass", Script, TimeLimit, None),
        ("while True: pass", Guarded, TimeLimit, None),
        ("import time; time.sleep(60)", Guarded, TimeLimit, None),
        ("x = [0] * (1 << 28)", Guarded, MemoryLimit, Some("MemoryError")),
        ("x = []\nwhile True: x.append(bytearray(1 << 20))", Script, MemoryLimit, Some("MemoryError")),
        ("while True: print('x' * 1000)", Script, OutputLimit, None),
        ("import atexit\nprint('x' * 1000)\natexit.register(lambda: print('y' * 2000000))", Script, OutputLimit, None),
        ("import atexit\ndef f():\n    while True: pass\natexit.register(f)", Script, TimeLimit, None),
        ("import sys\nsys.stdout.write('x' * 2000000)", Script, OutputLimit, None),
        ("def f(): f()\nf()", Guarded, RuntimeError, Some("RecursionError")),
        ("exit(0)", Guarded, RuntimeError, Some("TypeError")),
        ("input()", Guarded, RuntimeError, Some("OSError")),
        ("input()", Script, RuntimeError, Some("EOFError")),
        ("import nothing_of_that_name", Guarded, RuntimeError, Some("ModuleNotFoundError")),
    ];
    for (source, entry, verdict, kind) in cases {
        let execution = sandbox.run(&program(source, *entry));
        assert_eq!(outcome(&execution), (*verdict, *kind), "{entry:?} {source}\n{}", execution.stderr);
        assert!(execution.work > 0 && !execution.wall_net, "{source}");
    }
}

#[test]
fn a_script_is_a_file_and_a_guarded_program_is_not() {
    let Some(sandbox) = sandbox() else { return };
    let text = "if __name__ == '__main__': print('main', __file__, __import__('sys').argv)";
    assert_eq!(printed(sandbox, &script(text)), "main /program/program.py ['/program/program.py']\n");
    let inside = "assert __name__ == 'builtins' and '__file__' not in globals() and exit is None and quit is None";
    assert_eq!(sandbox.run(&guarded(inside)).verdict, Verdict::Ok);
    let swallowed = sandbox.run(&guarded("print('x')\nimport os; os.write(1, b'y')\nassert False"));
    assert_eq!((swallowed.verdict, swallowed.stdout.as_str()), (Verdict::RuntimeError, ""));
    assert!(swallowed.stderr.contains("\", line 3, in <module>"), "{}", swallowed.stderr);
}

#[test]
fn input_environment_and_files_are_the_programs_own() {
    let Some(sandbox) = sandbox() else { return };
    let mut echo = script("import os, sys\nprint(sys.stdin.read(), os.environ['WORD'], os.getcwd(), os.listdir('/'))");
    echo.stdin = Some("one\ntwo".into());
    echo.environment.insert("WORD".into(), "said".into());
    assert_eq!(printed(sandbox, &echo), "one\ntwo said /program ['program', 'tmp']\n");
    let files = "import os, tempfile\nwith open('a', 'w') as f: f.write('x' * 10)\nos.rename('a', 'b')\nos.mkdir('d')\n\
        with tempfile.TemporaryFile() as f: f.write(b'1')\nprint(sorted(os.listdir()), open('b').read(), os.path.getsize('b'))\n\
        os.remove('b'); os.rmdir('d'); print(os.path.exists('b'))";
    for _ in 0..2 {
        assert_eq!(printed(sandbox, &script(files)), "['b', 'd', 'program.py'] xxxxxxxxxx 10\nFalse\n");
    }
}

#[test]
fn what_a_script_does_at_its_end_is_done() {
    let Some(sandbox) = sandbox() else { return };
    let text = "import atexit, sys\natexit.register(print, 'bye')\nprint('hi', end='')\nsys.stderr.write('err')";
    let execution = sandbox.run(&script(text));
    assert_eq!((execution.stdout.as_str(), execution.stderr.as_str()), ("hibye\n", "err"));
    let objects = "class A:\n    def __init__(self, n): self.n = n\n    def __del__(self): print('del', self.n)\n_first = A(1)\nx = A(2)\nc = A(3); c.c = c\nprint('end')";
    assert_eq!(printed(sandbox, &script(objects)), "end\ndel 1\ndel 2\ndel 3\n");
    let failing = sandbox.run(&script("import atexit, os\natexit.register(os._exit, 0)\nassert False"));
    assert_eq!((failing.verdict, failing.exit_status), (Verdict::Ok, Some(0)), "as natively");
}

#[test]
fn sources_are_read_as_python_reads_files() {
    let Some(sandbox) = sandbox() else { return };
    assert_eq!(printed(sandbox, &script("\u{feff}x = 'é'\r\nprint(len(x), end='')\r\n")), "1");
    assert_eq!(sandbox.run(&guarded("\u{feff}x = 1")).verdict, Verdict::CompileError);
    assert_eq!(sandbox.run(&guarded("x = 1\r\nassert x == 1\r\n")).verdict, Verdict::Ok);
    let long = format!("x = {}\nassert len(x) == 100000", vec!["1"; 100_000].join(","))
        .replacen("x = ", "x = (", 1)
        .replacen('\n', ")\n", 1);
    assert_eq!(sandbox.run(&guarded(&long)).verdict, Verdict::Ok);
}

#[test]
fn native_semantics_are_the_guests_own() {
    let Some(sandbox) = sandbox() else { return };
    let text = "import sys\ndef f(x: Missing): pass\nprint(sum([0.1] * 10), sys.maxsize)";
    assert_eq!(printed(sandbox, &native(text)), "1.0 2147483647\n");
    assert_eq!(sandbox.run(&script(text)).verdict, Verdict::RuntimeError);
}
