import sys

from _globals_cffi import ffi, lib


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


KEPT = [ffi.new("char[]", b"from Python")]


@ffi.def_extern()
def g_look():
    say("F01 int %d" % lib.g_int)
    say("F01 text %r" % ffi.string(lib.g_text))
    say("F01 point %d %d" % (lib.g_point.x, lib.g_point.y))
    say("F01 array %r %s" % (list(lib.g_array), ffi.typeof(lib.g_array)))
    say("F01 double %r" % lib.g_double)
    say("F03 anything %s" % ("NULL" if not lib.g_anything else "a pointer"))
    lib.g_int += 1
    lib.g_text = KEPT[0]
    lib.g_point.x = 40
    lib.g_point = {"x": lib.g_point.x, "y": 2}
    lib.g_array[3] = 44
    lib.g_double = 1
    if lib.g_anything:
        lib.g_anything = ffi.NULL
    say("F01 addressof %s" % ffi.typeof(ffi.addressof(lib, "g_int")))
    ffi.addressof(lib, "g_int")[0] += 1
    say("A02 constants %d %d %d %d %d"
        % (lib.GLOBALS_ANSWER, lib.GLOBALS_LOW, lib.GLOBALS_NEXT, lib.GLOBALS_FROM_C, lib.g_constant))
    say("F03 %s" % (lib.g_function(40, 2) if lib.g_function else "NULL"))
    say("F04 helper %d" % lib.g_helper(1))
    say("I02 %s" % " ".join(sorted(name for name in dir(lib) if not name.startswith("_"))))
    return lib.g_int


@ffi.def_extern()
def g_refused():
    def attempt(what):
        try:
            what()
        except Exception as error:
            say("F01 %s: %s" % (type(error).__name__, error))
        else:
            say("F01 accepted")

    attempt(lambda: setattr(lib, "g_int", "text"))
    attempt(lambda: setattr(lib, "g_int", 2**40))
    attempt(lambda: setattr(lib, "GLOBALS_ANSWER", 43))
    attempt(lambda: setattr(lib, "g_look", None))
    attempt(lambda: getattr(lib, "g_missing"))
    attempt(lambda: setattr(lib, "g_missing", 1))
    attempt(lambda: delattr(lib, "g_int"))
    attempt(lambda: setattr(lib, "g_function", 5))
