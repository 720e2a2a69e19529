"""The guest's side of a run: makes a program ready, and says afterwards how it ended.

This source is run once, when an image is made. The host keeps the addresses of `prepare` and `finish` and calls them
directly; the program itself is entered by the host through PyEval_EvalCode, so no Python frame of ours stands below
it, and whether it reached its end is read from that function's C result, which no program can reach or forge. What
`finish` says about a failure is for people only.
"""

import array
import ast
import atexit
import builtins
import calendar
import gc
import io
import linecache
import opcode
import os
import random
import re
import sys
import threading
import time
import traceback
import types

FIELD, END = "\x1f", "\x1e"
SCRIPT_PATH = "/program/program.py"
MAX_MESSAGE = 4000

# Address and length of the TZif file of the zone in force; the host looks here whenever the C library asks for local
# time. It must not move, so it is never resized.
zone_cell = array.array("I", [0, 0])
state = {}


class Unreadable(io.StringIO):
    """Standard input and output of a guarded program: what is written is swallowed, nothing can be read."""

    def read(self, *args, **kwargs):
        raise OSError

    readline = readlines = read

    def readable(self, *args, **kwargs):
        return False


def prepare(request):
    """Makes the program ready: `request` is fields, END, source. Gives the addresses of its code and its globals."""
    header, _, source = request.partition(END)
    entry, semantics, *environment = header.split(FIELD)
    official = semantics == "official"
    arguments = []
    for pair in environment:
        name, _, value = pair.partition("=")
        if name:
            os.environ[name] = value
        else:
            arguments.append(value)
    os.chdir("/program")
    if "TZ" in os.environ:
        set_zone()
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    try:
        if official:
            compat_install()
        sys.argv = [SCRIPT_PATH, *arguments]
        code, space = (guarded if entry == "guarded" else script)(source, official)
    except BaseException as error:
        error.__traceback__ = None
        state["error"] = error
        return "error " + type(error).__name__
    # Kept alive here for the time the host holds only their addresses.
    state["running"] = (code, space)
    state["entry"] = entry
    return f"{id(code)} {id(space)}"


def compiled(source, name, official):
    if not official:
        return compile(source, name, "exec", dont_inherit=True)
    return compat_compile(source, name)


def script(source, official):
    """As `python3 program.py` does: a fresh `__main__`, the file beside, its folder first on the path."""
    data = source.encode()
    with open(SCRIPT_PATH, "wb") as file:
        file.write(data)
    sys.path.insert(0, "/program")
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins
    main.__file__ = SCRIPT_PATH
    main.__annotations__ = {}
    sys.modules["__main__"] = main
    state["main"] = main
    state["finalisers"] = "__del__" in source or "IOBase" in source
    # Universal newlines, byte order mark and coding line are the compiler's business.
    return compiled(data, SCRIPT_PATH, official), main.__dict__


def guarded(source, official):
    """As a guarded `exec` in empty globals does."""
    for stream in ("stdout", "stderr", "stdin"):
        setattr(sys, stream, Unreadable())
    guard()
    code = compiled(source, "<string>", official)
    return code, {"__builtins__": builtins.__dict__}


def guard():
    builtins.exit = None
    builtins.quit = None
    builtins.help = None
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in GUARDED_OS.split():
        setattr(os, name, None)
    import shutil
    import subprocess

    shutil.rmtree = shutil.move = shutil.chown = None
    subprocess.Popen = None
    for name in ("ipdb", "joblib", "resource", "psutil", "tkinter"):
        sys.modules[name] = None


def finish(error):
    """Says how the program ended: exit status, FIELD, message. `error` is what ended it, or None."""
    if state.get("entry") != "script":
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    message = ""
    status = 0
    if error is not None:
        status, message = reported(error)
    if state.get("entry") == "script":
        for last in (threading._shutdown, atexit._run_exitfuncs):
            try:
                last()
            except BaseException:
                traceback.print_exc()
    flush(sys.stdout, sys.stderr)
    if state.get("finalisers"):
        tear_down(state["main"].__dict__)
        flush(sys.stdout, sys.stderr)
    return f"{status}{FIELD}{message[:MAX_MESSAGE]}"


def flush(*streams):
    for stream in streams:
        try:
            stream.flush()
        except BaseException:
            pass


def tear_down(space):
    """Drops what a script made, as the interpreter's end does, for those whose objects do something then."""
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, name, getattr(sys, f"__{name}__"))
    single = [name for name in space if name[:1] == "_" and name[1:2] != "_"]
    others = [name for name in space if name[:1] != "_" or name[1:2] == "_" and name != "__builtins__"]
    for name in single + others:
        space[name] = None
    state.pop("running", None)
    gc.collect()


def reported(error):
    try:
        message = str(error)
    except BaseException as second:
        message = f"<its text cannot be made: {type(second).__name__}>"
    if isinstance(error, SystemExit) and state.get("entry") == "script":
        code = error.code
        if code is None:
            return 0, message
        if isinstance(code, int):
            return int(code) & 0xFF, message
        print(code, file=sys.stderr)
        return 1, message
    hook = sys.excepthook if state.get("entry") == "script" else sys.__excepthook__
    try:
        hook(type(error), error, error.__traceback__)
    except SystemExit as leaving:
        return reported(leaving)
    except BaseException:
        sys.__excepthook__(type(error), error, error.__traceback__)
    return 1, message


def failed_to_compile():
    """Says why there was no program: kind, FIELD, message."""
    error = state.pop("error")
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    sys.__excepthook__(type(error), error, None)
    sys.stderr.flush()
    return f"{type(error).__name__}{FIELD}{str(error)[:MAX_MESSAGE]}"


def warm_up():
    """Makes and drops a program of each kind, so that an image has in memory what entering one needs."""
    source = "def f(x: int) -> list[int]:\n    return [x]\n\n\nassert f(1) == [1]\n"
    for official in (True, False):
        exec(compiled(source, "<string>", official), {})
    try:
        exec(compile("assert False", "<string>", "exec"), {})
    except AssertionError as error:
        "".join(traceback.format_exception(error))


def set_zone():
    """Makes the zone that the variable TZ names the local one, as C's tzset does; UTC when it names none."""
    from zoneinfo._common import load_tzdata

    name = os.environ.get("TZ", "").removeprefix(":")
    try:
        with load_tzdata(name) as file:
            data = file.read()
    except Exception:
        data = b""
    # A bytes object keeps its content after four words.
    state["zone"] = data
    zone_cell[0], zone_cell[1] = id(data) + 16, len(data)
    year = time.gmtime().tm_year
    january, july = (time.localtime(calendar.timegm((year, month, 1, 0, 0, 0))) for month in (1, 7))
    standard, saving = (july, january) if january.tm_gmtoff > july.tm_gmtoff else (january, july)
    time.timezone, time.altzone = -standard.tm_gmtoff, -saving.tm_gmtoff
    time.daylight = int(standard.tm_gmtoff != saving.tm_gmtoff)
    time.tzname = (standard.tm_zone, saving.tm_zone)


def tzset():
    """tzset()

    Initialize, or reinitialize, the local timezone to the value stored in os.environ['TZ']."""
    set_zone()
