import re
import sys

from _ffi_cffi import ffi, lib


def say(text):
    text = re.sub("0x[0-9a-f]+", "0x...", text)
    # The classes have names of their own in each implementation.
    text = re.sub(r"(_cffi_backend|ffi)\.(__?)?CData(Base|Own)?\b(?! =)", "CData", text)
    text = text.replace("_cffi_backend.FFI", "FFI").replace("ffi.FFI", "FFI")
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    sys.stdout.flush()


def show(expression):
    """An expression with its value, or with what it raises."""
    try:
        value = eval(expression, NAMES)
    except Exception as error:
        say("X01 %s raises %s: %s" % (expression, type(error).__name__, error))
    else:
        say("X01 %s = %r" % (expression, value))
        return value


point = ffi.new("fpt_t *", (1, 2))
array = ffi.new("int[4]", [1, 2, 3])
NAMES = {"ffi": ffi, "lib": lib, "point": point, "array": array, "text": ffi.new("char[]", b"text")}

NEW = """
ffi.new("int *")[0]
ffi.new("int *", 5)[0]
ffi.new("int *", 5)
ffi.new("int[3]")
list(ffi.new("int[3]", [1, 2]))
list(ffi.new("int[]", 2))
len(ffi.new("int[]", [1, 2, 3]))
ffi.new("char[]", b"abc")
ffi.string(ffi.new("char[]", b"abc"))
ffi.sizeof(ffi.new("char[]", b"abc"))
ffi.new("char[3]", b"abcd")
ffi.new("char[]", "text")
ffi.new("int[2]", [1, 2, 3])
ffi.new("int")
ffi.new("fpt_t")
ffi.new("fpt_t *")
ffi.new("fpt_t *", {"y": 3}).y
ffi.new("fpt_t *", (1, 2, 3))
ffi.new("fpt_t *", {"z": 3})
ffi.new("fpt_t[2]", [(1, 2), {"x": 3}])[1].x
ffi.new("frec_t *", {"first": (1, 2), "numbers": [4, 5], "name": b"n"}).first.y
ffi.string(ffi.new("frec_t *", {"name": b"name"}).name)
ffi.new("fun_t *", {"i": 1}).c[0]
ffi.new("fvar_t *", {"count": 2, "values": [7, 8]}).values[1]
ffi.sizeof(ffi.new("fvar_t *", {"count": 2, "values": [7, 8]})[0])
ffi.new("fhidden_t *")
ffi.new("nosuch_t *")
ffi.new("int **")[0]
ffi.new("wchar_t[]", "w\\u00e9")[1]
ffi.string(ffi.new("wchar_t[]", "w\\u00e9"))
ffi.new("_Bool *", 2)
ffi.new("signed char *", 128)
ffi.new("float *", 1.1)[0]
ffi.new("enum fcolor *", 5)[0]
ffi.new("enum fcolor *", "FGREEN")[0]
ffi.new("fbin_t *")[0]
ffi.new("void *")
ffi.new("int[-1]")
ffi.new("int[]")
"""

CAST = """
ffi.cast("int", 3.7)
ffi.cast("unsigned char", 300)
ffi.cast("signed char", 200)
int(ffi.cast("signed char", 200))
ffi.cast("char", 65)
ffi.cast("char", "A")
ffi.cast("int", b"A")
ffi.cast("_Bool", 5)
ffi.cast("double", 3)
float(ffi.cast("float", 1.1))
ffi.cast("void *", 0)
ffi.cast("void *", 0) == ffi.NULL
bool(ffi.cast("void *", 0))
int(ffi.cast("intptr_t", ffi.cast("void *", 4096)))
ffi.cast("fpt_t *", ffi.NULL)
ffi.cast("char *", point)
ffi.cast("fpt_t *", ffi.cast("void *", point)).x
ffi.cast("fpt_t", point)
ffi.cast("int", ffi.NULL)
ffi.cast("int", "AB")
ffi.cast("enum fcolor", 5)
ffi.cast("enum fcolor", 6)
ffi.string(ffi.cast("enum fcolor", 5))
ffi.cast("int[2]", 0)
ffi.cast("wchar_t", 233)
int(ffi.cast("uint64_t", -1))
ffi.cast("fbin_t", 0)
"""

