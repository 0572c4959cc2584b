import sys

from _imp_cffi import ffi, lib

sys.stdout.write("I04 the init code runs\n")
sys.stdout.flush()


@ffi.def_extern()
def do_stuff(point):
    return point.x + point.y


@ffi.def_extern()
def raises(x):
    raise ValueError("boom %d" % x)
