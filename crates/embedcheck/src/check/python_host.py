"""The Python host: executes plans in a running interpreter, which loads the DLL as a module.

usage: python_host.py [--open-with import|ctypes.CDLL|ctypes.PyDLL] --plan FILE --events-fd N
       python_host.py --check FILE
       python_host.py --list

It knows the part of docs/plan-format.md that the section on this host names, and refuses the rest
before any step runs. Runs on Python 3.8 and later; ctypes is used where it is there.
"""

import argparse
import fcntl
import importlib
import json
import math
import os
import struct
import sys
import time

FORMAT = 1
NORMAL_EXIT = 17
BAD_PLAN_EXIT = 2
EVENTS_LOST_EXIT = 3
MOST_LINES = 10000
LONGEST_LINE = 1 << 20

FLAGS = {
    "LAZY": os.RTLD_LAZY,
    "NOW": os.RTLD_NOW,
    "LOCAL": os.RTLD_LOCAL,
    "GLOBAL": os.RTLD_GLOBAL,
    "NOLOAD": os.RTLD_NOLOAD,
    "NODELETE": os.RTLD_NODELETE,
    "DEEPBIND": getattr(os, "RTLD_DEEPBIND", 0),
}
ESCAPES = {ord("\\"): b"\\", ord('"'): b'"', ord("n"): b"\n", ord("t"): b"\t", ord("r"): b"\r"}


class PlanError(Exception):
    """What is wrong with a plan, and where."""

    def __init__(self, line, column, text):
        super().__init__("%d:%d: %s" % (line, column, text))


class Tokens:
    """The tokens of one line, taken one after the other."""

    def __init__(self, line, number):
        self.line, self.number = line, number
        self.column = 0
        self.rest = []
        self.split()
        self.end = len(line) + 1

    def error(self, text):
        return PlanError(self.number, self.column + 1, text)

    def split(self):
        while True:
            while self.column < len(self.line) and self.line[self.column] in b" \t":
                self.column += 1
            if self.column == len(self.line) or self.line[self.column] in b"#":
                return
            start = self.column
            quoted = self.line[start] in b'"'
            text = self.string() if quoted else self.word()
            try:
                self.rest.append((start, quoted, text.decode()))
            except UnicodeDecodeError:
                # Bytes that are not UTF-8 come from \xHH; the file system's decoding keeps them.
                self.rest.append((start, quoted, os.fsdecode(text)))

    def word(self):
        start = self.column
        while self.column < len(self.line) and self.line[self.column] not in b" \t":
            byte = self.line[self.column]
            if byte < 0x20 or byte == 0x7F or byte in b'"#':
                raise self.error("this byte cannot stand in a word")
            self.column += 1
        return self.line[start : self.column]

    def string(self):
        text = b""
        self.column += 1
        while True:
            if self.column >= len(self.line):
                raise self.error("the string has no end")
            byte = self.line[self.column]
            self.column += 1
            if byte == ord('"'):
                break
            if byte == ord("\\"):
                text += self.escape()
            elif byte < 0x20 and byte != ord("\t") or byte == 0x7F:
                raise self.error("a control character in a string")
            else:
                text += bytes([byte])
        if self.column < len(self.line) and self.line[self.column] not in b" \t":
            raise self.error("a blank must follow the string")
        return text

    def escape(self):
        letter = self.line[self.column : self.column + 1]
        if letter == b"x":
            digits = self.line[self.column + 1 : self.column + 3]
            self.column += 3
            if len(digits) == 2 and all(digit in b"0123456789abcdefABCDEF" for digit in digits):
                if int(digits, 16) != 0:
                    return bytes([int(digits, 16)])
            raise self.error("\\x needs two hexadecimal digits, and not 00")
        self.column += 1
        if not letter or letter[0] not in ESCAPES:
            raise self.error("unknown escape")
        return ESCAPES[letter[0]]

    def take(self, what, quoted=None):
        if not self.rest:
            self.column = self.end - 1
            raise self.error("%s is missing" % what)
        self.column, is_string, text = self.rest.pop(0)
        if quoted is not None and is_string != quoted:
            raise self.error("%s must %sstand in quotes" % (what, "" if quoted else "not "))
        return text

    def integer(self, what):
        text = self.take(what, False)
        try:
            if "_" in text or not text.isascii():
                raise ValueError
            return int(text, 16 if text.lower().startswith("0x") else 10)
        except ValueError:
            raise self.error("%s is no number" % what) from None

    def finish(self):
        if self.rest:
            self.take("")
            raise self.error("nothing may follow here")


