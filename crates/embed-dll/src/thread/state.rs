//! Thread states of threads that have none.

use std::ptr;

use crate::python::abi::{Abi, PyThreadState};
use crate::start::process::{self, MakingStopped};

/// Makes a state for the calling thread and attaches it. [`delete`] undoes both.
///
/// # Safety
///
/// The interpreter must exist until then, and the thread must have no state of the main one.
pub(super) unsafe fn make(abi: &Abi) -> *mut PyThreadState {
    if is_safe_beside_fork(abi) {
        // This call is never given back: it makes the state and holds it.
        // SAFETY: as the caller promises.
        unsafe { abi.PyGILState_Ensure() };
    } else {
        // The same in two steps, of which only the second waits for the GIL.
        let make = || {
            // SAFETY: as the caller promises.
            let main = unsafe { abi.PyInterpreterState_Main() }?;
            // SAFETY: needs no GIL; that there is an interpreter the caller promises.
            unsafe { abi.PyThreadState_New(main) }
        };
        let state = process::registry().make(make).unwrap_or(ptr::null_mut());
        if state.is_null() {
            // Without memory; `PyGILState_Ensure` ends the process with a message of its own.
            // SAFETY: as the caller promises.
            unsafe { abi.PyGILState_Ensure() };
        } else {
            // SAFETY: made for this thread just now.
            unsafe { abi.PyEval_RestoreThread(state) };
        }
    }
    // SAFETY: attached.
    unsafe { abi.PyGILState_GetThisThreadState() }
}

/// Deletes the state with which the calling thread is attached; after that it is not.
///
/// # Safety
///
/// The calling thread must be attached with `state`, which [`make`] has made.
pub(super) unsafe fn delete(abi: &Abi, state: *mut PyThreadState) {
    // SAFETY: attached with this state, which nobody uses any more.
    unsafe { abi.PyThreadState_Clear(state) };
    // SAFETY: as above; this gives back the GIL too.
    unsafe { abi.PyThreadState_DeleteCurrent() };
}

/// Keeps the threads of all DLLs from making states over a fork, where that is needed.
pub(super) fn stop_making(abi: &Abi) -> Option<MakingStopped> {
    if is_safe_beside_fork(abi) { None } else { process::registry().stop_making() }
}

/// Whether the child of a fork frees CPython's own lock around the list of thread states before it
/// needs it. `PyThreadState_New` takes that lock without the GIL. Until 3.11 `PyOS_AfterFork_Child`
/// deletes the states of the other threads, under the lock, before it makes a new one: if another
/// thread had it, the child hangs, that of `os.fork()` too (`Python/ceval.c`,
/// `_PyEval_ReInitThreads`; `Modules/posixmodule.c`).
fn is_safe_beside_fork(abi: &Abi) -> bool {
    abi.version >= (3, 12)
}
