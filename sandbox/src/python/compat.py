"""The compatibility layer: what 64-bit CPython 3.11 does and the guest, a 32-bit CPython 3.15, does not.

Installed for `official` semantics only. docs/fidelity-python.md lists what is restored here and what is not.
"""

import functools
import itertools
import operator


# --- sum ------------------------------------------------------------------------------------------------------------
# Since 3.12 the built-in compensates rounding errors of floats; before, it added from left to right.

exact_sum = sum


def plain_sum(iterable, /, start=0):
    """Return the sum of a 'start' value (default: 0) plus an iterable of numbers."""
    kind = type(iterable)
    if kind is range or type(start) not in (int, float, bool, complex):
        return exact_sum(iterable, start)
    if kind is list or kind is tuple:
        total = exact_sum(iterable, start)
        if type(total) is not float and type(total) is not complex:
            return total
        return functools.reduce(operator.add, iterable, start)
    # In pieces: integers are exact in any case, and are most of what is summed.
    total, iterator = start, iter(iterable)
    while piece := list(itertools.islice(iterator, 1024)):
        exact = type(total) is int and exact_sum(piece, total)
        if type(exact) in (bool, float, complex):
            total = functools.reduce(operator.add, piece, total)
        else:
            total = exact
    return total


plain_sum.__name__ = plain_sum.__qualname__ = "sum"
plain_sum.__module__ = "builtins"


# --- annotations and syntax -------------------------------------------------------------------------------------------
# Since 3.14 annotations are evaluated when somebody asks for them; before, when the definition is executed.

BLOCKS = ("body", "orelse", "finalbody")


def eager(body, in_function):
    """Puts the annotations of every definition in `body` before it, as expressions."""
    out = []
    for node in body:
        kind = type(node)
        if kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
            arguments = node.args
            found = [
                a.annotation
                for a in (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg)
                if a is not None and a.annotation is not None
            ]
            if node.returns is not None:
                found.append(node.returns)
            out += [ast.copy_location(ast.Expr(annotation), annotation) for annotation in found]
            node.body = eager(node.body, True)
            out.append(node)
        elif kind is ast.ClassDef:
            node.body = eager(node.body, False)
            out.append(node)
        elif kind is ast.AnnAssign:
            out.append(node)
            if not in_function:
                out.append(ast.copy_location(ast.Expr(node.annotation), node.annotation))
        else:
            for block in BLOCKS:
                inner = getattr(node, block, None)
                if inner:
                    setattr(node, block, eager(inner, in_function))
            for part in getattr(node, "handlers", None) or getattr(node, "cases", None) or ():
                part.body = eager(part.body, in_function)
            out.append(node)
    return out


# Operations an annotation of names alone does without; `int[str]` raises, so subscripts are looked at closely.
TELLING = {opcode.opmap[name] for name in ("BINARY_OP", "CALL") if name in opcode.opmap}


# Text that may be a set display.
SET_DISPLAY = re.compile(r"\{[^{}:]*,[^{}:]*\}")


def constant_of(node):
    """The constant that an expression is before anything is computed: a number may have a sign."""
    if type(node) is ast.Constant:
        return node
    if type(node) is ast.UnaryOp and type(node.op) is ast.USub and type(node.operand) is ast.Constant:
        value = node.operand.value
        if type(value) in (int, float, complex):
            return ast.Constant(-value)
    return None


class TwiceFolded(ast.NodeTransformer):
    """Up to 3.11 a set display of constants became a frozen set when compiled, which was then made once more from its own
    elements, so that they stand in another order where they collide."""

    found = False

    def folded(self, node):
        """The constant a display becomes, or None."""
        if type(node) is not ast.Set:
            return None
        elements = [constant_of(element) for element in node.elts]
        if None in elements:
            return None
        self.found = True
        # The compiler makes constants of a tree once more, as then.
        value = frozenset([element.value for element in elements])
        return ast.copy_location(ast.Constant(value), node)

    def visit_Set(self, node):
        constant = self.folded(node) if len(node.elts) > 2 else None
        if constant is None:
            return self.generic_visit(node)
        return ast.copy_location(ast.Set([ast.copy_location(ast.Starred(constant, ast.Load()), node)]), node)

    def visit_iteration(self, node):
        node.iter = self.folded(node.iter) or node.iter
        return self.generic_visit(node)

    visit_For = visit_comprehension = visit_iteration


