import builtins
import os
import sys
import threading
import time

from _one_cffi import ffi

if "CONTRACT_QUIET" not in os.environ:
    sys.stdout.write("G01 init of one\n")
    sys.stdout.flush()


@ffi.def_extern()
def one_set(x):
    builtins.shared_by_dlls = x
    return threading.get_ident() != 0


@ffi.def_extern()
def one_get():
    return builtins.shared_by_dlls


@ffi.def_extern()
def one_patch():
    os.getcwd = lambda: "PATCHED"
    return len(os.getcwd())


@ffi.def_extern()
def one_other(x):
    import _two_cffi

    return _two_cffi.lib.two_set(x) + len(os.getcwd())


@ffi.def_extern()
def one_slow(x):
    time.sleep(0.02)
    return x