# Each parser takes the tokens of a step and gives a function that does it and returns the value
# and errno.


def parse_open(tokens):
    handle, path = tokens.take("the handle", False), tokens.take("the path")
    flags = 0
    for name in tokens.take("the flags", False).split("|"):
        if name not in FLAGS:
            raise tokens.error("unknown flag")
        flags |= FLAGS[name]
    return lambda host: host.open(handle, path, flags)


def parse_call(tokens):
    handle, symbol = tokens.take("the handle", False), tokens.take("the symbol", False)
    signature = tokens.take("the signature", False)
    result, arguments = signature[:1], signature[2:-1]
    if signature[1:2] != "(" or signature[-1:] != ")" or result not in "vilds" or not result:
        raise tokens.error("the Python host knows results v, i, l, d and s")
    values = [parse_argument(tokens, letter) for letter in arguments]
    errno = 0
    if tokens.rest:
        text = tokens.take("errno", False)
        if not text.startswith("errno=") or not text[6:].lstrip("-").isdigit():
            raise tokens.error("errno=N is all that may follow here")
        errno = int(text[6:])
    return lambda host: host.call(handle, symbol, result, arguments, values, errno)


def parse_argument(tokens, letter):
    if letter in "il":
        return tokens.integer("the argument")
    if letter == "d":
        try:
            return float(tokens.take("the argument", False))
        except ValueError:
            raise tokens.error("the argument is no number") from None
    if letter == "s":
        return os.fsencode(tokens.take("the argument", True))
    raise tokens.error("the Python host knows arguments i, l, d and s")


def parse_facts(tokens):
    kinds = []
    while tokens.rest:
        kinds.append(tokens.take("the kind", False))
        if kinds[-1] not in FACTS:
            raise tokens.error("the Python host knows the facts %s" % ", ".join(FACTS))
    return lambda host: ({kind: FACTS[kind](host) for kind in kinds}, 0)


def parse_setenv(tokens):
    name, value = tokens.take("the name", False), tokens.take("the value")

    def act(_):
        os.environ[name] = value
        return None, 0

    return act


def parse_unsetenv(tokens):
    name = tokens.take("the name", False)
    return lambda _: (os.environ.pop(name, None) and None, 0)


def parse_chdir(tokens):
    path = tokens.take("the path")
    return lambda _: (os.chdir(path), 0)


def parse_sleep(tokens):
    milliseconds = tokens.integer("the time")
    return lambda _: (time.sleep(milliseconds / 1000), 0)


def parse_exit(tokens):
    code, now = tokens.integer("the code"), bool(tokens.rest)
    if now and tokens.take("now", False) != "now":
        raise tokens.error("`now` is all that may follow here")

    def act(host):
        host.events.finish(code)
        if now:
            os._exit(code)
        raise SystemExit(code)

    return act


STEPS = {
    "open": parse_open,
    "call": parse_call,
    "facts": parse_facts,
    "setenv": parse_setenv,
    "unsetenv": parse_unsetenv,
    "chdir": parse_chdir,
    "sleep": parse_sleep,
    "exit": parse_exit,
}


def parse(text):
    """The steps of a plan: line, word, function."""
    lines = text.split(b"\n")
    if not lines[-1]:
        lines.pop()
    steps = []
    for number, line in enumerate(lines, 1):
        if number > MOST_LINES:
            raise PlanError(number, 1, "a plan has at most %d lines" % MOST_LINES)
        if len(line) > LONGEST_LINE:
            raise PlanError(number, LONGEST_LINE, "a line has at most %d bytes" % LONGEST_LINE)
        tokens = Tokens(line, number)
        if number == 1:
            if [text for _, _, text in tokens.rest] != ["embedcheck-plan", str(FORMAT)]:
                raise PlanError(1, 1, "the first line must be `embedcheck-plan %d`" % FORMAT)
            continue
        if not tokens.rest:
            continue
        word = tokens.take("the step", False)
        if word not in STEPS:
            raise tokens.error("the Python host knows no step `%s`" % word)
        act = STEPS[word](tokens)
        tokens.finish()
        steps.append((number, word, act))
    if not lines:
        raise PlanError(1, 1, "the plan is empty")
    return steps


