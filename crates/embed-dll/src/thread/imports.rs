//! Imports that other threads are in the middle of.
//!
//! Each module has a lock while it is imported. A child of fork inherits the locks, but not the
//! threads that would give them back: it would hang at the next import of the same module.
//! `os.fork()` has that fault; a DLL that knows of a better time to fork need not.

use crate::python::{Owned, Py, Result, Size};

/// An expression: whether a thread other than `me` owns one of `locks`, which are weak.
const OWNED: &str = "any(lock is not None and lock.owner not in (None, me) \
                     for lock in [reference() for reference in list(locks.values())])";

/// No other thread was importing.
pub(super) struct Settled<'a> {
    /// The locks by name of the module; `None` where CPython hides them.
    locks: Option<Owned<'a>>,
    /// How many there were: those of the calling thread itself.
    count: Size,
}

/// Looks whether another thread is importing; `None` if so. Runs Python code.
pub(super) fn settled(py: Py<'_>) -> Option<Settled<'_>> {
    match ask(py) {
        Ok(answer) => answer,
        Err(raised) => {
            raised.forget(py);
            Some(Settled { locks: None, count: 0 })
        }
    }
}

impl Settled<'_> {
    /// Whether it still holds. Runs no code and allocates nothing: after `PyOS_BeforeFork` the
    /// thread has locks of the interpreter that a garbage collection would wait for.
    pub(super) fn still(&self) -> bool {
        self.locks.as_ref().is_none_or(|locks| size(locks) == self.count)
    }
}

fn size(dict: &Owned<'_>) -> Size {
    // SAFETY: attached, as the lifetime says; a dict.
    unsafe { dict.py().abi().PyDict_Size(dict.as_pointer()) }
}

fn ask(py: Py<'_>) -> Result<Option<Settled<'_>>> {
    // CPython, `Lib/importlib/_bootstrap.py`, 3.8 to 3.15.
    let locks = py.import(c"_frozen_importlib")?.attr(c"_module_locks")?;
    let count = size(&locks);
    if count != 0 {
        let names = py.dict()?;
        names.dict_set(c"locks", *locks)?;
        names.dict_set(c"me", *py.import(c"_thread")?.attr(c"get_ident")?.call(&[])?)?;
        if py.import(c"builtins")?.attr(c"eval")?.call(&[*py.str(OWNED)?, *names])?.truth()? {
            return Ok(None);
        }
    }
    Ok(Some(Settled { locks: Some(locks), count }))
}
