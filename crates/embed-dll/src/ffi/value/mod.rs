//! C values as Python objects: `ffi.CData`.
//!
//! All of them are of one class to users. Behind it are three, which differ in what keeps the
//! memory alive: the base class refers to memory of somebody else, or is a number or a pointer
//! itself; [`Owning`] has memory of its own; [`Holding`] refers to Python objects, and therefore
//! takes part in garbage collection.

mod arithmetic;
mod attributes;
mod class;
mod hold;
mod index;
mod iterator;
mod memory;
mod numbers;
mod slice;

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr;

pub(crate) use class::prepare;
pub(crate) use hold::{Hold, Holding, Use, destroy};
pub(crate) use index::{count, item_at};
pub(crate) use memory::Memory;

use super::types::ctype::void_pointer;
use super::types::{Ct, Kind};
use crate::python::class::{Class, Payload};
use crate::python::{Owned, Py, Result, View};

/// The base class.
pub(crate) static CDATA: Class<CData> = Class::new();
/// The class of values with memory of their own.
pub(crate) static OWNING: Class<Owning> = Class::new();
/// The class of values that keep Python objects alive.
pub(crate) static HOLDING: Class<Holding> = Class::new();

/// What all C values have. It never changes after the object is made.
#[repr(C)]
pub(crate) struct CData {
    /// Weak references: CPython's.
    weak: UnsafeCell<*mut c_void>,
    /// The type.
    pub(crate) ctype: Ct,
    /// Of a pointer or function, the value; of an array or record, where it lies; of a number, the
    /// first eight bytes of the value.
    pub(crate) address: *mut u8,
    /// Of an array, the number of items; of a record with a flexible array, the bytes that it
    /// really has, or 0 if that is unknown; of a pointer to one that was made by `ffi.new()`, too;
    /// of a number, the next eight bytes.
    pub(crate) length: usize,
}

impl Payload for CData {
    const WEAK_LIST: Option<usize> = Some(offset_of!(CData, weak));
}

/// A value with memory of its own: what `ffi.new()` made, or a copy of a record.
#[repr(C)]
pub(crate) struct Owning {
    pub(crate) data: CData,
    memory: Memory,
}

impl Payload for Owning {
    const WEAK_LIST: Option<usize> = CData::WEAK_LIST;
}

impl CData {
    #[inline]
    fn new(ctype: Ct, address: *mut u8, length: usize) -> CData {
        CData { weak: UnsafeCell::new(ptr::null_mut()), ctype, address, length }
    }

    /// Where the bytes of the value are: of a number or a pointer, in the object itself.
    #[inline]
    pub(crate) fn bytes(&self) -> *const u8 {
        match self.ctype.kind {
            Kind::Array(..) | Kind::Record(_) => self.address,
            _ => (&raw const self.address).cast(),
        }
    }

    /// Size of the value in bytes, as `ffi.sizeof()` says.
    pub(crate) fn size(&self) -> Option<usize> {
        match self.ctype.kind {
            Kind::Array(item, None) => Some(item.size? * self.length),
            Kind::Record(record) if record.flexible && self.length != 0 => Some(self.length),
            _ => self.ctype.size,
        }
    }

    /// Number of bytes that a pointer, array or record is about: of a pointer, those of its item.
    pub(crate) fn target_size(&self) -> Option<usize> {
        match self.ctype.kind {
            Kind::Pointer(item) if item.is_flexible() && self.length != 0 => Some(self.length),
            Kind::Pointer(item) => item.size,
            _ => self.size(),
        }
    }
}

/// The C value that `object` is, if it is one.
#[inline]
pub(crate) fn data(object: View<'_>) -> Option<&CData> {
    CDATA.get(object)
}

/// The same, if it is of the base class itself: it refers to no memory that could be released.
#[inline]
pub(crate) fn plain(object: View<'_>) -> Option<&CData> {
    // SAFETY: of the class.
    object.class().is(CDATA.class(object.py())).then(|| unsafe { CDATA.get_unchecked(object) })
}

