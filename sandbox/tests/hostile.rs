//! Programs that mean harm, each with the verdict it must come to.
#![allow(clippy::print_stdout)]

mod support;

use proctor_core::{Entry, Verdict};
use std::time::{Duration, Instant};
use support::{guarded, outcome, program, sandbox, script};

const FAILING: &str = "\nassert 1 == 2";

#[test]
fn nothing_of_the_host_can_be_reached() {
    let Some(sandbox) = sandbox() else { return };
    let cases = [
        "open('/etc/passwd')",
        "open('/../../../../etc/passwd')",
        "open('/proc/self/environ')",
        "open('/usr/local/lib/../../../etc/passwd')",
        "open('/usr/local/lib/python315.zip', 'ab')",
        "import os; os.symlink('/etc', '/tmp/etc'); open('/tmp/etc/passwd')",
        "import os; os.link('/usr/local/lib/python315.zip', '/tmp/z')",
        "import socket; socket.create_connection(('127.0.0.1', 22), 1)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1/')",
        "import subprocess; subprocess.run(['true'], check=True)",
        "import os; os.system('true')",
        "import os; os.fork()",
        "import os; os.execv('/bin/sh', ['sh'])",
        "import os; os.kill(1, 9)",
        "import ctypes; ctypes.CDLL(None).system(b'true')",
        "import multiprocessing; p = multiprocessing.Process(target=print); p.start(); p.join()",
        "import _thread; _thread.start_new_thread(print, ())",
    ];
    for source in cases {
        for entry in [Entry::Script, Entry::Guarded] {
            let execution = sandbox.run(&program(source, entry));
            assert_eq!(execution.verdict, Verdict::RuntimeError, "{entry:?} {source}\n{}{}", execution.stdout, execution.stderr);
            assert!(!execution.stdout.contains("root:"), "{source}");
        }
    }
    let quiet = sandbox.run(&script("import os; print(sorted(os.environ), os.listdir('/'), os.getpid() > 0)"));
    let expected = "['HOME', 'MPLBACKEND', 'MPLCONFIGDIR', 'PYTHONTZPATH', 'TMPDIR'] ['program', 'tmp'] True\n";
    assert_eq!(quiet.stdout, expected);
}

#[test]
fn bombs_end_at_their_limit() {
    let Some(sandbox) = sandbox() else { return };
    let cases = [
        ("while True: pass", Verdict::TimeLimit),
        ("for i in iter(int, 1): pass", Verdict::TimeLimit),
        ("sum(range(10**18))", Verdict::TimeLimit),
        ("x = 9**9**9", Verdict::TimeLimit),
        ("import re; re.match(r'(a+)+$', 'a' * 64 + 'b')", Verdict::TimeLimit),
        ("print(len(str(7 ** 30000)))", Verdict::RuntimeError),
        ("sorted(range(10**6), key=lambda x: [x] * 50 and -x)\nwhile 1: sorted(range(10**6))", Verdict::TimeLimit),
        ("import time\nwhile time.time() < 4e9: pass", Verdict::TimeLimit),
        ("while True:\n    try: 1/0\n    except BaseException: pass", Verdict::TimeLimit),
        ("x = 'a' * (1 << 30)", Verdict::MemoryLimit),
        ("import numpy as np\nx = np.zeros((1 << 13, 1 << 13)) + 1", Verdict::MemoryLimit),
        ("import zlib\nx = zlib.compress(bytes(1 << 24))\ny = [zlib.decompress(x) for _ in range(99)]", Verdict::MemoryLimit),
        ("import sys\nsys.settrace(lambda *a: None)\nwhile True: pass", Verdict::TimeLimit),
        ("import itertools\nfor _ in itertools.product(range(99), repeat=9): pass", Verdict::TimeLimit),
        ("from fractions import Fraction as F\nx = F(1, 3)\nwhile True: x = x * x + x", Verdict::TimeLimit),
        ("class A:\n    def __del__(self): A()\nwhile True: A()", Verdict::TimeLimit),
        ("x = [[]]\nwhile True: x = [x, list(range(1000))]", Verdict::MemoryLimit),
        ("x = 'a'\nwhile True: x += x", Verdict::MemoryLimit),
        ("def f(n): return f(n + 1)\nf(0)", Verdict::RuntimeError),
        ("import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)", Verdict::MemoryLimit),
        ("import sys\nsys.setrecursionlimit(10**9)\nx = []\nfor i in range(10**6): x = [x]\nrepr(x)", Verdict::TimeLimit),
        ("eval('(' * 10000 + ')' * 10000)", Verdict::RuntimeError),
        ("for i in range(10**9): open(f'/tmp/{i}', 'w').close()", Verdict::RuntimeError),
        ("f = open('/tmp/x', 'wb')\nwhile True: f.write(bytes(1 << 20))", Verdict::RuntimeError),
        ("f = open('/tmp/x', 'wb'); f.truncate(1 << 40)", Verdict::RuntimeError),
        ("fs = [open(f'/tmp/{i}', 'w') for i in range(1000)]", Verdict::RuntimeError),
        ("import os\np = '/tmp'\nfor i in range(5000):\n    p += '/d'; os.mkdir(p)", Verdict::RuntimeError),
    ];
    for (source, verdict) in cases {
        let began = Instant::now();
        let execution = sandbox.run(&guarded(source));
        let raised = outcome(&execution);
        assert_eq!(raised.0, verdict, "{source}\n{raised:?}\n{}", execution.stderr.chars().take(500).collect::<String>());
        assert!(!execution.wall_net && began.elapsed() < Duration::from_secs(100), "{source}");
    }
    for source in [
        "while True: print('x' * 100)",
        "import sys\nwhile True: sys.stderr.write('x' * 100)",
        "import os\nwhile True: os.write(1, b'x' * 100)",
    ] {
        let execution = sandbox.run(&script(source));
        assert_eq!(execution.verdict, Verdict::OutputLimit, "{source}");
        assert!(execution.stdout.len() as u64 + execution.stderr.len() as u64 <= 2 * (1 << 20));
    }
}

