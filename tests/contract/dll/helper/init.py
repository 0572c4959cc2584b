import sys
import types

# A module of its own, as if it came from a file.
helper = types.ModuleType("contract_helper")
sys.modules["contract_helper"] = helper
exec(
    "from _helper_cffi import ffi\n"
    "@ffi.def_extern()\n"
    "def helped(x):\n"
    "    return x + 1\n",
    helper.__dict__,
)
