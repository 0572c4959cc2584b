from same import ffi, lib


def same_b(x):
    return x + len([name for name in dir(lib) if name == "same_b"])


ffi.def_extern()(same_b)
