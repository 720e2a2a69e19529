//! Programs that try to pass a test they do not pass, by what they can reach of the interpreter and of its host.
#![allow(clippy::print_stdout)]

mod support;

use proctor_core::Verdict;
use support::{guarded, outcome, sandbox, script};

/// What follows every trick, and fails.
const FAILING: &str = "\ndef candidate(x): return x\nassert candidate(1) == 2";

fn check(class: &str, tricks: &[&str]) {
    let Some(sandbox) = sandbox() else { return };
    for trick in tricks {
        let execution = sandbox.run(&guarded(&format!("{trick}{FAILING}")));
        let verdict = execution.verdict;
        assert!(verdict != Verdict::Ok && verdict != Verdict::SandboxError, "{class}: {trick}\n{:?}", outcome(&execution));
    }
}

#[test]
fn by_leaving_early() {
    check(
        "leaving",
        &[
            "import os; os.abort()",
            "import os; os.kill(os.getpid(), 9)",
            "import posix; posix._exit(0)",
            "import sys; sys.exit()",
            "quit()",
            "raise KeyboardInterrupt",
            "raise GeneratorExit",
            "import asyncio; asyncio.run(asyncio.sleep(0)); raise asyncio.CancelledError",
            "def f():\n    yield\n    raise SystemExit(0)\nlist(f())",
            "import signal; signal.signal(signal.SIGINT, lambda *a: __import__('os')._exit(0)); signal.raise_signal(signal.SIGINT)",
            "import faulthandler; faulthandler._stack_overflow()",
            "import pickle\nclass E:\n    def __reduce__(self): return (__import__('os')._exit, (0,))\npickle.loads(pickle.dumps(E()))",
            "try:\n    raise SystemExit(0)\nfinally:\n    import os; os._exit(0)",
            "import concurrent.futures as c\nwith c.ThreadPoolExecutor() as p: p.submit(__import__('os')._exit, 0).result()",
            "import threading; threading.Thread(target=__import__('os')._exit, args=(0,)).start()",
            "import contextlib\nwith contextlib.suppress(BaseException): raise SystemExit(0)\nraise SystemExit(0)",
        ],
    );
}

#[test]
fn by_what_runs_at_the_end() {
    check(
        "the end",
        &[
            "import atexit; atexit.register(lambda: __import__('os')._exit(0))",
            "import sys; sys.unraisablehook = lambda *a: __import__('os')._exit(0)\nclass X:\n    def __del__(self): 1 / 0\nx = X()",
            "import threading; threading._shutdown = lambda: __import__('os')._exit(0)",
            "import threading; threading.excepthook = lambda *a: __import__('os')._exit(0)",
            "import weakref\nclass X: pass\nx = X(); weakref.finalize(x, __import__('os')._exit, 0)",
            "import sys; sys.excepthook = None",
            "import sys; del sys.excepthook, sys.__excepthook__, sys.stderr, sys.stdout",
            "import traceback; traceback.TracebackException = lambda *a: __import__('os')._exit(0)",
            "import linecache; linecache.getline = lambda *a: __import__('os')._exit(0)",
            "class E(AssertionError):\n    @property\n    def __traceback__(self): __import__('os')._exit(0)\n    __class__ = property(lambda s: None)\nraise E",
            "class M(type):\n    __name__ = property(lambda s: __import__('os')._exit(0))\nclass E(Exception, metaclass=M): pass\nraise E",
            "import sys; sys.displayhook = sys.breakpointhook = lambda *a: __import__('os')._exit(0)",
            "import io\nclass O(io.StringIO):\n    def flush(self): __import__('os')._exit(0)\nimport sys; sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = O()",
            "import asyncio; asyncio.get_event_loop().call_soon(__import__('os')._exit, 0)",
        ],
    );
}

#[test]
fn by_patching_the_language() {
    check(
        "patches",
        &[
            "import builtins; builtins.__build_class__ = lambda *a, **k: None",
            "import builtins; builtins.AssertionError = SystemExit",
            "import builtins; builtins.AssertionError = lambda *a: __import__('os')._exit(0)",
            "import builtins; builtins.isinstance = lambda *a: True; builtins.issubclass = lambda *a: True",
            "import builtins; builtins.compile = builtins.exec = builtins.eval = lambda *a, **k: None",
            "import builtins; builtins.type = builtins.id = builtins.str = lambda *a: '0\\x1f'",
            "import builtins; builtins.__dict__.clear()",
            "import builtins\nfor n in list(vars(builtins)): setattr(builtins, n, None)",
            "__builtins__.clear()",
            "import sys; sys.modules['builtins'] = sys.modules['sys'] = sys",
            "import sys\nfor n in list(sys.modules): sys.modules[n] = None",
            "import sys\nclass F:\n    def find_spec(self, *a): __import__('os')._exit(0)\nsys.meta_path.insert(0, F())\nimport nothing_there",
            "import sys; sys.path_hooks.append(lambda p: __import__('os')._exit(0)); sys.path.append('x'); sys.path_importer_cache.clear()\nimport nothing_there",
            "import codecs; codecs.register(lambda n: __import__('os')._exit(0)); 'x'.encode('nothing_there')",
            "import codecs; codecs.register_error('strict', lambda e: ('', e.end)); b'\\xff'.decode('ascii')",
            "import sys; sys.addaudithook(lambda *a: __import__('os')._exit(0))",
            "import sys; sys.addaudithook(lambda *a: 1 / 0)",
            "import ast; ast.Assert = ast.Pass; ast.parse = lambda *a: None",
            "import operator; operator.eq = lambda a, b: True",
            "import sys; sys.set_coroutine_origin_tracking_depth(5); sys.setswitchinterval(1e-9)",
            "import copyreg, functools; functools.reduce = copyreg.pickle = None",
            "__debug__ = False",
            "import sys; sys.flags = None; sys.dont_write_bytecode = None",
        ],
    );
}

