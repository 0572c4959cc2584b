//! The table of diagnosis rules, the most specific first.

use super::When::{
    AnySignal, Anywhere, Build, Concurrent, Error, ExitInside, Global, InLog, InRun, NotGlobal,
    SeveralImages, Signal, Stderr, TimedOut,
};
use super::{Role, Rule, Visit, When};

/// A failed bind that names a function or object of the C API.
const UNDEFINED_PY: &str =
    r"(?P<file>[^\s:']+\.so[^\s:']*): undefined symbol: (?P<symbol>_?Py(?:_|[A-Z])\w*)";

/// The last line of what a DLL made with embed-dll says about a failed start.
const EMBED_DLL: When = Stderr(r"^embed-dll version: ");

/// What most rules have in common.
const USUAL: Rule = Rule {
    id: "",
    when: &[],
    summary: "",
    advice: "",
    source: "",
    also: &[],
    role: Role::Root,
    covers: &[],
    visit: Visit::None,
};

/// The module search path of AWS Lambda, and the words of its runtime.
pub(crate) const LAMBDA: When = Anywhere(
    r"(?:[Ii]n|[Oo]n|[Uu]nder|在) ?(?:an )?AWS Lambda|AWS Lambda (?:environment|runtime|layer)|Runtime\.ImportModuleError|Unable to import module '|/var/task/|/opt/python/|/var/lang/|INIT_START Runtime Version|INIT_REPORT ",
);

macro_rules! rules {
    ($($id:literal: [$($when:expr),+ $(,)?] => $summary:literal, $advice:literal, $source:literal $(, $field:ident: $value:expr)*;)+) => {
        /// Every rule, in the order in which they are tried.
        pub const RULES: &[Rule] = &[$(Rule {
            id: $id,
            when: { const WHEN: &[When] = &[$($when),+]; WHEN },
            summary: $summary,
            advice: $advice,
            source: $source,
            $($field: $value,)*
            ..USUAL
        }),+];
    };
}

