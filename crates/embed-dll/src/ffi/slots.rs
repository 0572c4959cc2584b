//! C functions of Rust functions, for the slots of classes.
//!
//! Each macro gives the address of a C function that Python calls, attached, with objects of the
//! class; exceptions and panics end in it.

/// `fn(View) -> Result<Owned>`: `reprfunc`, `unaryfunc`, `getiterfunc`.
macro_rules! unary {
    ($function:path) => {{
        unsafe extern "C" fn raw(own: $crate::python::abi::Object) -> $crate::python::abi::Object {
            // SAFETY: see the module.
            unsafe {
                $crate::python::class::object_result(|py| match py.view(own) {
                    Some(own) => $function(own),
                    None => Ok(py.none()),
                })
            }
        }
        raw as *mut ::std::ffi::c_void
    }};
}

/// `fn(View, View) -> Result<Owned>`: `binaryfunc`, `getattrofunc`.
macro_rules! binary {
    ($function:path) => {{
        unsafe extern "C" fn raw(
            own: $crate::python::abi::Object,
            other: $crate::python::abi::Object,
        ) -> $crate::python::abi::Object {
            // SAFETY: see the module.
            unsafe {
                $crate::python::class::object_result(|py| match (py.view(own), py.view(other)) {
                    (Some(own), Some(other)) => $function(own, other),
                    _ => Ok(py.none()),
                })
            }
        }
        raw as *mut ::std::ffi::c_void
    }};
}

/// `fn(View, View, Option<View>) -> Result<()>`: `setattrofunc`, `objobjargproc`; no value means
/// that the thing is to be deleted.
macro_rules! setter {
    ($function:path) => {{
        unsafe extern "C" fn raw(
            own: $crate::python::abi::Object,
            key: $crate::python::abi::Object,
            value: $crate::python::abi::Object,
        ) -> ::std::ffi::c_int {
            // SAFETY: see the module.
            unsafe {
                $crate::python::class::status_result(|py| match (py.view(own), py.view(key)) {
                    (Some(own), Some(key)) => $function(own, key, py.view(value)),
                    _ => Ok(()),
                })
            }
        }
        raw as *mut ::std::ffi::c_void
    }};
}

/// `fn(View) -> Result<R>` for a C function that gives -1 with an exception: `inquiry`, `lenfunc`,
/// `hashfunc`.
macro_rules! number {
    ($function:path, $result:ty) => {{
        unsafe extern "C" fn raw(own: $crate::python::abi::Object) -> $result {
            // SAFETY: see the module.
            unsafe {
                $crate::python::class::guarded(-1, |py| match py.view(own) {
                    Some(own) => $function(own),
                    None => Ok(-1),
                })
            }
        }
        raw as *mut ::std::ffi::c_void
    }};
}

/// `fn(View, View, c_int) -> Result<Owned>`: `richcmpfunc`.
macro_rules! compare {
    ($function:path) => {{
        unsafe extern "C" fn raw(
            own: $crate::python::abi::Object,
            other: $crate::python::abi::Object,
            operation: ::std::ffi::c_int,
        ) -> $crate::python::abi::Object {
            // SAFETY: see the module.
            unsafe {
                $crate::python::class::object_result(|py| match (py.view(own), py.view(other)) {
                    (Some(own), Some(other)) => $function(own, other, operation),
                    _ => Ok(py.none()),
                })
            }
        }
        raw as *mut ::std::ffi::c_void
    }};
}

/// `fn(View, Arguments) -> Result<Owned>`: `ternaryfunc` of `tp_call` and `newfunc`.
macro_rules! call {
    ($function:path) => {{
        unsafe extern "C" fn raw(
            own: $crate::python::abi::Object,
            arguments: $crate::python::abi::Object,
            keywords: $crate::python::abi::Object,
        ) -> $crate::python::abi::Object {
            // SAFETY: see the module; a tuple, and a dict or null.
            unsafe { $crate::ffi::slots::unpacked(own, arguments, keywords, $function) }
        }
        raw as *mut ::std::ffi::c_void
    }};
}

/// `fn(View) -> Result<Owned>` as an attribute that cannot be set.
macro_rules! getter {
    ($name:expr, $function:path, $doc:expr) => {{
        unsafe extern "C" fn raw(
            own: $crate::python::abi::Object,
            _: *mut ::std::ffi::c_void,
        ) -> $crate::python::abi::Object {
            // SAFETY: see the module.
            unsafe {
                $crate::python::class::object_result(|py| match py.view(own) {
                    Some(own) => $function(own),
                    None => Ok(py.none()),
                })
            }
        }
        $crate::python::class::GetSetDef {
            name: $name.as_ptr(),
            get: Some(raw),
            set: None,
            doc: $doc.as_ptr(),
            closure: ::std::ptr::null_mut(),
        }
    }};
}

use crate::python::abi::Object;
use crate::python::class::{Arguments, Slot, object_result};
use crate::python::{Owned, Result, Size, View};
pub(crate) use {binary, call, compare, getter, number, setter, unary};

/// A slot of a class.
pub(crate) const fn slot(number: std::ffi::c_int, value: *mut std::ffi::c_void) -> Slot {
    Slot { number, value }
}

/// Calls `function` with the arguments that `tp_call` gets.
///
/// # Safety
///
/// Attached; an object, a tuple, and a dict or null, all alive during the call.
pub(crate) unsafe fn unpacked<'a>(
    own: Object,
    arguments: Object,
    keywords: Object,
    function: impl FnOnce(View<'a>, Arguments<'a>) -> Result<Owned<'a>>,
) -> Object {
    // SAFETY: says the caller.
    unsafe {
        object_result(|py| {
            let abi = py.abi();
            let count = abi.PyTuple_Size(arguments);
            let mut values: Vec<Object> = Vec::with_capacity(count.max(0) as usize);
            for index in 0..count {
                values.push(abi.PyTuple_GetItem(arguments, index));
            }
            let mut names = Vec::new();
            let mut kept = Vec::new();
            if let Some(keywords) = py.view(keywords) {
                let (mut at, mut name, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
                // It may be the caller's own dict, which other code changes while this call runs.
                while abi.PyDict_Next(
                    keywords.as_pointer(),
                    &raw mut at,
                    &raw mut name,
                    &raw mut value,
                ) != 0
                {
                    names.extend(py.view(name));
                    kept.extend(py.view(value).map(View::retain));
                    values.push(value);
                }
            }
            let names = if names.is_empty() { None } else { Some(py.tuple(&names)?) };
            let names = names.as_ref().map_or(std::ptr::null_mut(), |names| names.as_pointer());
            let own = py.view(own).unwrap_or_else(|| py.immortal(|abi| abi._Py_NoneStruct));
            function(own, Arguments::new(py, values.as_ptr(), count as Size, names))
        })
    }
}
