//! The arguments of one call.

use std::mem::{self, MaybeUninit};
use std::ptr;

use crate::python::abi::Object;
use crate::python::{Owned, Py, Result, View};
use crate::thread::EndOfThread;

use super::Vectorcall;

/// `PY_VECTORCALL_ARGUMENTS_OFFSET`: the callee may overwrite the place before the arguments, which
/// spares bound methods a copy.
const ARGUMENTS_OFFSET: usize = 1 << (usize::BITS - 1);

/// Room for the arguments of one call, laid out for `PyObject_Vectorcall`.
#[repr(C)]
pub(super) struct Places<const N: usize> {
    /// What the callee may overwrite.
    before: MaybeUninit<Object>,
    values: [MaybeUninit<Object>; N],
}

/// Arguments while they are converted. How many there are is kept apart from their places, whose
/// address the callee gets: so the compiler knows it, and what depends on it costs nothing.
///
/// Nothing is dropped by itself, here and in [`Arguments`]: that would be code for panics, which
/// keeps the values of a call in memory. A panic leaks them.
pub struct Stack<'s, const N: usize> {
    places: &'s mut Places<N>,
    filled: usize,
}

/// All arguments of a call: the references in all places are its own.
#[must_use = "has references to release"]
pub(super) struct Arguments<'s, const N: usize> {
    places: &'s mut Places<N>,
}

impl<const N: usize> Places<N> {
    #[inline]
    pub(super) fn new() -> Places<N> {
        Places { before: MaybeUninit::uninit(), values: [const { MaybeUninit::uninit() }; N] }
    }
}

impl<'s, const N: usize> Stack<'s, N> {
    #[inline]
    pub(super) fn new(places: &'s mut Places<N>) -> Stack<'s, N> {
        Stack { places, filled: 0 }
    }

    /// Adds an argument; more than `N` are dropped.
    #[inline]
    pub fn push(&mut self, value: Owned<'_>) {
        if let Some(place) = self.places.values.get_mut(self.filled) {
            place.write(value.into_pointer());
            self.filled += 1;
        }
    }

    /// The arguments, which must be `N`.
    #[inline]
    pub(super) fn all(self) -> Arguments<'s, N> {
        assert!(self.filled == N, "an argument was not converted");
        Arguments { places: self.places }
    }

    /// Gives up the arguments that there are; says how many.
    #[cold]
    #[inline(never)]
    pub(super) fn release(self, py: Py<'_>) -> usize {
        for place in &self.places.values[..self.filled] {
            // SAFETY: the first `filled` places hold references that are ours.
            unsafe { py.abi().release(place.assume_init()) };
        }
        self.filled
    }
}

impl<const N: usize> Arguments<'_, N> {
    /// Calls `callable` with the arguments, which stay here.
    #[inline]
    pub(super) fn call<'a>(
        &mut self,
        vectorcall: Vectorcall,
        callable: View<'a>,
    ) -> Result<Owned<'a>> {
        // SAFETY: attached, as the view proves. The pointer to the first argument is derived from
        // the whole structure, so that the place before it may be written through it; all places
        // hold references that live until they are released.
        unsafe {
            let first = (&raw mut *self.places).cast::<Object>().add(1);
            let end = EndOfThread;
            let result =
                vectorcall(callable.as_pointer(), first, N | ARGUMENTS_OFFSET, ptr::null_mut());
            mem::forget(end);
            callable.py().own(result)
        }
    }

    /// Gives them up.
    #[inline]
    pub(super) fn release(self, py: Py<'_>) {
        for place in &self.places.values {
            // SAFETY: all places hold references that are ours: the callee may overwrite only the
            // one before them.
            unsafe { py.abi().release(place.assume_init()) };
        }
    }

    /// The same after a failure.
    #[cold]
    #[inline(never)]
    pub(super) fn release_failed(self, py: Py<'_>) {
        self.release(py);
    }
}
