//! The classes of C values: construction, representation, comparison, life.

use std::ffi::c_int;

use super::{CDATA, CData, HOLDING, Hold, OWNING, arithmetic, attributes, data, hold, index};
use super::{iterator, numbers, owns, slice};
use crate::ffi::slots::{binary, call, compare, number as number_slot, setter, slot, unary};
use crate::ffi::types::{CType, Kind};
use crate::ffi::{call_out, convert, object};
use crate::python::abi::Object;
use crate::python::class::{
    Arguments, Definition, FASTCALL_KEYWORDS, MethodDef, guarded, method, slot as number,
};
use crate::python::{ExceptionKind, Owned, Py, Result, View};

static METHODS: [MethodDef; 6] = [
    method!(c"__dir__", attributes::dir, c"names of the fields"),
    method!(c"__complex__", numbers::complex, c"value of a complex number"),
    method!(c"__enter__", enter, c"the value itself; it is released at the end"),
    method!(c"__exit__", exit, c"as ffi.release()"),
    MethodDef {
        flags: FASTCALL_KEYWORDS | METH_CLASS,
        ..method!(c"__init_subclass__", no_subclass, c"refuses")
    },
    MethodDef::END,
];

/// `METH_CLASS`.
const METH_CLASS: c_int = 0x10;

/// Makes the classes, once.
pub(crate) fn prepare(py: Py<'_>) -> Result<()> {
    iterator::prepare(py)?;
    CDATA.create(
        py,
        &Definition {
            name: c"ffi.CData",
            doc: c"A C value. Always check with isinstance(): there are subtypes.",
            slots: &[
                slot(number::TP_REPR, unary!(repr)),
                slot(number::TP_HASH, number_slot!(hash, isize)),
                slot(number::TP_RICHCOMPARE, compare!(compare_values)),
                slot(number::TP_CALL, call!(call_value)),
                slot(number::TP_GETATTRO, binary!(attributes::get)),
                slot(number::TP_SETATTRO, setter!(attributes::set)),
                slot(number::TP_ITER, unary!(iterator::iterate)),
                slot(number::NB_ADD, binary!(arithmetic::add)),
                slot(number::NB_SUBTRACT, binary!(arithmetic::subtract)),
                slot(number::NB_BOOL, number_slot!(numbers::truth, c_int)),
                slot(number::NB_INT, unary!(numbers::int)),
                slot(number::NB_FLOAT, unary!(numbers::float)),
                slot(number::MP_LENGTH, number_slot!(index::length, isize)),
                slot(number::MP_SUBSCRIPT, binary!(subscript)),
                slot(number::MP_ASS_SUBSCRIPT, setter!(set_subscript)),
                slot(number::TP_METHODS, METHODS.as_ptr().cast_mut().cast()),
            ],
            base: None,
            open: true,
        },
    )?;
    let derived = |name, slots| Definition {
        name,
        doc: c"A C value with memory of its own, or that keeps objects alive.",
        slots,
        base: Some(CDATA.class(py)),
        open: false,
    };
    OWNING.create(py, &derived(c"ffi.CData", &[]))?;
    let finalizer = slot(number::TP_FINALIZE, finalize as *mut std::ffi::c_void);
    HOLDING.create(py, &derived(c"ffi.CData", &[finalizer]))
}

unsafe extern "C" fn finalize(object: Object) {
    // SAFETY: the collector calls this attached, with an object of the class.
    unsafe {
        guarded((), |py| {
            if let Some(object) = py.view(object) {
                hold::finalize(object);
            }
            Ok(())
        });
    }
}

fn no_subclass<'a>(class: View<'a>, _: Arguments<'a>) -> Result<Owned<'a>> {
    let message = "type 'ffi.CData' is not an acceptable base type";
    Err(class.py().raise(ExceptionKind::Type, message))
}

fn subscript<'a>(own: View<'a>, key: View<'a>) -> Result<Owned<'a>> {
    if key.is_slice() { slice::get(own, key) } else { index::get(own, key) }
}

fn set_subscript(own: View<'_>, key: View<'_>, value: Option<View<'_>>) -> Result<()> {
    let Some(value) = value else {
        let message = "'del x[n]' not supported for cdata objects";
        return Err(own.py().raise(ExceptionKind::Type, message));
    };
    if key.is_slice() { slice::set(own, key, value) } else { index::set(own, key, value) }
}

fn enter<'a>(own: View<'a>, _: Arguments<'a>) -> Result<Owned<'a>> {
    object::release::check(own)?;
    Ok(own.retain())
}

