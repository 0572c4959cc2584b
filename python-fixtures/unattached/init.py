from _unattached_cffi import ffi


@ffi.def_extern()
def attached(x, y):
    return x + y
