# Asks an interpreter what it is. Must run unchanged on 2.7, on 3.4 and later, and on PyPy: no
# syntax and no unconditional import that one of them lacks. Reports facts, judges nothing.
#
# Strings travel as one character per byte, so that a path that is not valid UTF-8 arrives whole.
import os
import sys


def text(value):
    if value is None:
        return None
    if not isinstance(value, bytes):
        # Python 2 has no fsencode; its `unicode` only comes from literals and is ASCII here.
        value = os.fsencode(value) if hasattr(os, "fsencode") else value.encode("utf-8")
    return value.decode("latin-1")


def texts(values):
    return [text(value) for value in values]


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception:
        return None


def implementation():
    named = getattr(sys, "implementation", None)
    if named is not None:
        return named.name
    import platform
    return platform.python_implementation().lower()


CONFIG = (
    "INSTSONAME", "LDLIBRARY", "LIBDIR", "LIBPL", "LDSHARED", "MULTIARCH", "EXT_SUFFIX", "SO",
    "SOABI", "DESTSHARED", "Py_ENABLE_SHARED", "Py_GIL_DISABLED",
)


def configuration():
    import warnings
    warnings.simplefilter("ignore")
    import sysconfig
    found = {}
    for name in CONFIG:
        value = sysconfig.get_config_var(name)
        if value is not None:
            found[name] = text(str(value))
    return found


def paths():
    import sysconfig
    return dict((name, text(path)) for name, path in sysconfig.get_paths().items())


def suffixes():
    try:
        from importlib.machinery import EXTENSION_SUFFIXES
        return texts(EXTENSION_SUFFIXES)
    except ImportError:
        import imp
        return [text(suffix) for suffix, _, kind in imp.get_suffixes() if kind == imp.C_EXTENSION]


def backend():
    # CFFI's own documentation: an embedding DLL imports `_cffi_backend`, not `cffi`.
    found = {}
    for name in ("_cffi_backend", "cffi"):
        try:
            module = __import__(name)
            found[name] = {
                "version": text(str(getattr(module, "__version__", None) or "")),
                "path": text(getattr(module, "__file__", None)),
            }
        except ImportError as error:
            # Not installed is the usual case and no news; anything else is.
            if "No module named" not in str(error):
                found[name] = {"error": text(str(error))}
        except Exception as error:
            found[name] = {"error": text("%s: %s" % (type(error).__name__, error))}
    return found


def mapped():
    # What ld.so really did for this process. Ask before cffi is imported: it may map more.
    found = []
    with open("/proc/self/maps", "rb") as lines:
        for line in lines:
            fields = line.rstrip(b"\n").split(None, 5)
            if len(fields) == 6 and b"libpython" in os.path.basename(fields[5]):
                if fields[5] not in found:
                    found.append(fields[5])
    return texts(found)


def main():
    images = attempt(mapped)
    prefix = sys.prefix
    base = getattr(sys, "base_prefix", getattr(sys, "real_prefix", prefix))
    return {
        "implementation": implementation(),
        "version": list(sys.version_info[:3]) + [sys.version_info[3], sys.version_info[4]],
        "abi_flags": text(getattr(sys, "abiflags", "")),
        "debug": hasattr(sys, "gettotalrefcount"),
        "prefix": text(prefix),
        "base_prefix": text(base),
        "path": texts(entry for entry in sys.path if entry),
        "builtins": texts(sys.builtin_module_names),
        "suffixes": attempt(suffixes) or [],
        "configuration": attempt(configuration) or {},
        "paths": attempt(paths) or {},
        "mapped": images or [],
        "modules": backend(),
    }


def report(document):
    import json
    # `os.write` and not `print`: a sitecustomize may have replaced sys.stdout.
    data = ("\n<embedcheck:interpreter>" + json.dumps(document) + "</embedcheck:interpreter>\n")
    data = data.encode("ascii")
    attempt(lambda: sys.stdout.flush())
    while data:
        data = data[os.write(1, data):]


report(main())
