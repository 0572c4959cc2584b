//! Kinds of findings about DLLs and hosts.

use crate::doctor::kind::kinds;

kinds! {
    NO_LIBPYTHON = "dll-without-python": Problem,
        "The DLL calls the C API and names no libpython.",
        "cpython#80902";
}
