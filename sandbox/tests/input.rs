//! The ways in which programs of contests read their input and are called.
#![allow(clippy::print_stdout)]

mod support;

use proctor_core::Verdict;
use support::{printed, sandbox, script};

#[test]
fn input_is_read_in_all_the_usual_ways() {
    let Some(sandbox) = sandbox() else { return };
    let sums = [
        "n = int(input()); print(sum(map(int, input().split())))",
        "import sys\nn = int(sys.stdin.readline()); print(sum(map(int, sys.stdin.readline().split())))",
        "import sys\ninput = sys.stdin.readline\nn = int(input()); print(sum(map(int, input().split())))",
        "import sys\nprint(sum(map(int, sys.stdin.read().split()[1:])))",
        "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split()[1:])))",
        "import sys\nprint(sum(map(int, list(sys.stdin)[1].split())))",
        "import sys\nfor i, line in enumerate(sys.stdin):\n    if i: print(sum(map(int, line.split())))",
        "import os, io\ninput = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nn = int(input()); print(sum(map(int, input().split())))",
        "import os\ndata = b''\nwhile True:\n    part = os.read(0, 7)\n    if not part: break\n    data += part\nprint(sum(map(int, data.split()[1:])))",
        "print(sum(map(int, open(0).read().split()[1:])))",
        "f = open(0)\nn = int(f.readline()); print(sum(map(int, f.readline().split())))",
        "print(sum(map(int, open('/dev/stdin').read().split()[1:])))",
        "import fileinput\nlines = [line for line in fileinput.input()]\nprint(sum(map(int, lines[1].split())))",
        "import sys\nn, *a = map(int, sys.stdin.buffer.read().split())\nsys.stdout.write(str(sum(a)) + '\\n')\nsys.stdout.flush()",
        "import sys, os\nn = input(); os.write(1, str(sum(map(int, input().split()))).encode() + b'\\n')",
        "import sys, threading\ndef main():\n    n = int(input()); print(sum(map(int, input().split())))\nthreading.stack_size(1 << 27)\nsys.setrecursionlimit(1 << 20)\nt = threading.Thread(target=main)\nt.start()\nt.join()",
        "from sys import stdin, stdout\nn = int(stdin.readline()); stdout.write('%d\\n' % sum([int(x) for x in stdin.readline().split()]))",
        "import sys\nfrom io import BytesIO, IOBase\nimport os\nclass F(IOBase):\n    def __init__(self, file):\n        self.fd = file.fileno(); self.buffer = BytesIO()\n    def readline(self):\n        while True:\n            b = os.read(self.fd, max(os.fstat(self.fd).st_size, 8192))\n            if not b: break\n            p = self.buffer.tell(); self.buffer.seek(0, 2); self.buffer.write(b); self.buffer.seek(p)\n        return self.buffer.readline()\nsys.stdin = F(sys.stdin)\nn = int(sys.stdin.readline()); print(sum(map(int, sys.stdin.readline().split())))",
        "try:\n    while True: last = input()\nexcept EOFError: print(sum(map(int, last.split())))",
        "def main():\n    n = int(input()); print(sum(map(int, input().split())), flush=True); exit()\nif __name__ == '__main__': main()",
    ];
    for source in sums {
        for input in ["3\n1 20 300\n", "3\r\n1 20 300\r\n", "3\n1 20 300"] {
            let mut program = script(source);
            program.stdin = Some(input.into());
            assert_eq!(printed(sandbox, &program), "321\n", "{source}");
        }
    }
}

#[test]
fn a_million_numbers_are_read_within_a_second_of_work() {
    let Some(sandbox) = sandbox() else { return };
    let numbers: String = (0..200_000).map(|i| format!("{}\n", i * 37 % 1_000_003)).collect();
    for source in [
        "import sys\nprint(sum(int(sys.stdin.readline()) for _ in range(200000)))",
        "print(sum(int(input()) for _ in range(200000)))",
        "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))",
    ] {
        let mut program = script(source);
        program.stdin = Some(numbers.clone().into());
        program.limits.work = proctor_sandbox::work_for_seconds(1);
        let total: u64 = (0..200_000u64).map(|i| i * 37 % 1_000_003).sum();
        assert_eq!(printed(sandbox, &program), format!("{total}\n"), "{source}");
    }
}

#[test]
fn recursion_goes_as_deep_as_contests_need() {
    let Some(sandbox) = sandbox() else { return };
    let cases = [
        "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return 0 if n == 0 else f(n - 1) + 1\nprint(f(200000))",
        "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(2 * 10**8)\ndef f(n): return 0 if n == 0 else f(n - 1) + 1\ndef main(): print(f(200000))\nthreading.Thread(target=main).start()",
        "import sys\nsys.setrecursionlimit(3 * 10**5)\nn = 200000\nedges = [[i + 1] for i in range(n)] + [[]]\nsize = [0] * (n + 1)\ndef dfs(v):\n    size[v] = 1\n    for w in edges[v]:\n        dfs(w)\n        size[v] += size[w]\ndfs(0)\nprint(size[0] - 1)",
    ];
    for source in cases {
        let mut program = script(source);
        program.limits.memory_bytes = 512 << 20;
        assert_eq!(printed(sandbox, &program), "200000\n", "{source}");
    }
}

#[test]
fn arguments_and_files_are_there() {
    let Some(sandbox) = sandbox() else { return };
    let mut program =
        script("import sys\nprint(sys.argv[1:], [open(name).read() for name in sys.argv[1:3]], open('a/b.txt', 'rb').read())");
    program.arguments = vec!["input.txt".into(), "answer.txt".into(), "-x y=é".into(), String::new()];
    program.files = [("input.txt", "1 2"), ("answer.txt", "3"), ("a/b.txt", "\r\n")].map(|(n, t)| (n.into(), t.into())).into();
    let expected = "['input.txt', 'answer.txt', '-x y=é', ''] ['1 2', '3'] b'\\r\\n'\n";
    assert_eq!(printed(sandbox, &program), expected);
    program.files.insert("../../etc/passwd".into(), b"x".to_vec());
    assert_eq!(sandbox.run(&program).verdict, Verdict::SandboxError);
}
