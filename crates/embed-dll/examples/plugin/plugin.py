import math

from my_plugin import ffi, lib


@ffi.def_extern()
def do_stuff(p):
    print("adding %d and %d" % (p.x, p.y))
    return p.x + p.y


@ffi.def_extern(error=-1.0)
def half_root(number):
    return math.sqrt(number) / 2


@ffi.def_extern()
def mycb(x):
    print("hi, I'm called with x =", x)
    return lib.ten_times(x)
