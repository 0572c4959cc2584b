import builtins
import ctypes

from _abba_a_cffi import ffi

other = ctypes.CDLL("./libabba_b.so").abba_b
other.restype = ctypes.c_int
builtins.abba_a_calls = True
other(1)


@ffi.def_extern()
def abba_a(x):
    return x + 1
