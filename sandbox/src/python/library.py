"""The standard library as 3.11 on a usual 64-bit system has it, as far as programs notice.

Part of the compatibility layer. What a program does not mention is not touched, so that it costs nothing.
"""

import collections
import importlib.machinery

# --- what was removed, or is missing in the guest, can be imported ----------------------------------------------------
# An empty module stands in: whoever only imports it goes on, whoever uses it fails, a little later than without it.

GONE = set(
    """aifc asynchat asyncore audioop cgi cgitb chunk crypt curses distutils ensurepip fcntl grp imghdr imp lib2to3 mailcap
    nis nntplib ossaudiodev pipes pty pwd readline resource smtpd sndhdr spwd sre_compile sre_constants sre_parse ssl sunau
    syslog telnetlib termios tty uu venv xdrlib""".split()
)


class Gone:
    """Finds the modules of `GONE` for the program, never for a library."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] not in GONE or not called_by_program(3):
            return None
        return importlib.machinery.ModuleSpec(name, Gone, is_package=True)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        pass


def called_by_program(depth):
    frame = sys._getframe(depth)
    while frame is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") in (None, "__main__")


# --- what was added is not there --------------------------------------------------------------------------------------

NEWER_NAMES = {
    "base64": "z85decode z85encode",
    "builtins": "ImportCycleError PythonFinalizationError frozendict sentinel",
    "calendar": "APRIL AUGUST DECEMBER Day FEBRUARY JANUARY JULY JUNE MARCH MAY Month NOVEMBER OCTOBER SEPTEMBER",
    "copy": "replace",
    "csv": "QUOTE_NOTNULL QUOTE_STRINGS",
    "enum": "EnumDict",
    "functools": "Placeholder",
    "heapq": "heapify_max heappop_max heappush_max heappushpop_max heapreplace_max",
    "itertools": "batched",
    "logging": "getHandlerByName getHandlerNames",
    "math": "fma fmax fmin isnormal issubnormal signbit sumprod",
    "operator": "is_none is_not_none",
    "os": "process_cpu_count readinto reload_environ",
    "queue": "ShutDown",
    "random": "binomialvariate",
    "re": "PatternError prefixmatch",
    "statistics": "kde kde_random",
    "types": "CapsuleType FrameLocalsProxyType LazyImportType get_original_bases",
    "typing": "NoDefault NoExtraItems ReadOnly TypeAliasType TypeForm TypeIs disjoint_base evaluate_forward_ref "
    "get_protocol_members is_protocol override",
    "uuid": "MAX NIL uuid6 uuid7 uuid8",
    "warnings": "deprecated",
}
NEWER_PLACES = {}
for newer_module, newer_list in NEWER_NAMES.items():
    for newer_name in newer_list.split():
        NEWER_PLACES.setdefault(newer_name, []).append(newer_module)
NEWER_METHODS = {
    "copy": ("pathlib", "Path"),
    "copy_into": ("pathlib", "Path"),
    "from_number": ("fractions", "Fraction"),
    "from_uri": ("pathlib", "Path"),
    "full_match": ("pathlib", "PurePath"),
    "is_integer": ("fractions", "Fraction"),
    "is_junction": ("pathlib", "Path"),
    "move": ("pathlib", "Path"),
    "move_into": ("pathlib", "Path"),
    "walk": ("pathlib", "Path"),
}


class OldModule(types.ModuleType):
    """A module that hides some of its names from the program; its own functions and other modules go on using them."""

    def __getattribute__(self, name):
        hidden = object.__getattribute__(self, "__dict__").get("__hidden__", ())
        if name in hidden and sys._getframe(1).f_globals.get("__name__") in (None, "__main__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return super().__getattribute__(name)


def hide_newer(names):
    """Hides what 3.12 and later added, of what the program mentions."""
    for name in names & NEWER_PLACES.keys():
        for module in NEWER_PLACES[name]:
            module = sys.modules[module]
            if module is builtins:
                module.__dict__.pop(name, None)
            elif name in module.__dict__:
                module.__dict__.setdefault("__hidden__", set()).add(name)
                module.__class__ = OldModule
    for name in names & NEWER_METHODS.keys():
        module, kind = NEWER_METHODS[name]
        kind = getattr(sys.modules[module], kind)
        if name in kind.__dict__:
            delattr(kind, name)
    if "is_integer" in names:
        # A built-in type's own dictionary, which the collector knows.
        for table in gc.get_referents(int.__dict__):
            if type(table) is dict:
                table.pop("is_integer", None)


# --- what works otherwise ---------------------------------------------------------------------------------------------


class OldNode(type):
    def __instancecheck__(cls, node):
        return type(node) is ast.Constant and type(node.value) in cls.kinds

    def __call__(cls, *args, **kwargs):
        return ast.Constant(*args, **kwargs)


def old_syntax_nodes():
    kinds = {
        "Num": (int, float, complex),
        "Str": (str,),
        "Bytes": (bytes,),
        "NameConstant": (bool, type(None)),
        "Ellipsis": (type(...),),
    }
    for name, values in kinds.items():
        setattr(ast, name, OldNode(name, (), {"kinds": values}))


def old_randrange():
    guest_randrange = random.Random.randrange

    def randrange(self, start, stop=None, step=1):
        """Choose a random item from range(stop) or range(start, stop[, step])."""
        start, stop, step = (int(x) if type(x) is float and x.is_integer() else x for x in (start, stop, step))
        return guest_randrange(self, start, stop, step)

    random.Random.randrange = randrange
    random.randrange = random._inst.randrange


NATIVE_WIDTHS = str.maketrans({"l": "q", "L": "Q", "n": "q", "N": "Q", "P": "Q"})


def wide_struct():
    """Native sizes are those of a 64-bit system."""

    def wide(format):
        text = format.decode() if isinstance(format, bytes) else format
        return format if text[:1] in ("<", ">", "=", "!") else text.translate(NATIVE_WIDTHS)

    def widened(function):
        return functools.wraps(function)(lambda format, *args, **kwargs: function(wide(format), *args, **kwargs))

    module = sys.modules["struct"]
    for name in ("calcsize", "pack", "pack_into", "unpack", "unpack_from", "iter_unpack"):
        setattr(module, name, widened(getattr(module, name)))


def inline_threads():
    """A thread runs to its end when it is started: there is only one."""
    Thread = threading.Thread

    def start(self):
        if self._started.is_set():
            raise RuntimeError("threads can only be started once")
        self._started.set()
        try:
            self.run()
        except SystemExit:
            pass
        except BaseException:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), self)))

    def join(self, timeout=None):
        if not self._started.is_set():
            raise RuntimeError("cannot join thread before it is started")

    Thread.start, Thread.join, Thread.is_alive = start, join, lambda self: False


def inline_pools():
    import concurrent.futures.thread as pools

    def submit(self, fn, /, *args, **kwargs):
        if self._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = pools._base.Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future

    pools.ThreadPoolExecutor.submit = submit


def quiet_alarms():
    import signal

    signal.SIGALRM = 14
    signal.alarm = lambda seconds: 0
    signal.setitimer = lambda which, seconds, interval=0.0: (0.0, 0.0)
    signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF = 0, 1, 2
    guest_signal = signal.signal
    signal.signal = lambda number, handler: signal.SIG_DFL if number == 14 else guest_signal(number, handler)


def loops_without_sockets():
    """An event loop needs a pair of sockets only to be woken from other threads."""
    import asyncio
    from asyncio import selector_events

    loop = selector_events.BaseSelectorEventLoop
    loop._make_self_pipe = loop._close_self_pipe = loop._write_to_self = lambda self: None
    policy_loop = asyncio.get_event_loop

    def get_event_loop():
        try:
            return policy_loop()
        except RuntimeError:
            asyncio.set_event_loop(asyncio.new_event_loop())
            return policy_loop()

    asyncio.get_event_loop = get_event_loop


def usual_system():
    sys.platform = "linux"
    os.uname = lambda: os.uname_result(("Linux", "localhost", "5.15.0", "#1 SMP", "x86_64"))


def usual_version():
    sys.version_info = VersionInfo(3, 11, 7, "final", 0)
    sys.version = "3.11.7 (main) [GCC 12.2.0]"
    sys.hexversion = 0x030B07F0


VersionInfo = collections.namedtuple("version_info", "major minor micro releaselevel serial")


def wide_hashes():
    """What `hash` shows of numbers and of tuples of them has 64 bits."""
    guest_hash = hash
    modulus, full = (1 << 61) - 1, (1 << 64) - 1
    first, second, fifth = 11400714785074694791, 14029467366897019727, 2870177450012600261

    def signed(value):
        return value - (1 << 64) if value >> 63 else value

    def wide(object, /):
        """Return the hash value for the given object."""
        kind = type(object)
        if kind is int or kind is bool:
            value = abs(object) % modulus * (-1 if object < 0 else 1)
            return -2 if value == -1 else value
        if kind is float:
            if object - object != 0:
                return guest_hash(object)
            top, bottom = abs(object).as_integer_ratio()
            value = top * pow(bottom, -1, modulus) % modulus * (-1 if object < 0 else 1)
            return -2 if value == -1 else value
        if kind is tuple:
            total = fifth
            for element in object:
                total = (total + (wide(element) & full) * second) & full
                total = (total << 31 | total >> 33) & full
                total = total * first & full
            total = (total + (len(object) ^ fifth ^ 3527539)) & full
            return 1546275796 if total == full else signed(total)
        return guest_hash(object)

    wide.__name__ = wide.__qualname__ = "hash"
    builtins.hash = wide


def older_dictionaries():
    """An ordered dictionary shows itself as a list of pairs."""

    class OrderedDict(collections.OrderedDict):
        __module__, __qualname__, __doc__ = "collections", "OrderedDict", collections.OrderedDict.__doc__

        def __repr__(self):
            key = id(self)
            if key in SHOWN:
                return "..."
            SHOWN.add(key)
            try:
                return f"{type(self).__name__}({list(self.items())!r})" if self else f"{type(self).__name__}()"
            finally:
                SHOWN.discard(key)

    collections.OrderedDict = OrderedDict


# Ordered dictionaries that are being shown, since one may hold itself.
SHOWN = set()


def older_enumerations():
    import enum

    def __contains__(cls, member):
        if not isinstance(member, enum.Enum):
            kinds = type(member).__qualname__, cls.__class__.__qualname__
            raise TypeError("unsupported operand type(s) for 'in': '%s' and '%s'" % kinds)
        return isinstance(member, cls) and member._name_ in cls._member_map_

    enum.EnumType.__contains__ = __contains__


def older_fractions():
    """Fractions cannot be formatted."""
    kind = sys.modules["fractions"].Fraction
    if "__format__" in kind.__dict__:
        del kind.__format__


def older_expovariate():
    guest_expovariate = random.Random.expovariate

    def expovariate(self, lambd):
        """Exponential distribution."""
        return guest_expovariate(self, lambd)

    random.Random.expovariate = expovariate
    random.expovariate = random._inst.expovariate


def older_calendar():
    """Days of the week are numbers."""
    guest_weekday, guest_monthrange = calendar.weekday, calendar.monthrange

    def weekday(year, month, day):
        return int(guest_weekday(year, month, day))

    def monthrange(year, month):
        first, days = guest_monthrange(year, month)
        return int(first), days

    calendar.weekday, calendar.monthrange = weekday, monthrange


def older_strptime():
    """A day of a month needs no year: it is that of 1900."""
    import _strptime as module

    guest_strptime = module._strptime

    def strptime(data_string, format="%a %b %d %H:%M:%S %Y"):
        try:
            return guest_strptime(data_string, format)
        except ValueError as error:
            if type(data_string) is not str or "year" not in str(error):
                raise
        try:
            return guest_strptime("1900\x01" + data_string, "%Y\x01" + format)
        except ValueError as error:
            if "does not match format" not in str(error):
                raise
        raise ValueError(f"time data {data_string!r} does not match format {format!r}")

    module._strptime = strptime


HOOKS = (
    (r"\bast\b", old_syntax_nodes),
    (r"\brandrange\b", old_randrange),
    (r"\bexpovariate\b", older_expovariate),
    (r"\bOrderedDict\b", older_dictionaries),
    (r"[Ee]num\b|\bEnumMeta\b|Flag\b", older_enumerations),
    (r"\bFraction\b", older_fractions),
    (r"\bcalendar\b", older_calendar),
    (r"\bstrptime\b", older_strptime),
    (r"\bstruct\b", wide_struct),
    (r"\b[Tt]hread|\bTimer\b|concurrent", inline_threads),
    (r"\bconcurrent\b", inline_pools),
    (r"\bsignal\b", quiet_alarms),
    (r"\basyncio\b", loops_without_sockets),
    (r"\bversion_info\b|\bsys\.version\b|\bhexversion\b", usual_version),
    # Not where the program's own hashes are made of others: an object's must fit into 32 bits as it is.
    (r"\A(?!(?s:.*)__hash__)(?s:.*)\bhash\(", wide_hashes),
    (r"\bplatform\b|\buname\b", usual_system),
)
ANY_HOOK = re.compile(r"\b(?:ast|randrange|struct|[Tt]hread\w*|Timer|concurrent|signal|asyncio|hash|\w*version\w*|platform|uname|expovariate|OrderedDict|\w*[Ee]num|EnumMeta|\w*Flag|Fraction|calendar|strptime)\b")


def library_install(text, names):
    """Makes the library ready for a program of this text, which mentions these names."""
    sys.meta_path.insert(0, Gone)
    hide_newer(names)
    if ANY_HOOK.search("\n".join(names)):
        for pattern, hook in HOOKS:
            if re.search(pattern, text):
                hook()