rules! {
    "race-init": [Concurrent, Stderr(
        r"global import state already initialized|failed to read thread state|pyinit_core_reconfigure|pyinit_main_reconfigure|take_gil: |PyThreadState_Get: |_PyThreadState_|init_interp_main|can't finish initializing|pycore_init|interned dictionary|autoTSSkey|init_fs_encoding|tstate_|bad interpreter|_PyGILState_")] =>
        "two threads ran Py_InitializeEx at the same time",
        "Make one call from one thread before the others start (a warm-up call), or initialise Python in the host; Py_IsInitialized is no lock.",
        "cpython#146302; CPython documentation of Py_InitializeEx: not thread-safe",
        covers: &["two-initialisations", "gil-not-held", "home-not-found"], visit: Visit::Dll;

    "two-initialisations": [Anywhere(
        r"(?P<text>_PyImport_Init: global import state already initialized|pyinit_core_reconfigure: failed to read thread state|cannot calculate path configuration without GIL)")] =>
        "Python was initialised twice at the same time: {text}",
        "Initialise Python in one place, before the threads start: in the host, or by a warm-up call into one DLL. Py_IsInitialized is no lock, and DLLs of different producers share none.",
        "cpython#146302; pyo3#5900",
        covers: &["gil-not-held", "home-not-found", "backend-missing"], visit: Visit::Dll;

    "second-embedder": [Anywhere(r"(?P<name>PyImport_(?:Append|Extend)Inittab)\(\) may not be called after Py_Initialize")] =>
        "a plugin calls {name} after another one has initialised Python: it takes itself for the only one in the process",
        "Load that plugin first, or let the host initialise Python with what both need; a plugin should ask Py_IsInitialized before it sets anything up.",
        "CPython documentation, PyImport_AppendInittab; multicorn2#60",
        visit: Visit::Dll;

    "one-interpreter-only": [Anywhere(r"(?P<text>PyO3 modules may only be initiali[sz]ed once per interpreter process|PyO3 modules do not yet support subinterpreters|Interpreter change detected - this module can only be loaded into one interpreter per process|module \S+ does not support loading in subinterpreters)")] =>
        "an extension module refuses a second interpreter of the process: {text}",
        "Import it in the main interpreter only: a shared interpreter in JEP, the global application group in mod_wsgi; or keep sub-interpreters away from such modules.",
        "pyo3#576, cpython#40601";

    "loaded-twice": [Anywhere(r"(?P<text>cannot load module more than once per process)")] =>
        "an extension module was initialised a second time in one process, mostly after Py_FinalizeEx and a new start: {text}",
        "Never finalise Python in a process that goes on using it; keep the first interpreter.",
        "CPython documentation, Isolating Extension Modules, Opt-Out";

    "stack-bounds": [Anywhere(r"Unrecoverable stack overflow \(used (?P<used>\d+ kB)\)")] =>
        "CPython 3.14 or later was called on a stack that it does not know ({used} by its count): a coroutine, fiber or thread with a small or foreign stack, or a recursion without end",
        "Call into Python from an ordinary thread with a stack of its own, with the newest 3.14; a coroutine library can hand its stack over with PyUnstable_ThreadState_SetStackProtection.",
        "cpython#139653, cpython#141711",
        visit: Visit::Dll;

    "call-after-finalize": [InLog,
        Stderr(r"\b(?:__run_exit_handlers|__cxa_finalize|_dl_fini|Py_FinalizeEx|Py_Finalize)\b"),
        Stderr(r"^#\d+\s.*\b(?P<name>PyGILState_Ensure|PyEval_RestoreThread|PyEval_AcquireThread|take_gil)\b")] =>
        "a thread calls into Python ({name}) while the process ends or after Py_FinalizeEx",
        "Do not finalise Python while plugins are loaded, or join every native thread first; a call after Py_FinalizeEx crashes in every version up to now.",
        "cpython#124619; CPython documentation, Py_FinalizeEx",
        visit: Visit::Dll;

    "gil-not-held": [Anywhere(
        r"Fatal Python error: (?P<text>.*(?:no current thread|NULL tstate|without holding the GIL|called with the GIL held|the GIL is released|non-NULL old thread state|must be current when releasing|wrong thread state|tstate mix-up|auto-releasing thread-state).*)")] =>
        "Python's C API was called in a thread that has no thread state of this Python: {text}",
        "Take the GIL around each call (PyGILState_Ensure and PyGILState_Release), in every thread but the one that holds it already.",
        "CPython documentation, Thread State and the Global Interpreter Lock",
        also: &["If the calls are right: look for two Pythons in the process, such as a host with libpython inside and a plugin that names another one; each has its own thread states.",
            "If it happens at the end: something calls in after Py_FinalizeEx."],
        visit: Visit::Dll;

    "signal-main-thread": [InLog,
        Stderr(r"<init code for '|Python(?:-CFFI)? embedding logic|cffi callback|cffi_start_python"),
        Stderr(r"signal only works in main thread")] =>
        "signal.signal was called in a thread that Python does not take for its main thread: that is the one which made the first call",
        "Let the real main thread of the host make the first call (cffi_start_python, or <module>_start() of embed-dll), or leave signals to the host.",
        "CPython documentation, signal";

    "wrong-libpython-wins": [Stderr(r"(?:(?P<file>\S+\.so[^\s:]*): )?this DLL names (?P<own>libpython\S+) and runs in Python (?P<other>[\d.]+)")] =>
        "a DLL that names {own} runs in Python {other}: another libpython was in the global scope first and serves every Py… symbol",
        "Use one Python version per link-map namespace: open the second DLL with dlmopen(LM_ID_NEWLM) in a thread of its own, or make it for the first version, or use a process of its own.",
        "ld.so(8): symbols are searched in the global scope first",
        visit: Visit::Dll;

    "namespaces-share-thread-data": [Error(r"pthread_getspecific of the new namespace gives what pthread_setspecific of the host's stored")] =>
        "two copies of libc number their thread-specific keys alike and keep the values in the same place of the thread: a thread state of one Python is taken for one of the other",
        "Give each Python a thread of its own: open the DLL of the new namespace in that thread, make every call into it from there, and none into the other.",
        "POSIX pthread_key_create; glibc nptl: struct pthread.specific is one per thread, __pthread_keys one per copy of libc";

    "libffi-missing": [Anywhere(r"(?P<name>libffi\.so\.\d+): (?:cannot open shared object file|No such file or directory)")] =>
        "{name} is not there, and a file that was built against it (_cffi_backend or _ctypes) cannot be loaded",
        "Reinstall cffi for exactly this interpreter from a wheel of the package index, which brings its own libffi: `pythonX.Y -m pip install --force-reinstall --only-binary=:all: cffi`.",
        "cffi documentation, Installation; ld.so(8)",
        also: &["If the interpreter's own _ctypes needs it: install the package that has this very file (Debian: libffi8, libffi7); libffi-dev is for building from source only, and another number does not do."],
        visit: Visit::Module("_cffi_backend");

    "libffi-other": [Anywhere(r"(?P<file>[^\s:']+\.so[^\s:']*): undefined symbol: (?P<symbol>ffi_\w+)")] =>
        "{file} needs {symbol} of another libffi than the one that is in the process",
        "Find the second libffi: mostly that of a conda environment, by LD_LIBRARY_PATH or the RPATH of its python, beside the system's; take one of both away.",
        "libffi#775; ld.so(8): a soname is loaded once per namespace",
        visit: Visit::Named;

    "child-poisoned": [Anywhere(r"(?:^|[\s'(])(?P<program>(?:(?:/usr)?/bin/)?(?:awk|bash|curl|dash|env|gawk|git|less|lsb_release|sed|sh|ssh|uname|wget|zsh)): symbol lookup error: \S+: undefined symbol: (?P<symbol>rl_\w+|tgetent|EVP_\w+|OPENSSL_\w+|SSL_\w+)")] =>
        "a program that the host started ({program}) got a library of another environment: {symbol} is missing there",
        "Do not export LD_LIBRARY_PATH for the sake of libpython: use an RPATH or $ORIGIN in the DLL, or remove the variable from the environment of children.",
        "ld.so(8); reticulate#1860",
        visit: Visit::Dll;

    "host-library-shadows": [Anywhere(
        r"(?P<file>[^\s:']*(?:\.cpython-\d|\.abi3\.|lib-dynload/|site-packages/|dist-packages/)[^\s:']*\.so[^\s:']*): undefined symbol: (?P<symbol>XML_\w+|SSL_\w+|EVP_\w+|OPENSSL_\w+|X509_\w+|CRYPTO_\w+|sqlite3_\w+|rl_\w+|deflate\w*|inflate\w*|lzma_\w+|_Z\w+)")] =>
        "{file} needs {symbol} of a library that is in the process in another version: the host or LD_LIBRARY_PATH brought it first",
        "See which file of that library is mapped in the host (`LD_DEBUG=libs`), and let the one of the Python environment come first: by RPATH of the host or LD_PRELOAD; unset LD_LIBRARY_PATH if it leads elsewhere.",
        "ld.so(8): a soname is loaded once per namespace",
        visit: Visit::Named;

    "module-of-python-2": [Anywhere(
        r"(?P<file>[^\s:']+\.so[^\s:']*): undefined symbol: (?P<symbol>Py(?:String|Int|Class|Instance|File|CObject)_\w+|PyUnicodeUCS[24]_\w+|Py_InitModule\w+|_?PyUnicode_AsDefault\w+)")] =>
        "{file} was built for Python 2, or for a Python before 3.3: {symbol} is gone since",
        "Install the module with the pip of exactly this interpreter; nothing of Python 2 can be loaded into Python 3.",
        "PEP 393; CPython documentation, Porting Extension Modules to Python 3",
        visit: Visit::Named;

    "module-of-free-threaded": [Anywhere(
        r"(?P<file>[^\s:']+\.so[^\s:']*): undefined symbol: (?P<symbol>_Py_MergeZeroLocalRefcount|_Py_DecRefShared\w*|_PyByteArray_empty_string)")] =>
        "{file} was built for a free-threaded Python, or for one before its release: {symbol} is not in this one",
        "Install the module with the pip of exactly this interpreter; free-threaded builds (`t` in the ABI tag) need files of their own.",
        "PEP 703; cffi#220",
        visit: Visit::Named;

    "module-of-other-python": [InLog, Anywhere(
        r"(?P<file>[^\s:']+\.so[^\s:']*): undefined symbol: (?P<symbol>_PyThreadState_UncheckedGet|_PyErr_WriteUnraisableMsg|_Py_HashPointer|_PyUnicode_Ready|_PyObject_GC_(?:UN)?TRACK|_PyGC_generation0|_PyObject_NextNotImplemented|_PyLong_AsInt|_PyArg_NoKeywords|_PyDict_GetItemIdWithError|_PyFloat_(?:Unp|P)ack\d|_PyImport_\w+|_PyDict_SetItem_KnownHash|PyDict_GetItemRef|PyDict_Pop|PyList_GetItemRef|PyObject_GetOptionalAttr\w*|PyMapping_GetOptionalItem\w*|PyWeakref_GetRef|PyModule_Add|PyLong_AsInt\d*|PyThreadState_GetUnchecked|PyErr_FormatUnraisable|PyUnstable_\w+|PyFrame_Get(?:Back|Builtins|Code|Generator|Globals|Lasti|Locals|Var\w*)|PyCode_Get(?:Code|Cellvars|Freevars|Varnames)|PyThreadState_GetFrame|PyInterpreterState_Get|PyObject_CallNoArgs|PyObject_CallOneArg|PyModule_AddType|PyModule_AddObjectRef|Py_NewRef|Py_XNewRef|Py_Is(?:None|True|False)?|PyIter_Send|PyType_GetName|PyType_GetModule\w*|PyErr_GetHandledException|PyFloat_Pack\d|PyGC_(?:Enable|Disable|IsEnabled)|PyType_FromMetaclass|PyErr_GetRaisedException|PyObject_Vectorcall\w*)\b")] =>
        "{file} needs {symbol}, which is not in every Python 3: most likely it was built for another minor version",
        "Install the module with the pip of exactly this interpreter (`pythonX.Y -m pip install --force-reinstall …`); do not copy or share site-packages between Python versions, and keep the ABI tag in the file name.",
        "PEP 3149, ABI version tagged .so files; CPython documentation, C API Stability",
        also: &["If it is the right file and this happens in an embedding host only: no libpython is in the global scope; see whether plain python can import it."],
        visit: Visit::Named;

    "libpython-not-in-scope": [InLog, Anywhere(
        r"(?P<file>[^\s:']*(?:\.cpython-\d|\.abi3\.|lib-dynload/|site-packages/|dist-packages/)[^\s:']*\.so[^\s:']*): undefined symbol: (?P<symbol>_?Py(?:_|[A-Z])\w*)")] =>
        "{file} needs {symbol}, and no libpython that has it is in the scope in which the extension module looks",
        "Most likely the host opened the plugin with RTLD_LOCAL. Before the first call, open libpython itself with RTLD_NOW|RTLD_GLOBAL, or promote the loaded one with RTLD_NOLOAD|RTLD_GLOBAL; or link the host to it with -Wl,--no-as-needed -lpythonX.Y.",
        "cpython#80934",
        also: &["If the host contains Python itself (libpython.a): link it with -rdynamic, so that its symbols are in the dynamic symbol table.",
            "If libpython is inside the plugin: use the shared libpython, or load that plugin with RTLD_GLOBAL.",
            "If plain python cannot import the file either: it was built for another Python; reinstall it with the pip of exactly this interpreter."],
        visit: Visit::Named;

    "imported-without-symbol": [InLog, Anywhere(r"(?:^|\W)ImportError: (?P<file>[^\s:']+\.so): undefined symbol: (?P<symbol>_?Py(?:_|[A-Z])\w*)")] =>
        "Python imports {file} as an extension module, which needs {symbol}: the Python of this process does not have that, or no libpython is in the scope in which the module looks",
        "Build it again, or reinstall its distribution, with exactly this interpreter. Do not link an extension module to libpython.",
        "PEP 3149; CPython documentation, What's New in Python 3.8, Build and C API Changes",
        also: &["If plain python can import it, and only an embedding host cannot: before the first call, open libpython itself with RTLD_NOW|RTLD_GLOBAL, or link the host to it."],
        visit: Visit::Named;

    "dll-without-libpython": [Error(
        r"(?P<file>[^\s:']+): undefined symbol: (?P<symbol>Py_Initialize\w*|PyGILState_\w+|Py_IsInitialized|PyEval_\w+|PyRun_\w+)")] =>
        "{file} calls {symbol}, and neither it nor the host names a libpython in DT_NEEDED",
        "Link the DLL with the flags of `python3-config --embed --ldflags` or `pkg-config --libs python3-embed`; without --embed they hold no -lpython since CPython 3.8.",
        "cpython#80902",
        visit: Visit::Dll;

    "plugin-without-libpython": [InLog, Anywhere(r"(?P<file>[^\s:'(]+): undefined symbol: (?P<symbol>_?Py_?[A-Z]\w+)")] =>
        "{file} calls {symbol}, and nothing in its lookup scope defines that: neither it nor the host names a libpython in DT_NEEDED, or that libpython does not have the symbol",
        "Link it with the flags of `python3-config --embed --ldflags` or `pkg-config --libs python3-embed`; without --embed they hold no -lpython since CPython 3.8. With PyO3, build without the feature extension-module.",
        "cpython#80902",
        also: &["If it names a libpython and dlsym(3) fails: it was built for another minor version than the libpython that it got."],
        visit: Visit::Named;

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

    "undefined-symbol": [InRun, Anywhere(UNDEFINED_PY)] =>
        "{file} needs {symbol}, which nothing in its lookup scope defines",
        "Open libpython with RTLD_NOW|RTLD_GLOBAL before the first call, or link the host executable to libpython.",
        "cpython#80934",
        visit: Visit::Named;

    "backend-mismatch": [Anywhere(r"Version mismatch: this is the 'cffi' package version (?P<package>\d[^\s,]*)(?:.*we get version (?P<backend>[^\s,]+),)?")] =>
        "the package cffi ({package}) and the extension module _cffi_backend are of different versions: two installations of cffi are mixed on sys.path",
        "Remove one of both, or reinstall cffi with the pip of exactly this interpreter; the two places are in the message.",
        "CFFI, api.py: the versions must be equal",
        visit: Visit::Module("_cffi_backend");

    "backend-mismatch-old": [InLog, Stderr(r"cffi[/\\]api\.py"), Stderr(r"version mismatch, (?P<package>[\d.]+) != (?P<backend>[\d.]+)")] =>
        "the extension module _cffi_backend ({package}) and the package cffi ({backend}) are of different versions: two installations of cffi are mixed on sys.path",
        "Remove one of both, or reinstall cffi with the pip of exactly this interpreter.",
        "CFFI 1.8 and older, api.py",
        visit: Visit::Module("_cffi_backend");

    "cffi-free-threaded": [Anywhere(r"CFFI does not support the free-threaded build of CPython (?P<version>3\.\d+)")] =>
        "cffi cannot be built for the free-threaded CPython {version}",
        "Use the usual build of that version, or a free-threaded 3.14 or newer with cffi 2.0 or newer.",
        "CFFI, setup.py; CFFI documentation, What's New 2.0",
        visit: Visit::Module("_cffi_backend");

    "backend-version": [Anywhere(r"(?P<text>this module was compiled for Python \d[\d.]*|unknown version(?: tag)? 0x[0-9a-fA-F]+)")] =>
        "_cffi_backend does not fit: {text}",
        "Install one cffi, in the version the DLL was generated with or newer, with the pip of exactly this interpreter.",
        "CFFI documentation, Embedding, Troubleshooting",
        visit: Visit::Module("_cffi_backend");

    "pybind11-version": [Anywhere(r"Python version mismatch: module was compiled for Python (?P<built>\d[\d.]*), but the interpreter version is incompatible: (?P<own>\d[\d.]*\d)")] =>
        "an extension module made with pybind11 was compiled for Python {built}, and Python {own} imports it: a file without an ABI tag is taken by any Python",
        "Build it again, or reinstall its distribution, with exactly this interpreter; or run the program with Python {built}.",
        "pybind11, PYBIND11_CHECK_PYTHON_VERSION; PEP 3149",
        also: &["Keep the ABI tag in the file name (`.cpython-3…`): then a Python that it is not for passes it by, and finds the right one beside it."],
        visit: Visit::Import;

    "backend-shadowed": [Anywhere(r"module '_cffi_backend' has no attribute '(?P<name>\w+)'")] =>
        "another module named _cffi_backend stands before the real one on sys.path: it has no {name}",
        "Remove or rename the file that shadows _cffi_backend; the path is in the report's standard error.",
        "CPython documentation, The Module Search Path",
        visit: Visit::Module("_cffi_backend");

    "backend-missing-in-layers": [InLog, LAMBDA, Anywhere(r"No module named \\?['\x22]?_cffi_backend")] =>
        "Python on AWS Lambda finds no _cffi_backend: it is in no layer and not in the package, or only there for another Python version or architecture, and Python passes over such a file without a word",
        "Build the layer for the runtime of the function: `pip install --platform manylinux2014_x86_64 --python-version X.Y --only-binary=:all: --target python cffi` (manylinux2014_aarch64 for arm64); one layer for each Python version.",
        "AWS Lambda documentation, Packaging Python layers; PEP 3149",
        also: &["If a layer of somebody else brings cryptography without a fitting cffi: use its newest version, or a runtime that it was built for."],
        visit: Visit::Module("_cffi_backend");

    "backend-missing-beside-dist-packages": [InLog,
        Stderr(r"(?:/|\b)python(?P<version>3\.\d+)/(?:site|dist)-packages|/usr/local/lib/python3\.\d+/|bin/python3\.\d+"),
        Stderr(r"(?P<folder>/usr/lib/python3/dist-packages)/"),
        Anywhere(r"No module named '?_cffi_backend")] =>
        "Python finds no _cffi_backend: packages are imported from {folder}, whose extension modules are for the distribution's own python3 only, and this is most likely another one",
        "Install what is imported from there for exactly this interpreter, in a virtual environment of its own: `pythonX.Y -m venv ENV`, then `ENV/bin/python -m pip install cffi cryptography` and what else the program needs; libffi-dev is not needed for that.",
        "Debian Python Policy, Module Path; PEP 3149",
        also: &["If this is the distribution's own python3 after all: reinstall its package python3-cffi-backend.",
            "See that nothing puts /usr/lib/python3/dist-packages on the path of another Python: PYTHONPATH, a .pth file, or a python3 that was linked by hand."],
        visit: Visit::Module("_cffi_backend");

    "backend-missing-in-plugin": [InLog,
        Stderr(r"_cffi_backend module: not loaded|Failed to initialize the Python(?:-CFFI)? embedding logic"),
        Anywhere(r"No module named '?_cffi_backend")] =>
        "the Python that the DLL started finds no _cffi_backend: cffi is not installed on the sys.path that the log shows, or only for another Python",
        "Compare that sys.path with where cffi is. The first python3 on PATH decides the prefix of an embedded Python, not VIRTUAL_ENV: set PATH or PYTHONPATH for the host, or add the folder in the init code.",
        "CFFI documentation, Embedding",
        also: &["Install cffi for exactly this interpreter: `pythonX.Y -m pip install cffi`.",
            "If another thread was initialising Python at that moment, sys.path was not complete yet: let one thread make the first call."],
        visit: Visit::Module("_cffi_backend");

    "backend-missing-in-python": [InLog, Anywhere(r"No module named \\?['\x22]?_cffi_backend")] =>
        "Python finds no _cffi_backend: cffi is not installed for this interpreter, or only its Python files, or the extension module is there for another Python version, architecture or libc, and Python passes over such a file without a word",
        "Install it with the pip of exactly this interpreter: `pythonX.Y -m pip install --force-reinstall cffi`.",
        "CFFI documentation, Installation; PEP 3149",
        also: &["If site-packages were copied, or shared between versions (PYTHONPATH, Docker images, zipped applications): make them anew with this version.",
            "If the program was frozen (PyInstaller, Nuitka): name _cffi_backend as a hidden import."],
        visit: Visit::Module("_cffi_backend");

    "backend-missing": [InRun, Anywhere(r"No module named '?_cffi_backend'?")] =>
        "_cffi_backend is not on the sys.path of the embedded interpreter",
        "Install cffi for exactly this interpreter (`pythonX.Y -m pip install cffi`), or add its folder with PYTHONPATH or in the init code; check which python3 is first on PATH, since that decides sys.prefix.",
        "CFFI documentation, Embedding",
        visit: Visit::Module("_cffi_backend");

    "wrong-module-name": [Anywhere(r"dynamic module does not define (?:module export|init) function \((?P<name>\w+)\)")] =>
        "the file is imported by a name that its module does not have: it has no {name}",
        "Name the file like the module (set_source() for CFFI) with .so behind it, by renaming it or by a symbolic link.",
        "cffi documentation, embedding, Testing",
        visit: Visit::Named;

    "pyinit-interposed": [Stderr(r"ffi\.def_extern\('(?P<name>\w+)'\): no 'extern .Python.' function with this name")] =>
        "PyInit of another DLL with the same module name answered for this one: {name} is not known there",
        "Give each DLL its own module name in set_source(), load the DLLs with RTLD_LOCAL and promote only libpython, or link with -Wl,-Bsymbolic-functions.",
        "CFFI, _embedding.h: PyInit_ is called through the PLT; ld(1), -Bsymbolic-functions",
        visit: Visit::Dll;

    "cffi-unattached": [Stderr(r"function (?P<name>[\w.]+)\(\) called, but no code was attached to it yet")] =>
        "no Python function is attached to {name}: the call printed a line and returned 0",
        "Decorate a function of that name with @ffi.def_extern() in the init code or in a module that it imports.",
        "cffi documentation, embedding",
        visit: Visit::Dll;

    "embed-dll-told-libpython": [EMBED_DLL, Stderr(r"^(?P<name>EMBED_DLL_LIBPYTHON is .+?), and that cannot be used: (?P<text>.+?); set it to")] =>
        "{name}, which embed-dll cannot use: {text}; it takes no other then, and the call returned its error value",
        "Set EMBED_DLL_LIBPYTHON to a libpython3.X.so.1.0 of 3.8 or later, to a prefix or a virtual environment that has one, or unset it, and one is searched for.",
        "docs/embed-dll/macro.md",
        visit: Visit::Dll;

    "embed-dll-no-libpython": [EMBED_DLL, Stderr(r"^no libpython of 3\.8 or later can be used")] =>
        "embed-dll found no libpython of 3.8 or later: each place that it looked at is on standard error, with what was there; the call returned its error value",
        "Install a Python with a shared libpython (Debian: libpython3.X; pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared), or set EMBED_DLL_LIBPYTHON to the file.",
        "docs/embed-dll/macro.md",
        covers: &["libpython-not-found"], visit: Visit::Dll;

    "embed-dll-version": [EMBED_DLL, Stderr(r"^(?P<text>Python \d+\.\d+ (?:is in the process already|\(.*\) is not supported|in .+ cannot be used).*)")] =>
        "embed-dll cannot work with the Python that there is: {text}",
        "Use CPython 3.8 to 3.15: in the host, if it brings Python along, and else with EMBED_DLL_LIBPYTHON; a newer one needs a newer embed-dll.",
        "docs/embed-dll/life-of-a-call.md",
        visit: Visit::Dll;

    "embed-dll-several-pythons": [EMBED_DLL, Stderr(r"^(?P<text>more than one Python is in the process.*)")] =>
        "embed-dll mixes no Pythons: {text}",
        "Let the host load one libpython only, or initialise the one that is meant before the first call.",
        "docs/embed-dll/life-of-a-call.md",
        visit: Visit::Dll;

    "embed-dll-start-failed": [EMBED_DLL, Stderr(r"^(?P<text>Failed to import encodings module.*|(?:pre)?config_\w+: .*|init_\w+: .*)$")] =>
        "embed-dll could not start Python: {text}; the host goes on, and the call returned its error value",
        "Mend what the text names, mostly a PYTHON… variable or a sitecustomize; <module>_start() may then be called again, unless <module>_last_error() says that it cannot.",
        "docs/embed-dll/life-of-a-call.md",
        covers: &["site-failed", "home-not-found"], visit: Visit::Dll;

    "pypy-home": [Anywhere(r"pypy_setup_home(?:\(\) failed|: directories '(?P<one>[\w-]+)' and '\w+' not found)?")] =>
        "libpypy-c was found, and its standard library was not: PyPy searches it from the folder of the library upwards",
        "Leave libpypy-c.so in the bin folder of its own tree, and link to it from elsewhere (ln -s), or give the DLL an RPATH to that folder; a copy in /usr/lib does not do.",
        "CFFI documentation, Embedding, Troubleshooting",
        covers: &["home-not-found"], visit: Visit::Dll;

    "home-of-build-machine": [InLog,
        Stderr(r"sys\.(?:base_)?prefix = '(?P<prefix>/install\b[^']*|[^']*_h_env_placehold[^']*|/opt/hostedtoolcache/[^']*|/opt/conda-build[^']*|/croot/[^']*)'"),
        Stderr(r"No module named '?encodings'?|init_fs_encoding|initfsencoding|unable to load the file system codec|Failed to import encodings")] =>
        "the embedded Python looks for its standard library in {prefix}, where it was built or was meant to be installed, and that does not exist here",
        "Set PYTHONHOME, or PyConfig.home before initialising, to the base prefix of this installation (`python3 -c 'import sys; print(sys.base_prefix)'`); a libpython that was moved does not know where it is.",
        "uv#14915; CPython documentation, The initialization of the sys.path module search path",
        visit: Visit::Dll;

    "home-set-wrong": [InLog,
        Stderr(r"PYTHONHOME = '(?P<home>[^']+)'"),
        Stderr(r"No module named '?encodings'?|init_fs_encoding|initfsencoding|unable to load the file system codec|Failed to import encodings")] =>
        "PYTHONHOME is {home}, and there is no standard library of this Python in it",
        "Unset PYTHONHOME, or set it to sys.base_prefix (not sys.prefix of a virtual environment) of exactly the Python whose libpython is loaded; it is often left over from an environment module, an AppImage or another application.",
        "CPython documentation, PYTHONHOME",
        visit: Visit::Dll;

    "home-not-found": [Stderr(r"No module named '?encodings'?|Failed to import encodings module|init_fs_encoding|initfsencoding|unable to load the file system codec")] =>
        "the embedded interpreter found no standard library, and CPython ended the process from inside Py_InitializeEx",
        "Unset PYTHONHOME, or set it (or PyConfig.home) to the base prefix of exactly this libpython; the first python3 on PATH decides the prefix when nothing is set.",
        "cpython#107827, cpython#125873",
        visit: Visit::Dll;

    "site-failed": [Stderr(r"init_import_site|Failed to import the site module")] =>
        "importing site failed during Py_InitializeEx, which ends the process",
        "Repair sitecustomize, usercustomize or the .pth file that the traceback names.",
        "cpython#107827",
        visit: Visit::Dll;

    "wrong-python-variable": [ExitInside, Stderr(r"(?P<text>PYTHONHASHSEED must be|init_stdio_encoding|config_init_\w+)")] =>
        "a PYTHON… variable of the environment stopped Py_InitializeEx ({text}), which ends the process",
        "Remove the variable from the environment of the host; an embedding host should not inherit PYTHON… variables.",
        "cpython#107827";

    "python-variable": [InLog, Anywhere(r"Fatal Python error: (?P<text>(?:config_init_\w+|init_stdio_encoding|preconfig_\w+|init_sys_streams|config_\w+): .*)")] =>
        "a PYTHON… variable of the environment stopped Py_InitializeEx ({text}), which ends the process",
        "Remove the variable from the environment of the host; an embedding host should not inherit PYTHON… variables.",
        "cpython#107827",
        visit: Visit::Dll;

    "sitecustomize-raised": [InLog, Stderr(r"Error in (?P<name>sitecustomize|usercustomize); set PYTHONVERBOSE for traceback")] =>
        "{name} raised during the start of Python, which goes on without the rest of it",
        "Repair {name}, or keep it away from the host with PYTHONNOUSERSITE or an isolated PyConfig.",
        "CPython documentation, site",
        role: Role::Note;

    "no-argv": [Anywhere(r"module '?sys'? (?:object )?has no attribute '(?P<name>argv)'")] =>
        "sys.argv does not exist: an embedded Python before 3.8 has none until the host sets it",
        "Call PySys_SetArgvEx in the host, or `sys.argv = ['']` in the init code.",
        "cpython#76754";

    "two-majors-refused": [Anywhere(r"(?P<text>E83[67]: This Vim cannot execute :py\w* after using :py\w*)")] =>
        "the host refuses two Pythons in one process: {text}",
        "Use one of both in a process: their symbols have the same names.",
        "Vim help, if_pyth.txt: python-2-and-3";

    "two-libpythons": [SeveralImages] =>
        "more than one mapped object defines Py_IsInitialized: two Python runtimes in one process",
        "Use one libpython per process: make the DLLs name the same soname, or inside a running Python use dlopen(NULL) instead of a libpython; a second version needs its own dlmopen namespace.",
        "cpython#92158; dlmopen(3)";

    "libpython-elsewhere": [Error(r"^libpython is mapped from (?P<seen>.+?)(?P<wanted>, (?:not from|and nothing).*)$")] =>
        "ld.so took the libpython {seen}{wanted}",
        "Its order is: a library of that soname that is loaded already, RPATH, LD_LIBRARY_PATH, RUNPATH, ld.so.cache; take away what leads to the wrong file, or name the right one earlier.",
        "ld.so(8)",
        visit: Visit::Dll;

    "no-shared-libpython": [Anywhere(r"(?P<text>auto-initialize. feature is enabled, but your python installation only supports embedding|Couldn't find libpython; check your PYTHON environment variable|Failed to find a valid python library!|Python shared library (?:'[^']*' )?not found, Python bindings not loaded|E370: Could not load library libpython\S+\.a\b|cannot find (?:the )?libpython\d\.\d+\.a)")] =>
        "this Python has no shared libpython: {text}",
        "Install one: Debian's libpython3.X, or with pyenv `PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install …`; python builds of conda, uv and python.org have one.",
        "CPython documentation, Configure Python, --enable-shared",
        visit: Visit::Dll;

    "libpython-dev-name": [Anywhere(r"(?P<name>libpython[23]\.\d+[a-z]*\.so): cannot open shared object file")] =>
        "{name} is the name that linkers use, and only the development package has it: at run time the file is {name}.1.0",
        "Open {name}.1.0 (sysconfig INSTSONAME) instead, or link against it, so that DT_NEEDED has the soname.",
        "CPython documentation, sysconfig; Debian Policy, 8.4",
        visit: Visit::Dll;

    "libpython-not-found": [Anywhere(r"(?P<name>lib(?:python|pypy)[^\s:]*): cannot open shared object file")] =>
        "ld.so finds no {name}: no RPATH, RUNPATH, LD_LIBRARY_PATH or ld.so.cache entry leads to it",
        "Link the DLL with -Wl,-rpath,<folder of libpython> (or an $ORIGIN path if you ship it), or run ldconfig for a system-wide installation.",
        "ld.so(8)",
        visit: Visit::Dll;

    "other-libc": [Anywhere(r"(?P<name>libc\.musl-\w+\.so\.1|ld-musl-\S+?|ld-linux-[\w-]+\.so\.\d): (?:cannot open shared object file|No such file or directory)(?: \(needed by (?P<file>[^)]+)\))?")] =>
        "a file was built for another libc: it needs {name} (musl: Alpine; ld-linux: glibc)",
        "Reinstall the module on this system: pip takes a musllinux wheel on Alpine and a manylinux wheel elsewhere; do not copy site-packages between the two.",
        "PEP 656; PEP 600",
        visit: Visit::Named;

    "musl-library-not-found": [Anywhere(r"Error loading shared library (?P<name>[^\s:]+): No such file or directory(?: \(needed by (?P<file>[^)]+)\))?")] =>
        "musl's loader finds no {name}",
        "Install the package that has it, or give the file that needs it an RPATH; musl expands $ORIGIN in RPATH and RUNPATH, not in DT_NEEDED.",
        "musl documentation, Functional differences from glibc",
        visit: Visit::Named;

    "musl-symbol-not-found": [Anywhere(r"(?:Error|[Ff]ailed|dlopen|cannot)[^:]{0,80}: Error relocating (?P<file>[^\s:]+): (?P<symbol>_?Py(?:_|[A-Z])\w*): symbol not found")] =>
        "{file} needs {symbol}, and no libpython is in the scope in which it looks",
        "Before the first call, open libpython itself with RTLD_NOW|RTLD_GLOBAL; or link the host executable to it.",
        "cpython#80934",
        also: &["If plain python cannot import it either: it was built for another Python; reinstall it with the pip of exactly this interpreter."],
        covers: &["musl-ldd"], visit: Visit::Named;

    "musl-ldd": [InLog, Stderr(r"^Error relocating (?P<file>[^\s:]+): (?P<symbol>_?Py(?:_|[A-Z])\w*): symbol not found")] =>
        "ldd of musl reports {symbol} and the like of {file} as not found: that is how extension modules are, and no failure by itself",
        "Nothing: the interpreter provides these symbols when it loads the module. See whether `python3 -c 'import …'` works.",
        "cpython#80934; pywayland#53",
        role: Role::Note, visit: Visit::Named;

    "library-not-found": [Anywhere(r"(?P<name>[^\s:]+): cannot open shared object file")] =>
        "ld.so cannot open {name}",
        "Check the path, and the RPATH or RUNPATH of the file that names it.",
        "ld.so(8)",
        visit: Visit::Named;

    "library-not-loaded": [InRun, Error(r"not loaded|(?P<name>\S+): .*RTLD_NOLOAD")] =>
        "the library is not in the process, so it cannot be promoted",
        "Open it without RTLD_NOLOAD, or use the soname by which it was loaded.",
        "dlopen(3)";

    "static-tls": [Anywhere(r"cannot allocate memory in static TLS block|initial-exec TLS resolves to dynamic definition")] =>
        "a library that uses initial-exec TLS was opened late, and the static TLS block is full",
        "Preload that library, raise GLIBC_TUNABLES=glibc.rtld.optional_static_tls, or rebuild it with global-dynamic TLS.",
        "glibc manual, Dynamic Linking Tunables",
        visit: Visit::Dll;

    "glibc-too-old": [Anywhere(r"version [`'](?P<version>GLIBC_[\d.]+)' not found \(required by (?P<file>[^)]+)\)")] =>
        "{file} was built on a newer system: it needs {version}, and the glibc here is older",
        "Install a build for this system: of a Python package a manylinux wheel (`pip install --only-binary=:all: …`) whose number is not above the glibc of `ldd --version`, or build on the oldest system that is to be supported.",
        "PEP 600; ld.so(8)",
        also: &["On AWS Lambda, glibc is 2.26 up to Python 3.11 and 2.34 from 3.12 on: use `pip install --platform manylinux2014_x86_64`."],
        visit: Visit::Named;

    "version-missing": [Anywhere(r"version [`'](?P<version>[^']+)' not found \(required by (?P<file>[^)]+)\)")] =>
        "{file} needs the symbol version {version}, which the library that the host already loaded does not have",
        "Make the host load the newer library first (LD_PRELOAD or the host's RPATH).",
        "ld.so(8)",
        visit: Visit::Named;

    "damaged-file": [Anywhere(r"(?P<file>[^\s:]*(?:\.so|\.dll|\.pyd|/lib)[^\s:]*): (?P<text>invalid ELF header|file too short|wrong ELF class\S*|cannot read file data|ELF load command[^:]*|object file has no[^:]*|cannot dynamically load[^:]*)")] =>
        "{file} is not a library that this process can load: {text}",
        "Reinstall the file; check that it is for this architecture.",
        "elf(5)",
        visit: Visit::Named;

    "no-symbol": [InRun, Error(r"undefined symbol: (?P<symbol>\S+)|no symbol (?P<name>\S+)")] =>
        "the library does not define a symbol that the host looks up",
        "Check the spelling, the declared visibility and, for C++, extern \"C\".",
        "dlsym(3)";

    "libpython-a-not-pic": [Build(r"relocation R_\w+ against (?:hidden |undefined )?(?:symbol )?[`'](?P<symbol>_?Py(?:_|[A-Z])\w*)[`'].*(?:recompile with -fPIC|can not be used when making a (?:shared|PIE) object)")] =>
        "libpython.a was not compiled with -fPIC ({symbol}), so that it cannot become part of a shared library",
        "Link the plugin to the shared libpython (`python3-config --embed --ldflags`, on a Python built with --enable-shared), or to a PIC archive such as Debian's libpython3.X-pic.a.",
        "manylinux#1459; ld(1)";

    "link-dso-missing": [Build(r"(?P<name>libpython\S+?): error adding symbols: DSO missing from command line")] =>
        "{name} is needed by name on the link command: libpython3.so, or a library that needs it, does not hand its symbols on",
        "Name the versioned library: -lpython3.X (`python3-config --embed --ldflags`) behind the objects that use it.",
        "cpython#104612; ld(1), --copy-dt-needed-entries",
        covers: &["link-without-libpython"];

    "link-no-libpython": [Build(r"(?:cannot find|library not found for|unable to find library) -l(?P<name>python\d[\w.]*)")] =>
        "the linker finds no lib{name}: the development package is missing, this Python has no shared library, or -L leads elsewhere",
        "Use the flags of exactly this Python, `pythonX.Y-config --embed --ldflags`, and install what has the library (Debian: libpythonX.Y-dev; pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared).",
        "ld(1); cpython#80902",
        covers: &["link-without-libpython"];

    "no-embed-metadata": [Build(r"Package (?P<name>python-?\d?[\w.]*-embed) was not found|No package '(?P<package>python-?\d?[\w.]*-embed)' found|[Dd]ependency (?:\x22|')?python3?-embed(?:\x22|')? (?:not found|found: NO)")] =>
        "pkg-config knows no python3-embed: the development files of this Python are missing, or lie outside PKG_CONFIG_PATH",
        "Install them (Debian: python3-dev), or set PKG_CONFIG_PATH to <prefix>/lib/pkgconfig of the Python that is meant; Pythons before 3.8 have no such file.",
        "cpython#80902; pkg-config(1)";

    "no-python-headers": [Build(r"fatal error: ['\x22]?Python\.h['\x22]?(?:: No such file or directory| file not found)")] =>
        "the compiler finds no Python.h: the headers of this Python are not installed, or not on its path",
        "Install them (Debian: python3-dev for the distribution's python3), or install a wheel instead of building: `pythonX.Y -m pip install --only-binary=:all: …`.",
        "CPython documentation, Extending Python";

    "no-ffi-headers": [Build(r"fatal error: ['\x22]?ffi\.h['\x22]?(?:: No such file or directory| file not found)")] =>
        "the compiler finds no ffi.h: pip builds cffi from source, since there is no wheel for this Python, system or architecture",
        "Let pip take a wheel, with a newer pip and a cffi that has one for this Python: `pythonX.Y -m pip install --upgrade pip`, then `… install --only-binary=:all: cffi`.",
        "cffi documentation, Installation",
        also: &["If it must be built: install libffi's headers (Debian: libffi-dev) and python3-dev."],
        visit: Visit::Module("_cffi_backend");

    "origin-eaten": [Build(r"(?:^|[\s=,:\[\x22])(?P<text>RIGIN(?:/[^\s\]\x22:,]*)?)(?:[\s\]\x22:,]|$)")] =>
        "a path is {text}, and was meant to be $O{text}: make or the shell took the dollar for a variable",
        "Write '-Wl,-rpath,$ORIGIN/…' in single quotes in a shell, \\$$ORIGIN in a Makefile.",
        "ld.so(8), $ORIGIN; GNU make manual, Basics of Variable References",
        covers: &["library-not-found", "libpython-not-found"], visit: Visit::Dll;

    "link-needs-rpath-link": [Build(r"(?P<name>libpython\S+), needed by (?P<file>.+), not found")] =>
        "the linker does not find {name}, which {file} needs",
        "Add -Wl,-rpath-link,<folder of libpython> to the link command of the host, or give the DLL a RUNPATH.",
        "ld(1), -rpath-link",
        covers: &["link-without-libpython"];

    "link-without-libpython": [InLog, Build(r"undefined reference to [`'](?P<symbol>_?Py[A-Z_]\w+)'")] =>
        "the linker is not told of libpython: {symbol} is undefined",
        "Link with the flags of `python3-config --embed --ldflags` or `pkg-config --libs python3-embed`, behind the objects; without --embed they hold no -lpython since CPython 3.8.",
        "cpython#80902",
        also: &["libpython3.so alone defines nothing; name -lpython3.X.",
            "If the linker also says that a DLL needs a libpython that is not found: add -Wl,-rpath-link,<folder of libpython>."];

    "link-failed": [InRun, Build(r"(?P<text>(?:undefined reference to|cannot find|DSO missing|fatal error: ).*)")] =>
        "the host could not be built: {text}",
        "The command and the messages are in the evidence.",
        "ld(1)";

    "callback-result": [InLog, Stderr(r"from cffi callback (?P<name>.+?),? trying to convert the result back to C")] =>
        "a Python function returned what does not fit its declaration in C ({name}): CFFI printed that and returned the error value",
        "Return what the declaration says; the line below names the type. Without error= in def_extern the host gets 0.",
        "cffi documentation, def_extern";

    "other-interpreter": [Stderr(r"function (?P<name>[\w.]+)\(\) called, but @ffi\.def_extern\(\) was not called in the current subinterpreter")] =>
        "{name} was called in another interpreter than the one that ran the init code: the host finalised Python and started it again, or uses sub-interpreters",
        "Do not finalise Python; call from the interpreter in which the DLL was initialised. The init code runs once per process.",
        "CFFI, call_python.c",
        visit: Visit::Dll;

    "init-module-missing": [
        Stderr(r"compiled with cffi version: |^embed-dll version: |<init code for '"),
        Stderr(r"^(?:ModuleNotFoundError|ImportError): No module named '?(?P<name>[A-Za-z_][\w.]*)'?$")] =>
        "the init code needs the module {name}, and the Python that the DLL started does not find it: mostly a virtual environment that it does not see",
        "Let the first python3 on the PATH of the host be that of the environment which has {name} (VIRTUAL_ENV alone does nothing), set PYTHONPATH, or call site.addsitedir() in the init code.",
        "CPython documentation, site; virtualenv#2230",
        covers: &["embed-dll-init-raised"], visit: Visit::Module("{name}");

    "callback-exception": [Stderr(r"From cffi callback|Exception ignored from cffi callback|from cffi callback")] =>
        "the Python function raised; CFFI printed the traceback and returned the default value",
        "Declare an error= value other than a valid result, or an onerror= handler, so that the host can tell.",
        "cffi documentation, def_extern",
        role: Role::Consequence, visit: Visit::Dll;

    "embed-dll-init-raised": [EMBED_DLL, Stderr(r"^Failed to initialize the Python embedding logic")] =>
        "the init code of a DLL made with embed-dll raised; the traceback is on standard error, and the call returned its error value",
        "Mend the init code or what it imports; <module>_last_error() gives the text to the host, and <module>_start() runs the code again.",
        "docs/embed-dll/life-of-a-call.md",
        role: Role::Consequence, visit: Visit::Dll;

    "cffi-init-failed": [Stderr(r"function (?P<name>[\w.]+)\(\) called, but initialization code failed|Failed to initialize the Python-CFFI embedding logic")] =>
        "the init code of the DLL failed; CFFI printed the traceback, and every function returns 0 for the life of the process",
        "The traceback is on standard error; reserve a non-zero result for success so that the host notices.",
        "cffi documentation, embedding",
        role: Role::Consequence, visit: Visit::Dll;

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

    "pyo3-not-initialized": [Anywhere(r"The Python interpreter is not initialized and the .?auto-initialize.? feature is not enabled")] =>
        "Rust code uses PyO3 before Python is initialised, or after it was finalised",
        "Call Python::initialize() (prepare_freethreaded_python() before PyO3 0.26) in the plugin, or initialise Python in the host before.",
        "PyO3 guide, Calling Python from Rust",
        visit: Visit::Dll;

    "pyo3-panic": [Anywhere(r"(?P<text>pyo3_runtime\.PanicException.*|Python API call failed)")] =>
        "Rust code behind PyO3 panicked, and PyO3 made a PanicException of it, which `except Exception` does not catch: {text}",
        "The reason stands before the panic, as the traceback or message of an import that failed; look there.",
        "PyO3 guide, PanicException",
        role: Role::Consequence;

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

    "python-exception": [InRun, Stderr(r"^(?P<text>\w*(?:Error|Exception|Interrupt|Exit)(?::.*)?)$")] =>
        "Python code raised {text}",
        "The traceback is on standard error.",
        "";
}
