//! What C values keep alive, and what happens when they end.

use std::ffi::c_int;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{CData, HOLDING};
use crate::ffi::buffer::Export;
use crate::ffi::handle;
use crate::python::abi::{self, Object};
use crate::python::class::Payload;
use crate::python::{ExceptionKind, Key, Owned, Py, Raised, Result, View};

/// A value that keeps Python objects alive.
///
/// The lock guards against `ffi.release()` in another thread; Python is never called under it.
#[repr(C)]
pub(crate) struct Holding {
    pub(crate) data: CData,
    /// Whether `ffi.release()` can take the memory away, of this value or of one further out.
    releasable: bool,
    held: Mutex<Held>,
}

/// What it keeps alive, and by how many operations that is used just now.
struct Held {
    hold: Hold,
    uses: usize,
}

/// What it keeps alive.
pub(crate) enum Hold {
    /// Nothing any more: it was released.
    Nothing,
    /// The value in whose memory this one lies.
    Part(Key),
    /// The pointer from `ffi.new()` whose record this one is.
    Whole(Key),
    /// The object of `ffi.new_handle()`, with the number of the handle.
    Handle(Key, u64),
    /// From `ffi.gc()`: the original value, and what is called with it at the end, unless it was
    /// taken back.
    Destructor(Key, Option<Key>),
    /// From `ffi.from_buffer()`.
    Buffer(Box<Export>),
}

impl Payload for Holding {
    const CYCLIC: bool = true;
    const WEAK_LIST: Option<usize> = CData::WEAK_LIST;

    fn traverse(&self, visit: &mut dyn FnMut(Object) -> c_int) -> c_int {
        // If somebody is exchanging the contents just now, what is not visited counts as used from
        // outside, and nothing is collected that should not be.
        let Ok(held) = self.held.try_lock() else { return 0 };
        match &held.hold {
            Hold::Nothing => 0,
            Hold::Part(key) | Hold::Whole(key) | Hold::Handle(key, _) => visit(key.as_pointer()),
            Hold::Destructor(origin, destructor) => {
                match (visit(origin.as_pointer()), destructor) {
                    (0, Some(destructor)) => visit(destructor.as_pointer()),
                    (code, _) => code,
                }
            }
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
    pub(super) fn new(py: Py<'_>, data: CData, hold: Hold) -> Holding {
        let releasable = match &hold {
            Hold::Destructor(..) | Hold::Buffer(_) => true,
            // Memory of a value of its own stays as long as the value.
            Hold::Part(owner) => owner.view(py).class().is(HOLDING.class(py)),
            Hold::Whole(_) | Hold::Handle(..) | Hold::Nothing => false,
        };
        Holding { data, releasable, held: Mutex::new(Held { hold, uses: 0 }) }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out what is kept alive; it ends when the caller drops it.
    fn take(&self) -> Hold {
        std::mem::replace(&mut self.lock().hold, Hold::Nothing)
    }

    /// As [`Holding::take`], unless it is used: then there is nothing to take yet.
    pub(crate) fn release(&self) -> Option<Hold> {
        let mut held = self.lock();
        (held.uses == 0).then(|| std::mem::replace(&mut held.hold, Hold::Nothing))
    }

    /// Takes the destructor back. Says whether the value is one of `ffi.gc()`.
    pub(crate) fn disarm(&self) -> bool {
        let mut held = self.lock();
        let Hold::Destructor(_, destructor) = &mut held.hold else { return false };
        let taken = destructor.take();
        // It may end here, and run Python code.
        drop(held);
        drop(taken);
        true
    }

    /// Asks about what is kept alive; `ask` must not call Python.
    pub(crate) fn look<R>(&self, ask: impl FnOnce(&Hold) -> R) -> R {
        ask(&self.lock().hold)
    }

    /// The value whose memory this one lies in.
    pub(super) fn parent<'a>(&self, py: Py<'a>) -> Option<Owned<'a>> {
        self.look(|hold| match hold {
            Hold::Part(key) | Hold::Whole(key) => {
                // SAFETY: the reference is kept while the lock is held; a new one is made of it.
                let keeper = unsafe { py.view(key.as_pointer()) };
                keeper.map(View::retain)
            }
            _ => None,
        })
    }

    #[cold]
    fn released(&self, py: Py<'_>) -> Raised {
        let name = &self.data.ctype.name;
        let words = format_args!("cdata '{name}' was released and cannot be used any more");
        py.raise(ExceptionKind::Value, words)
    }

    /// Whether it is the record of a pointer from `ffi.new()`.
    pub(super) fn is_whole(&self) -> bool {
        self.look(|hold| matches!(hold, Hold::Whole(_)))
    }
}

/// The memory of a value is used until this is dropped: `ffi.release()` does not take it away.
/// Whatever converts objects meanwhile may run Python code, which may try.
pub(crate) struct Use<'a> {
    used: Option<Box<Used<'a>>>,
}

struct Used<'a> {
    holder: Owned<'a>,
    /// The memory of a value of `ffi.gc()` is that of the original value.
    _origin: Use<'a>,
}

