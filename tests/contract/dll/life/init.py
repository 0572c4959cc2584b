from __future__ import annotations

import sys

names = sorted(globals())

from _life_cffi import ffi, lib


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


say("C03 the init code runs")
say("C08 names: %s" % names)
say("C08 __name__ is there: %s" % ("__name__" in globals()))
module = sys.modules["_life_cffi"]
say("C04 %s %s %s" % (type(module).__name__, module.__name__, getattr(module, "__file__", "no file")))
say("C05 %s %s" % (module.ffi is ffi, module.lib is lib))
say("C04 %r %r" % (sorted(n for n in vars(module) if not n.startswith("_")), type(ffi).__name__))
say("C04 the import of lib as a module: %s" % (sys.modules.get("_life_cffi.lib") is lib))
say("C06 %s" % __import__("json").dumps([1]))
say("C22 argv %r, orig_argv %r" % (sys.argv, getattr(sys, "orig_argv", [])))
main = sys.modules["__main__"]
say("C22 __main__ %s, file: %s" % (main.__name__, hasattr(main, "__file__")))
say("C22 flags: isolated %d, no_site %d" % (sys.flags.isolated, sys.flags.no_site))
say("C18 before it is attached: %d" % lib.life_add(40, 2))


@ffi.def_extern()
def life_add(x: int, y: int) -> int:
    return x + y


say("C18 after: %d" % lib.life_add(40, 2))
helper = [10]


@ffi.def_extern()
def life(x):
    say("C09 %d" % sum([n + x for n in helper]))
    say("C10 %r" % life_add.__annotations__)
    return life_add(x, 2)