#[test]
fn a_failure_cannot_be_turned_into_success() {
    let Some(sandbox) = sandbox() else { return };
    let tricks = [
        "print('passed'); print('ok')",
        "import os; os._exit(0)",
        "import sys; sys.exit(0)",
        "raise SystemExit(0)",
        "import atexit, os; atexit.register(os._exit, 0)",
        "import sys; sys.excepthook = lambda *a: __import__('os')._exit(0)",
        "import sys; sys.excepthook = lambda *a: sys.exit(0)",
        "import builtins; builtins.AssertionError = type('Quiet', (Exception,), {})",
        "import builtins, sys; builtins.BaseException = builtins.Exception = ValueError",
        "class X:\n    def __del__(self): __import__('os')._exit(0)\nx = X()",
        "import sys\nf = sys._getframe()\nwhile f:\n    for k in list(f.f_locals): \n        try: f.f_locals[k] = True\n        except Exception: pass\n    f = f.f_back",
        "import gc, types\nfor o in gc.get_objects():\n    if isinstance(o, types.FunctionType):\n        try: o.__code__ = (lambda *a, **k: '0').__code__\n        except Exception: pass",
        "import sys\nfor m in list(sys.modules.values()):\n    for k, v in list(vars(m).items()):\n        if callable(v) and k in ('finish', 'reported', 'prepare'): setattr(m, k, lambda *a: '0\\x1fok')",
        "import sys\nd = sys._proctor\nd.finish = d.reported = d.failed_to_compile = lambda *a: '0\\x1f'\nd.state['entry'] = 'script'",
        "import sys\nsys._proctor.finish.__code__ = (lambda error: '0\\x1fpassed').__code__",
        "import sys, os\nsys._proctor.finish.__code__ = (lambda error: __import__('os')._exit(0)).__code__",
        "import _thread; _thread.interrupt_main()",
        "import builtins; del builtins.__import__, builtins.AssertionError",
        "globals()['__builtins__']['AssertionError'] = Warning",
        "import sys; sys.modules.clear()",
        "import sys; sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None",
        "import os; os.write(1, b'ok'); os.close(1); os.close(2)",
        "class E(AssertionError):\n    def __str__(self): __import__('os')._exit(0)\nraise E",
        "class E(AssertionError):\n    def __str__(self):\n        while True: pass\nraise E",
        "import gc; gc.set_threshold(1); gc.callbacks.append(lambda *a: 1 / 0)",
        "import faulthandler; faulthandler._sigsegv()",
        "import sys; sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)",
        "import sys; sys.exit = lambda *a: None\nraise SystemExit",
        "import sys; sys.set_int_max_str_digits(0); sys.setrecursionlimit(5)",
        "import numpy as np\nnp.lib.stride_tricks.as_strided(np.zeros(1), (1 << 27,), (32,))[:] = 1",
        "import numpy as np\nnp.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (1 << 26,), (1,))[:] = 0",
        "import numpy as np\nnp.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (1 << 22,), (-1,))[:] = 255",
        "import signal; signal.raise_signal(signal.SIGTERM)",
        "import traceback; traceback.print_exception = print",
        "import sys\nclass Out:\n    def write(self, *a): __import__('os')._exit(0)\n    flush = write\nsys.stdout = sys.stderr = sys.__stderr__ = Out()",
    ];
    for trick in tricks {
        let execution = sandbox.run(&guarded(&format!("{trick}{FAILING}")));
        assert_ne!(execution.verdict, Verdict::Ok, "{trick}");
        assert_ne!(execution.verdict, Verdict::SandboxError, "{trick}\n{:?}", execution.raised);
    }
}

#[test]
fn odd_sources_are_no_trouble() {
    let Some(sandbox) = sandbox() else { return };
    let sources = [
        "\0".to_string(),
        "\u{1e}\u{1f}".into(),
        "\u{1f}\u{1e}print(1)".into(),
        "x".repeat(1 << 20),
        "(".repeat(100_000),
        "-".repeat(100_000) + "1",
        "\u{10ffff}".into(),
        "#".repeat(10 << 20),
        "'''".into(),
        "\\".into(),
    ];
    for source in sources {
        for entry in [Entry::Script, Entry::Guarded] {
            let execution = sandbox.run(&program(&source, entry));
            let start: String = source.chars().take(20).collect();
            assert_ne!(execution.verdict, Verdict::SandboxError, "{start} {:?}", execution.raised);
        }
    }
}

#[test]
fn the_wall_clock_net_is_reported_as_such() {
    let Some(sandbox) = sandbox() else { return };
    let mut endless = script("while True: pass");
    endless.limits.work = u64::MAX / 4;
    endless.limits.wall = Duration::from_millis(300);
    let execution = sandbox.run(&endless);
    assert_eq!((execution.verdict, execution.wall_net), (Verdict::TimeLimit, true));
}
