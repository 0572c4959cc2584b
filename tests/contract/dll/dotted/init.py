from pkg.dotted import ffi


@ffi.def_extern()
def dotted(x):
    import sys

    return x + ("pkg.dotted" in sys.modules)
