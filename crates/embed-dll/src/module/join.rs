//! Whether a thread sits in `threading.Thread.join()` for another one.

use crate::python::{Py, Result, View};
use crate::{start, thread};

/// The pthread id of the calling thread.
pub(super) fn this_thread() -> usize {
    // SAFETY: always succeeds.
    unsafe { libc::pthread_self() as usize }
}

/// Whether `waiter` joins `thread`; both are pthread ids, which Python's `ident` is on Linux.
///
/// Init code that starts a thread and joins it, while that thread calls the same DLL, would wait
/// for ever: the thread's call waits for the init code. Such a `join` shows in the frames of the
/// thread that runs the init code.
pub(super) fn joins(waiter: usize, thread: usize) -> bool {
    let Some(runtime) = start::runtime() else { return false };
    let Ok(attachment) = thread::attach(runtime) else { return false };
    let py = attachment.py();
    match looks_so(py, waiter, thread) {
        Ok(answer) => answer,
        Err(raised) => {
            raised.forget(py);
            false
        }
    }
}

fn looks_so(py: Py<'_>, waiter: usize, thread: usize) -> Result<bool> {
    // SAFETY: attached; a borrowed reference to a dict that lives as long as the interpreter.
    let modules = unsafe { py.view(py.abi().PyImport_GetModuleDict()) };
    let Some(modules) = modules else { return Ok(false) };
    // Without the module nobody can be in its method.
    let Some(threading) = modules.dict_get(*py.str("threading")?)? else { return Ok(false) };
    let sys = py.import(c"sys")?;
    let frames = sys.attr(c"_current_frames")?.call(&[])?;
    let mut frame = frames.dict_get(*py.uint(waiter as u64)?)?;
    let join = threading.attr(c"Thread")?.attr(c"join")?.attr(c"__code__")?;
    while let Some(current) = frame {
        if current.attr(c"f_code")?.is(*join) && is_self(*current, thread)? {
            return Ok(true);
        }
        let back = current.attr(c"f_back")?;
        frame = if back.is_none() { None } else { Some(back) };
    }
    Ok(false)
}

/// Whether the local `self` of the frame is the thread object of `thread`.
fn is_self(frame: View<'_>, thread: usize) -> Result<bool> {
    let py = frame.py();
    let locals = frame.attr(c"f_locals")?;
    let own = locals.attr(c"get")?.call(&[*py.str("self")?])?;
    if own.is_none() {
        return Ok(false);
    }
    let ident = own.attr(c"ident")?;
    // SAFETY: attached; any object may be asked, -1 with an exception for what is no number.
    let ident = unsafe { py.abi().PyLong_AsUnsignedLongLongMask(ident.as_pointer()) };
    // SAFETY: attached.
    unsafe { py.abi().PyErr_Clear() };
    Ok(ident == thread as u64)
}