class Events:
    """The event stream: one JSON object a line, one write an event."""

    def __init__(self, descriptor):
        self.descriptor = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 100)
        os.close(descriptor)
        if descriptor < 3:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
        self.write("start", host="python", format=FORMAT)

    def write(self, event, **fields):
        fields = dict(event=event, **fields, pid=os.getpid(), time=time.monotonic_ns())
        line = json.dumps(fields, separators=(",", ":")).encode() + b"\n"
        try:
            while line:
                line = line[os.write(self.descriptor, line) :]
        except OSError:
            os._exit(EVENTS_LOST_EXIT)

    def begin(self, step, op):
        self.write("begin", step=step, thread=0, op=op)

    def end(self, step, op, value, errno, error):
        ok = error is None
        self.write(
            "end", step=step, thread=0, op=op, ok=ok, value=value, errno=errno, error=error
        )

    def finish(self, code):
        self.write("finish", code=code)


def plain(value):
    """A result as JSON has it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return value


class Imported:
    """A DLL imported as an extension module: CFFI's have their functions in `lib`."""

    def __init__(self, path, flags):
        folder, file = os.path.split(path)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        sys.setdlopenflags(flags)
        self.module = importlib.import_module(file.split(".")[0])
        if os.path.realpath(self.module.__file__) != os.path.realpath(path):
            raise ImportError("%s was imported instead" % self.module.__file__)
        self.ffi = getattr(self.module, "ffi", None)

    def call(self, symbol, result, _, values, errno):
        function = getattr(getattr(self.module, "lib", self.module), symbol)
        if self.ffi is None:
            return function(*values), 0
        self.ffi.errno = errno
        value = function(*values)
        errno = self.ffi.errno
        if result == "s":
            value = self.ffi.string(value) if value != self.ffi.NULL else None
        return value, errno


class Foreign:
    """A DLL opened with ctypes."""

    def __init__(self, kind, path, flags):
        import ctypes

        self.ctypes = ctypes
        self.library = getattr(ctypes, kind)(path, mode=flags, use_errno=True)

    def call(self, symbol, result, arguments, values, errno):
        ctypes = self.ctypes
        types = {"i": ctypes.c_int, "l": ctypes.c_long, "d": ctypes.c_double, "v": None}
        types["s"] = ctypes.c_char_p
        function = self.library[symbol]
        function.restype = types[result]
        function.argtypes = [types[letter] for letter in arguments]
        ctypes.set_errno(errno)
        value = function(*values)
        return value, ctypes.get_errno()


class Host:
    """What the steps work with."""

    def __init__(self, opening, events):
        self.opening, self.events = opening, events
        self.handles = {}

    def open(self, handle, path, flags):
        if self.opening == "import":
            self.handles[handle] = Imported(path, flags), path
        else:
            self.handles[handle] = Foreign(self.opening.split(".")[1], path, flags), path
        return None, 0

    def call(self, handle, symbol, *rest):
        if handle not in self.handles:
            raise LookupError('no handle "%s"' % handle)
        value, errno = self.handles[handle][0].call(symbol, *rest)
        return plain(value), errno


class Elf:
    """As much of an ELF file of this machine as the fact `images` needs, read by its sections."""

    EHDR, SHDR, SYM, DYN = ("HHIQQQIHHHHHH", "IIQQQQIIQQ", "IBBHQQ", "qQ")
    if struct.calcsize("P") == 4:
        EHDR, SHDR, SYM, DYN = ("HHIIIIIHHHHHH", "IIIIIIIIII", "IIIBBH", "iI")

    def __init__(self, data):
        self.data = data
        header = struct.unpack_from("=" + self.EHDR, data, 16)
        self.executable = header[0] == 2
        size, count = header[10], header[11]
        self.sections = [
            struct.unpack_from("=" + self.SHDR, data, header[5] + index * size)
            for index in range(count)
        ]

    def text(self, strings, offset):
        start = self.sections[strings][4] + offset
        return self.data[start : self.data.index(b"\0", start)].decode("utf-8", "replace")

    def entries(self, kind, layout):
        for section in self.sections:
            if section[1] == kind:
                size = struct.calcsize("=" + layout)
                for start in range(section[4], section[4] + section[5], size):
                    yield section, struct.unpack_from("=" + layout, self.data, start)

    def defines(self, name):
        index = 3 if len(self.SYM) == 6 and self.SYM[1] == "B" else 5
        return any(
            symbol[index] != 0 and self.text(section[6], symbol[0]) == name
            for section, symbol in self.entries(11, self.SYM)
        )

    def soname(self):
        for section, (tag, value) in self.entries(6, self.DYN):
            if tag == 14:
                return self.text(section[6], value)
        return None

    def build_id(self):
        for section in self.sections:
            if section[1] == 7:
                names, length, kind = struct.unpack_from("=III", self.data, section[4])
                start = section[4] + 12 + (names + 3 & ~3)
                if kind == 3 and self.data[section[4] + 12 :][:4] == b"GNU\0":
                    return self.data[start : start + length].hex()
        return None


