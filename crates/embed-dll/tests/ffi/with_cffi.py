"""Checks the table of what is the same with CFFI itself: `with_cffi.py FOLDER`, where it builds."""

import os
import sys

here, folder = os.path.dirname(os.path.abspath(__file__)), sys.argv[1]
sys.path[:0] = [here, folder]
os.chdir(folder)

import cffi
import evaluate


def read(name):
    with open(os.path.join(here, name)) as file:
        return file.read()


declarations = read("declarations.h")
types = [line for line in declarations.splitlines() if line.startswith(("typedef", "struct", "union", "enum"))]
builder = cffi.FFI()
builder.cdef(declarations)
builder.set_source("ffi_checks", "#include <wchar.h>\n" + "\n".join(types) + "\n" + read("functions.c"))
builder.compile()

from ffi_checks import ffi, lib

wrong = evaluate.table(os.path.join(here, "same.txt"), ffi, lib)
print("passed with cffi", cffi.__version__) if not wrong else sys.exit(1)
