import time

# On Linux a reading of CLOCK_MONOTONIC.
BEGAN = time.perf_counter()

from _bench_cffi import ffi, lib


@ffi.def_extern()
def add1(x, y):
    return x + y


@ffi.def_extern()
def nop():
    pass


@ffi.def_extern()
def scale(x):
    return x * 2.0


@ffi.def_extern(name="len")
def length(text):
    return len(ffi.string(text))


@ffi.def_extern(name="sum")
def total(point):
    return point.x + point.y


def quiet(exception, value, traceback):
    pass


@ffi.def_extern(error=-1, onerror=quiet)
def raises(x):
    raise ValueError(x)


@ffi.def_extern()
def round_trip(x):
    return lib.back(x)


@ffi.def_extern()
def init_time(end):
    return int((ENDED if end else BEGAN) * 1e9)


ENDED = time.perf_counter()
