import builtins
import ctypes
import time

from _abba_b_cffi import ffi

builtins.abba_b_runs = True
other = ctypes.CDLL("./libabba_a.so").abba_a
other.restype = ctypes.c_int
# The other one is to wait for this module first, and a little more.
for _ in range(400):
    if hasattr(builtins, "abba_a_calls"):
        break
    time.sleep(0.01)
time.sleep(0.3)
other(1)


@ffi.def_extern()
def abba_b(x):
    return x + 1
