import sys

from _longdouble_cffi import ffi


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@ffi.def_extern()
def t_longdouble(value):
    say("D08 t_longdouble(%s %r)" % (ffi.typeof(value), float(value)))
    return value


@ffi.def_extern()
def t_wide(value):
    say("D08 t_wide(%r, %r)" % (value.c, float(value.ld)))
    return {"c": value.c, "ld": value.ld}
