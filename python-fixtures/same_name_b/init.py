from my_plugin_same import ffi


@ffi.def_extern()
def fb(x, y):
    return x + y
