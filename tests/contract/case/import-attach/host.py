# imports: imp
"""What the importing program attaches before the first call, which runs the init code."""

import sys

from _imp_cffi import ffi, lib


@ffi.def_extern()
def noattach(x):
    return x * 2


print("I11", lib.noattach(21))
print("I11", lib.noattach(4))
sys.exit(17)
