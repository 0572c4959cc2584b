# imports: imp
"""A daemon thread that is in a conversion when the interpreter ends."""

import os
import sys
import threading
import time

from _imp_cffi import ffi

inside = threading.Event()


class Slow:
    def __int__(self):
        inside.set()
        # Python ends the thread in here, because it wants the GIL while nobody may have it.
        while True:
            time.sleep(0.01)


threading.Thread(target=lambda: ffi.new("int *", Slow()), daemon=True).start()
inside.wait()
os.write(1, b"I13 the program ends\n")
sys.exit(17)
