//! Integers and enumerations.

use std::ffi::{c_long, c_ulong, c_ulonglong};
use std::marker::PhantomData;

use crate::python::abi::Abi;
use crate::python::{Owned, Py, Result, View};

use super::aggregate::stored;
use super::{Call, Parameter, ReturnValue};

/// Any integer type and any enum: `T` is the Rust integer of the same size and sign.
pub struct Integer<T>(PhantomData<T>);

/// A Rust integer that is also one of C.
pub trait Number: Copy {
    /// An `int`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    fn to_int(self, py: Py<'_>) -> Result<Owned<'_>>;

    /// The value of an exact `int`; `None`, with nothing raised, if it is out of range.
    fn from_int(value: View<'_>) -> Option<Self>;
}

/// Drops the exception that is set, if one is; says whether one was.
#[cold]
#[inline(never)]
fn was_raised(abi: &Abi) -> bool {
    // SAFETY: the callers are attached.
    unsafe {
        let raised = !abi.PyErr_Occurred().is_null();
        if raised {
            abi.PyErr_Clear();
        }
        raised
    }
}

/// All whose values a C `long` can hold.
macro_rules! narrow {
    ($($type:ty)*) => {$(
        impl Number for $type {
            #[inline]
            fn to_int(self, py: Py<'_>) -> Result<Owned<'_>> {
                // SAFETY: attached; returns a new reference or null.
                unsafe { py.own(py.abi().PyLong_FromLong(c_long::from(self))) }
            }

            #[inline]
            fn from_int(value: View<'_>) -> Option<$type> {
                let abi = value.py().abi();
                // SAFETY: attached; an `int`, so that no code of a class runs.
                let long = unsafe { abi.PyLong_AsLong(value.as_pointer()) };
                if long == -1 && was_raised(abi) {
                    return None;
                }
                <$type>::try_from(long).ok()
            }
        }
    )*};
}

narrow! { i8 i16 i32 i64 u8 u16 u32 }

impl Number for u64 {
    #[inline]
    fn to_int(self, py: Py<'_>) -> Result<Owned<'_>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { py.own(py.abi().PyLong_FromUnsignedLong(self as c_ulong)) }
    }

    #[inline]
    fn from_int(value: View<'_>) -> Option<u64> {
        let abi = value.py().abi();
        // SAFETY: attached; an `int`, so that no code of a class runs.
        let long = unsafe { abi.PyLong_AsUnsignedLongLong(value.as_pointer()) };
        (long != c_ulonglong::MAX || !was_raised(abi)).then_some(long)
    }
}

impl Number for usize {
    #[inline]
    fn to_int(self, py: Py<'_>) -> Result<Owned<'_>> {
        (self as u64).to_int(py)
    }

    #[inline]
    fn from_int(value: View<'_>) -> Option<usize> {
        u64::from_int(value).map(|value| value as usize)
    }
}

impl Number for isize {
    #[inline]
    fn to_int(self, py: Py<'_>) -> Result<Owned<'_>> {
        (self as i64).to_int(py)
    }

    #[inline]
    fn from_int(value: View<'_>) -> Option<isize> {
        i64::from_int(value).map(|value| value as isize)
    }
}

impl<T: Number> Parameter for Integer<T> {
    type C = T;

    #[inline]
    fn to_python<'a>(value: T, _index: usize, call: Call<'a>) -> Result<Owned<'a>> {
        value.to_int(call.py())
    }
}

impl<T: Number> ReturnValue for Integer<T> {
    type C = T;

    #[inline]
    fn from_python(value: View<'_>, call: Call<'_>) -> Result<T> {
        if value.is_exactly(value.py().abi().PyLong_Type)
            && let Some(value) = T::from_int(value)
        {
            return Ok(value);
        }
        // All that is unusual: other classes, cdata, and what is refused with CFFI's words.
        stored(value, call)
    }
}
