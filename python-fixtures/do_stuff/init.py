import sys

from my_plugin import ffi


@ffi.def_extern()
def do_stuff(p):
    # Nobody flushes Python's stdout when the host ends: without the flush a pipe gets nothing.
    print("adding %d and %d" % (p.x, p.y))
    sys.stdout.flush()
    return p.x + p.y
