"""Each function says what it was given and gives it back."""

import re
import sys

from _types_cffi import ffi


def say(text):
    sys.stdout.write(re.sub("0x[0-9a-f]+", "0x...", text) + "\n")
    sys.stdout.flush()


def echo(row, *names, **how):
    show = how.get("show", repr)

    def one(name):
        def function(*arguments):
            say("%s %s(%s)" % (row, name, ", ".join(show(value) for value in arguments)))
            return arguments[0]

        ffi.def_extern(name=name)(function)

    for name in names:
        one(name)


def record(value):
    """A value as text, records with what `value.name` gives for each field."""
    if not isinstance(value, ffi.CData):
        return repr(value)
    kind = ffi.typeof(value)
    if kind.kind == "pointer":
        return "&" + record(value[0])
    if kind.kind in ("struct", "union"):
        parts = []
        for name, _field in kind.fields:
            parts.append("%s=%s" % (name or "?", record(getattr(value, name))))
        return "%s{%s}" % (kind.cname, ", ".join(parts))
    if kind.kind == "array":
        return "[%s]" % ", ".join(record(element) for element in value)
    return repr(value)


echo("D01", "t_short", "t_int", "t_long", "t_longlong", "t_i16", "t_i32", "t_i64")
echo("D02", "t_ushort", "t_uint", "t_ulong", "t_ulonglong", "t_u64", "t_size")
echo("D03", "t_bool")
echo("D04", "t_char")
echo("D05", "t_schar", "t_uchar", "t_i8")
echo("D06", "t_wchar", show=ascii)
echo("D07", "t_float", "t_double")
echo("D09", "t_color", "t_level")
echo("D16", "t_fnptr", "t_fnptr_plain")
echo("D20", "t_hidden")


@ffi.def_extern()
def t_void(number):
    say("D10 t_void(%d)" % number)


def text(value):
    return "%s %r %s" % (ffi.typeof(value), ffi.string(value) if value else None, bool(value))


echo("D11", "t_charp", "t_constcharp", show=text)


@ffi.def_extern()
def t_voidp(pointer):
    say("D12 t_voidp(%s)" % ffi.typeof(pointer))
    if pointer:
        ffi.cast("int *", pointer)[0] += 1
    return pointer


@ffi.def_extern()
def t_intp(pointer):
    say("D13 t_intp(%s) %r %r" % (ffi.typeof(pointer), pointer[0], ffi.unpack(pointer, 3)))
    pointer[2] = 33
    return pointer + 1


@ffi.def_extern()
def t_array(array):
    say("D13 t_array(%s) %r" % (ffi.typeof(array), ffi.unpack(array, 3)))
    array[0] = -1
    return sum(ffi.unpack(array, 3))


@ffi.def_extern()
def t_ptp(point):
    say("D12 t_ptp(%r)" % (point,) if not point else "D12 t_ptp(%s)" % record(point))
    if point:
        point.x, point.y = point.y, point.x
    return point


@ffi.def_extern()
def t_pt_in(point):
    say("D14 t_pt_in(%s) %s" % (record(point), ffi.typeof(point)))
    # The host has a copy of its own.
    point.x = -100
    return point.y


echo("D15", "t_pt", "t_un", "t_nested", "t_bits", "t_vec", "t_mixed", show=record)


@ffi.def_extern()
def t_large(value):
    say("D15 t_large(%s)" % sum(value.values))
    result = ffi.new("large_t *", value)
    result.values[249] = 7
    return result[0]


@ffi.def_extern()
def t_longdoublep(pointer):
    say("D08 t_longdoublep(%s) %s %r" % (ffi.typeof(pointer), ffi.typeof(pointer[0]), float(pointer[0])))
    pointer[1] = pointer[0]
    pointer[2] = 2.5


@ffi.def_extern()
def t_made(which):
    return [(1, 2), [3, 4], {"y": 6, "x": 5}, (7,), {}, ffi.new("pt_t *", (8, 9))[0]][which]


@ffi.def_extern()
def t_apply(function, x, y):
    say("D16 t_apply(%s)" % ffi.typeof(function))
    return function(x, y) + 1


@ffi.def_extern()
def t_many(*arguments):
    say("D17 t_many(%s)" % ", ".join(map(repr, arguments)))
    return sum(arguments[:18])


@ffi.def_extern()
def t_none(*arguments):
    say("D19 t_none%r" % (arguments,))
    return 19


TYPES = [
    "int", "unsigned long", "pt_t", "pt_t *", "un_t", "nested_t", "bits_t", "hidden_t *",
    "enum color", "level_t", "binary_t", "int[3]", "char const *", "int(*)(pt_t, ...)",
]
KEPT = []


@ffi.def_extern()
def t_type_of(which):
    if which >= len(TYPES):
        return ffi.NULL
    kind = ffi.typeof(TYPES[which])
    size = ffi.sizeof(kind) if kind.kind != "function" else "-"
    KEPT[:] = [ffi.new("char[]", ("%s: %s, %s bytes" % (kind.cname, kind.kind, size)).encode())]
    return KEPT[0]
