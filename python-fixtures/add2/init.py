import sys

sys.stdout.write("prepADD2\n")

# The module of the DLL is in sys.modules before its own code runs.
assert "_add2_cffi" in sys.modules

import _add2_cffi

assert _add2_cffi is sys.modules["_add2_cffi"]
ffi = _add2_cffi.ffi


@ffi.def_extern()
def add2(x, y, z):
    sys.stdout.write("adding %d and %d and %d\n" % (x, y, z))
    sys.stdout.flush()
    return x + y + z
