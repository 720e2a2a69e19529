//! What the compatibility layer restores. The expected output is that of 64-bit CPython 3.11.7 with numpy 1.26 and
//! pandas 2.2, taken from it.
#![allow(clippy::print_stdout)]

mod support;

use proctor_core::{Program, Verdict};
use support::{guarded, outcome, printed, sandbox, script};

fn check(cases: &[(&str, &str)]) {
    let Some(sandbox) = sandbox() else { return };
    for (source, expected) in cases {
        assert_eq!(printed(sandbox, &script(source)).trim_end(), *expected, "{source}");
    }
}

#[test]
fn sums_are_added_from_left_to_right() {
    check(&[
        ("print(sum([0.1] * 10), sum((0.1,) * 10), sum(x / 10 for x in range(10)))", "0.9999999999999999 0.9999999999999999 4.5"),
        (
            "print(sum([1e16, 1.0, -1e16]), sum([1, 2, 3]), sum(range(10**15, 10**15 + 3)), sum([True, True]))",
            "0.0 6 3000000000000003 2",
        ),
        ("print(sum([], 5), sum([[1], [2]], []), sum([1, 0.5, 2], 10), sum([1j, 2]))", "5 [1, 2] 13.5 (2+1j)"),
        (
            "print(sum(i for i in range(5000)), sum((0.1 for _ in range(3000))), sum(iter([])), sum(iter([0.5, 1, 2**60])), sum({1: 2, 3: 4}))",
            "12497500 299.9999999999997 0 1.152921504606847e+18 4",
        ),
        (
            "from fractions import Fraction as F\nprint(sum(iter([F(1, 3)] * 3)), sum(iter([1, F(1, 2), 0.5])), sum(iter([True] * 3)), sum(iter([1j, 1])), sum([True], False))",
            "1 2.0 3 (1+1j) 1",
        ),
        ("try: sum(iter([1, 'a']))\nexcept TypeError as e: print(e)", "unsupported operand type(s) for +: 'int' and 'str'"),
        ("try: sum(['a'])\nexcept TypeError as e: print(e)", "unsupported operand type(s) for +: 'int' and 'str'"),
        ("try: sum(['a'], '')\nexcept TypeError as e: print(e)", "sum() can't sum strings [use ''.join(seq) instead]"),
    ]);
}

#[test]
fn sets_of_numbers_and_tuples_have_the_order_of_64_bits() {
    check(&[
        ("print(list({(1,2),(3,4),(0,1),(5,6)}))", "[(0, 1), (1, 2), (3, 4), (5, 6)]"),
        ("print(list({1.5,2.25,0.1,3.0}))", "[0.1, 1.5, 2.25, 3.0]"),
        ("print(list({2**40,2**61,2**31,-2**33}))", "[1099511627776, 2305843009213693952, 2147483648, -8589934592]"),
        ("print(list({(1,(2,3)),((1,),2),((),)}))", "[((1,), 2), (1, (2, 3)), ((),)]"),
        ("print(list({(1.5,2),(0.1,)}))", "[(1.5, 2), (0.1,)]"),
        ("print(list({-1,-2,-3,-50,100,1000}))", "[100, -1, -2, 1000, -3, -50]"),
        ("print(list(set([4, -4])), list(set([-1, -2])), list(set([2, -6])))", "[4, -4] [-1, -2] [2, -6]"),
        (
            "print(list(set([10, -1, 20, -2, 7])), list({-6, 2, -14, 10} | {-22, 18}), list({-3, 5, -11} & {5, -11, 13, -3}))",
            "[7, 10, 20, -2, -1] [2, -14, 10, -22, 18, -6] [-11, 5, -3]",
        ),
        (
            "print(list({(a,b) for a in range(5) for b in range(3)}))",
            "[(0, 1), (1, 2), (4, 0), (2, 1), (0, 0), (3, 1), (1, 1), (2, 0), (4, 2), (3, 0), (0, 2), (2, 2), (1, 0), (3, 2), (4, 1)]",
        ),
        (
            "from fractions import Fraction as F\nprint(list({F(1,3),F(2,3),F(1,7)}), F(1,2) in {0.5}, 0.5 in {F(1,2)})",
            "[Fraction(1, 7), Fraction(2, 3), Fraction(1, 3)] True True",
        ),
        (
            "print(list({1+2j, 2+1.5j, 3j}), 2**70 in {2.0**70}, 5e-324 in {5e-324}, float('inf') in {float('inf')})",
            "[3j, (2+1.5j), (1+2j)] True True True",
        ),
        (
            "print(hash(2**61-1), hash(2**61), hash(-1), hash(0.5), hash((1, 2)))",
            "0 1 -2 1152921504606846976 -3550055125485641917",
        ),
    ]);
}

