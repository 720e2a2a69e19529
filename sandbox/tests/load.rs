//! The same programs come to the same verdicts with the same work while the machine is busy with other things.
//!
//! `PROCTOR_LOAD_ROUNDS=100` runs a hundred rounds instead of three.
#![allow(clippy::print_stdout)]

mod support;

use proctor_core::{Program, Verdict};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use support::{guarded, sandbox, script};

/// Threads that do nothing but count, beside those that run programs.
const BUSY: usize = 8;

fn programs() -> Vec<Program> {
    let scripts = [
        "print(sum(i * i for i in range(30000)))",
        "import random, time, os, uuid\nprint(random.random(), time.time(), os.urandom(4), uuid.uuid4(), time.perf_counter())",
        "import hashlib\nprint([hashlib.md5(str(i).encode()).hexdigest() for i in range(300)][-1])",
        "s = {str(i) for i in range(500)}\nprint(list(s)[:5], hash('x'))",
        "import time\nt = time.time()\nwhile time.time() - t < 0.02: pass\ntime.sleep(0.5)\nprint(time.time() - t)",
        "import re\nprint(re.sub('a+', 'b', 'aaab' * 3000)[:9])",
        "import json\nprint(len(json.dumps({str(i): [i] * 5 for i in range(2000)})))",
        "import numpy as np\nprint(np.random.rand(3), np.linalg.eigvalsh(np.eye(20) * 2)[0])",
        "import threading, queue\nq = queue.Queue()\nts = [threading.Thread(target=q.put, args=(i,)) for i in range(20)]\n[t.start() for t in ts]\nprint(q.qsize())",
        "x = [bytearray(1 << 20) for _ in range(40)]\nprint(len(x))",
        "raise ValueError('x' * 100)",
        "while True: pass",
        "x = []\nwhile True: x.append(bytearray(1 << 20))",
        "while True: print('x' * 1000)",
        "def f(n): return f(n + 1)\nf(0)",
        "import sys; sys.exit(3)",
        "import gc\nprint(len([o for o in gc.get_objects() if type(o) is dict]) > 10)",
        "def f(:",
    ];
    let functions =
        ["assert sorted([3, 1, 2]) == [1, 2, 3]", "assert 1 == 2", "import math\nassert math.factorial(300) % 7 == 0"];
    let mut programs: Vec<_> = scripts.map(script).into_iter().chain(functions.map(guarded)).collect();
    for program in &mut programs {
        program.limits.work = 1_500_000_000;
    }
    programs
}

/// What must not change: verdict, work, peak memory, status and output.
type Figures = (Verdict, u64, u64, Option<i32>, String, String);

#[test]
fn verdicts_and_work_do_not_depend_on_the_machines_load() {
    let Some(sandbox) = sandbox() else { return };
    let rounds = std::env::var("PROCTOR_LOAD_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let programs = programs();
    let figures = |program: &Program| -> Figures {
        let e = sandbox.run(program);
        assert!(!e.wall_net, "{}", program.source);
        (e.verdict, e.work, e.peak_memory_bytes, e.exit_status, e.stdout, e.stderr)
    };
    // Once alone.
    let alone: Vec<Figures> = programs.iter().map(figures).collect();
    let (done, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let total = rounds * programs.len();
    std::thread::scope(|scope| {
        for number in 0..BUSY {
            let done = &done;
            scope.spawn(move || {
                let mut x = number as u64;
                while !done.load(Ordering::Relaxed) {
                    x = std::hint::black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
                }
            });
        }
        let workers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(program) = programs.get(at % programs.len()).filter(|_| at < total) else { return };
                        assert_eq!(figures(program), alone[at % programs.len()], "{}", program.source);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok), "a program came to other figures");
    });
    println!("{total} runs agree with those made alone");
}
