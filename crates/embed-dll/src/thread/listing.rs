//! The lock around the list of threads in `threading`.
//!
//! A child of fork inherits it as it is. `threading` makes a new one there, but since 3.12
//! destructors take the old one before that: those that run when the child deletes the states of
//! the other threads. If one of these had it, the child would hang. `os.fork()` has that fault
//! ([`super::os_fork`]).

use crate::python::{Key, Py, Result};

/// The lock is this thread's, or there is none that matters.
pub(super) struct Held(Option<Key>);

/// Takes it, if that needs no waiting; `None`: another thread has it. Runs Python code.
pub(super) fn take(py: Py<'_>) -> Option<Held> {
    match try_take(py) {
        Ok(answer) => answer,
        Err(raised) => {
            // Where it has another name, the child has to hope, as that of `os.fork()` does.
            raised.forget(py);
            Some(Held(None))
        }
    }
}

/// Whether this version has destructors that want it. Before, it is a plain lock, which functions
/// called at the fork may want themselves.
pub(super) fn matters(py: Py<'_>) -> bool {
    py.abi().version >= (3, 12)
}

fn try_take(py: Py<'_>) -> Result<Option<Held>> {
    if !matters(py) {
        return Ok(Some(Held(None)));
    }
    let modules = py.import(c"sys")?.attr(c"modules")?;
    let Some(threading) = modules.dict_get(*py.str("threading")?)? else {
        return Ok(Some(Held(None)));
    };
    // CPython, `Lib/threading.py`, 3.12 to 3.15: an RLock.
    let lock = threading.attr(c"_active_limbo_lock")?;
    let taken = lock.attr(c"acquire")?.call(&[*py.bool(false)])?.truth()?;
    Ok(taken.then(|| Held(Some(lock.keep()))))
}

impl Held {
    /// Gives it back, in parent and child.
    pub(super) fn release(self, py: Py<'_>) {
        let Some(lock) = self.0 else { return };
        if let Err(raised) = lock.view(py).attr(c"release").and_then(|release| release.call(&[])) {
            raised.forget(py);
        }
    }
}