def names_in(code):
    """All names the code mentions, those its lazy annotations would look up (None when they do more than look up names),
    and whether it defines something with type parameters."""
    mentioned, annotating, plain, generic = set(), set(), True, False
    pending = [code]
    while pending:
        one = pending.pop()
        mentioned.update(one.co_names)
        for constant in one.co_consts:
            if type(constant) is types.CodeType:
                if constant.co_name == "__annotate__":
                    annotating.update(constant.co_names)
                    plain = plain and not constant.co_freevars and TELLING.isdisjoint(constant.co_code[::2])
                elif constant.co_name[:9] == "<generic ":
                    generic = True
                pending.append(constant)
            elif type(constant) is tuple:
                # The names of `from … import`.
                mentioned.update(name for name in constant if type(name) is str)
            elif type(constant) is str and len(constant) < 40:
                # As in `getattr(module, "name")`.
                mentioned.add(constant)
    return mentioned, annotating if plain else None, generic


def compat_compile(source, name):
    """Compiles as 3.11 would."""
    code = compile(source, name, "exec", dont_inherit=True)
    text = source if isinstance(source, str) else decoded(source)
    mentioned, annotating, generic = names_in(code)
    library_install(text, mentioned)
    plain = annotating is not None and builtins.__dict__.keys() >= annotating and not annotates_a_place(text)
    newer = generic or may_be_newer(text)
    displays = "{" in text and SET_DISPLAY.search(text) is not None
    if plain and not newer and not displays:
        return code
    tree = ast.parse(source, name, feature_version=(3, 11))
    if newer:
        refuse_newer_syntax(tree, text, name)
    twice = TwiceFolded()
    if displays:
        tree = twice.visit(tree)
    lazy = not plain and not code.co_flags & FUTURE_ANNOTATIONS
    if lazy:
        tree.body = eager(tree.body, False)
    if lazy or twice.found:
        return compile(tree, name, "exec", dont_inherit=True)
    return code


FUTURE_ANNOTATIONS = 0x1000000
ANNOTATED_PLACE = re.compile(r"(?m)^[ \t]*[A-Za-z_]\w*(?:\.\w+|\[[^\]\n]*\])+[ \t]*:(?!=)")


def decoded(data):
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding).read()


# Text that may be syntax of 3.12 and later: f-strings and t-strings with an expression in them, `type X`, and an `except`
# with a comma. Looking for words first is a tenth of what searching all of a text costs.
TEMPLATE = re.compile(r"""(?i:\b(?:f|t|fr|rf|tr|rt)['"])""")
NEW_NAME = re.compile(r"type[ \t]+\w+[ \t]*[\[=]")
BARE_EXCEPT = re.compile(r"except\b[^:\n]*,")


def may_be_newer(text):
    return (
        any(quote in text for quote in STARTS) and TEMPLATE.search(text) is not None
        or "type" in text and NEW_NAME.search(text) is not None
        or "except" in text and BARE_EXCEPT.search(text) is not None
    )


STARTS = [kind + quote for kind in "fFtTrR" for quote in "\"'"]

def annotates_a_place(text):
    """Whether something may be the annotation of an attribute or an item, which the guest does not even compile."""
    return ANNOTATED_PLACE.search(text) is not None


