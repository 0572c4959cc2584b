//! Imports that other threads are in the middle of.
//!
//! Each module has a lock while it is imported. A child of fork inherits the locks, but not the
//! threads that would give them back: it would hang at the next import of the same module.
//! `os.fork()` has that fault; a DLL that knows of a better time to fork need not.

use crate::python::{Py, Result};

/// An expression: whether a thread other than `me` owns one of `locks`, which are weak.
const OWNED: &str = "any(lock is not None and lock.owner not in (None, me) \
                     for lock in [reference() for reference in list(locks.values())])";

/// Whether another thread is importing. False where CPython hides its locks.
pub(super) fn others_import(py: Py<'_>) -> bool {
    match ask(py) {
        Ok(answer) => answer,
        Err(raised) => {
            raised.forget(py);
            false
        }
    }
}

fn ask(py: Py<'_>) -> Result<bool> {
    // CPython, `Lib/importlib/_bootstrap.py`, 3.8 to 3.15: locks by name of the module.
    let locks = py.import(c"_frozen_importlib")?.attr(c"_module_locks")?;
    if !locks.truth()? {
        return Ok(false);
    }
    let names = py.dict()?;
    names.dict_set(c"locks", *locks)?;
    names.dict_set(c"me", *py.import(c"_thread")?.attr(c"get_ident")?.call(&[])?)?;
    py.import(c"builtins")?.attr(c"eval")?.call(&[*py.str(OWNED)?, *names])?.truth()
}