#[test]
fn sizes_are_those_of_64_bits() {
    check(&[
        (
            "import sys\nprint([sys.getsizeof(x) for x in (0, 1, 2**30, 2**60, 10**30, True, 1.5, 1j, None)])",
            "[28, 28, 32, 36, 40, 28, 24, 32, 16]",
        ),
        (
            "import sys\nprint([sys.getsizeof(x) for x in ('', 'abc', 'é', 'ж', '😀', b'abc', (), (1, 2, 3), bytearray())])",
            "[49, 52, 74, 76, 80, 36, 40, 64, 56]",
        ),
        (
            "import sys\nprint([sys.getsizeof(x) for x in ([], [1], [1, 2, 3], [0] * 10, list(range(10)), [x for x in range(9)])])",
            "[56, 64, 88, 136, 136, 184]",
        ),
        (
            "import sys\nprint([sys.getsizeof(x) for x in (set(), {1, 2, 3}, set(range(6)), set(range(30)), set(range(100)))])",
            "[216, 216, 728, 2264, 8408]",
        ),
        (
            "import sys\nprint([sys.getsizeof(x) for x in ({}, {1: 2}, {'a': 1}, {i: i for i in range(11)}, {str(i): i for i in range(100)}, dict.fromkeys(range(1000)))])",
            "[64, 224, 184, 632, 3328, 36952]",
        ),
        ("import sys\nclass A: pass\nprint(sys.getsizeof(A()), sys.maxsize == 2**63 - 1, sys.getsizeof(range(3)))", "56 True 48"),
    ]);
}

#[test]
fn annotations_are_evaluated_at_once() {
    let Some(sandbox) = sandbox() else { return };
    let error = |source: &str, kind: Option<&str>| {
        let execution = sandbox.run(&guarded(source));
        let verdict = if kind.is_some() { Verdict::RuntimeError } else { Verdict::Ok };
        assert_eq!(outcome(&execution), (verdict, kind), "{source}\n{}", execution.stderr);
    };
    error("def f(x: List[int]): pass", Some("NameError"));
    error("def f() -> Optional[int]: pass", Some("NameError"));
    error("def f(*a: Missing, **k): pass", Some("NameError"));
    error("class A:\n    x: Missing = 1", Some("NameError"));
    error("class A:\n    def f(self, other: A): pass", Some("NameError"));
    error("x: Missing = 1", Some("NameError"));
    error("class A: pass\na = A()\na.x: Missing = 1", Some("NameError"));
    error("def f(x: int[str]): pass", Some("TypeError"));
    error("if True:\n    for _ in range(1):\n        def f(x: Missing): pass", Some("NameError"));
    error("def f():\n    def g(x: Missing): pass\nf()", Some("NameError"));
    error("def f():\n    def g(x: Missing): pass", None);
    error("def f():\n    x: Missing = 1\nf()", None);
    error("from __future__ import annotations\ndef f(x: Missing): pass", None);
    error("def f(x: 'Missing', y: int, z: list[int] = []) -> dict[str, int]: pass", None);
    error(
        "from typing import List\ndef f(x: List[int]) -> List[str]: return f.__annotations__\nassert f([])['x'] == List[int]",
        None,
    );
}

