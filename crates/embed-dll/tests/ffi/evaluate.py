"""Evaluates the expressions of a table and compares their results with the written ones.

A table has an expression or statement in a line, and below it `    -> ` and the repr() of its value
(of the variable r of a statement), or `!! ` and the exception; further lines are of the same text.
Blocks are separated by empty lines; `# ` starts a comment.
"""

import re

# What the classes are called is not compared: CFFI's are private.
CLASSES = re.compile(
    r"_cffi_backend\.(?:_CDataBase|__CDataOwnGC|__CDataOwn|__CDataGCP|__CDataFromBuf)|ffi\.CData\b"
)


def normal(text):
    text = CLASSES.sub("CData", text)
    text = re.sub(r"(?:_cffi_backend|ffi)\.(?=(?:FFI|CType|CField|buffer)\b)", "", text)
    text = text.replace("__CData_iterator", "CDataIterator").replace("_cffi_backend.", "")
    return re.sub(r"0x[0-9a-f]{6,}", "0x…", text.replace("ffi.CDataIterator", "CDataIterator"))


def enter(value):
    with value as entered:
        return entered


def blocks(text):
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith("# ")]
        lines = [line for line in lines if line]
        if lines:
            first = next(i for i, line in enumerate(lines) if line.startswith("    -> "))
            code = "\n".join(lines[:first])
            yield code, "\n".join(lines[first:])[len("    -> ") :]


def result_of(code, names):
    try:
        try:
            compiled = compile(code, "table", "eval")
        except SyntaxError:
            exec(compile(code, "table", "exec"), names)
            value = names.get("r", "-")
        else:
            value = eval(compiled, names)
        return repr(value)
    except BaseException as raised:
        return "!! {}: {}".format(type(raised).__name__, raised)


def table(path, ffi, lib):
    import pickle
    import weakref

    count, wrong = 0, 0
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for code, expected in blocks(text):
        names = dict(ffi=ffi, lib=lib, weakref=weakref, pickle=pickle, enter=enter)
        # Each line starts from the same state.
        lib.counter, lib.origin, lib.table, ffi.errno = 7, [1, 2], [1, 2, 3, 4], 0
        found = normal(result_of(code, names))
        count += 1
        # Texts of empty lines cannot be in a table.
        if found.replace("\n\n", "\n") != normal(expected):
            wrong += 1
            print("{}\n    expected {}\n    found    {}".format(code, normal(expected), found))
    print("{}: {} lines, {} differ".format(path.rsplit("/", 1)[-1], count, wrong))
    return wrong