def refuse_newer_syntax(tree, text, name):
    """Raises SyntaxError for what 3.11 does not read. `feature_version` finds type parameters and the like."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(tree):
        kind = type(node)
        if kind.__name__ == "TemplateStr":
            raise newer(node, name, "invalid syntax")
        if kind is ast.ExceptHandler and type(node.type) is ast.Tuple:
            line = lines[node.type.lineno - 1].encode()
            if not line[node.type.col_offset :].startswith(b"("):
                raise newer(node, name, "multiple exception types must be parenthesized")
    refuse_nested_quotes(text, name)


def newer(node, name, message):
    return SyntaxError(message, (name, getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1, None))


def refuse_nested_quotes(text, name):
    """Up to 3.11 an f-string was one token: its expressions could hold neither its own quotes, nor a backslash, nor a
    comment, and in a string of one line no line break."""
    import tokenize

    lines = text.splitlines(keepends=True)
    stack = []  # [quotes, depth of brackets, start of the expression or None]
    try:
        tokens = list(tokenize.generate_tokens(iter(lines).__next__))
    except (SyntaxError, tokenize.TokenError):
        return
    for token in tokens:
        kind = tokenize.tok_name[token.type]
        if kind in ("FSTRING_START", "TSTRING_START"):
            check_expression(stack, token, name)
            stack.append([token.string.lstrip("fFrRtT"), 0, False])
        elif kind in ("FSTRING_END", "TSTRING_END"):
            stack.pop()
            check_expression(stack, token, name)
        elif stack and kind == "FSTRING_MIDDLE":
            stack[-1][2] = False
            check_expression(stack[:-1], token, name)
        elif stack:
            top = stack[-1]
            if kind == "OP" and token.string == "{":
                top[1] += 1
            elif kind == "OP" and token.string == "}":
                top[1] -= 1
            check_expression(stack, token, name)


def check_expression(stack, token, name):
    for quotes, _, _ in stack:
        one_line = len(quotes) == 1
        if quotes in token.string:
            message = "f-string: expecting '}'"
        elif "\\" in token.string:
            message = "f-string expression part cannot include a backslash"
        elif token.string.startswith("#"):
            message = "f-string expression part cannot include '#'"
        elif one_line and "\n" in token.string:
            message = "unterminated string literal"
        else:
            continue
        raise SyntaxError(message, (name, token.start[0], token.start[1] + 1, token.line))


# --- sizes ------------------------------------------------------------------------------------------------------------
# Pointers have 8 bytes, not 4, and integers, strings and dictionaries had 3.11's layouts. What is known exactly is
# computed from the object; the capacity of a list, set or dictionary is read off the guest's own size.

guest_getsizeof = sys.getsizeof
EMPTY_LIST = guest_getsizeof([])
EMPTY_SET = guest_getsizeof(set())
EMPTY_DICT = guest_getsizeof({})
EMPTY_BYTEARRAY = guest_getsizeof(bytearray())
# Of a dictionary of one key that is not text: 8 indices of one byte, 5 entries of 12 bytes, and this header.
KEYS_HEADER = guest_getsizeof({1: 1}) - EMPTY_DICT - 8 - 5 * 12
FIXED_SIZES = {
    float: 24,
    complex: 32,
    range: 48,
    slice: 56,
    type(None): 16,
    type(Ellipsis): 16,
    type(NotImplemented): 16,
    types.FunctionType: 152,
    types.BuiltinFunctionType: 72,
    types.GeneratorType: 200,
}
NO_DEFAULT = object()


class Plain:
    pass


def wide_getsizeof(object, default=NO_DEFAULT):
    """Return the size of object in bytes."""
    kind = type(object)
    if kind is int or kind is bool:
        return 24 + 4 * max(1, (abs(object).bit_length() + 29) // 30)
    if kind is str:
        return wide_text(object)
    if kind is bytes:
        return 33 + len(object)
    if kind is tuple:
        return 40 + 8 * len(object)
    if kind in FIXED_SIZES:
        return FIXED_SIZES[kind]
    size = guest_getsizeof(object) if default is NO_DEFAULT else guest_getsizeof(object, default)
    if kind is list:
        return 56 + (size - EMPTY_LIST) * 2
    if kind is set or kind is frozenset:
        return 216 + (size - EMPTY_SET) * 2
    if kind is dict:
        return wide_dict(size)
    if kind is bytearray:
        return 56 + size - EMPTY_BYTEARRAY
    if type(kind) is type and hasattr(object, "__dict__") and kind.__basicsize__ == Plain.__basicsize__:
        return 56
    return 2 * size


def wide_text(text):
    if text.isascii():
        return 49 + len(text)
    widest = max(text)
    if widest <= "\xff":
        return 73 + len(text)
    return 74 + 2 * len(text) if widest <= "\uffff" else 76 + 4 * len(text)


def wide_dict(size):
    slots = 8
    while slots < 1 << 27:
        usable = slots * 2 // 3
        width = 1 if slots <= 128 else 2 if slots <= 32768 else 4
        for entry, wide_entry in ((8, 16), (12, 24)):
            if size == EMPTY_DICT + KEYS_HEADER + slots * width + usable * entry:
                return 64 + 32 + slots * width + usable * wide_entry
        slots *= 2
    return 64 if size <= EMPTY_DICT else 2 * size


wide_getsizeof.__name__ = wide_getsizeof.__qualname__ = "getsizeof"
wide_getsizeof.__module__ = "sys"


# --- numpy and pandas -------------------------------------------------------------------------------------------------
# The guest has numpy 2.5 and pandas 3.0; upstream's verdicts come from 1.26 and 2.2.

NUMPY_NAMES = {
    "Inf": "inf", "Infinity": "inf", "infty": "inf", "NaN": "nan", "PINF": "inf", "float_": "float64",
    "complex_": "complex128", "unicode_": "str_", "string_": "bytes_", "longfloat": "longdouble", "singlecomplex": "complex64",
    "cfloat": "complex128", "clongfloat": "clongdouble", "product": "prod", "cumproduct": "cumprod", "alltrue": "all",
    "sometrue": "any", "round_": "round", "row_stack": "vstack", "trapz": "trapezoid", "in1d": "isin",
}  # fmt: skip
FREQUENCIES = {
    "M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "BM": "BME", "BQ": "BQE", "BY": "BYE", "BA": "BYE", "SM": "SME", "CBM": "CBME",
    "H": "h", "BH": "bh", "CBH": "cbh", "T": "min", "S": "s", "L": "ms", "U": "us", "N": "ns",
}  # fmt: skip
OFFSET_USERS = """core.arrays.datetimelike core.arrays.datetimes core.arrays.timedeltas core.generic core.indexes.datetimelike
core.indexes.datetimes core.indexes.timedeltas core.resample core.window.rolling tseries.frequencies tseries.api""".split()
FREQUENCY = re.compile(r"([-+]?\d*\.?\d*)([A-Za-z]+)(-[A-Z]{3})?\Z")


def newer_frequency(frequency):
    """`M` was the end of a month; now it is `ME`."""
    if type(frequency) is not str:
        return frequency
    found = FREQUENCY.match(frequency)
    if found is None or found[2] not in FREQUENCIES:
        return frequency
    newer = FREQUENCIES[found[2]]
    return found[1] + newer + (found[3] or "")


def older_numpy(numpy):
    for old, new in NUMPY_NAMES.items():
        if old not in numpy.__dict__ and new in numpy.__dict__:
            setattr(numpy, old, getattr(numpy, new))
    numpy.NINF, numpy.PZERO, numpy.NZERO = -numpy.inf, 0.0, -0.0
    # Integers had 64 bits where the program did not say otherwise.
    numpy.int_ = numpy.int64
    for name in ("array", "asarray", "arange", "zeros", "ones", "full", "empty", "eye", "identity"):
        wide_integers(numpy, numpy, name)
    for name in ("randint", "choice", "permutation"):
        wide_integers(numpy, numpy.random, name)
    for name in ("prod", "cumprod", "cumsum", "sum", "dot", "inner", "outer", "vdot", "diff", "trace"):
        wide_arguments(numpy, name)
    # Scalars show themselves as plain numbers.
    numpy.set_printoptions(legacy="1.25")


def wide_integers(numpy, owner, name):
    """Gives the program, not the libraries, arrays of 64-bit integers where it would get 32."""
    guest_function = getattr(owner, name)

    @functools.wraps(guest_function)
    def wide(*args, **kwargs):
        if kwargs.get("dtype") is int:
            kwargs["dtype"] = numpy.int64
        result = guest_function(*args, **kwargs)
        if (
            type(result) is numpy.ndarray
            and result.dtype == numpy.int32
            and "dtype" not in kwargs
            and sys._getframe(1).f_globals.get("__name__") in (None, "__main__")
            and not any(hasattr(argument, "dtype") for argument in args)
        ):
            return result.astype(numpy.int64)
        return result

    setattr(owner, name, wide)


def wide_arguments(numpy, name):
    """Lets a function of numpy that the program calls on its own lists of integers reckon in 64 bits."""
    guest_function, guest_array = getattr(numpy, name), numpy.array

    def widened(argument):
        if type(argument) in (list, tuple, range):
            array = guest_array(argument)
            return array.astype(numpy.int64) if array.dtype == numpy.int32 else argument
        return argument

    @functools.wraps(guest_function)
    def wide(*args, **kwargs):
        if args and sys._getframe(1).f_globals.get("__name__") in (None, "__main__"):
            try:
                args = (widened(args[0]), *(widened(a) if type(a) is list else a for a in args[1:]))
            except ValueError:
                # A ragged list: the function says so itself.
                pass
        return guest_function(*args, **kwargs)

    setattr(numpy, name, wide)


def older_pandas(pandas):
    # Text is of dtype `object` again.
    pandas.set_option("future.infer_string", False)
    numpy = sys.modules["numpy"]
    writable(pandas.Series, numpy)
    writable(pandas.DataFrame, numpy)
    for kind in (pandas.Series, pandas.DataFrame, pandas.Index):
        wide_astype(kind)
    pandas.concat = concat_as_before(pandas.concat, pandas)
    to_offset = pandas.tseries.frequencies.to_offset

    def older_offset(freq, *args, **kwargs):
        return to_offset(newer_frequency(freq), *args, **kwargs)

    for name in OFFSET_USERS:
        module = sys.modules.get("pandas." + name)
        if getattr(module, "to_offset", None) is to_offset:
            module.to_offset = older_offset


def writable(kind, numpy):
    """`values` gave the data themselves, to be changed at will."""
    guest_values = kind.values

    @property
    def values(self):
        data = guest_values.fget(self)
        if type(data) is numpy.ndarray and not data.flags.writeable:
            try:
                data.flags.writeable = True
            except ValueError:
                return data.copy()
        return data

    kind.values = values


def wide_astype(kind):
    """`int` was a 64-bit type."""
    guest_astype = kind.astype

    @functools.wraps(guest_astype)
    def astype(self, dtype, *args, **kwargs):
        if dtype is int or type(dtype) is str and dtype == "int":
            dtype = "int64"
        elif type(dtype) is dict:
            dtype = {column: "int64" if one is int or one == "int" else one for column, one in dtype.items()}
        return guest_astype(self, dtype, *args, **kwargs)

    kind.astype = astype


def concat_as_before(guest_concat, pandas):
    """Empty frames did not take part in choosing the types of columns."""

    @functools.wraps(guest_concat)
    def concat(objs, *args, **kwargs):
        if not isinstance(objs, dict):
            objs = list(objs)
        joined = guest_concat(objs, *args, **kwargs)
        parts = list(objs.values()) if isinstance(objs, dict) else objs
        frame = pandas.DataFrame
        if type(joined) is frame and joined.columns.is_unique and any(type(p) is frame and not len(p) for p in parts):
            full = [p for p in parts if type(p) is frame and len(p)]
            for column in joined.columns:
                kinds = {p[column].dtype for p in full if column in p.columns and p.columns.is_unique}
                if len(kinds) == 1 and joined[column].dtype == object and all(column in p.columns for p in full):
                    joined[column] = joined[column].astype(kinds.pop())
        return joined

    return concat


def compat_install():
    builtins.sum = plain_sum
    sys.getsizeof = wide_getsizeof
    sys.maxsize = (1 << 63) - 1
    if "numpy" in sys.modules:
        older_numpy(sys.modules["numpy"])
    if "pandas" in sys.modules:
        older_pandas(sys.modules["pandas"])
