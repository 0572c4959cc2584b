//! Memory that Python owns and whose address was returned to the host.
//!
//! `return ffi.new("char[]", b"text")` gives the host a pointer into an object that nobody refers to
//! any more. Each thread keeps the last [`KEPT`] such objects alive, so that the host has time to
//! read or copy what it got. They are kept in the thread state's dictionary and go with it.

use crate::python::{Owned, Py, View};

/// How many objects a thread keeps.
pub(super) const KEPT: isize = 16;

/// Keeps `owner` until this thread has returned [`KEPT`] further pointers of that kind.
///
/// Without memory for that, the pointer is as short-lived as with CFFI; nothing is raised.
#[cold]
pub(super) fn until_later(py: Py<'_>, owner: Owned<'_>) {
    if let Err(raised) = push(py, *owner) {
        raised.forget(py);
    }
}

fn push(py: Py<'_>, owner: View<'_>) -> crate::python::Result<()> {
    let abi = py.abi();
    // SAFETY: attached; borrowed, and alive as long as the thread state is.
    let Some(dict) = (unsafe { py.view(abi.PyThreadState_GetDict()) }) else { return Ok(()) };
    let key = py.str("embed_dll.returned")?;
    let ring = match dict.dict_get(*key)? {
        Some(ring) => ring,
        None => {
            let ring = py.list()?;
            dict.dict_set(c"embed_dll.returned", *ring)?;
            ring
        }
    };
    // SAFETY: attached; a list that only this thread changes. The function takes a reference of its
    // own.
    py.check(unsafe { abi.PyList_Append(ring.as_pointer(), owner.as_pointer()) })?;
    // SAFETY: as above. What is cut off is released, which may run code that calls a function of the
    // DLL and so comes here again. CPython lets go of it only when the list is whole.
    py.check(unsafe {
        let excess = abi.PyList_Size(ring.as_pointer()) - KEPT;
        abi.PyList_SetSlice(ring.as_pointer(), 0, excess.max(0), std::ptr::null_mut())
    })?;
    Ok(())
}
