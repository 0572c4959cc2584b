//! How large the header of an object is, where its type stands in it, and how a last reference looks.
//!
//! All depends on the build. The header has 16 bytes in an ordinary one, 32 in a free-threaded one
//! and in one with `--with-trace-refs` (until 3.12). `object.__basicsize__` is the size of the bare
//! header, and `ob_type` is its last field in all of them (CPython, `Include/object.h`,
//! `struct _object`, 3.8 to 3.15).
//!
//! In an ordinary build the count of references is the first field, of eight bytes, or of four with
//! four bytes of flags behind them since 3.14. So eight bytes that are 1 say that there is one
//! reference, and nothing else to care for, in each of them.

use std::ffi::CStr;
use std::mem::size_of;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::abi::{Abi, Object};

/// The minor versions of Python 3 in whose ordinary builds the count stands where it is said above; a
/// test compares those that are installed with their headers.
const COUNT_FIRST: RangeInclusive<u8> = 8..=15;

/// Where the count is not known to be: at the beginning of no object, neither as a count, nor as
/// the pointer or the number of a thread that stands there in other builds.
const NEVER: i64 = i64::MIN;

/// The shape of an object's header, measured when the interpreter runs, and what is known of its count
/// then.
pub struct Header {
    size: AtomicUsize,
    /// The first eight bytes of an object that has one reference, or [`NEVER`].
    last: AtomicI64,
}

impl Header {
    /// Not measured yet.
    pub(super) const fn unknown() -> Header {
        Header { size: AtomicUsize::new(0), last: AtomicI64::new(NEVER) }
    }

    /// Bytes before the data of an object: a multiple of the size of a pointer. 0 before
    /// [`Header::measure`].
    #[inline]
    pub fn size(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    /// The type of `object`, borrowed.
    ///
    /// # Safety
    ///
    /// `object` must be a live object, and the header measured.
    #[inline]
    pub unsafe fn type_of(&self, object: Object) -> Object {
        let offset = self.size() - size_of::<Object>();
        // SAFETY: `ob_type` is the last field of the header, which every live object has.
        unsafe { object.byte_add(offset).cast::<Object>().read() }
    }

    /// Whether the count is known to be first.
    #[cfg(test)]
    pub fn counts_first(&self) -> bool {
        self.last.load(Ordering::Relaxed) != NEVER
    }

    /// Takes the only reference to `object` away, which is to be given to `_Py_Dealloc` then, as
    /// `Py_DECREF` of CPython's headers does it. Says no, and changes nothing, if there are others,
    /// or if this build counts in another way.
    ///
    /// # Safety
    ///
    /// `object` must be a live object, the thread attached, and the reference the caller's.
    #[inline]
    pub unsafe fn take_last(&self, object: Object) -> bool {
        // SAFETY: every header begins with eight bytes, aligned for them. Where they are not the
        // count, they are only read here.
        let count = unsafe { AtomicI64::from_ptr(object.cast()) };
        if count.load(Ordering::Relaxed) != self.last.load(Ordering::Relaxed) {
            return false;
        }
        count.store(0, Ordering::Relaxed);
        true
    }

    /// Measures, once the interpreter runs.
    ///
    /// # Errors
    ///
    /// What is wrong: the interpreter is of a kind that this run time does not know.
    ///
    /// # Safety
    ///
    /// The interpreter must run and the calling thread must be attached to it.
    pub unsafe fn measure(&self, abi: &Abi) -> Result<(), &'static str> {
        // SAFETY: `object` is a type, and the caller is attached.
        let size = unsafe {
            let attribute =
                abi.PyObject_GetAttrString(abi.PyBaseObject_Type, c"__basicsize__".as_ptr());
            if attribute.is_null() {
                abi.PyErr_Clear();
                return Err("object.__basicsize__ cannot be read");
            }
            let size = abi.PyLong_AsSsize_t(attribute);
            abi.Py_DecRef(attribute);
            size
        };
        let size = usize::try_from(size).unwrap_or(0);
        if !(16..=64).contains(&size) || size % size_of::<Object>() != 0 {
            return Err("the header of an object has a size that no known CPython has");
        }
        self.size.store(size, Ordering::Relaxed);
        // SAFETY: `type` and `int` are live objects; what is read is compared, not followed.
        let agrees = unsafe {
            self.type_of(abi.PyLong_Type) == abi.PyType_Type
                && self.type_of(abi._Py_TrueStruct) == abi.PyBool_Type
        };
        if !agrees {
            return Err("ob_type is not the last field of an object's header");
        }
        // Functions that builds have which also count or list all references; and one that all have,
        // so that a `sys` which is not there yet says nothing.
        // SAFETY: attached; a borrowed reference or null, with no exception set.
        let has = |name: &CStr| unsafe { !abi.PySys_GetObject(name.as_ptr()).is_null() };
        let watched = has(c"gettotalrefcount") || has(c"getobjects") || !has(c"getrefcount");
        let (_, minor) = abi.version;
        let plain = size == 16 && !abi.free_threaded && !watched && COUNT_FIRST.contains(&minor);
        self.last.store(if plain { 1 } else { NEVER }, Ordering::Relaxed);
        Ok(())
    }
}
