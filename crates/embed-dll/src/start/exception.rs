//! Exceptions in an interpreter that is not, or not completely, there yet.

use std::ffi::CStr;
use std::ptr;

use crate::python::{Abi, Exception, Py, Raised};

/// Takes the exception that is set, as text.
///
/// # Safety
///
/// The calling thread must have a current thread state.
pub(super) unsafe fn take(abi: Abi, is_complete: bool) -> Option<String> {
    // A failed start is rare and final: the table may stay.
    let abi: &'static Abi = Box::leak(Box::new(abi));
    // SAFETY: as the caller promises.
    unsafe { text(abi, is_complete) }
}

/// Imports a module, which may have failed before.
///
/// # Safety
///
/// The calling thread must be attached.
pub(super) unsafe fn import(abi: &Abi, name: &CStr) -> Result<(), String> {
    // SAFETY: as the caller promises.
    let module = unsafe { abi.PyImport_ImportModule(name.as_ptr()) };
    if module.is_null() {
        // SAFETY: attached, and the reference does not leave this function.
        let abi: &'static Abi = unsafe { &*ptr::from_ref(abi) };
        // SAFETY: as the caller promises.
        let text = unsafe { text(abi, true) };
        return Err(text.unwrap_or_else(|| String::from("no exception is set")));
    }
    // SAFETY: a new reference.
    unsafe { abi.Py_DecRef(module) };
    Ok(())
}

/// # Safety
///
/// As [`take`]; nothing of the result refers to `abi`.
unsafe fn text(abi: &'static Abi, is_complete: bool) -> Option<String> {
    // SAFETY: as the caller promises.
    if unsafe { abi.PyErr_Occurred() }.is_null() {
        return None;
    }
    let (mut class, mut value, mut traceback) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // Debug builds look up no attribute while an exception is set.
    // SAFETY: as the caller promises; the references go back below.
    unsafe { abi.PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback) };
    // SAFETY: as the caller promises.
    let measured = unsafe { abi.header.measure(abi) };
    // SAFETY: as above.
    unsafe { abi.PyErr_Restore(class, value, traceback) };
    if measured.is_err() {
        return None;
    }
    // SAFETY: as the caller promises.
    let py = unsafe { Py::assume(abi) };
    let exception = Raised::already_set().take(py);
    let formatted = if is_complete { format(py, &exception).ok() } else { None };
    formatted.or_else(|| Some(short(py, &exception)))
}

/// With its traceback, as Python would print it.
fn format(py: Py<'_>, exception: &Exception<'_>) -> Result<String, ()> {
    let formatted = py.import(c"traceback").and_then(|module| {
        let none = py.none();
        let traceback = exception.traceback.as_deref().copied().unwrap_or(*none);
        let arguments = [*exception.class, *exception.value, traceback];
        let lines = module.attr(c"format_exception")?.call(&arguments)?;
        py.str("")?.attr(c"join")?.call(&[*lines])?.to_text()
    });
    formatted.map(|text| text.trim_end().to_owned()).map_err(|raised| raised.forget(py))
}

/// `Class: text`, with nothing that needs a complete interpreter.
fn short(py: Py<'_>, exception: &Exception<'_>) -> String {
    let class = exception.value.class_name();
    match exception.value.to_text() {
        Ok(text) if text.is_empty() => class,
        Ok(text) => format!("{class}: {text}"),
        Err(raised) => {
            raised.forget(py);
            class
        }
    }
}
