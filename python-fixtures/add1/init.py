import sys
import time

# The pauses make the initialisation slow enough that another thread can call in while it runs.
sys.stdout.write("preparing")
for _ in range(3):
    sys.stdout.flush()
    time.sleep(0.02)
    sys.stdout.write(".")
sys.stdout.write("\n")

from _add1_cffi import ffi

# A name that only the built-ins have: the frozen code must see them.
assert ord("*") == 42


@ffi.def_extern()
def add1(x, y):
    sys.stdout.write("adding %d and %d\n" % (x, y))
    sys.stdout.flush()
    return x + y
