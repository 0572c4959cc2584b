import ctypes
import time

from _abba_b_cffi import ffi

# Time for the other to come as far.
time.sleep(1)
other = ctypes.CDLL("./libabba_a.so").abba_a
other.restype = ctypes.c_int
other(1)


@ffi.def_extern()
def abba_b(x):
    return x + 1