#[test]
fn newer_syntax_is_refused() {
    let Some(sandbox) = sandbox() else { return };
    let accepted = [
        "d = {'a': 1}\nassert f\"{d['a']}{'x' if d else \"\"!r:>{3 + 2}}\" if 0 else True",
        "x = 1\nassert f'{x:>{x + 2}}' == '  1' and f'{x!r}{{}}' == '1{}'",
        "assert f'''{\n1 +\n2}''' == '3'",
        "try: 1\nexcept (ValueError, TypeError): 2",
        "match 1:\n    case 1: x = 2\nassert x == 2",
        "type = 3\nassert type == 3",
        "assert f\"{'a' 'b'}\" == 'ab' and rf'\\d{1}' == '\\\\d1'",
    ];
    for source in &accepted[1..] {
        assert_eq!(sandbox.run(&guarded(source)).verdict, Verdict::Ok, "{source}");
    }
    let refused = [
        "d = {'a': 1}\nx = f'{d['a']}'",
        "x = f\"{'\\n'.join([])}\"",
        "x = f'{1 # one\n}'",
        "x = f'{f'{1}'}'",
        "type X = int",
        "def f[T](x: T): pass",
        "class A[T]: pass",
        "try: 1\nexcept ValueError, TypeError: 2",
        "x = t'{1}'",
    ];
    for source in refused {
        assert_eq!(sandbox.run(&guarded(source)).verdict, Verdict::CompileError, "{source}");
    }
}

#[test]
fn the_library_is_that_of_3_11() {
    check(&[
        ("import imp, distutils.core, cgi, fcntl, pwd\nprint(imp.__name__)", "imp"),
        (
            "import ast\nprint(isinstance(ast.parse('1').body[0].value, ast.Num), isinstance(ast.Constant('a'), ast.Num), ast.Str('x').value)",
            "True False x",
        ),
        (
            "import itertools, math, typing\nprint([hasattr(itertools, 'batched'), hasattr(math, 'sumprod'), hasattr(typing, 'override')])",
            "[False, False, False]",
        ),
        (
            "import heapq\ndef heapify_max(x): return x\nprint(heapq.nsmallest(2, [3, 1, 2]), hasattr(heapq, 'heapify_max'))",
            "[1, 2] False",
        ),
        ("import calendar\nDay = 'FEBRUARY'\nprint(calendar.monthrange(2024, 2)[1], hasattr(calendar, 'Day'))", "29 False"),
        ("try:\n    from itertools import batched\nexcept ImportError as e: print(type(e).__name__)", "ImportError"),
        ("import copy\nprint('a'.replace('a', 'b'), copy.deepcopy([1]), hasattr(copy, 'replace'))", "b [1] False"),
        ("print(hasattr(3, 'is_integer'), (3.0).is_integer())", "False True"),
        ("import struct\nprint(struct.calcsize('l'), struct.calcsize('@P'), struct.calcsize('<l'))", "8 8 4"),
        (
            "import threading\nr = []\nt = threading.Thread(target=r.append, args=(1,))\nt.start(); t.join(); print(r, t.is_alive())",
            "[1] False",
        ),
        ("from concurrent.futures import ThreadPoolExecutor as P\nwith P(4) as p: print(list(p.map(abs, [-1, 2])))", "[1, 2]"),
        ("import asyncio\nasync def f():\n    await asyncio.sleep(0.1)\n    return 7\nprint(asyncio.run(f()))", "7"),
        (
            "from collections import OrderedDict as O\nd = O(a=1, b=[2])\nd['d'] = d\nprint(d, O(), d.copy() == d, type(d).__name__, isinstance(O(), dict))",
            "OrderedDict([('a', 1), ('b', [2]), ('d', ...)]) OrderedDict() True OrderedDict True",
        ),
        (
            "from enum import Enum, IntEnum\nclass A(Enum): x = 1\nclass B(IntEnum): y = 1\nprint(A.x in A, A.x in B)\ntry: 1 in A\nexcept TypeError as e: print(e)",
            "True False\nunsupported operand type(s) for 'in': 'int' and 'EnumType'",
        ),
        (
            "from fractions import Fraction\ntry: f'{Fraction(1, 3):.2f}'\nexcept TypeError as e: print(e, f'{Fraction(1, 3)}')",
            "unsupported format string passed to Fraction.__format__ 1/3",
        ),
        (
            "import random\nrandom.seed(1); print(random.expovariate(2))\ntry: random.expovariate()\nexcept TypeError as e: print('TypeError')",
            "0.0721455320547546\nTypeError",
        ),
        (
            "import calendar\nprint(calendar.monthrange(2024, 2), calendar.weekday(2024, 2, 29), calendar.month(2024, 2)[:17].strip())",
            "(3, 29) 3 February 2024",
        ),
        (
            "from datetime import datetime as d\nimport time\nprint(d.strptime('5 3', '%d %m'), time.strptime('05/12', '%d/%m')[:3])\ntry: d.strptime('x 3', '%d %m')\nexcept ValueError as e: print(e)\ntry: d.strptime('5 3x', '%d %m')\nexcept ValueError as e: print(e)",
            "1900-03-05 00:00:00 (1900, 12, 5)\ntime data 'x 3' does not match format '%d %m'\nunconverted data remains: x",
        ),
        ("import random\nrandom.randrange(10.0)\nprint(bool(NotImplemented))", "True"),
        ("import sys, platform\nprint(sys.version_info[:2], sys.platform, platform.system())", "(3, 11) linux Linux"),
        (
            "import functools\n@functools.lru_cache(None)\ndef f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nprint(f(330) % 1000)",
            "440",
        ),
    ]);
}

