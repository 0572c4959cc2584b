import sys
import threading

from _joins_cffi import ffi, lib


@ffi.def_extern()
def joins(x):
    return x + 1


# Another thread calls while this code has not come to its end, and this code waits for it.
results = []
thread = threading.Thread(target=lambda: results.append(lib.joins(41)), daemon=True)
thread.start()
thread.join(1)
sys.stdout.write("H13 waiting for it took too long: %s\n" % thread.is_alive())
sys.stdout.flush()