impl<'a> Use<'a> {
    /// Of `value`, which may be any object.
    ///
    /// # Errors
    ///
    /// `ValueError` if the memory was released.
    #[inline]
    pub(crate) fn of(value: View<'a>) -> Result<Use<'a>> {
        if value.class().is(HOLDING.class(value.py())) {
            return Use::of_holding(value);
        }
        Ok(Use { used: None })
    }

    /// As [`Use::of`], for an operation that, if it is `calm`, runs no Python code before it has read
    /// or written the memory. Then the GIL, where there is one, is enough, and the memory is only
    /// checked.
    ///
    /// # Errors
    ///
    /// As [`Use::of`].
    #[inline]
    pub(crate) fn briefly(value: View<'a>, calm: impl FnOnce() -> bool) -> Result<Use<'a>> {
        let py = value.py();
        if !value.class().is(HOLDING.class(py)) {
            return Ok(Use { used: None });
        }
        if !py.abi().free_threaded && calm() {
            still_there(value)?;
            return Ok(Use { used: None });
        }
        Use::of_holding(value)
    }

    #[cold]
    fn of_holding(value: View<'a>) -> Result<Use<'a>> {
        // SAFETY: of the class, says the caller.
        let holding = unsafe { HOLDING.get_unchecked(value) };
        let py = value.py();
        if !holding.releasable {
            return Ok(Use { used: None });
        }
        let mut held = holding.lock();
        // SAFETY: the references are kept while the lock is held; new ones are made of them.
        let retained = |key: &Key| unsafe { py.view(key.as_pointer()) }.map(View::retain);
        let origin = match &held.hold {
            Hold::Part(owner) => {
                let owner = retained(owner);
                drop(held);
                return owner.map_or(Ok(Use { used: None }), |owner| Use::of(*owner));
            }
            Hold::Destructor(origin, _) => retained(origin),
            Hold::Buffer(_) => None,
            Hold::Whole(_) | Hold::Handle(..) | Hold::Nothing => {
                drop(held);
                return Err(holding.released(py));
            }
        };
        held.uses += 1;
        drop(held);
        // From here on it is given back whatever happens.
        let mut used = Box::new(Used { holder: value.retain(), _origin: Use { used: None } });
        if let Some(origin) = origin {
            used._origin = Use::of(*origin)?;
        }
        Ok(Use { used: Some(used) })
    }
}

/// Raises if the memory of `value`, which is a [`Holding`], was released. Only with the GIL: without,
/// it may be released at any moment, and the values further out with it.
fn still_there(value: View<'_>) -> Result<()> {
    let py = value.py();
    let mut next = value;
    // Values are not kept in circles: each was there before the one whose memory lies in it.
    while next.class().is(HOLDING.class(py)) {
        // SAFETY: of the class, as just seen; none is derived from it.
        let holding = unsafe { HOLDING.get_unchecked(next) };
        if !holding.releasable {
            break;
        }
        let further = holding.look(|hold| match hold {
            Hold::Part(key) | Hold::Destructor(key, _) => Ok(Some(key.as_pointer())),
            Hold::Buffer(_) => Ok(None),
            Hold::Whole(_) | Hold::Handle(..) | Hold::Nothing => Err(()),
        });
        match further {
            // SAFETY: the reference is kept as long as the GIL is: no other code runs here.
            Ok(Some(pointer)) => match unsafe { py.view(pointer) } {
                Some(object) => next = object,
                None => break,
            },
            Ok(None) => break,
            Err(()) => return Err(holding.released(py)),
        }
    }
    Ok(())
}

impl Drop for Use<'_> {
    // Most uses hold nothing, and cost their callers one comparison.
    #[inline]
    fn drop(&mut self) {
        if let Some(used) = self.used.take() {
            end(used);
        }
    }
}

#[cold]
#[inline(never)]
fn end(used: Box<Used<'_>>) {
    drop(used);
}

impl Drop for Used<'_> {
    fn drop(&mut self) {
        if let Some(holding) = HOLDING.get(*self.holder) {
            holding.lock().uses -= 1;
        }
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
        && holding.look(|hold| matches!(hold, Hold::Destructor(_, Some(_))))
    {
        destroy(object.py(), holding.take());
    }
}

/// Calls the destructor of `ffi.gc()`. What it raises is reported, not passed on; what is being
/// raised meanwhile stays.
pub(crate) fn destroy(py: Py<'_>, hold: Hold) {
    let Hold::Destructor(origin, Some(destructor)) = &hold else { return };
    // SAFETY: attached; asks only.
    let pending = unsafe { !py.abi().PyErr_Occurred().is_null() };
    let pending = pending.then(|| Raised::already_set().take(py));
    if let Err(raised) = destructor.view(py).call(&[origin.view(py)]) {
        raised.report(py, destructor.view(py));
    }
    if let Some(pending) = pending {
        // Whoever was raising it passes it on.
        let _: Raised = pending.restore();
    }
}
