import itertools
import threading

from _tlocal_cffi import ffi

thousands = itertools.count(0, 1000)
local = threading.local()


@ffi.def_extern()
def add1(x, y):
    # A thread that lost its Python thread state between two calls would get another number.
    try:
        offset = local.offset
    except AttributeError:
        offset = local.offset = next(thousands)
    return x + y + offset
