import os
import sys

from ffi_checks import ffi, lib

sys.path.insert(0, os.environ["EMBED_DLL_FFI_CHECKS"])
what = os.environ["EMBED_DLL_FFI_CHECK"]
if what.endswith(".txt"):
    import evaluate

    if evaluate.table(os.path.join(os.environ["EMBED_DLL_FFI_CHECKS"], what), ffi, lib):
        raise AssertionError(what)
else:
    with open(os.path.join(os.environ["EMBED_DLL_FFI_CHECKS"], what)) as file:
        code = compile(file.read(), what, "exec")
    exec(code, {"ffi": ffi, "lib": lib, "__name__": what})
print("passed", what, sys.version)
sys.stdout.flush()
