import gc
import importlib
import os
import sys
import threading
import time

from stress_one import ffi, lib


class Sink:
    """Stands in for stderr: thousands of failures are wanted."""

    def write(self, text):
        return len(text)

    def flush(self):
        pass


sys.stderr = Sink()
# Python and the host's callbacks are in each other's way as often as can be.
sys.setswitchinterval(0.0005)

local = threading.local()
lock = threading.Lock()
counts = [0, 0, 0]
handles = {}


def counted(what, by=1):
    with lock:
        counts[what] += by


class Watch:
    """Is made once in each thread, and ends with it."""

    def __init__(self):
        counted(1)

    def __del__(self):
        # Maybe in the middle of `counted`, in the same thread.
        ended.append(1)


ended = []


class Thing:
    def __init__(self, value):
        self.value = value
        counted(0)


@ffi.def_extern()
def add(x, y):
    return x + y


@ffi.def_extern()
def mix(a, b, c, d):
    return a + b + c + int(d)


@ffi.def_extern()
def length(text):
    return len(ffi.string(text))


@ffi.def_extern()
def backwards(text):
    local.text = ffi.new("char[]", ffi.string(text)[::-1])
    return local.text


@ffi.def_extern()
def swap(point):
    point.x, point.y = point.y, point.x
    return point


@ffi.def_extern()
def moved(point, by):
    return ffi.new("point_t *", (point.x + by, point.y + by))[0]


@ffi.def_extern()
def saved_errno():
    return ffi.errno


@ffi.def_extern()
def local_sum(x):
    if not hasattr(local, "watch"):
        local.watch = Watch()
        local.total = 0
    local.total += x
    return local.total


@ffi.def_extern()
def apply(function, x):
    return function(x)


@ffi.def_extern()
def in_threads(function, number):
    results = []
    threads = [
        threading.Thread(target=lambda i=i: results.append(function(i) + lib.add(i, 1)))
        for i in range(number)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(results)


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@ffi.def_extern(error=-7)
def fails(kind):
    if kind == 0:
        raise ValueError("on purpose")
    if kind == 1:
        return "text"
    if kind == 2:
        return 2**40
    raise Unspeakable


@ffi.def_extern(onerror=lambda kind, value, traceback: 1000 + value.args[0])
def handled(x):
    raise ValueError(x)


def slot_for(which):
    def function(x):
        return 10 * x + which

    return function


@ffi.def_extern()
def attach(which):
    ffi.def_extern(name="slot")(slot_for(which))


ffi.def_extern(name="slot")(slot_for(0))

# Small ones, in Python, that nothing else here keeps.
MODULES = ["colorsys", "sched", "quopri", "keyword", "shlex", "stringprep", "calendar", "cmd"]


@ffi.def_extern()
def import_one(which):
    name = MODULES[which % len(MODULES)]
    if which % 3 == 0:
        sys.modules.pop(name, None)
    module = importlib.import_module(name)
    return 42 if module.__name__ == name else 0


class Node:
    pass


@ffi.def_extern()
def garbage(number):
    for _ in range(number):
        one, two = Node(), Node()
        one.other, two.other = two, one
        one.data = ffi.new("point_t *", (1, 2))
    if number % 16 == 0:
        gc.collect()
    return number


@ffi.def_extern()
def nap(milliseconds):
    time.sleep(milliseconds / 1000.0)
    return milliseconds


@ffi.def_extern()
def hold(milliseconds):
    # `sum` of a range never looks whether another thread wants the GIL.
    until = time.monotonic() + milliseconds / 1000.0
    size = 1000
    while True:
        begin = time.monotonic()
        sum(range(size))
        now = time.monotonic()
        if now >= until:
            return milliseconds
        speed = size / max(now - begin, 1e-9)
        size = max(1000, min(int(speed * (until - now)), 2**31))


@ffi.def_extern()
def os_fork():
    # Without a GIL, destructors that run in the child may want a lock that another thread had.
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return lib.add(20, 22)
    child = os.fork()
    if child == 0:
        os._exit(lib.add(20, 22))
    return os.waitpid(child, 0)[1] >> 8


@ffi.def_extern(error=ffi.NULL)
def handle_new(value):
    handle = ffi.new_handle(Thing(value))
    with lock:
        handles[handle] = handle
    return handle


@ffi.def_extern(error=-8)
def handle_value(handle):
    return ffi.from_handle(handle).value


@ffi.def_extern(error=-8)
def handle_drop(handle):
    with lock:
        mine = handles.pop(handle)
    counted(0, -1)
    value = ffi.from_handle(mine).value
    del mine
    return value


@ffi.def_extern()
def count(what):
    gc.collect()
    return len(ended) if what == 2 else counts[what]
