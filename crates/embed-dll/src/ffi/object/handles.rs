//! `ffi.new_handle()` and `ffi.from_handle()`.

use crate::ffi::handle;
use crate::ffi::types::Kind;
use crate::ffi::types::ctype::void_pointer;
use crate::ffi::value::{self, Hold};
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Result, View};

/// `ffi.new_handle(object)`.
pub(super) fn new_handle<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [object] = arguments.bind("new_handle", ["x"], 1)?;
    let object = super::argument::required(ffi, object)?.retain().keep();
    let Some(number) = handle::register(&object) else {
        return Err(py.raise(ExceptionKind::Memory, "too many handles"));
    };
    let address = std::ptr::without_provenance_mut(number as usize);
    value::holding(py, void_pointer(), address, 0, Hold::Handle(object, number))
}

/// `ffi.from_handle(handle)`.
pub(super) fn from_handle<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [given] = arguments.bind("from_handle", ["x"], 1)?;
    let Some(data) = value::data(super::argument::required(ffi, given)?) else {
        return Err(py.raise(ExceptionKind::Type, "expected a 'cdata' object"));
    };
    let pointer = matches!(data.ctype.kind, Kind::Pointer(item)
        if matches!(item.kind, Kind::Void | Kind::Char));
    if !pointer {
        let message = format_args!(
            "expected a 'cdata' object with a 'void *' out of new_handle(), got '{}'",
            data.ctype.name
        );
        return Err(py.raise(ExceptionKind::Type, message));
    }
    if data.address.is_null() {
        let message = "cannot use from_handle() on NULL pointer";
        return Err(py.raise(ExceptionKind::Runtime, message));
    }
    handle::find(py, data.address as u64).ok_or_else(|| {
        let message = "ffi.from_handle() detected that the address passed points to garbage. If \
                       it is really the result of ffi.new_handle(), then the Python object has \
                       already been garbage collected";
        py.raise(ExceptionKind::Runtime, message)
    })
}
