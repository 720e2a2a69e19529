//! The same program comes to the same end with the same figures, alone or in a crowd.
#![allow(clippy::print_stdout)]

mod support;

use support::{sandbox, script};

const PROGRAM: &str = "
import os, random, time, uuid, hashlib
words = {str(random.random()) for _ in range(200)}
print(list(words)[:3], time.time(), os.urandom(4), uuid.uuid4(), hash('x'), id(object()) % 16)
d = {}
for i in range(20000):
    d[i * 7919 % 10007] = hashlib.md5(str(i).encode()).hexdigest()
print(len(d), sum(len(v) for v in d.values()), time.perf_counter())
";

#[test]
fn work_and_output_are_the_same_25_times() {
    let Some(sandbox) = sandbox() else { return };
    let first = sandbox.run(&script(PROGRAM));
    assert!(first.work > 1_000_000 && first.stdout.lines().count() == 2, "{}{}", first.stdout, first.stderr);
    let executions: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..6).map(|_| sandbox.run(&script(PROGRAM))).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(executions.len(), 24);
    for execution in executions {
        assert_eq!(
            (execution.verdict, execution.work, &execution.stdout, execution.peak_memory_bytes),
            (first.verdict, first.work, &first.stdout, first.peak_memory_bytes)
        );
    }
}

#[test]
fn the_seed_is_what_chance_depends_on() {
    let Some(sandbox) = sandbox() else { return };
    let with_seed = |seed| {
        let mut program = script("import random, os; print(random.random(), os.urandom(8))");
        program.seed = seed;
        sandbox.run(&program).stdout
    };
    assert_eq!(with_seed(1), with_seed(1));
    assert_ne!(with_seed(1), with_seed(2));
}

#[test]
fn programs_leave_nothing_to_the_next() {
    let Some(sandbox) = sandbox() else { return };
    let soil = "import builtins, math, sys, os\nbuiltins.print = None\nmath.pi = 3\nsys.modules['re'] = None\n\
        open('/tmp/left', 'w').write('x')\nos.environ['LEFT'] = '1'\nx = bytearray(100 << 20)";
    let look = "import math, re, os\nprint(math.pi, re.sub('a', 'b', 'a'), os.path.exists('/tmp/left'), os.environ.get('LEFT'))";
    for _ in 0..3 {
        sandbox.run(&script(soil));
        let execution = sandbox.run(&script(look));
        assert_eq!(execution.stdout, "3.141592653589793 b False None\n", "{}", execution.stderr);
        assert!(execution.peak_memory_bytes < 100 << 20);
    }
}
