import os
import sys

from _share_a_cffi import ffi

PATCHED = "replaced by an embedding DLL"


@ffi.def_extern()
def share_a_set(number):
    sys.embedcheck_marker = number
    return number


@ffi.def_extern()
def share_a_get():
    return getattr(sys, "embedcheck_marker", 0)


@ffi.def_extern()
def share_a_patch():
    os.getcwd = lambda: PATCHED
    return 42


@ffi.def_extern()
def share_a_patched():
    return 42 if os.getcwd() == PATCHED else 0


@ffi.def_extern()
def share_a_ask_other():
    try:
        from _share_b_cffi import lib
    except ImportError:
        return 0
    return lib.share_b_get()
