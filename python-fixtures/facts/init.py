import sys

from _facts_cffi import ffi

try:
    import _cffi_backend
except ImportError:
    # A DLL made with embed-dll needs none.
    _cffi_backend = None


def c_string(text):
    # The host keeps the pointer, so the DLL keeps the memory.
    return ffi.new("char[]", text.encode("utf-8", "surrogateescape"))


PREFIX = c_string(sys.prefix)
EXECUTABLE = c_string(sys.executable or "")
VERSION = c_string("%d.%d.%d" % sys.version_info[:3])
BACKEND = c_string(getattr(_cffi_backend, "__file__", "") or "")


@ffi.def_extern()
def facts_prefix():
    return PREFIX


@ffi.def_extern()
def facts_executable():
    return EXECUTABLE


@ffi.def_extern()
def facts_version():
    return VERSION


@ffi.def_extern()
def facts_backend():
    return BACKEND


@ffi.def_extern()
def facts_add(x, y):
    return x + y
