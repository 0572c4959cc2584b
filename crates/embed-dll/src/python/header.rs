//! How large the header of an object is, and where its type stands in it.
//!
//! Both depend on the build: 16 bytes in an ordinary one, 32 in a free-threaded one and in one with
//! `--with-trace-refs`. `object.__basicsize__` is the size of the bare header, and `ob_type` is its
//! last field in all of them (CPython, `Include/object.h`, `struct _object`, 3.8 to 3.15).

use std::mem::size_of;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::abi::{Abi, Object};

/// The shape of an object's header, measured when the interpreter runs.
pub struct Header {
    size: AtomicUsize,
}

impl Header {
    /// Not measured yet.
    pub(super) const fn unknown() -> Header {
        Header { size: AtomicUsize::new(0) }
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
        if agrees { Ok(()) } else { Err("ob_type is not the last field of an object's header") }
    }
}
