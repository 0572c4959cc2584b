import ctypes
import time

from _abba_a_cffi import ffi

# Time for the other to come as far.
time.sleep(0.2)
other = ctypes.CDLL("./libabba_b.so").abba_b
other.restype = ctypes.c_int
other(1)


@ffi.def_extern()
def abba_a(x):
    return x + 1
