//! `ffi.error`, and the words of CFFI's messages.

use std::fmt::Display;
use std::sync::OnceLock;

use super::types::CType;
use super::value;
use crate::python::{ExceptionKind, Key, Py, Raised, Result, View};

static ERROR: OnceLock<Key> = OnceLock::new();

/// Makes `ffi.error`, once.
pub(super) fn prepare(py: Py<'_>) -> Result<()> {
    if ERROR.get().is_none() {
        let null = std::ptr::null_mut();
        // SAFETY: attached; a new reference or null.
        let class =
            unsafe { py.own(py.abi().PyErr_NewException(c"ffi.error".as_ptr(), null, null))? };
        let _ = ERROR.set(class.keep());
    }
    Ok(())
}

/// `ffi.error`.
pub(super) fn error_class(py: Py<'_>) -> View<'_> {
    match ERROR.get() {
        Some(class) => class.view(py),
        None => py.exception_class(ExceptionKind::Runtime),
    }
}

/// Raises `ffi.error`.
pub(super) fn error(py: Py<'_>, message: impl Display) -> Raised {
    py.raise_class(error_class(py), message)
}

/// Raises that a value cannot initialise something of a C type. `expected` says what could, for
/// example "a list or tuple" without the article.
#[cold]
pub(super) fn cannot_convert(ctype: &CType, expected: &str, value: View<'_>) -> Raised {
    let py = value.py();
    let name = wide_name(ctype);
    let Some(data) = value::data(value) else {
        let got = class_name(value);
        let message =
            format_args!("initializer for ctype '{name}' must be a {expected}, not {got}");
        return py.raise(ExceptionKind::Type, message);
    };
    let got = &data.ctype.name;
    if got == &ctype.name {
        let message = format_args!(
            "initializer for ctype '{name}' appears indeed to be '{got}', but the types are \
             different (check that you are not e.g. mixing up different ffi instances)"
        );
        return py.raise(ExceptionKind::Type, message);
    }
    let message =
        format_args!("initializer for ctype '{name}' must be a {expected}, not cdata '{got}'");
    py.raise(ExceptionKind::Type, message)
}

/// Names of classes in messages, as CPython writes them: with the module, unless it is a built-in.
pub(super) fn class_name(value: View<'_>) -> String {
    if value::data(value).is_some() {
        return String::from("ffi.CData");
    }
    value.class_name()
}

/// CFFI's messages know one wide character type of four bytes.
pub(super) fn wide_name(ctype: &CType) -> &str {
    if &*ctype.name == "wchar_t" { "char32_t" } else { &ctype.name }
}
