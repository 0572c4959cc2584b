import sys

from _seed_cffi import ffi, lib


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


say("C02 init")


@ffi.def_extern()
def add1(x, y):
    return x + y


@ffi.def_extern()
def mycb(n):
    say("F06 mycb(%d)" % n)
    return n


@ffi.def_extern()
def note(text):
    say("F08 note: %s" % ffi.string(text).decode())


@ffi.def_extern()
def cplus(x):
    say("F07 lib has: %s" % " ".join(sorted(name for name in dir(lib) if not name.startswith("_"))))
    return x + 1
