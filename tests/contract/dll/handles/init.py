import gc

from _handles_cffi import ffi

live = {}


class Thing:
    alive = 0

    def __init__(self, value):
        self.value = value
        Thing.alive += 1

    def __del__(self):
        Thing.alive -= 1


@ffi.def_extern()
def h_make(value):
    handle = ffi.new_handle(Thing(value))
    live[handle] = True
    return handle


@ffi.def_extern()
def h_get(handle):
    return ffi.from_handle(handle).value


@ffi.def_extern()
def h_add(handle, x):
    thing = ffi.from_handle(handle)
    thing.value += x
    return thing.value


@ffi.def_extern()
def h_drop(handle):
    # Another cdata with the same address is the same key.
    del live[handle]
    gc.collect()


@ffi.def_extern()
def h_twice():
    thing = Thing(1)
    one, two = ffi.new_handle(thing), ffi.new_handle(thing)
    same = ffi.from_handle(one) is ffi.from_handle(two)
    return (one != two) + 2 * bool(one) + 4 * same + 8 * (ffi.typeof(one) is ffi.typeof("void *"))


@ffi.def_extern()
def h_alive():
    return Thing.alive

