//! Kinds of findings about those who want a module.

use crate::doctor::kind::kinds;

kinds! {
    PANIC = "module-pyo3-panic": Note,
        "An import ends with pyo3_runtime.PanicException. That is how PyO3 hands a panic of Rust code to Python, and no Exception: neither `except ImportError` nor `except Exception` catches it.",
        "PyO3 documentation, PanicException; cryptography#10654";

    SWALLOWED = "module-error-swallowed": Note,
        "A program goes on without the module: it, or a library that it imports, catches the error of the import.",
        "Python documentation, The import statement";

    PROGRAM_FAILS = "module-program-fails": Problem,
        "A program that was named cannot be imported, and not because of the module.",
        "Python documentation, The import system";
}
