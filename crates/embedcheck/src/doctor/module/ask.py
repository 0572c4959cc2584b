# Asks an interpreter where it searches for modules. Must run unchanged on 2.7 and on 3.4 and later. Reports facts,
# judges nothing. Strings travel as one character per byte, as in interrogate.py.
import os
import sys


def text(value):
    if value is None:
        return None
    if not isinstance(value, bytes):
        value = os.fsencode(value) if hasattr(os, "fsencode") else value.encode("utf-8")
    return value.decode("latin-1")


def texts(values):
    return [text(value) for value in values or []]


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception:
        return None


def suffixes():
    try:
        from importlib import machinery
    except ImportError:
        import imp
        return [[text(s) for s, _, kind in imp.get_suffixes() if kind == wanted] for wanted in (3, 1, 2)]
    return [
        texts(machinery.EXTENSION_SUFFIXES),
        texts(machinery.SOURCE_SUFFIXES),
        texts(machinery.BYTECODE_SUFFIXES),
    ]


def frozen(name):
    try:
        import _imp as module
    except ImportError:
        import imp as module
    return bool(module.is_frozen(name))


def has_module(name):
    # Not imported: only looked for.
    try:
        from importlib.util import find_spec
    except ImportError:
        import imp
        return bool(attempt(imp.find_module, name))
    return find_spec(name) is not None


def paths():
    import sysconfig
    wanted = ("stdlib", "platstdlib", "purelib", "platlib")
    found = sysconfig.get_paths()
    return dict((name, text(found.get(name))) for name in wanted)


def site_folders():
    import site
    # A virtualenv of Python 2 has a site.py of its own without these.
    return {
        "packages": texts(attempt(site.getsitepackages)),
        "user": text(attempt(site.getusersitepackages)),
        "user_enabled": bool(site.ENABLE_USER_SITE),
        "active": "site" in sys.modules and not sys.flags.no_site,
    }


def main():
    # First: what follows imports modules, and may change it.
    path = texts(sys.path)
    builtins = texts(sys.builtin_module_names)
    found = attempt(suffixes) or [[], [], []]
    name = os.environ.get("EMBEDCHECK_MODULE", "")
    return {
        "path": path,
        "builtins": builtins,
        "extension_suffixes": found[0],
        "source_suffixes": found[1],
        "bytecode_suffixes": found[2],
        "is_frozen": bool(attempt(frozen, name)),
        "has_pip": bool(attempt(has_module, "pip")),
        "has_venv": bool(attempt(has_module, "ensurepip")),
        "stdlib_names": texts(sorted(getattr(sys, "stdlib_module_names", ()))),
        "prefix": text(sys.prefix),
        "base_prefix": text(getattr(sys, "base_prefix", sys.prefix)),
        "executable": text(sys.executable),
        "paths": attempt(paths) or {},
        "site": attempt(site_folders) or {},
    }


def report(document):
    import json
    data = ("\n<embedcheck:path>" + json.dumps(document) + "</embedcheck:path>\n").encode("ascii")
    attempt(lambda: sys.stdout.flush())
    while data:
        data = data[os.write(1, data):]


report(main())
