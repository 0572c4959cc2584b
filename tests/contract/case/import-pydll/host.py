# loads: run
"""The DLL called while the GIL is held."""

import ctypes
import sys

dll = ctypes.PyDLL("./librun.so")
print("H15", dll.run(b"result = 42"))
print("H15", dll.run(b"import _ctypes\nresult = 43"))
sys.exit(17)
