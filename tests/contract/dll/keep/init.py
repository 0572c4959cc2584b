from _keep_cffi import ffi

kept_values = []


@ffi.def_extern()
def keep(value):
    kept_values.append(value)
    return value.x + value.y


@ffi.def_extern(name="kept")
def kept():
    # What the host gave is a struct by value: it must still be there.
    return sum(value.x + value.y for value in kept_values)
