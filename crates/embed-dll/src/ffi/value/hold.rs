//! What C values keep alive, and what happens when they end.

use std::ffi::c_int;
use std::sync::{Mutex, PoisonError};

use super::CData;
use crate::ffi::buffer::Export;
use crate::ffi::handle;
use crate::python::abi::{self, Object};
use crate::python::class::Payload;
use crate::python::{Key, Owned, Py, Raised, View};

/// A value that keeps Python objects alive.
///
/// The lock guards against `ffi.release()` in another thread; Python is never called under it.
#[repr(C)]
pub(crate) struct Holding {
    pub(crate) data: CData,
    hold: Mutex<Hold>,
}

/// What it keeps alive.
pub(crate) enum Hold {
    /// Nothing any more.
    Nothing,
    /// The value in whose memory this one lies.
    Part(Key),
    /// The pointer from `ffi.new()` whose record this one is.
    Whole(Key),
    /// The object of `ffi.new_handle()`, with the number of the handle.
    Handle(Key, u64),
    /// From `ffi.gc()`: the original value, and what is called with it at the end.
    Destructor(Key, Key),
    /// From `ffi.from_buffer()`.
    Buffer(Box<Export>),
}

impl Payload for Holding {
    const CYCLIC: bool = true;
    const WEAK_LIST: Option<usize> = CData::WEAK_LIST;

    fn traverse(&self, visit: &mut dyn FnMut(Object) -> c_int) -> c_int {
        // If somebody is exchanging the contents just now, what is not visited counts as used from
        // outside, and nothing is collected that should not be.
        let Ok(hold) = self.hold.try_lock() else { return 0 };
        match &*hold {
            Hold::Nothing => 0,
            Hold::Part(key) | Hold::Whole(key) | Hold::Handle(key, _) => visit(key.as_pointer()),
            Hold::Destructor(origin, destructor) => match visit(origin.as_pointer()) {
                0 => visit(destructor.as_pointer()),
                stop => stop,
            },
            Hold::Buffer(export) => export
                .objects()
                .into_iter()
                .flatten()
                .fold(0, |code, object| if code == 0 { visit(object) } else { code }),
        }
    }

    fn clear(&self, _py: Py<'_>) {
        // A destructor has been called by `tp_finalize` before.
        drop(self.take());
    }
}

impl Holding {
    pub(super) fn new(data: CData, hold: Hold) -> Holding {
        Holding { data, hold: Mutex::new(hold) }
    }

    /// Takes out what is kept alive; it ends when the caller drops it.
    pub(crate) fn take(&self) -> Hold {
        let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut hold, Hold::Nothing)
    }

    /// Asks about what is kept alive; `ask` must not call Python.
    pub(crate) fn look<R>(&self, ask: impl FnOnce(&Hold) -> R) -> R {
        ask(&self.hold.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The value whose memory this one lies in.
    pub(super) fn parent<'a>(&self, py: Py<'a>) -> Option<Owned<'a>> {
        self.look(|hold| match hold {
            // SAFETY: the reference is kept while the lock is held; a new one is made of it.
            Hold::Part(key) | Hold::Whole(key) => {
                unsafe { py.view(key.as_pointer()) }.map(View::retain)
            }
            _ => None,
        })
    }

    /// Whether it is the record of a pointer from `ffi.new()`.
    pub(super) fn is_whole(&self) -> bool {
        self.look(|hold| matches!(hold, Hold::Whole(_)))
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let hold = self.take();
        // Objects end only in threads that are attached.
        if let (Hold::Destructor(..), Some(abi)) = (&hold, abi::get()) {
            // SAFETY: as just said.
            destroy(unsafe { Py::assume(abi) }, hold);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // The object must not be found any more when its reference goes.
        if let Hold::Handle(_, number) = self {
            handle::forget(*number);
        }
    }
}

/// `tp_finalize`: the collector found the value in a cycle, which is still whole.
pub(super) fn finalize(object: View<'_>) {
    if let Some(holding) = super::HOLDING.get(object)
        && holding.look(|hold| matches!(hold, Hold::Destructor(..)))
    {
        destroy(object.py(), holding.take());
    }
}

/// Calls the destructor of `ffi.gc()`. What it raises is reported, not passed on; what is being
/// raised meanwhile stays.
pub(crate) fn destroy(py: Py<'_>, hold: Hold) {
    let Hold::Destructor(origin, destructor) = &hold else { return };
    // SAFETY: attached; asks only.
    let pending = unsafe { !(py.abi().PyErr_Occurred)().is_null() };
    let pending = pending.then(|| Raised::already_set().take(py));
    if let Err(raised) = destructor.view(py).call(&[origin.view(py)]) {
        raised.report(py, destructor.view(py));
    }
    if let Some(pending) = pending {
        // Whoever was raising it passes it on.
        let _: Raised = pending.restore();
    }
}
