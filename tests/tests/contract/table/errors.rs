//! Exceptions.

use super::{Case, Proof, Row, better, lines, same};

pub(super) const EXCEPTIONS: &[Row] = &[
    same("E01", "an exception is printed, the default value returned", lines!["errors", "told"]),
    better(
        "E02",
        "a result that does not convert likewise, without a traceback",
        "a further line names the function, the type in C and the value",
        lines!["errors", "told"],
    ),
    same("E03", "`error=` is the value then, for every result type", lines!["errors"]),
    same("E04", "`error=` is converted when the decorator runs", lines!["errors"]),
    same("E05", "`onerror` that returns: nothing is printed", lines!["errors"]),
    same("E06", "`onerror` that returns `None`: the value of `error=`", lines!["errors"]),
    same("E07", "`onerror` that returns a value: that value", lines!["errors"]),
    same("E08", "`onerror` that raises: both exceptions are printed", lines!["errors"]),
    same("E09", "`onerror` whose value does not convert: as if it raised", lines!["errors"]),
    same("E10", "the traceback is `None` when only the result did not convert", lines!["errors"]),
    same("E11", "`onerror` sees the frame with the arguments", lines!["errors"]),
    better(
        "E12",
        "a signal may interrupt the function before its `try:`",
        "the host's SIGINT is left alone, so that nothing interrupts",
        &[Case("interrupt")],
    ),
    same("E13", "`name=`, by position too; else the function's own name", lines!["errors"]),
    better(
        "E14",
        "an unknown name is an `ffi.error`",
        "the message lists the names that there are",
        lines!["errors", "fails-constant"],
    ),
    same("E15", "an unknown keyword is a `TypeError`", lines!["errors"]),
    better(
        "E16",
        "what cannot be called, or is no name, is a `TypeError`",
        "the message names the argument",
        lines!["errors"],
    ),
    same("E17", "the decorator returns the function", lines!["errors"]),
    same("E18", "attaching again replaces the function, the C pointer stays", lines!["errors"]),
    same(
        "E19",
        "a function that was never attached: a message, 0",
        lines!["errors", "life", "told"],
    ),
    better(
        "E20",
        "`SystemExit`, `KeyboardInterrupt`, `MemoryError`, `RecursionError` … are caught; an empty message leaves a colon",
        "printed as Python prints tracebacks",
        lines!["errors", "exits"],
    ),
    same("E21", "`os._exit` ends the host", &[Case("os-exit")]),
    same("E22", "`sys.unraisablehook` gets the exception", lines!["errors"]),
    same("E23", "`sys.excepthook` does not", &[Case("errors")]),
    better(
        "E24",
        "messages go to `sys.stderr`, and are lost if it is `None`",
        "then they go to file descriptor 2",
        lines!["told"],
    ),
    better(
        "E25",
        "`__cause__` and `__context__` are not printed",
        "the whole chain is",
        lines!["chain"],
    ),
    better(
        "E26",
        "no source lines for the init code",
        "tracebacks show them",
        &[Case("told"), Case("fails-raise"), Case("import")],
    ),
    better(
        "E27",
        "an argument that does not convert: the function does not run",
        "the message about a `wchar_t` that is no character says so",
        lines!["errors"],
    ),
    same("E28", "an exception whose `__str__` raises: a text in its place", lines!["errors"]),
];
