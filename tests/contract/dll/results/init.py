"""Every result type is given every value of one list."""

import re
import sys

from _results_cffi import ffi


class Refused:
    """Stands in for stderr and keeps what is written there."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass


class HasInt:
    def __int__(self):
        return 78

    def __repr__(self):
        return "HasInt"


class HasIndex:
    def __index__(self):
        return 77

    def __repr__(self):
        return "HasIndex"


class HasFloat:
    def __float__(self):
        return 2.25

    def __repr__(self):
        return "HasFloat"


def a_function(x):
    return x


NUMBER = ffi.new("int *", 5)
POINT = ffi.new("pt_t *", (1, 2))
TEXT = ffi.new("char[]", b"text")

VALUES = [
    None, 0, 1, 42, -1, True, False, 127, 128, 300, 2**31, 2**40, -(2**40), 2**63, 2**70,
    1.5, 3.0, 1e300, "a", "ab", "\U0001f600", b"a", b"ab", "", b"",
    (1, 2), [3, 4], (1, 2, 3), ("a", 2), {"x": 6, "y": 5}, {"x": 7, "z": 8}, (2**40, 1),
    HasInt(), HasIndex(), HasFloat(), a_function, object,
    ffi.NULL, NUMBER, POINT, POINT[0], TEXT, ffi.cast("void *", 0), ffi.cast("int", 9),
    ffi.cast("long long", 2**40), ffi.cast("char", b"c"), ffi.cast("double", 2.5), ffi.cast("_Bool", 1),
    ffi.cast("enum color", 5), ffi.cast("unary_t", 0), ffi.cast("int(*)(long)", 16),
]

TRIED = [""]
KEPT = []
sys.stderr = Refused()


def give(name):
    def function(which):
        value = VALUES[which]
        TRIED[0] = "%r" % (value,)
        return value

    ffi.def_extern(name=name)(function)


for name in (
    "int uint longlong schar color bool char wchar float double charp voidp ptp pt fnptr void"
).split():
    give("r_" + name)


@ffi.def_extern()
def r_count():
    return len(VALUES)


@ffi.def_extern()
def r_said():
    refused, sys.stderr.text = sys.stderr.text, ""
    # embed-dll says more behind the exception, in brackets.
    lines = [line for line in refused.splitlines() if not line.startswith("  (")]
    text = "%s: %s" % (TRIED[0], lines[-1] if lines else "accepted")
    text = re.sub(" at 0x[0-9a-f]+|0x[0-9a-f]+", "", text)
    # The class of C values has a name of its own in each implementation.
    text = re.sub(r"(_cffi_backend|ffi)\.(__?)?CData(Base|Own\w*)?", "CData", text)
    KEPT[:] = [ffi.new("char[]", text.encode("ascii", "backslashreplace"))]
    return KEPT[0]
