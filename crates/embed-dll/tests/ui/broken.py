from my_plugin import ffi


@ffi.def_extern()
def do_stuff(p)
    return p.x + p.y