/// What keeps the memory that `object` refers to alive, if not somebody outside of Python. Behind a
/// handle there is no memory: its object lives as long as the author keeps the handle.
pub(crate) fn keeper(object: View<'_>) -> Option<Owned<'_>> {
    let (class, py) = (object.class(), object.py());
    if class.is(OWNING.class(py)) {
        return Some(object.retain());
    }
    if !class.is(HOLDING.class(py)) {
        return None;
    }
    // SAFETY: of the class, as just seen.
    let holding = unsafe { HOLDING.get_unchecked(object) };
    if holding.look(|hold| matches!(hold, Hold::Handle(..))) {
        return None;
    }
    Some(holding.parent(py).unwrap_or_else(|| object.retain()))
}

/// Where the memory ends that `object` refers to, if it was made by `ffi.new()` and is known.
pub(crate) fn end(object: View<'_>) -> Option<usize> {
    let owner = keeper(object)?;
    let owner = owner.class().is(OWNING.class(object.py())).then_some(owner)?;
    let data = data(*owner)?;
    (data.address as usize).checked_add(data.target_size()?)
}

/// Raises if the memory of `object` was given up by `ffi.release()`.
///
/// # Errors
///
/// `ValueError`.
#[inline]
pub(crate) fn usable(object: View<'_>) -> Result<()> {
    Use::briefly(object, || true).map(drop)
}

/// Whether `object` was made by `ffi.new()`, or is the whole record that such a pointer is for.
pub(crate) fn owns(object: View<'_>) -> bool {
    let (class, py) = (object.class(), object.py());
    class.is(OWNING.class(py)) || HOLDING.get(object).is_some_and(Holding::is_whole)
}

/// A pointer or function value. One allocation; the memory it refers to is somebody else's.
#[inline]
pub(crate) fn pointer<'a>(py: Py<'a>, ctype: Ct, address: *mut u8) -> Result<Owned<'a>> {
    CDATA.instance(py, CData::new(ctype, address, 0))
}

/// `NULL` as a `void *`.
pub(crate) fn null(py: Py<'_>) -> Result<Owned<'_>> {
    pointer(py, void_pointer(), ptr::null_mut())
}

/// A number: `bits` are its bytes.
pub(crate) fn number<'a>(py: Py<'a>, ctype: Ct, bits: [u64; 2]) -> Result<Owned<'a>> {
    let address = ptr::without_provenance_mut(bits[0] as usize);
    CDATA.instance(py, CData::new(ctype, address, bits[1] as usize))
}

/// An array or record in memory that `owner`, if anybody, keeps alive. `length` as in [`CData`].
pub(crate) fn part<'a>(
    py: Py<'a>,
    ctype: Ct,
    address: *mut u8,
    length: usize,
    owner: Option<View<'_>>,
) -> Result<Owned<'a>> {
    let data = CData::new(ctype, address, length);
    match owner.and_then(keeper) {
        None => CDATA.instance(py, data),
        Some(keeper) => HOLDING.instance(py, Holding::new(py, data, Hold::Part(keeper.keep()))),
    }
}

/// The whole record that the pointer `owner`, made by `ffi.new()`, is for.
pub(crate) fn whole<'a>(py: Py<'a>, record: Ct, owner: View<'_>) -> Result<Owned<'a>> {
    let Some(pointer) = data(owner) else { return null(py) };
    let new = CData::new(record, pointer.address, pointer.length);
    HOLDING.instance(py, Holding::new(py, new, Hold::Whole(owner.retain().keep())))
}

/// A value that holds something.
pub(crate) fn holding<'a>(
    py: Py<'a>,
    ctype: Ct,
    address: *mut u8,
    length: usize,
    hold: Hold,
) -> Result<Owned<'a>> {
    HOLDING.instance(py, Holding::new(py, CData::new(ctype, address, length), hold))
}

/// A pointer, array or record with `size` bytes of zeros of its own.
///
/// # Errors
///
/// `MemoryError`.
pub(crate) fn allocate<'a>(py: Py<'a>, ctype: Ct, size: usize, length: usize) -> Result<Owned<'a>> {
    let memory = Memory::zeroed(py, size)?;
    let data = CData::new(ctype, memory.start(), length);
    OWNING.instance(py, Owning { data, memory })
}

/// A copy of the record at `from`.
///
/// # Safety
///
/// There must be a record of that type at `from`.
pub(crate) unsafe fn copy_record<'a>(py: Py<'a>, ctype: Ct, from: *const u8) -> Result<Owned<'a>> {
    let size = ctype.size.unwrap_or(0);
    let memory = Memory::zeroed(py, size)?;
    // SAFETY: so many bytes are there, says the caller; the memory is new and as large.
    unsafe { ptr::copy_nonoverlapping(from, memory.start(), size) };
    let data = CData::new(ctype, memory.start(), 0);
    OWNING.instance(py, Owning { data, memory })
}
