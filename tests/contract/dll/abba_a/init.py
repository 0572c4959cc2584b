import builtins
import ctypes
import time

from _abba_a_cffi import ffi

other = ctypes.CDLL("./libabba_b.so").abba_b
other.restype = ctypes.c_int
# The code of the other module is to run in the other thread by then.
for _ in range(400):
    if hasattr(builtins, "abba_b_runs"):
        break
    time.sleep(0.01)
builtins.abba_a_calls = True
other(1)


@ffi.def_extern()
def abba_a(x):
    return x + 1
