//! Kinds of findings about DLLs and hosts.

use crate::doctor::kind::kinds;

kinds! {
    OTHER_MACHINE = "dll-other-machine": Problem,
        "The DLL is for another processor, word size or byte order.",
        "ld.so(8)";
    NOT_A_LIBRARY = "dll-not-a-library": Problem,
        "What was named as a DLL is a program, an object file or a file of debugging information.",
        "dlopen(3); glibc NEWS 2.30 on position-independent executables";
    IS_LIBPYTHON = "dll-is-libpython": Problem,
        "What was named as a DLL is a libpython itself.",
        "";
    NO_LIBPYTHON = "dll-without-python": Problem,
        "The DLL calls the C API and names no libpython.",
        "cpython#80902";
    EXTENSION_ONLY = "dll-is-extension-module": Warning,
        "The DLL is an extension module: it names no libpython and cannot start Python, so that only a process with \
         a libpython in its global scope can open it.",
        "CPython documentation, What's New in Python 3.8, Build and C API Changes";
    CONTAINS_PYTHON = "dll-contains-python": Problem,
        "The DLL has a whole libpython inside: extension modules find its symbols only when it is opened with RTLD_GLOBAL.",
        "manylinux#1459";
    LIBPYTHON_NOT_FOUND = "dll-libpython-not-found": Problem,
        "The libpython that the DLL names in DT_NEEDED is found nowhere.",
        "ld.so(8)";
    LIBRARY_NOT_FOUND = "dll-library-not-found": Problem,
        "A library that the DLL, or what it needs, names in DT_NEEDED is found nowhere or cannot be used.",
        "ld.so(8)";
    ONLY_BY_ENVIRONMENT = "dll-needs-ld-library-path": Warning,
        "A library is found only thanks to LD_LIBRARY_PATH.",
        "ld.so(8)";
    ENVIRONMENT_DECIDES = "dll-library-path-decides": Warning,
        "LD_LIBRARY_PATH leads to another file than would be found without it.",
        "ld.so(8): LD_LIBRARY_PATH comes before DT_RUNPATH";
    SYMBOLS_MISSING = "dll-symbols-missing": Problem,
        "The libpython that the DLL would get lacks symbols that the DLL refers to.",
        "CPython documentation, C API Stability";
    SYMBOLS_UNDEFINED = "dll-symbols-undefined": Problem,
        "Neither the named host nor any library defines symbols that the DLL refers to.",
        "ld.so(8); dlopen(3)";
    SYMBOLS_OF_HOST = "dll-symbols-from-host": Note,
        "The DLL refers to symbols that only a host can define.",
        "dlopen(3)";
    NEWER_GLIBC = "dll-newer-glibc": Problem,
        "The DLL, or what it needs, was linked against a newer glibc than the one that is here.",
        "glibc manual, symbol versioning; ld.so(8)";
    VERSION_MISSING = "dll-version-missing": Problem,
        "A library that is found lacks a symbol version that the DLL, or what it needs, demands.",
        "Linux Standard Base, Symbol Versioning";
    CFFI_HANGS = "dll-cffi-hangs": Problem,
        "Embedding code that CFFI before 1.16 generated spins for ever at the first call in Python 3.12 and later.",
        "clingo#486; CFFI, _embedding.h";
    OTHER_PYTHON = "dll-other-python": Warning,
        "The DLL would run in a Python of another version than the one that was named.",
        "PEP 3149; ld.so(8)";
    OTHER_BUILD = "dll-other-build": Warning,
        "The DLL would get another libpython of the same version than that of the Python that was named.",
        "ld.so(8)";
    PYPY_HOME = "dll-pypy-home": Problem,
        "The libpypy that the DLL would get lies apart from PyPy's standard library.",
        "CFFI documentation, Embedding, Troubleshooting";
    RENAMED_LIBPYTHON = "dll-libpython-renamed": Problem,
        "The file that a DT_NEEDED leads to is a libpython of another version under a wrong name.",
        "imhex#374";
    ORIGIN_EATEN = "dll-origin-eaten": Problem,
        "A shell, make or too many escapes changed the $ORIGIN of the search path, and a library is not found.",
        "CFFI documentation, Embedding, Issues about using the .so; ld.so(8)";
    ORIGIN_EATEN_UNUSED = "dll-origin-eaten-unused": Warning,
        "A shell, make or too many escapes changed the $ORIGIN of the search path; every library is found elsewhere.",
        "CFFI documentation, Embedding, Issues about using the .so; ld.so(8)";
    RELATIVE_SEARCH = "dll-search-path-relative": Warning,
        "An entry of the search path is relative: it begins in whatever folder the host happens to run in.",
        "ld.so(8)";
    BUILD_PATH = "dll-build-machine-path": Warning,
        "The DLL names a folder or a file of the machine that it was built on, which is not here.",
        "setup-python#871; pyo3#4890";
    BOUND_HERE = "dll-bound-to-place": Note,
        "The DLL names a folder or a file by an absolute path outside of the system's: moved elsewhere, it fails.",
        "setup-python#871; pyo3#4890";
    MODULE_NAME_TAKEN = "dll-module-name-taken": Warning,
        "Another module of this Python has the name of the DLL's module.",
        "CPython documentation, The Module Search Path";
    PYINIT_COLLISION = "dll-pyinit-collision": Warning,
        "Another DLL, or the host, defines the same PyInit function: opened with RTLD_GLOBAL, the first one answers for both.",
        "CFFI, _embedding.h: PyInit_ is called through the PLT; ld(1), -Bsymbolic-functions";
    NAME_OF_OTHER_SYSTEM = "dll-name-of-other-system": Warning,
        "The file is named as on Windows or macOS.",
        "CFFI documentation, Embedding, Issues about using the .so";
    NAME_NOT_LINKABLE = "dll-name-without-lib": Note,
        "The file is not named libNAME.so: the linker does not find it by -lNAME.",
        "CFFI documentation, Embedding, Issues about using the .so; ld(1)";
    NAME_NOT_IMPORTABLE = "dll-name-not-importable": Note,
        "The file is named neither like its module nor libNAME.so: Python cannot import it by its name.",
        "CFFI documentation, Embedding, Testing";
    STATIC_TLS = "dll-static-tls": Warning,
        "The DLL, or what it needs, takes of the little static thread-local storage that is left in a running process.",
        "glibc manual, Dynamic Linking Tunables; cpython#133313";
    STATIC_TLS_TOO_LARGE = "dll-static-tls-too-large": Problem,
        "The DLL, or what it needs, takes more static thread-local storage than a running process has left.",
        "glibc manual, Dynamic Linking Tunables; ddtrace#8616";
    EXECUTABLE_STACK = "dll-executable-stack": Warning,
        "The DLL demands executable stacks.",
        "glibc NEWS 2.41";
    HOST_IS_SCRIPT = "host-is-script": Warning,
        "The host is a script: the process is that of another program.",
        "execve(2)";
    HOST_NOT_ELF = "host-not-a-program": Problem,
        "The host is neither a program nor a script.",
        "execve(2)";
    HOST_OTHER_MACHINE = "host-other-machine": Problem,
        "The host is for another processor, word size or byte order than this machine.",
        "ld.so(8)";
    HOST_STATIC = "host-static": Problem,
        "The host is a static executable, which cannot open a DLL.",
        "glibc FAQ, Even statically linked programs need some shared libraries; musl, dlopen in static programs";
    HOST_DOES_NOT_START = "host-library-not-found": Problem,
        "A library that the host itself needs is found nowhere.",
        "ld.so(8)";
    HOST_PYTHON_INSIDE = "host-contains-python": Warning,
        "The host has a whole libpython inside and exports it: a DLL runs in that Python, whatever libpython it names.",
        "conda-forge#778; ld.so(8): symbols are searched in the program first";
    HOST_PYTHON_HIDDEN = "host-hides-python": Problem,
        "The host has a whole libpython inside and does not export it: extension modules miss its symbols, and a DLL that \
         names a libpython brings a second Python into the process.",
        "pyo3#2000; conda-forge#778";
    HOST_OTHER_PYTHON = "host-other-python": Problem,
        "The host brings a libpython of another version than the DLL was built for, and its symbols come first.",
        "ld.so(8): symbols are searched in the global scope first; mod_wsgi#515";
    HOST_DROPPED_LIBPYTHON = "host-dropped-libpython": Warning,
        "The host has a search path for a libpython that it does not name: the linker dropped it.",
        "ld(1), --as-needed";
    HOST_RPATH = "host-rpath-inherited": Warning,
        "A library of the DLL is found only by the DT_RPATH of this host.",
        "ld.so(8): DT_RPATH serves the libraries of libraries, too";
    HOST_PRIVILEGED = "host-ignores-environment": Note,
        "The host is setuid, setgid or has capabilities: ld.so ignores LD_LIBRARY_PATH and LD_PRELOAD.",
        "ld.so(8), Secure-execution mode";
    HOST_IGNORED_VARIABLES = "host-ignores-given-variables": Problem,
        "The host is setuid, setgid or has capabilities, and the variables that were given for ld.so are ignored.",
        "ld.so(8), Secure-execution mode";
}
