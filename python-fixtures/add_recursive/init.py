import sys

from _add_recursive_cffi import ffi, lib

sys.stdout.write("preparing REC\n")
sys.stdout.flush()


@ffi.def_extern()
def add_rec(x, y):
    sys.stdout.write("adding %d and %d\n" % (x, y))
    sys.stdout.flush()
    return x + y


# The host's function calls add_rec() again, while this code has not come to its end.
sys.stdout.write("<<< %d >>>\n" % lib.my_callback(400))
