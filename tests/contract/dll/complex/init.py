import sys

from _complex_cffi import ffi


@ffi.def_extern()
def complex_twice(value):
    sys.stdout.write("D18 %r\n" % (value,))
    sys.stdout.flush()
    return value * 2j
