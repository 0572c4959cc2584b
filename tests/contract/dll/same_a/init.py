from same import ffi, lib


def same_a(x):
    return x + len([name for name in dir(lib) if name == "same_a"])


ffi.def_extern()(same_a)
