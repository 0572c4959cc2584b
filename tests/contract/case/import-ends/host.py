# imports: imp
"""Destructors of C values that live until the interpreter ends."""

import os
import sys

from _imp_cffi import ffi


def destructor(text, write=os.write):
    return lambda value: write(1, text)


inner = destructor(b"I12 the inner destructor\n")
outer = destructor(b"I12 the outer destructor\n")
value = ffi.gc(ffi.gc(ffi.new("int *"), inner), outer)
os.write(1, b"I12 the program ends\n")
sys.exit(17)
