# loads: run
"""The DLL opened by ctypes, which releases the GIL for a call."""

import ctypes
import sys

mark = 43
dll = ctypes.CDLL("./librun.so")
print("I09", dll.run(b"result = 42"))
print("I09 the same interpreter:", dll.run(b"import __main__\nresult = __main__.mark"))
sys.exit(17)
