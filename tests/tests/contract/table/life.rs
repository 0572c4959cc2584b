//! Initialisation, several DLLs, threads, import.

use super::{Case, Check, Lines, Proof, Row, better, lines, not_yet, same};

pub(super) const INITIALISATION: &[Row] = &[
    same("C01", "Python is initialised at the first call", lines!["seed"]),
    same(
        "C02",
        "not when the DLL is loaded, nor by a C function that does not reach Python",
        lines!["seed"],
    ),
    same("C03", "the init code runs once, before the function", lines!["life"]),
    same("C04", "`from my_plugin import ffi, lib` needs no file", lines!["life"]),
    same("C05", "the module is in `sys.modules` while the init code runs", lines!["life"]),
    same("C06", "the init code may import; `sys.path` is as usual", lines!["life"]),
    same("C07", "imported modules may attach functions", lines!["helper"]),
    same("C08", "globals: only `__builtins__`; no `__name__`", lines!["life"]),
    same("C09", "functions keep the globals of the init code", lines!["life"]),
    same("C10", "`from __future__ import annotations`", lines!["life"]),
    better(
        "C11",
        "an exception in the init code: a block on stderr, functions return 0",
        "the block has source lines too, and says which libpython it was",
        &[
            Lines("fails-raise"),
            Lines("fails-chain"),
            Lines("fails-import"),
            Case("fails-exit"),
            Case("fails-interrupt"),
            Case("failing-threads"),
        ],
    ),
    same("C12", "it is not tried again by calls", lines!["fails-raise"]),
    same("C13", "each later call prints one line", lines!["fails-raise"]),
    same("C14", "functions attached before the failure do not work", lines!["fails-raise"]),
    same(
        "C15",
        "`sys.exit` and `KeyboardInterrupt` in the init code do not end the host",
        lines!["fails-exit", "fails-interrupt"],
    ),
    same("C16", "`os._exit` does", &[Case("fails-osexit")]),
    better(
        "C17",
        "CPython may call `exit()` while it starts",
        "it is started in the way that reports instead",
        &[Check("rust/start-failures")],
    ),
    same(
        "C18",
        "recursion: the init code calls the DLL, C calls back into Python",
        lines!["life", "recursion"],
    ),
    same("C19", "an explicit start: 0 or -1, again cheap", lines!["seed"]),
    better(
        "C20",
        "with `sys.stderr = None` the message about failing init code is lost",
        "it goes to file descriptor 2",
        lines!["fails-silent"],
    ),
    same("C21", "no signal handlers are installed", lines!["signals"]),
    same("C22", "`sys.argv` is `['']`, `__main__` has no file", lines!["life"]),
    same(
        "C23",
        "the first call may come from a constructor, later ones from destructors",
        lines!["constructor"],
    ),
    same("C24", "the thread of the first call is Python's main thread", lines!["start-thread"]),
    not_yet("C25", "the same on PyPy", "PyPy has another embedding interface"),
    same("C26", "user code needs no `Python.h`", &[Case("types")]),
];

pub(super) const SEVERAL: &[Row] = &[
    same("G01", "several DLLs in one process", lines!["several"]),
    same(
        "G02",
        "one interpreter: shared builtins, patches, each other's modules",
        lines!["several"],
    ),
    better(
        "G03",
        "two modules of one name: opened globally the second fails",
        "both work",
        lines!["same-name-global", "same-name"],
    ),
    same(
        "G04",
        "embed-dll beside CFFI in one process: one interpreter, first calls exclude each other",
        lines!["mixed", "mixed-first"],
    ),
    better(
        "G05",
        "a DLL for another version of Python binds to the one that is there",
        "one file fits all, and takes the one that is there",
        &[Check("rust/one-binary")],
    ),
];

pub(super) const THREADS: &[Row] = &[
    same(
        "H01",
        "first calls from several threads: one initialises, the others wait until the init code is done",
        lines!["threads"],
    ),
    same("H02", "after a failure each of them prints its line", lines!["failing-threads"]),
    same(
        "H03",
        "two DLLs: Python is initialised once, init codes run each by itself",
        &[Case("parallel")],
    ),
    same("H04", "the GIL goes round", lines!["threads"]),
    same("H05", "`threading.local` stays with the host's thread", lines!["threads"]),
    same("H06", "thread states are kept, and do not leak", lines!["thread-ends"]),
    better(
        "H07",
        "what a dead thread kept is destroyed by another, later",
        "by the thread itself, at its end",
        lines!["thread-ends"],
    ),
    same("H08", "`threading.current_thread()` in a host's thread: a dummy", lines!["thread-ends"]),
    same(
        "H09",
        "a reused thread id may be taken for Python's main thread",
        &[Case("start-thread")],
    ),
    same("H10", "threads may end and others call", lines!["thread-ends"]),
    same("H11", "Python's own threads go on while the host is in C", lines!["threads"]),
    same("H12", "errno is per thread", lines!["threads"]),
    better(
        "H13",
        "init code that joins a thread that calls the DLL: a deadlock",
        "the call of the joined thread returns the error value, with a message",
        lines!["joins"],
    ),
    better(
        "H14",
        "init codes that call each other from two threads: a deadlock",
        "the call that would close the circle returns the error value, with a message",
        lines!["abba"],
    ),
    same("H15", "a caller that holds the GIL", lines!["import-pydll"]),
    same("H16", "small stacks", lines!["small-stack"]),
];

pub(super) const IMPORT: &[Row] = &[
    same("I01", "a DLL under the name of its module can be imported", lines!["import"]),
    same("I02", "`lib` has all functions and variables", lines!["import", "globals"]),
    same("I03", "variables work before the first call, without the init code", lines!["import"]),
    same("I04", "the init code runs at the first call", lines!["import"]),
    better(
        "I05",
        "module, `ffi` and `lib` are replaced at the first call",
        "they stay",
        lines!["import"],
    ),
    same("I06", "errors are printed and 0 returned, not raised into the caller", lines!["import"]),
    same("I07", "wrong arguments of the caller do raise", lines!["import"]),
    same(
        "I08",
        "an interpreter with all of Python in itself, beside its libpython",
        &[Case("import")],
    ),
    same("I09", "`ctypes.CDLL` and `PyDLL`", &[Lines("import-ctypes"), Case("import-pydll")]),
    better(
        "I10",
        "sub-interpreters: before 3.12 they run the main interpreter's functions",
        "they are refused on every version, with a message",
        lines!["import-interpreters"],
    ),
    same(
        "I11",
        "what the importing program attaches before the first call stays attached",
        lines!["import-attach"],
    ),
    same(
        "I12",
        "destructors of `ffi.gc()` are called when the interpreter ends",
        lines!["import-ends"],
    ),
    same(
        "I13",
        "the program may end while a daemon thread is in a conversion",
        lines!["import-daemon"],
    ),
];
