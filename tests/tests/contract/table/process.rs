//! The process, start failures, platforms.

use super::{Case, Check, Lines, Proof, Row, better, lines, not_yet, same};

pub(super) const PROCESS: &[Row] = &[
    better(
        "L01",
        "what Python has not flushed at the end of the host is lost",
        "it is flushed",
        lines!["stdout-lost"],
    ),
    same(
        "L02",
        "Python's `atexit` functions never run: the interpreter is not finalised",
        &[Case("stdout-lost")],
    ),
    same(
        "L03",
        "the host ends at once while another thread is in Python",
        lines!["exit-while-busy"],
    ),
    same("L04", "fork while Python is idle", lines!["fork"]),
    better(
        "L05",
        "fork while another thread is in Python: the child hangs",
        "it comes back",
        lines!["fork-busy", "fork-making"],
    ),
    same("L06", "`os.fork` in a function", lines!["fork"]),
    better(
        "L07",
        "`import signal` takes the host's SIGINT",
        "the host keeps it",
        lines!["signals", "interrupt"],
    ),
    better(
        "L08",
        "then SIGINT may go nowhere, if Python's main thread has ended",
        "the host keeps SIGINT",
        &[Case("interrupt")],
    ),
    better(
        "L09",
        "`_thread.interrupt_main()` without `import signal`: a crash on some versions",
        "no crash",
        lines!["interrupt-main"],
    ),
    same("L10", "SIGPIPE ends the host", &[Case("sigpipe")]),
    same("L11", "calls from C's `atexit`", &[Lines("exits"), Case("constructor")]),
    better(
        "L12",
        "`dlclose` unmaps the DLL",
        "it stays while Python refers to it",
        lines!["unload"],
    ),
    better(
        "L13",
        "opened again it runs its init code again",
        "the state is the old one",
        lines!["unload"],
    ),
    better(
        "L14",
        "`dlclose` while a Python thread calls the DLL: a crash",
        "it stays mapped",
        &[Lines("unload-busy")],
    ),
    better(
        "L15",
        "a call after `Py_FinalizeEx`: a crash",
        "it returns the error value",
        lines!["finalize"],
    ),
    better(
        "L16",
        "`Py_FinalizeEx` while a thread calls: a crash, or the thread is ended",
        "calls return the error value",
        &[Lines("finalize-busy")],
    ),
    same("L17", "closed standard files", lines!["closed-files"]),
    better("L18", "LC_CTYPE of the host is changed", "it is left alone", lines!["locale-utf8"]),
    better("L19", "in the C locale `print('é')` fails", "it prints UTF-8", lines!["locale-c"]),
    better(
        "L20",
        "`sys.executable` is the first `python3` on PATH, or empty",
        "the interpreter of the runtime that was chosen",
        lines!["executable-other-path"],
    ),
    better(
        "L21",
        "PATH decides about prefix and site-packages",
        "the runtime that was chosen does",
        &[Check("rust/prefix"), Lines("executable-other-path")],
    ),
    same("L22", "C's and Python's buffers are flushed each by itself", lines!["order"]),
    same("L23", "`sys.executable` can be run, as `multiprocessing` does", &[Lines("executable")]),
];

pub(super) const START: &[Row] = &[better(
    "M01",
    "wrong PYTHONHOME, PYTHONIOENCODING, PYTHONHASHSEED, a failing `site`: CPython ends the host with exit code 1",
    "the call returns the error value, and the text is on stderr once and in `<module>_last_error()`",
    &[Check("rust/start-failures")],
)];

pub(super) const PLATFORMS: &[Row] = &[
    not_yet("N01", "Windows: `.dll`, `.pyd`, manifest, debug builds", "Linux only so far"),
    not_yet("N02", "Windows: errors in a message box", "Linux only so far"),
    not_yet(
        "N03",
        "Windows: `__stdcall`",
        "Linux only so far; the word is accepted, and means nothing",
    ),
    not_yet("N04", "Windows: `GetLastError` kept", "Linux only so far"),
    not_yet("N05", "macOS: `.dylib`", "Linux only so far"),
    not_yet("N06", "PyPy", "it has another embedding interface"),
    better(
        "N07",
        "CFFI's own faults over the years: lost thread states, deadlocks, limits of literals",
        "each of them is a case here",
        &[Case("thread-ends"), Case("threads"), Case("odd"), Case("unicode")],
    ),
];
