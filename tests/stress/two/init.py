from stress_two import ffi


@ffi.def_extern()
def two_add(x, y):
    return x + y


@ffi.def_extern()
def two_apply(function, x):
    return function(x)


@ffi.def_extern(error=-9)
def two_fails(x):
    return {}[x]
