import sys
import threading
import time

from _threads_cffi import ffi


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


say("H01 init starts")
time.sleep(0.2)
local = threading.local()
background = [0]
DIED = []


@ffi.def_extern()
def th_local(x):
    """The sum of all that this thread has given."""
    local.total = getattr(local, "total", 0) + x
    return local.total


@ffi.def_extern()
def th_who():
    """Whether this is a thread that Python did not start."""
    thread = threading.current_thread()
    return isinstance(thread, threading._DummyThread) + 2 * (thread is threading.main_thread())


@ffi.def_extern()
def th_errno(x):
    return ffi.errno


@ffi.def_extern()
def th_seterrno(x):
    ffi.errno = x
    return ffi.errno


@ffi.def_extern()
def th_spin(milliseconds):
    until = time.monotonic() + milliseconds / 1000.0
    while time.monotonic() < until:
        pass
    return 1


def count():
    while True:
        background[0] += 1
        time.sleep(0.005)


@ffi.def_extern()
def th_background():
    threading.Thread(target=count, daemon=True).start()
    return 1


@ffi.def_extern()
def th_value():
    return background[0]


@ffi.def_extern()
def th_alive():
    return len(sys._current_frames())


class Watch:
    """Says which thread ends it."""

    def __init__(self):
        self.thread = threading.get_native_id()

    def __del__(self):
        DIED.append(threading.get_native_id() == self.thread)


@ffi.def_extern()
def th_late(x):
    """1: keep a watch in this thread; 2: how many have ended; 3: how many in their own thread."""
    if x == 1:
        local.watch = Watch()
        return 1
    return len(DIED) if x == 2 else sum(DIED)


say("H01 init ends")
