import re
import sys

from _errors_cffi import ffi


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Kept:
    """Stands in for stderr and keeps what is written there."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass


sys.stderr = Kept()
KEPT = []


@ffi.def_extern()
def e_said():
    text, sys.stderr.text = sys.stderr.text, ""
    # embed-dll also shows the lines of the code, and says more behind the exception, in brackets.
    lines = [line for line in text.splitlines() if not line.startswith(("    ", "  ("))]
    # Which line of this file it was does not matter here.
    lines = [re.sub("line [0-9]+", "line N", re.sub(" at 0x[0-9a-f]+", "", line)) for line in lines]
    text = " | ".join(lines)
    # Python's own modules have another text for this before 3.11.
    text = re.sub("<unprintable [A-Za-z]* object>", "<exception str() failed>", text)
    KEPT[:] = [ffi.new("char[]", text.encode())]
    return KEPT[0]


def boom(x):
    raise ValueError("boom %d" % x)


ffi.def_extern(name="e_plain")(boom)
ffi.def_extern(name="e_double")(boom)
ffi.def_extern(name="e_pointer")(boom)
ffi.def_extern(name="e_struct")(boom)
ffi.def_extern(name="e_error", error=-1)(boom)
ffi.def_extern(name="e_error_double", error=2.5)(boom)
ffi.def_extern(name="e_error_pointer", error=ffi.cast("void *", 0x1234))(boom)
ffi.def_extern(name="e_error_struct", error=(7, 8))(boom)


def quiet(exception, value, traceback):
    say("E05 onerror(%s, %s, %s)" % (exception.__name__, value, type(traceback).__name__))


def gives_55(exception, value, traceback):
    return 55


def raises(exception, value, traceback):
    raise KeyError("in the handler")


def gives_text(exception, value, traceback):
    return "text"


def looks(exception, value, traceback):
    return traceback.tb_frame.f_locals["x"] + 1


ffi.def_extern(name="e_onerror_quiet", onerror=quiet)(boom)
ffi.def_extern(name="e_onerror_quiet_error", onerror=quiet, error=14)(boom)
ffi.def_extern(name="e_onerror_value", onerror=gives_55)(boom)
ffi.def_extern(name="e_onerror_raises", onerror=raises, error=12)(boom)
ffi.def_extern(name="e_onerror_bad", onerror=gives_text, error=13)(boom)
ffi.def_extern(name="e_onerror_looks", onerror=looks)(boom)


@ffi.def_extern(onerror=quiet)
def e_onerror_result(x):
    return "text"


@ffi.def_extern()
def e_wrong_type(x):
    return None


@ffi.def_extern()
def e_too_big(x):
    return 2**40


@ffi.def_extern()
def e_arity():
    return 1


def first(x):
    return x


ffi.def_extern(name="e_again")(first)

KINDS = [
    lambda: sys.exit(3), KeyboardInterrupt, GeneratorExit, BaseException, MemoryError,
    lambda: recurse(), SystemExit, StopIteration,
]


def recurse():
    return recurse()


@ffi.def_extern()
def e_kind(which):
    if which >= len(KINDS):
        return -1
    made = KINDS[which]()
    raise made


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@ffi.def_extern()
def e_str(x):
    raise Unspeakable


@ffi.def_extern()
def e_chain(x):
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise ValueError("the effect") from error


ffi.def_extern("e_positional")(first)
ffi.def_extern(name="e_renamed")(lambda x: x + 1)


@ffi.def_extern()
def e_null(x):
    return ffi.cast("int(*)(int)", 0)(x)


@ffi.def_extern()
def e_bool(x):
    say("E27 never")
    return True


@ffi.def_extern()
def e_wchar(x):
    say("E27 never")
    return x


@ffi.def_extern()
def e_void(x):
    return x


@ffi.def_extern()
def e_decorators():
    def attempt(row, what):
        try:
            what()
        except Exception as error:
            say("%s %s: %s" % (row, type(error).__name__, error))
        else:
            say("%s accepted" % row)

    attempt("E04", lambda: ffi.def_extern(name="e_plain", error="text")(first))
    attempt("E04", lambda: ffi.def_extern(name="e_plain", error=2**40)(first))
    attempt("E04", lambda: ffi.def_extern(name="e_void", error=5)(first))
    attempt("E14", lambda: ffi.def_extern()(lambda x: x))
    attempt("E14", lambda: ffi.def_extern(name="nope")(first))
    attempt("E16", lambda: ffi.def_extern(name="e_plain")(5))
    attempt("E16", lambda: ffi.def_extern()(5))
    attempt("E16", lambda: ffi.def_extern(name="e_plain", onerror=5)(first))
    attempt("E16", lambda: ffi.def_extern(name=5)(first))
    try:
        ffi.def_extern(foo=1)
    except TypeError as error:
        # The words differ between versions of Python.
        say("E15 TypeError, names the keyword: %s" % ("foo" in str(error)))
    say("E17 %s" % (ffi.def_extern(name="e_again")(first) is first))


@ffi.def_extern()
def e_attach_again():
    ffi.def_extern(name="e_again")(lambda x: -x)


@ffi.def_extern()
def e_hook(on):
    def hook(event):
        text = re.sub(" at 0x[0-9a-f]+", "", "%s" % (event.err_msg,))
        say(
            "E22 %s: %s | %s | %r | %s"
            % (event.exc_type.__name__, event.exc_value, text, event.object,
               type(event.exc_traceback).__name__)
        )

    sys.unraisablehook = hook if on else sys.__unraisablehook__
    sys.excepthook = lambda *what: say("E23 never")