STRING = """
ffi.string(text)
ffi.string(text, 2)
ffi.string(ffi.cast("char *", text) + 1)
ffi.string(ffi.NULL)
ffi.string(ffi.cast("char *", 0))
ffi.string(5)
ffi.string(point)
ffi.string(ffi.cast("char", 65))
ffi.string(ffi.new("wchar_t *", "w"))
ffi.string(ffi.cast("int", 65))
ffi.unpack(text, 4)
ffi.unpack(array, 3)
ffi.unpack(array, 0)
ffi.unpack(array, -1)
ffi.unpack(ffi.new("double[2]", [0.5, 1.5]), 2)
ffi.unpack(ffi.new("wchar_t[]", "wide"), 3)
ffi.unpack(ffi.NULL, 1)
ffi.unpack(point, 1)
bytes(ffi.buffer(array))
len(ffi.buffer(array))
bytes(ffi.buffer(array, 4))
ffi.buffer(array)[0]
bytes(ffi.buffer(text)[1:3])
ffi.buffer(ffi.NULL)
bytes(ffi.buffer(point))
ffi.buffer(5)
bytearray(ffi.buffer(text))
memoryview(ffi.buffer(text)).nbytes
"""

TYPES = """
ffi.typeof("int")
ffi.typeof("int *") is ffi.typeof("int*")
ffi.typeof(point)
ffi.typeof(point[0])
ffi.typeof(array)
ffi.typeof("fpt_t").fields[0][0]
ffi.typeof("fpt_t").fields[1][1].offset
ffi.typeof("frec_t").fields[4][1].bitsize
ffi.typeof("frec_t").kind
ffi.typeof("int *").item
ffi.typeof("int[4]").length
ffi.typeof("int[]").length
ffi.typeof("fbin_t").args
ffi.typeof("fbin_t").result
ffi.typeof("fbin_t").ellipsis
ffi.typeof("enum fcolor").elements
ffi.typeof("enum fcolor").relements
ffi.typeof("int").cname
ffi.typeof("int").item
ffi.typeof(5)
ffi.typeof("what is this")
ffi.typeof("struct nosuch")
ffi.typeof("int(int, char *)")
ffi.typeof("int(*)(int, ...)")
ffi.typeof("unsigned long long int")
ffi.typeof("long unsigned")
ffi.typeof("const char *")
ffi.typeof("char *[2][3]")
ffi.typeof("uint8_t")
ffi.typeof("wchar_t")
ffi.typeof("long double")
ffi.typeof(lib.f_twice)
ffi.sizeof("frec_t")
ffi.sizeof("int[10]")
ffi.sizeof(array)
ffi.sizeof(point)
ffi.sizeof(point[0])
ffi.sizeof("fhidden_t")
ffi.sizeof("int[]")
ffi.sizeof("void")
ffi.alignof("double")
ffi.alignof("frec_t")
ffi.offsetof("frec_t", "numbers")
ffi.offsetof("frec_t", "first", "y")
ffi.offsetof("frec_t", "numbers", 2)
ffi.offsetof("frec_t", "nope")
ffi.getctype("fpt_t")
ffi.getctype("fpt_t *", "x")
ffi.getctype("int[3]", "*")
ffi.addressof(point[0]) == point
ffi.addressof(point[0], "y")[0]
ffi.typeof(ffi.addressof(point[0], "y"))
ffi.addressof(array, 2)[0]
ffi.addressof(point)
ffi.addressof(5)
ffi.addressof(lib, "f_twice")
ffi.NULL
ffi.NULL == ffi.cast("int *", 0)
ffi.CData
isinstance(point, ffi.CData)
isinstance(ffi.typeof("int"), ffi.CType)
issubclass(ffi.error, Exception)
ffi.error.__name__
ffi.nosuch
"""

DATA = """
point.x
point[0].y
point.nope
point[1]
setattr(point, "x", "text")
setattr(point, "nope", 1)
array[0]
array[4]
array[-1]
array[1:3]
list(array[1:3])
len(array)
len(point)
array + 1
(array + 1)[0]
(array + 3) - array
array == array
array < array + 1
array == ffi.NULL
array + point
list(point)
hash(point) == hash(ffi.cast("void *", point))
bool(array)
int(array)
float(ffi.cast("int", 3))
ffi.cast("int", 3) == ffi.cast("int", 3)
ffi.cast("int", 3) == 3
ffi.cast("int", 3) + 1
ffi.cast("int *", 0)[0]
lib.f_twice(21)
lib.f_twice
lib.f_twice()
lib.f_twice(1, 2)
lib.f_twice("text")
lib.f_twice(2**40)
lib.f_twice(x=1)
lib
ffi.addressof(lib, "f_twice")(4)
point(1)
ffi.cast("fbin_t", 0)(1, 2)
sorted(name for name in dir(point))
"""

PARTS = [NEW, CAST, STRING, TYPES, DATA]


@ffi.def_extern()
def f_twice(x):
    return 2 * x


@ffi.def_extern()
def f_show(expression):
    show(ffi.string(expression).decode())


@ffi.def_extern()
def f_part(which):
    if which >= len(PARTS):
        return 0
    for expression in PARTS[which].strip().splitlines():
        show(expression)
    return 1
