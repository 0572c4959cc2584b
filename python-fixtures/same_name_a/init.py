from my_plugin_same import ffi


@ffi.def_extern()
def fa(x, y):
    return x + y
