import os
import sys

from _failing_cffi import ffi

sys.stdout.write("C12 attempt\n")
sys.stdout.flush()


@ffi.def_extern()
def fail_add(x, y):
    return x + y


how = os.environ["CONTRACT_HOW"]
if how == "raise":
    raise KeyError
elif how == "chain":
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise ValueError("the effect") from error
elif how == "import":
    import no_such_module_xyz
elif how == "exit":
    sys.exit(5)
elif how == "interrupt":
    raise KeyboardInterrupt
elif how == "os._exit":
    os._exit(6)
elif how == "silent":
    sys.stderr = None
    raise KeyError
elif how == "constant":
    ffi.def_extern(name="nope")(fail_add)
