//! Making objects.

use std::ffi::{CStr, c_int};
use std::ptr;

use super::{Owned, Py, View};
use crate::python::abi::{Abi, Size};
use crate::python::class::MethodDef;
use crate::python::error::{Raised, Result};

impl<'a> Py<'a> {
    /// `None`.
    #[inline]
    pub fn none(self) -> Owned<'a> {
        self.immortal(|abi| abi._Py_NoneStruct).retain()
    }

    /// `NotImplemented`.
    pub fn not_implemented(self) -> Owned<'a> {
        self.immortal(|abi| abi._Py_NotImplementedStruct).retain()
    }

    /// `True` or `False`.
    #[inline]
    pub fn bool(self, value: bool) -> Owned<'a> {
        let pick = |abi: &'static Abi| if value { abi._Py_TrueStruct } else { abi._Py_FalseStruct };
        self.immortal(pick).retain()
    }

    /// An `int`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    #[inline]
    pub fn int(self, value: i64) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own(self.abi.PyLong_FromLongLong(value)) }
    }

    /// An `int`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    #[inline]
    pub fn uint(self, value: u64) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own(self.abi.PyLong_FromUnsignedLongLong(value)) }
    }

    /// A `float`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    #[inline]
    pub fn float(self, value: f64) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own(self.abi.PyFloat_FromDouble(value)) }
    }

    /// A `str`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn str(self, text: &str) -> Result<Owned<'a>> {
        // SAFETY: attached; the bytes are read during the call only.
        unsafe {
            self.own(self.abi.PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as Size))
        }
    }

    /// `bytes`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn bytes(self, bytes: &[u8]) -> Result<Owned<'a>> {
        // SAFETY: attached; the bytes are copied during the call.
        unsafe {
            self.own(self.abi.PyBytes_FromStringAndSize(bytes.as_ptr().cast(), bytes.len() as Size))
        }
    }

    /// A `tuple` of `items`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn tuple(self, items: &[View<'_>]) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        let tuple = unsafe { self.own(self.abi.PyTuple_New(items.len() as Size))? };
        for (index, item) in items.iter().enumerate() {
            let item = item.retain().into_pointer();
            // SAFETY: the tuple is new and nobody else has it; the reference to the item is given
            // away, also in case of an error.
            self.check(unsafe {
                self.abi.PyTuple_SetItem(tuple.as_pointer(), index as Size, item)
            })?;
        }
        Ok(tuple)
    }

    /// A function that belongs to no module.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn function(self, definition: &'static MethodDef) -> Result<Owned<'a>> {
        let definition = ptr::from_ref(definition).cast_mut().cast();
        // SAFETY: attached; the definition lives for ever, and is only read; a new reference or
        // null.
        unsafe {
            self.own(self.abi.PyCFunction_NewEx(definition, ptr::null_mut(), ptr::null_mut()))
        }
    }

    /// An empty `dict`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn dict(self) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own(self.abi.PyDict_New()) }
    }

    /// An empty `list`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn list(self) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own(self.abi.PyList_New(0)) }
    }

    /// A `list` of `str`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn str_list<T: AsRef<str>>(self, texts: impl IntoIterator<Item = T>) -> Result<Owned<'a>> {
        let list = self.list()?;
        for text in texts {
            list.append(*self.str(text.as_ref())?)?;
        }
        Ok(list)
    }

    /// An `int` between the least `i64` and the greatest `u64`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn wide_int(self, value: i128) -> Result<Owned<'a>> {
        match i64::try_from(value) {
            Ok(value) => self.int(value),
            Err(_) => self.uint(u64::try_from(value).unwrap_or(0)),
        }
    }

    /// `importlib.import_module(name)`, for the dotted name's last part.
    ///
    /// # Errors
    ///
    /// Whatever the import raises.
    pub fn import(self, name: &CStr) -> Result<Owned<'a>> {
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.own(self.abi.PyImport_ImportModule(name.as_ptr())) }
    }

    /// Turns the result of a C function that gives -1 on errors into a `Result`.
    ///
    /// # Errors
    ///
    /// [`Raised`] for a negative number.
    #[inline]
    pub fn check(self, code: c_int) -> Result<c_int> {
        if code < 0 { Err(Raised::already_set()) } else { Ok(code) }
    }
}
