# imports: imp
"""The DLL as an extension module of a running Python."""

import sys

import _imp_cffi
from _imp_cffi import ffi, lib

print("I01", _imp_cffi.__name__, _imp_cffi.__file__.endswith("/_imp_cffi.so"))
print("I02", " ".join(sorted(name for name in dir(lib) if not name.startswith("_"))))
print("I03", lib.imp_global)
lib.imp_global = 43
print("I03", lib.imp_global)
point = ffi.new("ipt_t *", (40, 2))
print("I04", lib.do_stuff(point))
print("I04", lib.do_stuff(point))
print("I05 the module in sys.modules is the same:", sys.modules["_imp_cffi"] is _imp_cffi)
print("I05 its ffi and lib are the same:", sys.modules["_imp_cffi"].ffi is ffi, sys.modules["_imp_cffi"].lib is lib)
print("I05 types stay usable:", sys.modules["_imp_cffi"].lib.do_stuff(point))
print("I06", lib.raises(6))
print("E19", lib.noattach(1))
for arguments in (), (1,), (None,):
    try:
        print("I07", lib.do_stuff(*arguments))
    except Exception as error:
        print("I07 %s: %s" % (type(error).__name__, error))
sys.exit(17)