#[test]
fn by_walking_to_the_harness() {
    check(
        "walking",
        &[
            "import sys\nf = sys._getframe()\nwhile f.f_back: f = f.f_back\nf.f_globals.clear(); f.f_builtins.clear()",
            "import sys\nfor f in sys._current_frames().values(): f.clear()",
            "import gc\nfor o in gc.get_objects():\n    if type(o) is dict and 'prepare' in o: o.clear()",
            "import gc\nfor o in gc.get_objects():\n    if type(o) is dict:\n        try: o.update(finish=lambda e: '0\\x1f', state={})\n        except Exception: pass",
            "import gc\ngc.unfreeze()\nfor o in gc.get_objects():\n    if callable(o) and getattr(o, '__name__', '') in ('finish', 'reported', 'prepare', 'failed_to_compile'):\n        o.__code__ = (lambda *a: '0\\x1f').__code__",
            "import gc; gc.freeze(); gc.collect(); gc.disable(); gc.callbacks.append(lambda *a: __import__('os')._exit(0)); gc.collect()",
            "import sys; sys._proctor.state.clear(); sys._proctor.zone_cell[0] = 0xffffffff; sys._proctor.zone_cell[1] = 0xffffffff\nimport time; time.localtime()",
            "import sys; del sys._proctor.state, sys._proctor.finish, sys._proctor",
            "import sys; sys._proctor.__dict__.clear()",
            "import sys\nd = sys._proctor\nd.sys = d.os = d.traceback = None",
            "import sys; sys._proctor.FIELD = ''; sys._proctor.MAX_MESSAGE = 10**9",
            "import sys\nsys._proctor.state['entry'] = 'script'\nsys._proctor.state['finalisers'] = True\nsys._proctor.state['main'] = sys",
            "import sys, threading\nthreading.settrace(lambda *a: None); sys.setprofile(lambda *a: __import__('os')._exit(0))",
            "import sys\nm = sys.monitoring\nm.use_tool_id(3, 'x'); m.set_events(3, m.events.RAISE)\nm.register_callback(3, m.events.RAISE, lambda *a: __import__('os')._exit(0))",
            "import sys\ndef t(f, e, a): raise SystemExit(0)\nsys.settrace(t)\ndef g(): pass\ng()",
            "import sys\ndef t(frame, event, arg):\n    if event == 'exception': __import__('os')._exit(0)\n    return t\nsys.settrace(t); sys._getframe().f_trace = t",
            "import inspect\nfor f in inspect.stack(): f.frame.f_globals['candidate'] = 2",
            "import types\ndef f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes([9, 0] * 3)); f()",
            "import types\ndef f(): return 1\nf.__code__ = f.__code__.replace(co_code=bytes(range(256)) * 4, co_stacksize=0); f()",
            "def f(): return 1\nf.__code__ = f.__code__.replace(co_consts=(), co_nlocals=0, co_stacksize=0); f()",
            "import marshal; exec(marshal.loads(b'\\xe3' + bytes(80)))",
            "import _testcapi",
            "import ctypes; ctypes.memset(0, 0, 1 << 20)",
            "import _interpreters; i = _interpreters.create(); _interpreters.exec(i, 'import os; os._exit(0)')",
            "import concurrent.interpreters as c; c.create().exec('import os; os._exit(0)')",
            "import _ctypes",
            "import mmap; mmap.mmap(-1, 1 << 20); import os; os._exit(0)",
        ],
    );
}

#[test]
fn broken_bytecode_breaks_only_its_program() {
    let Some(sandbox) = sandbox() else { return };
    for seed in 0..40 {
        let source = format!(
            "import random\nrandom.seed({seed})\ndef f(a, b=[1, 2], *c): return [a, b, c, a + 1, str(b), f]\n\
            code = f.__code__\nraw = bytearray(code.co_code)\nfor _ in range(random.randrange(1, 6)): raw[random.randrange(len(raw))] = random.randrange(256)\n\
            f.__code__ = code.replace(co_code=bytes(raw), co_stacksize=random.choice([0, 1, code.co_stacksize, 9999]))\n\
            try: f(1)\nexcept BaseException as e: print(e){FAILING}"
        );
        let execution = sandbox.run(&guarded(&source));
        let verdict = execution.verdict;
        assert!(verdict != Verdict::Ok && verdict != Verdict::SandboxError, "seed {seed}: {:?}", outcome(&execution));
    }
}

#[test]
fn a_script_is_judged_by_its_status_alone() {
    let Some(sandbox) = sandbox() else { return };
    let failing = [
        "print('0\\x1fok\\x1e'); raise SystemExit(1)",
        "import sys; sys._proctor.finish.__code__ = (lambda e: 'x\\x1f').__code__; 1 / 0",
        "import sys; sys._proctor.finish.__code__ = (lambda e: None).__code__; 1 / 0",
        "import sys; sys._proctor.finish.__code__ = (lambda e: '\\ud800').__code__; 1 / 0",
        "import atexit\ndef f():\n    while True: pass\natexit.register(f); 1 / 0",
        "import sys; sys.exit(256 + 3)",
        "import sys; sys.exit(-1)",
        "class C(int): pass\nraise SystemExit(C(7))",
    ];
    for source in failing {
        let verdict = sandbox.run(&script(source)).verdict;
        assert!(verdict != Verdict::Ok && verdict != Verdict::SandboxError, "{source}: {verdict}");
    }
}
