//! `ffi.buffer`: the bytes of a C value as an object with Python's buffer interface; and buffers
//! of Python objects as C memory.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;
use std::ptr;

use super::slots::{binary, compare, number as number_slot, setter, slot, unary};
use super::{names, value};
use crate::python::abi::{self, Object};
use crate::python::class::{
    Arguments, Class, Definition, Payload, Slot, object_result, slot as number, status_result,
};
use crate::python::{ExceptionKind, Key, Owned, Py, Result, Size, Structure, View, structure};

/// The class `ffi.buffer`.
pub(crate) static BUFFER: Class<Bytes> = Class::new();

/// Bytes of a C value.
#[repr(C)]
pub(crate) struct Bytes {
    weak: UnsafeCell<*mut c_void>,
    start: *mut u8,
    length: usize,
    /// The value.
    keeps: Key,
}

impl Payload for Bytes {
    const CYCLIC: bool = true;
    const WEAK_LIST: Option<usize> = Some(offset_of!(Bytes, weak));

    fn traverse(&self, visit: &mut dyn FnMut(Object) -> c_int) -> c_int {
        visit(self.keeps.as_pointer())
    }
}

/// `Py_buffer` (`Include/pybuffer.h`; part of the stable ABI since 3.11, unchanged since 3.3).
#[repr(C)]
struct RawBuffer {
    start: *mut c_void,
    object: Object,
    length: Size,
    itemsize: Size,
    readonly: c_int,
    dimensions: c_int,
    format: *mut c_char,
    shape: *mut Size,
    strides: *mut Size,
    suboffsets: *mut Size,
    internal: *mut c_void,
}

pub(crate) const BUFFER_STRUCTURE: Structure = structure!(RawBuffer is "Py_buffer" {
    start: "buf", object: "obj", length: "len", itemsize: "itemsize", readonly: "readonly",
    dimensions: "ndim", format: "format", shape: "shape", strides: "strides",
    suboffsets: "suboffsets", internal: "internal",
});

/// `PyBUF_WRITABLE`.
const WRITABLE: c_int = 1;

/// The memory of a Python object, which stays where it is until this is dropped.
pub(crate) struct Export {
    buffer: RawBuffer,
    source: Key,
}

// SAFETY: plain data; only attached threads use it.
unsafe impl Send for Export {}

impl Export {
    /// Asks `source` for its memory.
    ///
    /// # Errors
    ///
    /// `TypeError` if it has none, `BufferError` if it may not be written and should be.
    pub(crate) fn of(source: View<'_>, writable: bool) -> Result<Box<Export>> {
        let py = source.py();
        let buffer = RawBuffer {
            start: ptr::null_mut(),
            object: ptr::null_mut(),
            length: 0,
            itemsize: 0,
            readonly: 0,
            dimensions: 0,
            format: ptr::null_mut(),
            shape: ptr::null_mut(),
            strides: ptr::null_mut(),
            suboffsets: ptr::null_mut(),
            internal: ptr::null_mut(),
        };
        // In a box first: some objects keep pointers into the structure.
        let mut export = Box::new(Export { buffer, source: source.retain().keep() });
        let flags = if writable { WRITABLE } else { 0 };
        let raw = (&raw mut export.buffer).cast();
        // SAFETY: attached; the structure has the layout of this CPython.
        py.check(unsafe { py.abi().PyObject_GetBuffer(source.as_pointer(), raw, flags) })?;
        Ok(export)
    }

    /// Where the memory is.
    pub(crate) fn start(&self) -> *mut u8 {
        self.buffer.start.cast()
    }

    /// How many bytes there are.
    pub(crate) fn length(&self) -> usize {
        usize::try_from(self.buffer.length).unwrap_or(0)
    }

    /// The references that it holds, for the collector: one is the buffer structure's.
    pub(crate) fn objects(&self) -> [Option<Object>; 2] {
        let inner = (!self.buffer.object.is_null()).then_some(self.buffer.object);
        [inner, Some(self.source.as_pointer())]
    }

    /// The object that was asked.
    pub(crate) fn source(&self) -> Object {
        self.source.as_pointer()
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Some(abi) = abi::get()
            && !self.buffer.object.is_null()
        {
            // SAFETY: exports are dropped by attached threads only; the buffer was filled by
            // `PyObject_GetBuffer` and is released once.
            unsafe { abi.PyBuffer_Release((&raw mut self.buffer).cast()) };
        }
    }
}

