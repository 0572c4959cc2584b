from _perf_cffi import ffi


@ffi.def_extern()
def add1(x, y):
    return x + y
