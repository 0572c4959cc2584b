import sys

from _raises_cffi import ffi


@ffi.def_extern()
def raises_plain(x):
    raise ValueError("plain %d" % x)


@ffi.def_extern(error=-7)
def raises_error(x):
    raise ValueError("error %d" % x)


def gives_42(exception, value, traceback):
    # The frame of the function that failed is still there, with its arguments.
    assert traceback.tb_frame.f_locals["x"] == 3
    return 42


@ffi.def_extern(onerror=gives_42)
def raises_onerror(x):
    raise ValueError("onerror %d" % x)


def gives_none(exception, value, traceback):
    return None


@ffi.def_extern(error=14, onerror=gives_none)
def raises_onerror_none(x):
    raise ValueError("onerror none %d" % x)


def raises_itself(exception, value, traceback):
    raise KeyError("in the handler")


@ffi.def_extern(error=12, onerror=raises_itself)
def raises_onerror_raises(x):
    raise ValueError("onerror raises %d" % x)


@ffi.def_extern()
def raises_wrong_type(x):
    return "forty-two"


@ffi.def_extern()
def raises_too_big(x):
    return 2**40


@ffi.def_extern()
def raises_exit(x):
    sys.exit(x)


@ffi.def_extern()
def raises_nothing(x, y):
    return x + y
