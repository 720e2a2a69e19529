//! What is run: reference programs of the benchmarks, and programs of pure computation.

use proctor_core::{Entry, Program};
use serde_json::Value;
use std::path::PathBuf;

/// Programs of one kind.
pub struct Set {
    pub name: String,
    pub programs: Vec<Program>,
}

/// The reference programs of HumanEval Pro and MBPP Pro: the published ones where a copy lies beside the project, else
/// those of the built-in questions.
pub fn sets() -> Result<Vec<Set>, Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let files = [("HumanEval Pro", "humaneval_pro.json"), ("MBPP Pro", "mbpp_pro.json")];
    let folders = [
        ("published", root.join("../../shared/data/humaneval_pro")),
        ("built-in", root.join("../benchmarks/src/self_invoking/builtin")),
    ];
    let mut sets = Vec::new();
    for (name, file) in files {
        let Some((origin, path)) = folders.iter().map(|(o, f)| (o, f.join(file))).find(|(_, path)| path.is_file()) else {
            continue;
        };
        let items: Vec<Value> = serde_json::from_slice(&std::fs::read(path)?)?;
        let programs = items.iter().map(|item| {
            let part = |name: &str| item[name].as_str().unwrap_or_default();
            let source = ["raw_problem", "raw_solution", "new_problem", "new_solution"].map(part).concat();
            Program::python(source + "\n" + part("test_code"), Entry::Guarded)
        });
        sets.push(Set { name: format!("{name}, {origin}"), programs: programs.collect() });
    }
    Ok(sets)
}

/// Programs of pure computation, by what they spend their time in.
pub const COMPUTING: &[(&str, &str)] = &[
    ("integer loop", "t = 0\nfor i in range(4000000):\n    t = (t * 31 + i) % 1000003\nprint(t)"),
    ("recursive calls", "def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nprint(f(27))"),
    (
        "dictionary of counts",
        "d = {}\nfor i in range(1500000):\n    k = i * 7919 % 10007\n    d[k] = d.get(k, 0) + 1\nprint(len(d))",
    ),
    ("sorting", "x = [(i * 7919 % 1000003, str(i)) for i in range(200000)]\nx.sort()\nx.sort(key=lambda p: p[1])\nprint(x[0])"),
    (
        "text",
        "s = ' '.join(str(i) for i in range(200000))\nfor _ in range(5):\n    w = s.split()\n    s = ' '.join(reversed(w)).upper()\nprint(len(s))",
    ),
    (
        "sieve",
        "n = 3000000\ns = bytearray([1]) * (n + 1)\nfor i in range(2, 1733):\n    if s[i]:\n        s[i * i::i] = bytes(len(range(i * i, n + 1, i)))\nprint(sum(s))",
    ),
    (
        "lists of lists",
        "n = 110\na = [[i * j % 7 for j in range(n)] for i in range(n)]\nfor _ in range(2):\n    a = [[sum(a[i][k] * a[k][j] for k in range(n)) % 97 for j in range(n)] for i in range(n)]\nprint(a[3][5])",
    ),
    ("floats", "import math\nt = 0.0\nfor i in range(1, 2000000):\n    t += math.sqrt(i) / (i + 0.5)\nprint(t)"),
    (
        "large integers",
        "x = 1\nfor i in range(1, 4000):\n    x *= i\nprint(len(hex(x)), pow(3, 10**5, 10**40 + 7))\na, b = 0, 1\nfor _ in range(40000):\n    a, b = b, a + b\nprint(a % 1000007)",
    ),
    (
        "objects",
        "class P:\n    def __init__(self, x): self.x = x\n    def step(self): return P(self.x * 5 % 10007)\np = P(3)\nfor _ in range(700000):\n    p = p.step()\nprint(p.x)",
    ),
    ("permutations", "import itertools\nprint(sum(1 for p in itertools.permutations(range(9)) if p[0] < p[-1]))"),
    (
        "regular expressions",
        "import re\ns = 'ab12 cd345 ' * 40000\nprint(len(re.findall(r'[a-z]+(\\d+)', s)), len(re.sub(r'\\s+', '', s)))",
    ),
    (
        "heap and queue",
        "import heapq, collections\nh = []\nq = collections.deque()\nfor i in range(300000):\n    heapq.heappush(h, i * 7919 % 100003)\n    q.append(i)\n    if i % 3 == 0:\n        heapq.heappop(h)\n        q.popleft()\nprint(len(h), len(q))",
    ),
];
