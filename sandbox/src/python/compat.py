"""The compatibility layer: what 64-bit CPython 3.11 does and the guest, a 32-bit CPython 3.15, does not.

Installed for `official` semantics only. docs/fidelity-python.md lists what is restored here and what is not.
"""

import functools
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


def names_in_annotations(code):
    """Global names that lazy annotations in `code` would look up, or None when they need a closer look."""
    names = set()
    pending = [code]
    while pending:
        one = pending.pop()
        for constant in one.co_consts:
            if type(constant) is types.CodeType:
                if constant.co_name == "__annotate__":
                    if constant.co_freevars or len(constant.co_consts) > 40:
                        return None
                    names.update(constant.co_names)
                pending.append(constant)
    return names


def compat_compile(source, name):
    """Compiles as 3.11 would."""
    code = compile(source, name, "exec", dont_inherit=True)
    text = source if isinstance(source, str) else decoded(source)
    names = names_in_annotations(code)
    plain = names is not None and all(n in builtins.__dict__ for n in names)
    newer = NEWER_SYNTAX.search(text) is not None
    if plain and not newer:
        return code
    tree = ast.parse(source, name, feature_version=(3, 11))
    if newer:
        refuse_newer_syntax(tree, text, name)
    if not plain and not code.co_flags & FUTURE_ANNOTATIONS:
        tree.body = eager(tree.body, False)
        return compile(tree, name, "exec", dont_inherit=True)
    return code


FUTURE_ANNOTATIONS = 0x1000000


def decoded(data):
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding).read()


# Text that may be syntax of 3.12 and later: f-strings and t-strings with an expression in them, `type X`, brackets after
# a defined name, and an `except` with a comma.
NEWER_SYNTAX = re.compile(
    r"""(?i:\b(?:f|t|fr|rf|tr|rt)['"])|(?m:^[ \t]*type[ \t]+\w)|\b(?:def|class)[ \t]+\w+[ \t]*\[|\bexcept\b[^:\n]*,"""
)


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

guest_getsizeof = sys.getsizeof


def table(size, base, entry32, entry64, base64):
    return base64 + (size - base) // entry32 * entry64


def wide_getsizeof(object, default=state):
    """Return the size of object in bytes."""
    kind = type(object)
    if kind is int:
        return 24 + 4 * ((abs(object).bit_length() + 29) // 30)
    if kind is bool:
        return 24 + 4 * object
    if kind is str:
        if object.isascii():
            return 49 + len(object)
        widest = max(object)
        return 73 + len(object) if widest < "\x80" else wide_string(object, widest)
    if kind is bytes:
        return 33 + len(object)
    if kind is tuple:
        return 40 + 8 * len(object)
    if kind in FIXED_SIZES:
        return FIXED_SIZES[kind]
    if default is state:
        size = guest_getsizeof(object)
    else:
        size = guest_getsizeof(object, default)
    if kind is list:
        return table(size, EMPTY_LIST, 4, 8, 56)
    if kind is set or kind is frozenset:
        return table(size, EMPTY_SET, 8, 16, 216)
    if kind is dict:
        return wide_dict(object, size)
    if kind is bytearray:
        return 56 + size - EMPTY_BYTEARRAY
    return 2 * size


def wide_string(object, widest):
    if widest <= "\xff":
        return 73 + len(object)
    return 74 + 2 * len(object) if widest <= "\uffff" else 76 + 4 * len(object)


def wide_dict(object, size):
    if size <= EMPTY_DICT:
        return 64
    # 3.11: 64 bytes, then a table of 2^n indices of 1, 2 or 4 bytes and entries for two thirds of them, 16 bytes each
    # where all keys are strings and 24 otherwise, after a header of 32 bytes; collector's header not counted twice.
    slots = 8
    while slots * 2 // 3 < len(object):
        slots *= 2
    width = 1 if slots <= 256 else 2 if slots <= 65536 else 4
    entry = 16 if all(type(key) is str for key in object) else 24
    return 64 + 32 + slots * width + slots * 2 // 3 * entry


EMPTY_LIST = guest_getsizeof([])
EMPTY_SET = guest_getsizeof(set())
EMPTY_DICT = guest_getsizeof({})
EMPTY_BYTEARRAY = guest_getsizeof(bytearray())
FIXED_SIZES = {float: 24, complex: 32, type(None): 16, range: 48, type(Ellipsis): 16, slice: 56}
wide_getsizeof.__name__ = wide_getsizeof.__qualname__ = "getsizeof"
wide_getsizeof.__module__ = "sys"


def compat_install():
    builtins.sum = plain_sum
    sys.getsizeof = wide_getsizeof
    sys.maxsize = (1 << 63) - 1


def set_zone():
    pass
