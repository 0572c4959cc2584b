//! Rust functions as C functions that Python calls.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::Arguments;
use crate::python::abi::{self, Object, Size};
use crate::python::error::{ExceptionKind, Raised, Result};
use crate::python::object::{Owned, Py, View};

/// Runs `body` for a C function that returns an object: null if it raises, `SystemError` if it
/// panics.
///
/// # Safety
///
/// The calling thread must be attached.
pub unsafe fn object_result<'a>(body: impl FnOnce(Py<'a>) -> Result<Owned<'a>>) -> Object {
    // SAFETY: says the caller.
    unsafe { guarded(ptr::null_mut(), |py| body(py).map(Owned::into_pointer)) }
}

/// Runs `body` for a C function that returns 0 or -1.
///
/// # Safety
///
/// The calling thread must be attached.
pub unsafe fn status_result<'a>(body: impl FnOnce(Py<'a>) -> Result<()>) -> c_int {
    // SAFETY: says the caller.
    unsafe { guarded(-1, |py| body(py).map(|()| 0)) }
}

/// Runs `body` for a C function that returns `failed` when an exception is set.
///
/// # Safety
///
/// The calling thread must be attached.
pub unsafe fn guarded<'a, R>(failed: R, body: impl FnOnce(Py<'a>) -> Result<R>) -> R {
    let Some(abi) = abi::get() else { return failed };
    // SAFETY: says the caller.
    let py = unsafe { Py::assume(abi) };
    match catch_unwind(AssertUnwindSafe(|| body(py))) {
        Ok(Ok(value)) => value,
        Ok(Err(Raised { .. })) => failed,
        Err(_) => {
            let raised = py.raise(ExceptionKind::System, "a bug in embed-dll: its code panicked");
            drop(raised);
            failed
        }
    }
}

/// Calls a Rust method the way `METH_FASTCALL | METH_KEYWORDS` is called; for [`method!`].
///
/// # Safety
///
/// As Python calls such a function.
pub unsafe fn fastcall<'a>(
    own: Object,
    values: *const Object,
    positional: Size,
    names: Object,
    method: impl FnOnce(View<'a>, Arguments<'a>) -> Result<Owned<'a>>,
) -> Object {
    // SAFETY: Python calls it attached, with references that live during the call.
    unsafe {
        object_result(|py| {
            let arguments = Arguments::new(py, values, positional, names);
            let own = py.view(own).unwrap_or_else(|| py.immortal(|abi| abi._Py_NoneStruct));
            method(own, arguments)
        })
    }
}

/// A `MethodDef` of a Rust function `fn(View, Arguments) -> Result<Owned>`:
/// `method!(c"name", function, c"what it does")`.
macro_rules! method {
    ($name:expr, $function:path, $doc:expr) => {{
        unsafe extern "C" fn raw(
            own: $crate::python::abi::Object,
            values: *const $crate::python::abi::Object,
            positional: $crate::python::Size,
            names: $crate::python::abi::Object,
        ) -> $crate::python::abi::Object {
            // SAFETY: Python calls it as its flags say.
            unsafe {
                $crate::python::class::fastcall(own, values, positional, names, |own, arguments| {
                    $function(own, arguments)
                })
            }
        }
        $crate::python::class::MethodDef {
            name: $name.as_ptr(),
            function: raw as *const ::std::ffi::c_void,
            flags: $crate::python::class::FASTCALL_KEYWORDS,
            doc: $doc.as_ptr(),
        }
    }};
}
pub(crate) use method;