#[test]
fn numpy_and_pandas_are_as_before() {
    check(&[
        (
            "import numpy as np\nprint([np.float64(1.5)], np.array([1, 2]).dtype, np.arange(3).dtype, np.zeros(2, int).dtype, np.Inf, np.float_)",
            "[1.5] int64 int64 int64 inf <class 'numpy.float64'>",
        ),
        (
            "import numpy as np\nprint(np.prod([100000] * 2), np.cumsum([2**30] * 4)[-1], np.dot([100000], [100000]), np.sum([[1, 2], [3, 4]], axis=1))",
            "10000000000 4294967296 10000000000 [3 7]",
        ),
        ("import pandas as pd\nprint(pd.Series(['a']).dtype, pd.Series([1.0]).astype(int).dtype)", "object int64"),
        ("import pandas as pd\ns = pd.Series([3, 1, 2]); v = s.values; v.sort(); print(s.tolist())", "[1, 2, 3]"),
        (
            "import pandas as pd\nprint(pd.date_range('2020-01-01', periods=2, freq='M').strftime('%m%d').tolist())",
            "['0131', '0229']",
        ),
        (
            "import pandas as pd\na = pd.DataFrame(columns=['x']); print(pd.concat([a, pd.DataFrame({'x': [1.5]})])['x'].dtype)",
            "float64",
        ),
        (
            "import pytz, holidays\nprint(pytz.timezone('Asia/Shanghai').zone, len(holidays.country_holidays('US', years=2020)) > 9)",
            "Asia/Shanghai True",
        ),
        ("import matplotlib.pyplot as plt\nprint(type(plt.subplots()[1]).__name__, len(plt.plot([1, 2])))", "Axes 1"),
    ]);
}

#[test]
fn local_time_follows_the_zone() {
    let Some(sandbox) = sandbox() else { return };
    let source = "import time, datetime as d\nprint(time.tzname, time.timezone, time.localtime(0).tm_hour, d.datetime(2024, 7, 1, 12).astimezone().utcoffset(), \
        d.datetime(2024, 1, 1, 12).timestamp(), d.datetime.fromtimestamp(0), time.mktime((2040, 7, 1, 0, 0, 0, 0, 0, -1)), time.strftime('%Z', time.localtime(0)))";
    let cases = [
        ("Asia/Shanghai", "('CST', 'CST') -28800 8 8:00:00 1704081600.0 1970-01-01 08:00:00 2224684800.0 CST"),
        ("America/New_York", "('EST', 'EDT') 18000 19 -1 day, 20:00:00 1704128400.0 1969-12-31 19:00:00 2224728000.0 EST"),
        ("Europe/London", "('GMT', 'BST') 0 1 1:00:00 1704110400.0 1970-01-01 01:00:00 2224710000.0 BST"),
        ("UTC", "('UTC', 'UTC') 0 0 0:00:00 1704110400.0 1970-01-01 00:00:00 2224713600.0 UTC"),
    ];
    for (zone, expected) in cases {
        let program = Program { environment: [("TZ".into(), zone.into())].into(), ..script(source) };
        assert_eq!(printed(sandbox, &program).trim_end(), expected, "{zone}");
        let set = format!("import os, time\nos.environ['TZ'] = '{zone}'\ntime.tzset()\n{source}");
        assert_eq!(printed(sandbox, &script(&set)).trim_end(), expected, "{zone}, by tzset");
    }
}
