//! `for item in array`.

use std::ffi::c_int;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::attributes::null;
use super::class::own_data;
use super::index::{count, item_at};
use super::{Use, data};
use crate::ffi::convert::{self, Source};
use crate::ffi::slots::{slot, unary};
use crate::ffi::types::Kind;
use crate::python::abi::Object;
use crate::python::class::{Class, Definition, Payload, object_result, slot as number};
use crate::python::{ExceptionKind, Key, Owned, Py, Result, View};

static ITERATOR: Class<Items> = Class::new();

struct Items {
    array: Key,
    next: AtomicUsize,
}

impl Payload for Items {
    const CYCLIC: bool = true;

    fn traverse(&self, visit: &mut dyn FnMut(Object) -> c_int) -> c_int {
        visit(self.array.as_pointer())
    }
}

/// Makes the class, once.
pub(super) fn prepare(py: Py<'_>) -> Result<()> {
    ITERATOR.create(
        py,
        &Definition {
            name: c"ffi.CDataIterator",
            doc: c"Iterates over the items of a C array.",
            slots: &[
                slot(number::TP_ITER, unary!(itself)),
                slot(number::TP_ITERNEXT, next as *mut std::ffi::c_void),
            ],
            base: None,
            open: false,
        },
    )
}

/// `iter(value)`.
pub(super) fn iterate(own: View<'_>) -> Result<Owned<'_>> {
    let data = own_data(own);
    if !matches!(data.ctype.kind, Kind::Array(..)) {
        let message = format_args!("cdata '{}' does not support iteration", data.ctype.name);
        return Err(own.py().raise(ExceptionKind::Type, message));
    }
    ITERATOR.instance(own.py(), Items { array: own.retain().keep(), next: AtomicUsize::new(0) })
}

fn itself(own: View<'_>) -> Result<Owned<'_>> {
    Ok(own.retain())
}

/// `tp_iternext`: null without an exception at the end.
unsafe extern "C" fn next(own: Object) -> Object {
    let mut ended = false;
    // SAFETY: Python calls it attached, with an object of the class.
    let object = unsafe {
        object_result(|py| {
            let items = py.view(own).map(|own| ITERATOR.get_unchecked(own));
            let array = items.map(|items| items.array.view(py));
            let (Some(items), Some(array), Some(data)) = (items, array, array.and_then(data))
            else {
                return Ok(py.none());
            };
            let index = items.next.fetch_add(1, Ordering::Relaxed);
            let (Kind::Array(item, _), true) = (data.ctype.kind, index < count(data)) else {
                items.next.fetch_sub(1, Ordering::Relaxed);
                ended = true;
                return Ok(py.none());
            };
            if data.address.is_null() {
                return Err(null(py, data));
            }
            let at = item_at(data.address, item, index as isize);
            let _used = Use::briefly(array, || true)?;
            convert::load(py, item, at, Source::InPlace(Some(array)))
        })
    };
    if ended {
        if let Some(abi) = crate::python::abi::get() {
            // SAFETY: attached; the reference to `None` is ours.
            unsafe { abi.Py_DecRef(object) };
        }
        return std::ptr::null_mut();
    }
    object
}
