import builtins
import os
import sys
import threading
import time

from _two_cffi import ffi

if "CONTRACT_QUIET" not in os.environ:
    sys.stdout.write("G01 init of two\n")
    sys.stdout.flush()


@ffi.def_extern()
def two_set(x):
    builtins.shared_by_dlls = x
    return threading.get_ident() != 0


@ffi.def_extern()
def two_get():
    return builtins.shared_by_dlls


@ffi.def_extern()
def two_patch():
    os.getcwd = lambda: "PATCHED"
    return len(os.getcwd())


@ffi.def_extern()
def two_other(x):
    import _one_cffi

    return _one_cffi.lib.one_set(x) + len(os.getcwd())


@ffi.def_extern()
def two_slow(x):
    time.sleep(0.02)
    return x