/// Makes the class, once.
pub(crate) fn prepare(py: Py<'_>) -> Result<()> {
    let slots: [Slot; 9] = [
        slot(number::TP_NEW, super::slots::call!(new)),
        slot(number::TP_RICHCOMPARE, compare!(compare_bytes)),
        slot(number::TP_HASH, number_slot!(hash, isize)),
        slot(number::TP_REPR, unary!(repr)),
        slot(number::MP_LENGTH, number_slot!(length, isize)),
        slot(number::SQ_ITEM, item as *mut c_void),
        slot(number::MP_SUBSCRIPT, binary!(get)),
        slot(number::MP_ASS_SUBSCRIPT, setter!(set)),
        slot(number::BF_GETBUFFER, get_buffer as *mut c_void),
    ];
    BUFFER.create(
        py,
        &Definition {
            name: c"ffi.buffer",
            doc: c"buffer(cdata, size=-1)\n--\n\nThe bytes that a C pointer or array refers to, for reading and writing.",
            slots: &slots,
            base: None,
            open: false,
        },
    )
}

fn new<'a>(class: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = class.py();
    let [cdata, size] = arguments.bind("buffer", ["cdata", "size"], 1)?;
    let Some(cdata) = cdata else { return Ok(py.none()) };
    let Some(data) = value::data(cdata) else {
        let message =
            format_args!("buffer() argument 1 must be ffi.CData, not {}", names::class_name(cdata));
        return Err(py.raise(ExceptionKind::Type, message));
    };
    use super::types::Kind;
    if !matches!(data.ctype.kind, Kind::Pointer(_) | Kind::Array(..)) {
        let message = format_args!("expected a pointer or array cdata, got '{}'", data.ctype.name);
        return Err(py.raise(ExceptionKind::Type, message));
    }
    let asked = match size {
        Some(size) => size.as_index(py.exception_class(ExceptionKind::Overflow))?,
        None => -1,
    };
    value::usable(cdata)?;
    let length = match (usize::try_from(asked), data.target_size()) {
        (Ok(asked), _) => asked,
        (Err(_), Some(known)) => known,
        (Err(_), None) => {
            let message = format_args!("don't know the size pointed to by '{}'", data.ctype.name);
            return Err(py.raise(ExceptionKind::Type, message));
        }
    };
    let (weak, keeps) = (UnsafeCell::new(ptr::null_mut()), cdata.retain().keep());
    BUFFER.instance(py, Bytes { weak, start: data.address, length, keeps })
}

fn own(object: View<'_>) -> &Bytes {
    // SAFETY: Python calls slots with objects of the class.
    unsafe { BUFFER.get_unchecked(object) }
}

/// The memory is used until the result is dropped.
fn used<'a>(object: View<'a>) -> Result<value::Use<'a>> {
    value::Use::of(own(object).keeps.view(object.py()))
}

/// `bf_getbuffer`.
unsafe extern "C" fn get_buffer(object: Object, buffer: *mut c_void, flags: c_int) -> c_int {
    // SAFETY: Python calls it attached, with an object of the class and a structure to fill.
    unsafe {
        status_result(|py| {
            let Some(bytes) = py.view(object).map(|object| own(object)) else { return Ok(()) };
            value::usable(bytes.keeps.view(py))?;
            let (start, length) = (bytes.start.cast(), bytes.length as Size);
            py.check(py.abi().PyBuffer_FillInfo(buffer, object, start, length, 0, flags))?;
            Ok(())
        })
    }
}

/// `sq_item`, for iteration.
unsafe extern "C" fn item(object: Object, index: Size) -> Object {
    // SAFETY: as above.
    unsafe {
        object_result(|py| match py.view(object) {
            Some(object) => used(object).and_then(|_used| {
                at(object, index, "buffer index out of range")
                    .and_then(|at| py.bytes(std::slice::from_raw_parts(at, 1)))
            }),
            None => Ok(py.none()),
        })
    }
}

