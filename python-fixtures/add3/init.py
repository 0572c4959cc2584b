import sys

from _add3_cffi import ffi


@ffi.def_extern()
def add3(x, y, z, t):
    sys.stdout.write("adding %d, %d, %d, %d\n" % (x, y, z, t))
    sys.stdout.flush()
    return x + y + z + t
