# Imports one module and tells how that ended, in which Python. Runs in an interpreter and in an embedded Python alike;
# NAME and ANSWER, the file for the answer, are set in front of it. Imports nothing else: another module that is imported
# here would be there already when NAME looks for it. Works with CPython 3.6 and later.
import posix
import sys


def _embedcheck(
    # What the module puts in their place does not matter here.
    write=posix.write,
    getpid=posix.getpid,
    exit_now=posix._exit,
    str=str,
    ord=ord,
    len=len,
    type=type,
    isinstance=isinstance,
    getattr=getattr,
    Exception=Exception,
    ImportError=ImportError,
    BaseException=BaseException,
    modules=sys.modules,
):
    # Opened now, so that the module cannot move it elsewhere, and under a number that it will hardly use.
    opened = posix.open(ANSWER, posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL, 0o600)
    answer = 251
    posix.dup2(opened, answer, False)
    posix.close(opened)
    pid = getpid()

    def quoted(value):
        if type(value) is not str:
            return "null"
        parts = []
        for character in value[:4000]:
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

    def listed(values):
        return "[" + ", ".join(quoted(value) for value in values) + "]"

    def message_of(error):
        try:
            return str(error)
        except BaseException:
            return "<exception str() failed>"

    def class_of(error):
        kind = type(error)
        module = kind.__module__
        return kind.__qualname__ if module in ("builtins", "__main__") else "%s.%s" % (module, kind.__qualname__)

    def frames_of(error):
        lines = []
        trace = error.__traceback__
        while trace is not None and len(lines) < 50:
            code = trace.tb_frame.f_code
            if not code.co_filename.startswith("<"):
                lines.append("%s:%d, in %s" % (code.co_filename, trace.tb_lineno, code.co_name))
            trace = trace.tb_next
        return lines

    def causes_of(error):
        lines = []
        while error is not None and len(lines) < 10:
            lines.append("%s: %s" % (class_of(error), message_of(error)))
            error = error.__cause__ or error.__context__
        return lines

    path = [entry for entry in sys.path if type(entry) is str]
    fields = [
        ("prefix", quoted(sys.prefix)),
        ("base_prefix", quoted(sys.base_prefix)),
        ("executable", quoted(sys.executable)),
        ("version", quoted(sys.version.split()[0])),
        ("path", listed(path)),
    ]
    try:
        __import__(NAME)
        module = modules.get(NAME)
        fields += [
            ("file", quoted(getattr(module, "__file__", None))),
            ("module_version", quoted(getattr(module, "__version__", None))),
        ]
    except BaseException as error:
        fields += [
            ("class", quoted(class_of(error))),
            ("message", quoted(message_of(error))),
            ("exception", "true" if isinstance(error, Exception) else "false"),
            ("missing", quoted(getattr(error, "name", None) if isinstance(error, ImportError) else None)),
            ("frames", listed(frames_of(error))),
            ("causes", listed(causes_of(error)[1:])),
        ]
    if getpid() != pid:
        # The module has forked, and this is the child.
        exit_now(0)
    data = ("{" + ", ".join('"%s": %s' % field for field in fields) + "}\n").encode("ascii")
    while data:
        data = data[write(answer, data):]
    if ENDS:
        # Threads and exit handlers of the module are of no interest, and might never end.
        exit_now(17)


_embedcheck()