fn repr(object: View<'_>) -> Result<Owned<'_>> {
    let address = object.as_pointer() as usize;
    object.py().str(&format!("<ffi.buffer object at {address:#x}>"))
}

fn hash(object: View<'_>) -> Result<isize> {
    Err(object.py().raise(ExceptionKind::Type, "unhashable type: 'ffi.buffer'"))
}

fn length(object: View<'_>) -> Result<isize> {
    Ok(own(object).length as isize)
}

fn at(object: View<'_>, index: isize, message: &str) -> Result<*mut u8> {
    let bytes = own(object);
    match usize::try_from(index) {
        Ok(index) if index < bytes.length => Ok(bytes.start.wrapping_add(index)),
        _ => Err(object.py().raise(ExceptionKind::Index, message)),
    }
}

/// Start and end of a slice inside the buffer, as Python clips them.
fn span(object: View<'_>, key: View<'_>) -> Result<(*mut u8, usize)> {
    let py = object.py();
    let bytes = own(object);
    let step = key.attr(c"step")?;
    if !step.is_none() && step.as_index(py.exception_class(ExceptionKind::Index))? != 1 {
        let message = "buffer doesn't support slicing with step != 1";
        return Err(py.raise(ExceptionKind::Type, message));
    }
    let bound = |which, default: usize| -> Result<usize> {
        let bound = key.attr(which)?;
        if bound.is_none() {
            return Ok(default);
        }
        // Without an exception for overflow, the number is clipped.
        let index = bound.as_clipped_index()?;
        Ok(match usize::try_from(index) {
            Ok(index) => index.min(bytes.length),
            Err(_) => bytes.length.saturating_sub(index.unsigned_abs()),
        })
    };
    let (start, stop) = (bound(c"start", 0)?, bound(c"stop", bytes.length)?);
    Ok((bytes.start.wrapping_add(start), stop.saturating_sub(start)))
}

/// `buffer[key]`.
fn get<'a>(object: View<'a>, key: View<'a>) -> Result<Owned<'a>> {
    let py = object.py();
    let _used = used(object)?;
    let (start, length) = if key.is_slice() {
        span(object, key)?
    } else {
        (at(object, index(object, key)?, "buffer index out of range")?, 1)
    };
    // SAFETY: inside the memory that the buffer was made for, which its value keeps alive if
    // anybody does.
    py.bytes(unsafe { octets(start, length) })
}

/// So many bytes; none may be at NULL.
///
/// # Safety
///
/// They must be there, and stay as they are for `'a`.
unsafe fn octets<'a>(start: *const u8, length: usize) -> &'a [u8] {
    // SAFETY: says the caller.
    if length == 0 { &[] } else { unsafe { std::slice::from_raw_parts(start, length) } }
}

fn index(object: View<'_>, key: View<'_>) -> Result<isize> {
    let index = key.as_index(object.py().exception_class(ExceptionKind::Index))?;
    Ok(if index < 0 { index + own(object).length as isize } else { index })
}

/// `buffer[key] = new`.
fn set(object: View<'_>, key: View<'_>, new: Option<View<'_>>) -> Result<()> {
    let py = object.py();
    let _used = used(object)?;
    let Some(new) = new else {
        let message = "'del x[n]' not supported for buffer objects";
        return Err(py.raise(ExceptionKind::Type, message));
    };
    if key.is_slice() {
        let (start, length) = span(object, key)?;
        let source = Export::of(new, false)?;
        if source.length() != length {
            let message = "right operand length must match slice length";
            return Err(py.raise(ExceptionKind::Value, message));
        }
        // SAFETY: so many bytes on both sides; they may overlap.
        unsafe { ptr::copy(source.start(), start, length) };
        return Ok(());
    }
    let at = at(object, index(object, key)?, "buffer assignment index out of range")?;
    if new.is_bytes()
        && let [byte] = new.as_bytes()?
    {
        // SAFETY: inside the buffer.
        unsafe { at.write(*byte) };
        return Ok(());
    }
    let message = format_args!("must assign a bytes of length 1, not {}", new.class_name());
    Err(py.raise(ExceptionKind::Type, message))
}

/// Compares contents, with anything that has the buffer interface.
fn compare_bytes<'a>(object: View<'a>, other: View<'a>, operation: c_int) -> Result<Owned<'a>> {
    let py = object.py();
    let _used = used(object)?;
    let export = match Export::of(other, false) {
        Ok(export) => export,
        Err(raised) => {
            raised.forget(py);
            return Ok(py.not_implemented());
        }
    };
    let bytes = own(object);
    // SAFETY: both memories stay where they are while nothing else runs.
    let order = unsafe {
        let left = octets(bytes.start, bytes.length);
        left.cmp(octets(export.start(), export.length()))
    };
    Ok(py.bool(match operation {
        0 => order.is_lt(),
        1 => order.is_le(),
        2 => order.is_eq(),
        3 => order.is_ne(),
        4 => order.is_gt(),
        _ => order.is_ge(),
    }))
}
