//! The table of diagnosis rules, the most specific first.

use super::When::{
    AnySignal, Anywhere, Build, Concurrent, Error, ExitInside, Global, NotGlobal, SeveralImages,
    Signal, Stderr, TimedOut,
};
use super::{Rule, When};

/// A failed bind that names a function or object of the C API.
const UNDEFINED_PY: &str = r"(?P<file>[^\s:']+\.so[^\s:']*): undefined symbol: (?P<symbol>_?Py\w+)";

/// The last line of what a DLL made with embed-dll says about a failed start.
const EMBED_DLL: When = Stderr(r"^embed-dll version: ");

macro_rules! rules {
    ($($id:literal: [$($when:expr),+ $(,)?] => $summary:literal, $advice:literal, $source:literal;)+) => {
        /// Every rule, in the order in which they are tried.
        pub const RULES: &[Rule] = &[$(Rule {
            id: $id,
            when: { const WHEN: &[When] = &[$($when),+]; WHEN },
            summary: $summary,
            advice: $advice,
            source: $source,
        }),+];
    };
}

rules! {
    "race-init": [Concurrent, Stderr(
        r"global import state already initialized|failed to read thread state|pyinit_core_reconfigure|pyinit_main_reconfigure|take_gil: |PyThreadState_Get: |_PyThreadState_|init_interp_main|can't finish initializing|pycore_init|interned dictionary|autoTSSkey|init_fs_encoding|tstate_|bad interpreter|_PyGILState_")] =>
        "two threads ran Py_InitializeEx at the same time",
        "Make one call from one thread before the others start (a warm-up call), or initialise Python in the host; Py_IsInitialized is no lock.",
        "cpython#146302; CPython documentation of Py_InitializeEx: not thread-safe";

    "wrong-libpython-wins": [Stderr(r"this DLL names (?P<own>libpython\S+) and runs in Python (?P<other>[\d.]+)")] =>
        "a DLL that names {own} runs in Python {other}: another libpython was in the global scope first and serves every Py… symbol",
        "Use one Python version per link-map namespace: open the second DLL with dlmopen(LM_ID_NEWLM) in a thread of its own, or make it for the first version, or use a process of its own.",
        "ld.so(8): symbols are searched in the global scope first";

    "namespaces-share-thread-data": [Error(r"pthread_getspecific of the new namespace gives what pthread_setspecific of the host's stored")] =>
        "two copies of libc number their thread-specific keys alike and keep the values in the same place of the thread: a thread state of one Python is taken for one of the other",
        "Give each Python a thread of its own: open the DLL of the new namespace in that thread, make every call into it from there, and none into the other.",
        "POSIX pthread_key_create; glibc nptl: struct pthread.specific is one per thread, __pthread_keys one per copy of libc";

    "dll-without-libpython": [Error(
        r"(?P<file>[^\s:']+): undefined symbol: (?P<symbol>Py_Initialize\w*|PyGILState_\w+|Py_IsInitialized|PyEval_\w+|PyRun_\w+)")] =>
        "{file} calls {symbol}, and neither it nor the host names a libpython in DT_NEEDED",
        "Link the DLL with the flags of `python3-config --embed --ldflags` or `pkg-config --libs python3-embed`; without --embed they hold no -lpython since CPython 3.8.",
        "cpython#80902";

    "libpython-local": [NotGlobal, Anywhere(UNDEFINED_PY)] =>
        "{file} needs {symbol}: libpython is loaded, but only in the local scope of the DLL, and the module does not name it in DT_NEEDED",
        "Before the first call, open libpython itself with RTLD_NOW|RTLD_GLOBAL, or promote the loaded one with RTLD_NOLOAD|RTLD_GLOBAL; or link the host executable to libpython.",
        "cpython#80934";

    "backend-abi": [Global, Anywhere(r"(?P<file>[^\s:']*_cffi_backend[^\s:']*\.so): undefined symbol: (?P<symbol>\w+)")] =>
        "{file} was built for another Python: this libpython has no {symbol}",
        "Install cffi with the pip of exactly this interpreter; do not copy or share site-packages between Python versions.",
        "PEP 3149, ABI version tagged .so files";

    "symbol-missing": [Global, Anywhere(UNDEFINED_PY)] =>
        "{file} needs {symbol}, which the libpython in the global scope does not define",
        "The module and libpython come from different builds: check which libpython is mapped, and rebuild or reinstall the module for it.",
        "CPython documentation, C API Stability";

    "undefined-symbol": [Anywhere(UNDEFINED_PY)] =>
        "{file} needs {symbol}, which nothing in its lookup scope defines",
        "Open libpython with RTLD_NOW|RTLD_GLOBAL before the first call, or link the host executable to libpython.",
        "cpython#80934";

    "backend-version": [Anywhere(r"(?P<text>this module was compiled for Python \d[\d.]*|unknown version(?: tag)? 0x[0-9a-fA-F]+)")] =>
        "_cffi_backend does not fit: {text}",
        "Install one cffi, in the version the DLL was generated with or newer, with the pip of exactly this interpreter.",
        "CFFI documentation, Embedding, Troubleshooting";

    "backend-shadowed": [Anywhere(r"module '_cffi_backend' has no attribute '(?P<name>\w+)'")] =>
        "another module named _cffi_backend stands before the real one on sys.path: it has no {name}",
        "Remove or rename the file that shadows _cffi_backend; the path is in the report's standard error.",
        "CPython documentation, The Module Search Path";

    "backend-missing": [Anywhere(r"No module named '?_cffi_backend'?")] =>
        "_cffi_backend is not on the sys.path of the embedded interpreter",
        "Install cffi for exactly this interpreter (`pythonX.Y -m pip install cffi`), or add its folder with PYTHONPATH or in the init code; check which python3 is first on PATH, since that decides sys.prefix.",
        "CFFI documentation, Embedding";

    "wrong-module-name": [Anywhere(r"dynamic module does not define (?:module export|init) function \((?P<name>\w+)\)")] =>
        "the file is imported by a name that its module does not have: it has no {name}",
        "Name the file like the module (set_source() for CFFI) with .so behind it, by renaming it or by a symbolic link.",
        "cffi documentation, embedding, Testing";

    "pyinit-interposed": [Stderr(r"ffi\.def_extern\('(?P<name>\w+)'\): no 'extern .Python.' function with this name")] =>
        "PyInit of another DLL with the same module name answered for this one: {name} is not known there",
        "Give each DLL its own module name in set_source(), load the DLLs with RTLD_LOCAL and promote only libpython, or link with -Wl,-Bsymbolic-functions.",
        "CFFI, _embedding.h: PyInit_ is called through the PLT; ld(1), -Bsymbolic-functions";

    "cffi-unattached": [Stderr(r"function (?P<name>[\w.]+)\(\) called, but no code was attached to it yet")] =>
        "no Python function is attached to {name}: the call printed a line and returned 0",
        "Decorate a function of that name with @ffi.def_extern() in the init code or in a module that it imports.",
        "cffi documentation, embedding";

    "embed-dll-told-libpython": [EMBED_DLL, Stderr(r"^(?P<name>EMBED_DLL_LIBPYTHON is .+?), and that cannot be used: (?P<text>.+?); set it to")] =>
        "{name}, which embed-dll cannot use: {text}; it takes no other then, and the call returned its error value",
        "Set EMBED_DLL_LIBPYTHON to a libpython3.X.so.1.0 of 3.8 or later, to a prefix or a virtual environment that has one, or unset it, and one is searched for.",
        "docs/embed-dll/macro.md";

    "embed-dll-no-libpython": [EMBED_DLL, Stderr(r"^no libpython of 3\.8 or later can be used")] =>
        "embed-dll found no libpython of 3.8 or later: each place that it looked at is on standard error, with what was there; the call returned its error value",
        "Install a Python with a shared libpython (Debian: libpython3.X; pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared), or set EMBED_DLL_LIBPYTHON to the file.",
        "docs/embed-dll/macro.md";

    "embed-dll-version": [EMBED_DLL, Stderr(r"^(?P<text>Python \d+\.\d+ (?:is in the process already|\(.*\) is not supported|in .+ cannot be used).*)")] =>
        "embed-dll cannot work with the Python that there is: {text}",
        "Use CPython 3.8 to 3.15: in the host, if it brings Python along, and else with EMBED_DLL_LIBPYTHON; a newer one needs a newer embed-dll.",
        "docs/embed-dll/life-of-a-call.md";

    "embed-dll-several-pythons": [EMBED_DLL, Stderr(r"^(?P<text>more than one Python is in the process.*)")] =>
        "embed-dll mixes no Pythons: {text}",
        "Let the host load one libpython only, or initialise the one that is meant before the first call.",
        "docs/embed-dll/life-of-a-call.md";

    "embed-dll-start-failed": [EMBED_DLL, Stderr(r"^(?P<text>Failed to import encodings module.*|(?:pre)?config_\w+: .*|init_\w+: .*)$")] =>
        "embed-dll could not start Python: {text}; the host goes on, and the call returned its error value",
        "Mend what the text names, mostly a PYTHON… variable or a sitecustomize; <module>_start() may then be called again, unless <module>_last_error() says that it cannot.",
        "docs/embed-dll/life-of-a-call.md";

    "home-not-found": [Stderr(r"No module named '?encodings'?|Failed to import encodings module|init_fs_encoding")] =>
        "the embedded interpreter found no standard library, and CPython ended the process from inside Py_InitializeEx",
        "Unset PYTHONHOME, or set it (or PyConfig.home) to the base prefix of exactly this libpython; the first python3 on PATH decides the prefix when nothing is set.",
        "cpython#107827, cpython#125873";

    "site-failed": [Stderr(r"init_import_site|Failed to import the site module")] =>
        "importing site failed during Py_InitializeEx, which ends the process",
        "Repair sitecustomize, usercustomize or the .pth file that the traceback names.",
        "cpython#107827";

    "wrong-python-variable": [ExitInside, Stderr(r"(?P<text>PYTHONHASHSEED must be|init_stdio_encoding|config_init_\w+)")] =>
        "a PYTHON… variable of the environment stopped Py_InitializeEx ({text}), which ends the process",
        "Remove the variable from the environment of the host; an embedding host should not inherit PYTHON… variables.",
        "cpython#107827";

    "two-libpythons": [SeveralImages] =>
        "more than one mapped object defines Py_IsInitialized: two Python runtimes in one process",
        "Use one libpython per process: make the DLLs name the same soname, or inside a running Python use dlopen(NULL) instead of a libpython; a second version needs its own dlmopen namespace.",
        "cpython#92158; dlmopen(3)";

    "libpython-elsewhere": [Error(r"^libpython is mapped from (?P<seen>.+?)(?P<wanted>, (?:not from|and nothing).*)$")] =>
        "ld.so took the libpython {seen}{wanted}",
        "Its order is: a library of that soname that is loaded already, RPATH, LD_LIBRARY_PATH, RUNPATH, ld.so.cache; take away what leads to the wrong file, or name the right one earlier.",
        "ld.so(8)";

    "libpython-not-found": [Anywhere(r"(?P<name>libpython[^\s:]*): cannot open shared object file")] =>
        "ld.so finds no {name}: no RPATH, RUNPATH, LD_LIBRARY_PATH or ld.so.cache entry leads to it",
        "Link the DLL with -Wl,-rpath,<folder of libpython> (or an $ORIGIN path if you ship it), or run ldconfig for a system-wide installation.",
        "ld.so(8)";

    "library-not-found": [Anywhere(r"(?P<name>[^\s:]+): cannot open shared object file")] =>
        "ld.so cannot open {name}",
        "Check the path, and the RPATH or RUNPATH of the file that names it.",
        "ld.so(8)";

    "library-not-loaded": [Error(r"not loaded|(?P<name>\S+): .*RTLD_NOLOAD")] =>
        "the library is not in the process, so it cannot be promoted",
        "Open it without RTLD_NOLOAD, or use the soname by which it was loaded.",
        "dlopen(3)";

    "static-tls": [Anywhere(r"cannot allocate memory in static TLS block")] =>
        "a library that uses initial-exec TLS was opened late, and the static TLS block is full",
        "Preload that library, raise GLIBC_TUNABLES=glibc.rtld.optional_static_tls, or rebuild it with global-dynamic TLS.",
        "glibc manual, Dynamic Linking Tunables";

    "version-missing": [Anywhere(r"version [`'](?P<version>[^']+)' not found \(required by (?P<file>[^)]+)\)")] =>
        "{file} needs the symbol version {version}, which the library that the host already loaded does not have",
        "Make the host load the newer library first (LD_PRELOAD or the host's RPATH).",
        "ld.so(8)";

    "damaged-file": [Anywhere(r"(?P<file>[^\s:]+): (?P<text>invalid ELF header|file too short|wrong ELF class\S*|cannot read file data|ELF load command[^:]*|object file has no[^:]*|cannot dynamically load[^:]*)")] =>
        "{file} is not a library that this process can load: {text}",
        "Reinstall the file; check that it is for this architecture.",
        "elf(5)";

    "no-symbol": [Error(r"undefined symbol: (?P<symbol>\S+)|no symbol (?P<name>\S+)")] =>
        "the library does not define a symbol that the host looks up",
        "Check the spelling, the declared visibility and, for C++, extern \"C\".",
        "dlsym(3)";

    "link-needs-rpath-link": [Build(r"(?P<name>libpython\S+), needed by (?P<file>.+), not found")] =>
        "the linker does not find {name}, which {file} needs",
        "Add -Wl,-rpath-link,<folder of libpython> to the link command of the host, or give the DLL a RUNPATH.",
        "ld(1), -rpath-link";

    "link-failed": [Build(r"(?P<text>(?:undefined reference to|cannot find|DSO missing|fatal error: ).*)")] =>
        "the host could not be built: {text}",
        "The command and the messages are in the evidence.",
        "ld(1)";

    "callback-exception": [Stderr(r"From cffi callback|Exception ignored from cffi callback|from cffi callback")] =>
        "the Python function raised; CFFI printed the traceback and returned the default value",
        "Declare an error= value other than a valid result, or an onerror= handler, so that the host can tell.",
        "cffi documentation, def_extern";

    "embed-dll-init-raised": [EMBED_DLL, Stderr(r"^Failed to initialize the Python embedding logic")] =>
        "the init code of a DLL made with embed-dll raised; the traceback is on standard error, and the call returned its error value",
        "Mend the init code or what it imports; <module>_last_error() gives the text to the host, and <module>_start() runs the code again.",
        "docs/embed-dll/life-of-a-call.md";

    "cffi-init-failed": [Stderr(r"function (?P<name>[\w.]+)\(\) called, but initialization code failed|Failed to initialize the Python-CFFI embedding logic")] =>
        "the init code of the DLL failed; CFFI printed the traceback, and every function returns 0 for the life of the process",
        "The traceback is on standard error; reserve a non-zero result for success so that the host notices.",
        "cffi documentation, embedding";

    "race-crash": [Concurrent, AnySignal] =>
        "the process crashed while several threads made their first call",
        "Make one call from one thread before the others start (a warm-up call).",
        "cpython#146302";

    "race-hang": [Concurrent, TimedOut] =>
        "the threads blocked one another for ever while they made their first call",
        "Never hold the GIL while another thread starts a DLL; make a warm-up call from one thread without the GIL.",
        "CPython documentation, PyEval_SaveThread";

    "race-exit": [Concurrent, ExitInside] =>
        "CPython ended the process from inside a call while several threads made their first call",
        "Make one call from one thread before the others start (a warm-up call).",
        "cpython#107827, cpython#146302";

    "broken-pipe": [Signal("SIGPIPE")] =>
        "the process was ended by SIGPIPE: Py_InitializeEx(0) leaves it at its default",
        "Ignore SIGPIPE in the host.",
        "CPython documentation, Py_InitializeEx";

    "hang": [TimedOut] =>
        "the process did not come to an end; the report shows where each thread was",
        "The threads' system calls and backtraces are in the report (--verbose or JSON); if the machine is slow, raise --timeout.",
        "";

    "exit-inside": [ExitInside] =>
        "something inside the DLL ended the process with exit(): the host's own end was never reached",
        "Read standard error; CPython calls exit() when Py_InitializeEx fails.",
        "cpython#107827";

    "crash": [AnySignal] =>
        "the process crashed; the last step that was announced shows where",
        "Run the plan from the report again with `embedcheck run`, under a debugger.",
        "";

    "python-exception": [Stderr(r"^(?P<text>\w*(?:Error|Exception|Interrupt|Exit)(?::.*)?)$")] =>
        "Python code raised {text}",
        "The traceback is on standard error.",
        "";
}
