//! Programs that want more than they may have, mostly in one call of the interpreter's own C code.
#![allow(clippy::print_stdout)]

mod support;

use proctor_core::{Entry, Verdict};
use std::time::{Duration, Instant};
use support::{guarded, outcome, program, sandbox, script};

fn check(cases: &[(&str, Verdict)]) {
    let Some(sandbox) = sandbox() else { return };
    let mut others = Vec::new();
    for (source, verdict) in cases {
        let began = Instant::now();
        let mut program = guarded(source);
        program.limits.work = if *verdict == Verdict::TimeLimit { 8_000_000_000 } else { 30_000_000_000 };
        let execution = sandbox.run(&program);
        if execution.verdict != *verdict {
            others.push(format!("{source}: {:?} {:?}", outcome(&execution), execution.stderr.lines().last()));
        }
        assert!(!execution.wall_net && began.elapsed() < Duration::from_secs(100), "{source}");
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
}

#[test]
fn of_time() {
    use Verdict::TimeLimit;
    check(&[
        ("10 ** 10 ** 8", TimeLimit),
        ("pow(3, 10 ** 9)", TimeLimit),
        ("import math; math.factorial(10 ** 7)", TimeLimit),
        ("(1 << 10 ** 8) // 3 ** 10 ** 6", TimeLimit),
        ("import sys; sys.set_int_max_str_digits(0); int('9' * 3 * 10 ** 6)", TimeLimit),
        ("import sys; sys.set_int_max_str_digits(0); str(1 << 10 ** 7)", TimeLimit),
        ("max(range(10 ** 18))", TimeLimit),
        ("5.5 in range(10 ** 18)", TimeLimit),
        ("import collections; collections.deque(maxlen=0).extend(iter(int, 1))", TimeLimit),
        ("all(iter(lambda: 1, 0))", TimeLimit),
        ("import itertools; list(itertools.islice(itertools.count(), 10 ** 9, None))", TimeLimit),
        (
            "import itertools; next(itertools.combinations(range(10 ** 4), 2)); sum(1 for _ in itertools.combinations(range(10 ** 4), 3))",
            TimeLimit,
        ),
        ("import re; re.search('(.*)*,(.*)*,(.*)*;', ',' * 64)", TimeLimit),
        ("import re; re.fullmatch('(x+x+)+y', 'x' * 50)", TimeLimit),
        (
            "d = {}\nfor i in range(10 ** 6): d[i * (2 ** 61 - 1) << 20] = 1\nwhile 1: d = {i * (2 ** 61 - 1): 1 for i in range(10 ** 5)}",
            TimeLimit,
        ),
        ("class K:\n    def __hash__(s): return 1\n    def __eq__(s, o): return False\n{K() for _ in range(10 ** 5)}", TimeLimit),
        ("class K:\n    def __lt__(s, o): return True\nwhile True: sorted([K() for _ in range(1000)])", TimeLimit),
        ("import difflib; difflib.SequenceMatcher(None, 'ab' * 20000, 'ba' * 20000, autojunk=False).ratio()", TimeLimit),
        ("from decimal import Decimal as D, getcontext; getcontext().prec = 10 ** 6; D(2).sqrt()", TimeLimit),
        ("import zlib\nwhile True: zlib.crc32(bytes(1 << 20))", TimeLimit),
        ("import hashlib\nx = b''\nwhile True: x = hashlib.sha512(x).digest()", TimeLimit),
        ("import json\nwhile True: json.loads('[' + '1,' * 10 ** 5 + '1]')", TimeLimit),
        (
            "import random; random.sample(range(10 ** 9), 10 ** 6); random.choices(range(9), k=10 ** 6)\nwhile 1: random.shuffle([0] * 10 ** 5)",
            TimeLimit,
        ),
        ("import time\nwhile True: time.sleep(0)", TimeLimit),
        ("import time; time.sleep(1e9)", TimeLimit),
        ("import select; select.select([], [], [], 10 ** 6)", TimeLimit),
        ("import os\nwhile True: os.stat('/program')", TimeLimit),
        ("def f():\n    try: f()\n    finally: f()\nf()", TimeLimit),
        (
            "def f():\n    while True:\n        try: yield\n        except GeneratorExit: pass\ng = f(); next(g)\nwhile True: next(g)",
            TimeLimit,
        ),
        ("import numpy as np\nwhile True: np.linalg.svd(np.ones((200, 200)))", TimeLimit),
        ("import numpy as np; np.ones((1500, 1500), dtype=object) @ np.ones((1500, 1500), dtype=object)", TimeLimit),
    ]);
}

#[test]
fn of_memory() {
    use Verdict::{MemoryLimit, RuntimeError};
    check(&[
        ("bytes(10 ** 9)", MemoryLimit),
        ("bytearray(1 << 30)", MemoryLimit),
        ("[0] * 10 ** 8", MemoryLimit),
        ("list(range(10 ** 8))", MemoryLimit),
        ("sorted(iter(int, 1))", MemoryLimit),
        ("tuple(iter(int, 1))", MemoryLimit),
        ("''.join(str(i) * 1000 for i, _ in enumerate(iter(int, 1)))", MemoryLimit),
        ("('a' * 10 ** 6).replace('a', 'b' * 10 ** 3)", MemoryLimit),
        ("'%1000000000d' % 1", MemoryLimit),
        ("format(1, '>1000000000')", MemoryLimit),
        ("'x'.ljust(10 ** 9)", MemoryLimit),
        ("x = 'ab' * 10 ** 5\nx.join([x] * 10 ** 3)", MemoryLimit),
        ("dict.fromkeys(range(10 ** 8))", MemoryLimit),
        ("set(range(10 ** 8))", MemoryLimit),
        ("1 << (1 << 32)", MemoryLimit),
        ("import itertools; list(itertools.permutations(range(12)))", MemoryLimit),
        ("import collections; collections.Counter(range(10 ** 8))", MemoryLimit),
        ("import array; array.array('d', bytes(8)) * (1 << 27)", MemoryLimit),
        ("import io; io.BytesIO().write(bytes(1 << 28)); io.BytesIO(bytes(1 << 28))", MemoryLimit),
        ("import copy\nx = [0] * 10 ** 5\nwhile True: x = [x, copy.copy(x) * 2]", MemoryLimit),
        ("class A: pass\nx = []\nwhile True: x.append(A())", MemoryLimit),
        ("x = {}\nwhile True: x = {1: x, 2: dict.fromkeys(range(100))}", MemoryLimit),
        ("def f(): yield from f()\nimport sys; sys.setrecursionlimit(10 ** 9); next(f())", MemoryLimit),
        ("import re; re.compile('(?:' * 10 ** 6)", RuntimeError),
        ("import json; json.loads('[' * 10 ** 6)", RuntimeError),
        ("import ast; ast.literal_eval('-' * 10 ** 6 + '1')", RuntimeError),
        ("class A:\n    def __getattr__(self, name): return getattr(self, name)\nA().x", RuntimeError),
        ("import itertools\nx = iter([1])\nfor _ in range(10 ** 6): x = itertools.chain(x)\nnext(x)", RuntimeError),
        ("import struct; struct.pack('999999999999s', b'')", RuntimeError),
    ]);
}

#[test]
fn of_last_words() {
    let Some(sandbox) = sandbox() else { return };
    for source in [
        "raise Exception('x' * 10 ** 8)",
        "e = None\nfor i in range(10 ** 5):\n    n = Exception(i); n.__cause__ = e; e = n\nraise e",
        "raise ExceptionGroup('g', [ExceptionGroup('h', [ValueError(i) for i in range(1000)]) for _ in range(200)])",
        "class E(Exception):\n    def __str__(self): return 'x' * 10 ** 9\nraise E",
        "class E(Exception):\n    def __repr__(self): raise self\n    __str__ = __repr__\nraise E",
        "def f(n): return f(n - 1) if n else 1 / 0\nimport sys; sys.setrecursionlimit(10 ** 6); f(10 ** 5)",
        "e = Exception('x')\nfor i in range(10 ** 5): e.add_note('n' * 100)\nraise e",
        "class E(Exception): pass\nE.__name__ = E.__qualname__ = 'N' * 10 ** 7\nraise E('\\ud800\\0\\x1f\\x1e')",
    ] {
        for entry in [Entry::Script, Entry::Guarded] {
            let execution = sandbox.run(&program(source, entry));
            let fair = [Verdict::RuntimeError, Verdict::OutputLimit, Verdict::MemoryLimit, Verdict::TimeLimit];
            assert!(fair.contains(&execution.verdict), "{entry:?} {source}: {}", execution.verdict);
            assert!(execution.raised.is_none_or(|r| r.message.len() <= 64 << 10 && r.kind.len() <= 300), "{source}");
            assert!(execution.stderr.len() <= 1 << 20);
        }
    }
}

#[test]
fn of_text() {
    let Some(sandbox) = sandbox() else { return };
    let sources = [
        ("comments", "#\n".repeat(25 << 20), Verdict::TimeLimit),
        ("a string", format!("x = '{}'", "x".repeat(50 << 20)), Verdict::MemoryLimit),
        ("statements", "x=1\n".repeat(12 << 20), Verdict::MemoryLimit),
        ("a sum", format!("x = {}1", "1+".repeat(1 << 20)), Verdict::CompileError),
        ("brackets", format!("x = {}{}", "[".repeat(1 << 16), "]".repeat(1 << 16)), Verdict::CompileError),
        ("indentation", (0..5000).map(|i| format!("{}if 1:\n", " ".repeat(i))).collect(), Verdict::CompileError),
        ("attributes", format!("x = 1\nx{}", ".real".repeat(1 << 16)), Verdict::CompileError),
        ("lambdas", format!("f = {}1", "lambda: ".repeat(1 << 16)), Verdict::CompileError),
        ("decorators", format!("{}def f(): pass", "@f\n".repeat(1 << 18)), Verdict::RuntimeError),
        ("an f-string", format!("x = f'{}'", "{1}".repeat(1 << 12)), Verdict::Ok),
    ];
    for (name, source, verdict) in sources {
        let began = Instant::now();
        let mut program = guarded(&source);
        program.limits.work = 8_000_000_000;
        let execution = sandbox.run(&program);
        let limits = [Verdict::MemoryLimit, Verdict::TimeLimit, Verdict::RuntimeError, Verdict::CompileError];
        let fair = execution.verdict == verdict || (verdict != Verdict::Ok && limits.contains(&execution.verdict));
        assert!(fair, "{name}: {:?}", outcome(&execution));
        assert!(began.elapsed() < Duration::from_secs(100), "{name}");
    }
    for coding in
        ["utf-7", "utf-16", "rot13", "undefined", "idna", "punycode", "unicode_escape", "base64", "nothing", "\u{1f}", "cp1252"]
    {
        let execution = sandbox.run(&script(&format!("# -*- coding: {coding} -*-\nx = 'é'\n")));
        assert_ne!(execution.verdict, Verdict::SandboxError, "{coding}");
    }
}

#[test]
fn of_files_and_output() {
    let Some(sandbox) = sandbox() else { return };
    let refused = [
        "while True: open('/tmp/x', 'ab').write(bytes(1 << 20))",
        "import os\nfor i in range(10 ** 6): os.mkdir(f'/tmp/{i}')",
        "open('/tmp/' + 'x' * 10 ** 4, 'w')",
        "open('/tmp/a\\0b', 'w')",
        "import shutil\nfor i in range(9): shutil.copytree('/usr/local/lib', f'/tmp/{i}')",
        "import tempfile\nx = [tempfile.TemporaryFile() for _ in range(1000)]",
        "import os\nwhile True: os.dup(1)",
        "import os; os.rename('/tmp', '/tmp/x')",
        "import os; os.rmdir('/program'); os.rmdir('/program')",
        "import os; f = open('/tmp/x', 'wb'); os.posix_fallocate(f.fileno(), 0, 1 << 40)",
        "f = open('/tmp/x', 'wb'); f.seek(1 << 62); f.write(b'x'); f.flush()",
        "import zipfile, io\nz = zipfile.ZipFile('/tmp/z', 'w')\nfor i in range(10 ** 6): z.writestr(str(i), bytes(1 << 20), compress_type=0)",
    ];
    for source in refused {
        let execution = sandbox.run(&script(source));
        let fair = [Verdict::RuntimeError, Verdict::MemoryLimit, Verdict::TimeLimit];
        assert!(fair.contains(&execution.verdict), "{source}: {:?}", outcome(&execution));
    }
    let flooding = [
        "import sys\nwhile True: sys.stdout.buffer.raw.write(b'x' * 1000)",
        "print('x' * (50 << 20))",
        "import logging\nwhile True: logging.error('x' * 100)",
        "import warnings\nfor i in range(10 ** 9): warnings.warn(str(i))",
        "open('/dev/stdout', 'w').write('x' * (5 << 20))",
        "import os\nos.dup2(1, 2)\nwhile True: os.writev(1, [b'x' * 1000] * 10)",
    ];
    for source in flooding {
        let execution = sandbox.run(&script(source));
        let fair = [Verdict::OutputLimit, Verdict::RuntimeError];
        assert!(fair.contains(&execution.verdict), "{source}: {:?}", outcome(&execution));
        assert!(execution.stdout.len() <= 1 << 20 && execution.stderr.len() <= 1 << 20, "{source}");
    }
}

#[test]
fn leave_nothing_with_the_host() {
    let Some(sandbox) = sandbox() else { return };
    let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
    };
    let sources = [
        "x = bytearray(200 << 20)",
        "x = []\nwhile True: x.append(bytearray(1 << 20))",
        "fs = [open(f'/tmp/{i}', 'w') for i in range(1000)]",
        "open('/tmp/x', 'wb').write(bytes(50 << 20))",
        "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n): return f(n + 1)\nf(0)",
        "def f(n): return [f(n)]\nf(0)",
        "import os; os.abort()",
        "import functools, sys\nsys.setrecursionlimit(10 ** 6)\n@functools.cache\ndef f(n): return f(n + 1)\nf(0)",
        "while True: print('x' * 1000)",
        "import numpy as np; x = np.ones(20 << 20)",
    ];
    let round = || sources.iter().for_each(|source| drop(sandbox.run(&script(source))));
    round();
    let (descriptors, threads, memory) = (count("/proc/self/fd"), count("/proc/self/task"), resident());
    for _ in 0..5 {
        round();
    }
    // Other tests of this file run beside this one, each with a thread and what its program holds.
    assert!(count("/proc/self/fd") <= descriptors + 4, "file descriptors");
    assert!(count("/proc/self/task") <= threads + 4, "threads");
    assert!(resident() <= memory + 600, "resident memory: {memory} MiB, then {}", resident());
    assert_eq!(sandbox.run(&script("print(1)")).verdict, Verdict::Ok);
}
