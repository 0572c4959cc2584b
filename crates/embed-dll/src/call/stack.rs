//! The arguments of one call.

use std::mem::{self, MaybeUninit};
use std::ptr;

use crate::python::abi::{Abi, Object};
use crate::python::{Owned, Result, View};
use crate::thread::EndOfThread;

use super::Vectorcall;

/// `PY_VECTORCALL_ARGUMENTS_OFFSET`: the callee may overwrite the place before the arguments, which
/// spares bound methods a copy.
const ARGUMENTS_OFFSET: usize = 1 << (usize::BITS - 1);

/// The arguments of one call, laid out for `PyObject_Vectorcall`.
#[repr(C)]
pub struct Stack<const N: usize> {
    /// What the callee may overwrite.
    before: MaybeUninit<Object>,
    values: [MaybeUninit<Object>; N],
    filled: usize,
    abi: &'static Abi,
}

impl<const N: usize> Stack<N> {
    #[inline]
    pub(super) fn new(abi: &'static Abi) -> Stack<N> {
        Stack {
            before: MaybeUninit::uninit(),
            values: [const { MaybeUninit::uninit() }; N],
            filled: 0,
            abi,
        }
    }

    /// Adds an argument; more than `N` are dropped.
    #[inline]
    pub fn push(&mut self, value: Owned<'_>) {
        if let Some(place) = self.values.get_mut(self.filled) {
            place.write(value.into_pointer());
            self.filled += 1;
        }
    }

    /// How many arguments there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.filled
    }

    /// Calls `callable` with the arguments, which stay here.
    #[inline]
    pub(super) fn call<'a>(
        &mut self,
        vectorcall: Vectorcall,
        callable: View<'a>,
    ) -> Result<Owned<'a>> {
        let count = self.filled | ARGUMENTS_OFFSET;
        // SAFETY: attached, as the view proves. The pointer to the first argument is derived from
        // the whole structure, so that the place before it may be written through it; the first
        // `filled` places hold references that live until `self` is dropped.
        unsafe {
            let first = (&raw mut *self).cast::<Object>().add(1);
            let end = EndOfThread;
            let result = vectorcall(callable.as_pointer(), first, count, ptr::null_mut());
            mem::forget(end);
            callable.py().own(result)
        }
    }
}

impl<const N: usize> Drop for Stack<N> {
    #[inline]
    fn drop(&mut self) {
        // Over all places, whose number is known at compile time: no loop is left.
        for (index, place) in self.values.iter().enumerate() {
            if index == self.filled {
                return;
            }
            // SAFETY: the first `filled` places hold references that are ours. The stack lives
            // inside an attachment.
            unsafe { self.abi.Py_DecRef(place.assume_init()) };
        }
    }
}