fn exit<'a>(own: View<'a>, _: Arguments<'a>) -> Result<Owned<'a>> {
    object::release::release_value(own)?;
    Ok(own.py().none())
}

fn call_value<'a>(own: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let data = own_data(own);
    if !matches!(data.ctype.kind, Kind::Function(_)) {
        let message = format_args!("cdata '{}' is not callable", data.ctype.name);
        return Err(own.py().raise(ExceptionKind::Type, message));
    }
    super::usable(own)?;
    call_out::call(own.py(), data.ctype, data.address.cast_const().cast(), None, arguments)
}

/// The data of the object whose slot Python calls.
pub(super) fn own_data(own: View<'_>) -> &CData {
    // SAFETY: Python calls slots with objects of the class.
    unsafe { CDATA.get_unchecked(own) }
}

fn repr(own: View<'_>) -> Result<Owned<'_>> {
    let py = own.py();
    let data = own_data(own);
    let CType { name, .. } = data.ctype;
    let text = match held(own)? {
        Some(text) => text,
        None if owns(own) => {
            format!("owning {} bytes", data.target_size().unwrap_or(0))
        }
        None => match data.ctype.kind {
            Kind::Record(_) => {
                return py.str(&format!("<cdata '{name} &' {:#x}>", data.address as usize));
            }
            Kind::Array(_, None) => format!("sliced length {}", data.length),
            _ if !data.ctype.is_primitive() => match data.address as usize {
                0 => String::from("NULL"),
                address => format!("{address:#x}"),
            },
            _ => numbers::text(py, data)?,
        },
    };
    py.str(&format!("<cdata '{name}' {text}>"))
}

/// What handles and buffers say about themselves.
fn held(own: View<'_>) -> Result<Option<String>> {
    let Some(holding) = HOLDING.get(own) else { return Ok(None) };
    let py = own.py();
    // SAFETY: the references are kept while `look` runs; new ones are made of them.
    let (object, buffer) = holding.look(|hold| unsafe {
        match hold {
            Hold::Handle(object, _) => (py.view(object.as_pointer()).map(View::retain), false),
            Hold::Buffer(export) => (py.view(export.source()).map(View::retain), true),
            _ => (None, false),
        }
    });
    let Some(object) = object else { return Ok(None) };
    if !buffer {
        return Ok(Some(format!("handle to {}", object.to_repr()?)));
    }
    let class = object.class_name();
    Ok(Some(match holding.data.ctype.kind {
        Kind::Array(..) => {
            format!("buffer len {} from '{class}' object", index::count(&holding.data))
        }
        _ => format!("buffer from '{class}' object"),
    }))
}

fn hash(own: View<'_>) -> Result<isize> {
    let py = own.py();
    let data = own_data(own);
    if data.ctype.is_primitive() {
        let value = numbers::python_value(py, data)?;
        // SAFETY: attached; a live object.
        let hash = unsafe { py.abi().PyObject_Hash(value.as_pointer()) };
        return if hash == -1 { Err(crate::python::Raised::already_set()) } else { Ok(hash) };
    }
    // The lowest bits of an address are mostly zero: as CPython hashes addresses.
    match (data.address as usize).rotate_right(4) as isize {
        -1 => Ok(-2),
        hash => Ok(hash),
    }
}

fn compare_values<'a>(own: View<'a>, other: View<'a>, operation: c_int) -> Result<Owned<'a>> {
    let py = own.py();
    let first = own_data(own);
    let second = data(other);
    let address = |data: &CData| (!data.ctype.is_primitive()).then_some(data.address as usize);
    match (address(first), second.and_then(address)) {
        (Some(left), Some(right)) => Ok(py.bool(match operation {
            0 => left < right,
            1 => left <= right,
            2 => left == right,
            3 => left != right,
            4 => left > right,
            _ => left >= right,
        })),
        (None, None) => {
            let left = numbers::python_value(py, first)?;
            let right = match second {
                Some(second) => numbers::python_value(py, second)?,
                None => other.retain(),
            };
            // SAFETY: attached; live objects; a new reference or null.
            unsafe {
                py.own(py.abi().PyObject_RichCompare(
                    left.as_pointer(),
                    right.as_pointer(),
                    operation,
                ))
            }
        }
        _ => Ok(py.not_implemented()),
    }
}

/// A value of a number type as a Python number or character: what Python sees in a field.
pub(super) fn loaded<'a>(py: Py<'a>, data: &CData) -> Result<Owned<'a>> {
    // SAFETY: the value is in the object.
    unsafe { convert::load(py, data.ctype, data.bytes(), convert::Source::Copied) }
}