def mappings():
    """Start, end, offset and file of each mapped piece of a file."""
    with open("/proc/self/maps", "rb") as maps:
        for line in maps:
            fields = line.rstrip(b"\n").split(None, 5)
            if len(fields) == 6 and fields[5].startswith(b"/"):
                start, end = (int(number, 16) for number in fields[0].split(b"-"))
                yield start, end, int(fields[2], 16), os.fsdecode(fields[5])


def images(_):
    found = []
    seen = set()
    for start, _, offset, path in mappings():
        if path in seen or offset != 0:
            continue
        seen.add(path)
        try:
            with open(path, "rb") as file:
                data = file.read()
            # Quicker than reading the symbols of a file that does not even hold the name.
            if data[:4] != b"\x7fELF" or b"Py_IsInitialized\0" not in data:
                continue
            elf = Elf(data)
            if not elf.defines("Py_IsInitialized"):
                continue
        except (OSError, ValueError, struct.error, IndexError):
            continue
        found.append(
            {
                "path": path,
                "base": hex(0 if elf.executable else start),
                "build_id": elf.build_id(),
                "soname": elf.soname(),
                "namespace": 0,
            }
        )
    return found


def symbols(host):
    try:
        import ctypes
    except ImportError:
        return None

    def whereabouts(library):
        try:
            function = library.Py_IsInitialized
        except AttributeError:
            return None
        address = ctypes.cast(function, ctypes.c_void_p).value
        files = [path for start, end, _, path in mappings() if start <= address < end]
        return {"address": hex(address), "file": files[0] if files else None}

    found = {"default": whereabouts(ctypes.CDLL(None))}
    for name, (_, path) in host.handles.items():
        found[name] = whereabouts(ctypes.CDLL(path, mode=os.RTLD_NOW | os.RTLD_NOLOAD))
    return found


FACTS = {
    "images": images,
    "symbols": symbols,
    "python": lambda _: {"initialized": True},
    "prefix": lambda _: {
        "prefix": sys.prefix,
        "executable": sys.executable,
        "version": sys.version,
    },
    "threads": lambda _: len(os.listdir("/proc/self/task")),
}


def execute(steps, host):
    for line, op, act in steps:
        host.events.begin(line, op)
        value, errno, error = None, 0, None
        try:
            value, errno = act(host)
        except SystemExit:
            if op == "exit":
                raise
            error = "SystemExit"
        except BaseException as raised:
            errno = getattr(raised, "errno", None) or 0
            error = "%s: %s" % (type(raised).__name__, raised)
        host.events.end(line, op, value, errno, error)
    host.events.finish(NORMAL_EXIT)
    raise SystemExit(NORMAL_EXIT)


def read(path):
    try:
        with open(path, "rb") as file:
            return parse(file.read())
    except (PlanError, OSError) as error:
        sys.stderr.write("%s:%s\n" % (path, error))
        raise SystemExit(BAD_PLAN_EXIT) from None


def main():
    parser = argparse.ArgumentParser(prog="python_host.py", allow_abbrev=False)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--plan")
    what.add_argument("--check")
    what.add_argument("--list", action="store_true")
    parser.add_argument("--events-fd", type=int)
    parser.add_argument(
        "--open-with", choices=["import", "ctypes.CDLL", "ctypes.PyDLL"], default="import"
    )
    arguments = parser.parse_args()
    if arguments.list:
        for kind, names in [("step", STEPS), ("type", "vilds"), ("fact", FACTS)]:
            for name in names:
                print(kind, name)
    elif arguments.check:
        read(arguments.check)
    elif arguments.events_fd is None:
        parser.error("--plan needs --events-fd")
    else:
        steps = read(arguments.plan)
        execute(steps, Host(arguments.open_with, Events(arguments.events_fd)))


main()
