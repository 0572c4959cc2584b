# Imports one program and tells, line by line, what was imported on the way, by whom, and how that ended.
#
#     python -B -c THIS PROGRAM < EVENTS
#
# Standard input is the file for the events, in the form of the hosts' events (docs/plan-format.md). Only
# modules that are built into the interpreter are used: another one that is imported here would be there
# already when the program looks for it. Works with CPython 3.6 and later.
import posix
import sys
import _frozen_importlib as importing
from _thread import get_ident


def trace(
    program,
    # What the program puts in their place does not matter here.
    posix_write=posix.write,
    getpid=posix.getpid,
    exit_now=posix._exit,
    get_frame=sys._getframe,
    str=str,
    ord=ord,
    type=type,
    isinstance=isinstance,
    getattr=getattr,
    sorted=sorted,
    Exception=Exception,
    BaseException=BaseException,
    OSError=OSError,
):
    # A number that the program will hardly use. What it prints, and where, cannot get in between.
    events = 250
    posix.dup2(0, events, False)
    posix.dup2(posix.open("/dev/null", posix.O_RDONLY), 0)
    pid = getpid()
    find_and_load = importing._find_and_load
    last = [0]
    # For each thread the imports that it is in, the outermost first: number and name.
    stacks = {}
    # Failures that are on their way up, so that the same exception is not described at each step.
    known = [None, None]

    def quoted(value):
        if value is None:
            return "null"
        parts = []
        # Code may hand out what it likes, such as a gigabyte or half a surrogate pair.
        for character in str.__str__(value)[:2000]:
            code = ord(character)
            if character in '"\\':
                parts.append("\\" + character)
            elif 32 <= code < 127:
                parts.append(character)
            elif 0xD800 <= code < 0xE000:
                parts.append("\\ufffd")
            elif code < 0x10000:
                parts.append("\\u%04x" % code)
            else:
                code -= 0x10000
                parts.append("\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF)))
        return '"' + "".join(parts) + '"'

    def write(line):
        data = line.encode("ascii") + b"\n"
        try:
            # A child that the program has forked tells nothing.
            if getpid() == pid:
                posix_write(events, data)
        except OSError:
            # The program has closed it: what was written so far must do.
            pass

    def tell(number, op, ok, error, **value):
        fields = ", ".join('"%s": %s' % pair for pair in sorted(value.items()))
        write(
            '{"event": "end", "step": %d, "thread": 0, "pid": %d, "time": 0, "op": "%s", "ok": %s, '
            '"value": {%s}, "errno": 0, "error": %s}'
            % (number, pid, op, "true" if ok else "false", fields, quoted(error))
        )

    def text_of(value):
        try:
            return value if type(value) is str else None
        except BaseException:
            return None

    def describe(error):
        """Class and message, as the last line of a traceback has them; whether `except Exception` catches it."""
        if known[0] is error:
            return known[1]
        kind = type(error)
        name = text_of(kind.__qualname__) or "?"
        module = text_of(kind.__module__)
        if module not in (None, "builtins", "__main__"):
            name = module + "." + name
        try:
            message = str(error)
        except BaseException:
            message = "<exception str() failed>"
        known[:] = error, (name, text_of(message) or "", isinstance(error, Exception))
        return known[1]

    def importer():
        """The frame that imports: the first that belongs neither to the import system nor to this."""
        frame = get_frame(2)
        while frame is not None:
            code = frame.f_code
            module = text_of(frame.f_globals.get("__name__"))
            if module not in MACHINERY and code is not find_and_load_and_tell.__code__:
                return text_of(code.co_filename), frame.f_lineno
            frame = frame.f_back
        return None, 0

    def find_and_load_and_tell(name, import_, *rest):
        stack = stacks.setdefault(get_ident(), [])
        last[0] += 1
        number = last[0]
        file, line = importer()
        tell(
            number,
            "begin",
            True,
            None,
            name=quoted(text_of(name)),
            inside=str(stack[-1] if stack else 0),
            file=quoted(file),
            line=str(line),
        )
        stack.append(number)
        try:
            found = find_and_load(name, import_, *rest)
        except BaseException as error:
            kind, message, caught = describe(error)
            tell(number, "failed", False, message, type=quoted(kind), exception="true" if caught else "false")
            raise
        finally:
            stack.pop()
        tell(number, "done", True, None, file=quoted(text_of(getattr(found, "__file__", None))))
        return found

    # The first two are the names before somebody has imported importlib.
    MACHINERY = (
        "_frozen_importlib",
        "_frozen_importlib_external",
        "importlib",
        "importlib._bootstrap",
        "importlib._bootstrap_external",
    )
    # The interpreter looks this name up at each import, from C as well as from Python; so does
    # importlib.import_module.
    importing._find_and_load = find_and_load_and_tell
    write('{"event": "start", "host": "python", "format": 1, "pid": %d, "time": 0}' % pid)
    try:
        __import__(program)
    except BaseException as error:
        kind, message, caught = describe(error)
        tell(0, "failed", False, message, type=quoted(kind), exception="true" if caught else "false")
    else:
        tell(0, "done", True, None)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass
    write('{"event": "finish", "pid": %d, "time": 0, "code": 17}' % pid)
    # Threads and exit handlers of the program are of no interest, and might never end.
    exit_now(17)


program = sys.argv.pop()
sys.argv[:] = [""]
trace(program)
