"""Makes the C code of embedding DLLs with CFFI.

usage: build_cffi.py OUT_DIR [NAME MODULE FOLDER]...

For each fixture folder, OUT_DIR/NAME.c is written. FOLDER holds api.h, init.py and perhaps cdef.h and
source.c, MODULE is the name that the frozen Python code imports. On stdout: one JSON object that says what the
compiler needs to know. Runs on Python 3.6 and later, with CFFI 1.12 and later.
"""

import io
import json
import os
import platform
import sys
import sysconfig

import _cffi_backend
import cffi


def read(folder, name):
    # open() would decode with the locale's encoding.
    with io.open(os.path.join(folder, name), encoding="utf-8") as f:
        return f.read()


def declarations(header):
    # CFFI's parser knows no preprocessor, and says the export keyword itself.
    lines = (line for line in header.splitlines(True) if not line.lstrip().startswith("#"))
    return "".join(lines).replace("CFFI_DLLEXPORT", "")


def emit(module, folder, c_file):
    header = read(folder, "api.h")
    source = header
    if os.path.exists(os.path.join(folder, "source.c")):
        source += "\n" + read(folder, "source.c")
    init_code = read(folder, "init.py")

    ffi = cffi.FFI()
    ffi.embedding_api(declarations(header))
    if os.path.exists(os.path.join(folder, "cdef.h")):
        ffi.cdef(read(folder, "cdef.h"))
    ffi.set_source(module, source)
    # Without this call CFFI makes a DLL that starts Python and runs nothing.
    if init_code.strip():
        ffi.embedding_init_code(init_code)
    ffi.emit_c_code(c_file)


def main(arguments):
    # Some versions of CFFI announce each file on stdout, which is kept for the answer.
    stdout, sys.stdout = sys.stdout, sys.stderr

    out_dir, fixtures = arguments[0], arguments[1:]
    for name, module, folder in zip(fixtures[0::3], fixtures[1::3], fixtures[2::3]):
        emit(module, folder, os.path.join(out_dir, name + ".c"))

    paths = sysconfig.get_paths()
    includes = [paths["include"]]
    # Part of the headers can depend on the machine; most builds have one folder for both.
    if paths["platinclude"] not in includes:
        includes.append(paths["platinclude"])
    json.dump(
        {
            "python": platform.python_version(),
            "cffi": cffi.__version__,
            "backend": getattr(_cffi_backend, "__file__", None),
            "include_dirs": includes,
            "cc": sysconfig.get_config_var("CC"),
            "ldshared": sysconfig.get_config_var("LDSHARED"),
            "libs": sysconfig.get_config_var("LIBS"),
        },
        stdout,
    )


main(sys.argv[1:])
