//! Asking objects, and changing them.

use std::ffi::CStr;

use super::{Owned, View};
use crate::python::abi::{Object, Size};
use crate::python::error::{Raised, Result};

impl<'a> View<'a> {
    /// `getattr(self, name)`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn attr(self, name: &CStr) -> Result<Owned<'a>> {
        let abi = self.py.abi;
        // SAFETY: attached; returns a new reference or null.
        unsafe { self.py.own(abi.PyObject_GetAttrString(self.as_pointer(), name.as_ptr())) }
    }

    /// `setattr(self, name, value)`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn set_attr(self, name: &CStr, value: View<'_>) -> Result<()> {
        let abi = self.py.abi;
        // SAFETY: attached; the function takes its own references.
        self.py.check(unsafe {
            abi.PyObject_SetAttrString(self.as_pointer(), name.as_ptr(), value.as_pointer())
        })?;
        Ok(())
    }

    /// `self(*arguments)`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn call(self, arguments: &[View<'_>]) -> Result<Owned<'a>> {
        let arguments = self.py.tuple(arguments)?;
        self.call_tuple(*arguments, None)
    }

    /// `self(*arguments, **keywords)`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn call_tuple(self, arguments: View<'_>, keywords: Option<View<'_>>) -> Result<Owned<'a>> {
        let keywords = keywords.map_or(std::ptr::null_mut(), View::as_pointer);
        let abi = self.py.abi;
        // SAFETY: attached; a tuple, and a dict or null.
        unsafe {
            self.py.own(abi.PyObject_Call(self.as_pointer(), arguments.as_pointer(), keywords))
        }
    }

    /// `str(self)` as UTF-8; lone surrogates become `\udcxx` escapes.
    ///
    /// # Errors
    ///
    /// Whatever `__str__` raises.
    pub fn to_text(self) -> Result<String> {
        let py = self.py;
        // SAFETY: attached; each returns a new reference or null.
        unsafe {
            let text = py.own(py.abi.PyObject_Str(self.as_pointer()))?;
            let bytes = py.own(py.abi.PyUnicode_AsEncodedString(
                text.as_pointer(),
                c"utf-8".as_ptr(),
                c"backslashreplace".as_ptr(),
            ))?;
            Ok(String::from_utf8_lossy(bytes.as_bytes()?).into_owned())
        }
    }

    /// The text of a `str` as UTF-8, kept in the object itself.
    ///
    /// # Errors
    ///
    /// `TypeError` if it is none, `UnicodeEncodeError` for lone surrogates.
    pub fn utf8(self) -> Result<&'a str> {
        let mut length = 0;
        // SAFETY: attached; the bytes belong to the object, which lives for `'a`, and never change.
        unsafe {
            let start = self.py.abi.PyUnicode_AsUTF8AndSize(self.as_pointer(), &raw mut length);
            if start.is_null() {
                return Err(Raised::already_set());
            }
            let bytes = std::slice::from_raw_parts(start.cast(), length as usize);
            Ok(std::str::from_utf8_unchecked(bytes))
        }
    }

    /// `repr(self)` as [`View::to_text`] gives it.
    ///
    /// # Errors
    ///
    /// Whatever `__repr__` raises.
    pub fn to_repr(self) -> Result<String> {
        // SAFETY: attached; returns a new reference or null.
        let text = unsafe { self.py.own(self.py.abi.PyObject_Repr(self.as_pointer()))? };
        text.to_text()
    }

    /// The contents of a `bytes` object, which never change.
    ///
    /// # Errors
    ///
    /// `TypeError` if it is none.
    pub fn as_bytes(&self) -> Result<&[u8]> {
        let (mut start, mut length) = (std::ptr::null_mut(), 0);
        // SAFETY: attached; both are written on success.
        self.py.check(unsafe {
            self.py.abi.PyBytes_AsStringAndSize(self.as_pointer(), &raw mut start, &raw mut length)
        })?;
        // SAFETY: the bytes belong to the object, which `self` keeps alive, and never change.
        Ok(unsafe { std::slice::from_raw_parts(start.cast_const().cast(), length as usize) })
    }

    /// Its truth value.
    ///
    /// # Errors
    ///
    /// Whatever `__bool__` raises.
    pub fn truth(self) -> Result<bool> {
        // SAFETY: attached, a live object.
        let code = self.py.check(unsafe { self.py.abi.PyObject_IsTrue(self.as_pointer()) })?;
        Ok(code != 0)
    }

    /// `dict[key]` without raising `KeyError`.
    ///
    /// # Errors
    ///
    /// What `__hash__` or `__eq__` of the key raise.
    pub fn dict_get(self, key: View<'_>) -> Result<Option<Owned<'a>>> {
        let py = self.py;
        let (dict, key) = (self.as_pointer(), key.as_pointer());
        let mut found = std::ptr::null_mut();
        // SAFETY: attached; a dict.
        if let Some(code) = unsafe { py.abi.PyDict_GetItemRef(dict, key, &raw mut found) } {
            py.check(code)?;
            // SAFETY: a new reference or null, without an exception.
            return (code == 1).then(|| unsafe { py.own(found) }).transpose();
        }
        // SAFETY: attached; a dict; the result is borrowed and made ours before anything else runs:
        // every build without the GIL has the function above.
        unsafe {
            let found = py.abi.PyDict_GetItemWithError(dict, key);
            if found.is_null() && !py.abi.PyErr_Occurred().is_null() {
                return Err(Raised::already_set());
            }
            Ok(py.view(found).map(View::retain))
        }
    }

    /// `list.append(value)`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn append(self, value: View<'_>) -> Result<()> {
        let abi = self.py.abi;
        // SAFETY: attached; a list; the function takes its own reference.
        self.py.check(unsafe { abi.PyList_Append(self.as_pointer(), value.as_pointer()) })?;
        Ok(())
    }

    /// `self[key] = value`.
    ///
    /// # Errors
    ///
    /// Whatever it raises.
    pub fn set_item(self, key: View<'_>, value: View<'_>) -> Result<()> {
        let abi = self.py.abi;
        // SAFETY: attached; the function takes its own references.
        self.py.check(unsafe {
            abi.PyObject_SetItem(self.as_pointer(), key.as_pointer(), value.as_pointer())
        })?;
        Ok(())
    }

    /// `self[index]` of a sequence, with a reference of one's own.
    ///
    /// # Errors
    ///
    /// `IndexError`, or what it raises.
    pub fn sequence_item(self, index: usize) -> Result<Owned<'a>> {
        let abi = self.py.abi;
        // SAFETY: attached; a new reference or null.
        unsafe { self.py.own(abi.PySequence_GetItem(self.as_pointer(), index as Size)) }
    }

    /// `len(self)`.
    ///
    /// # Errors
    ///
    /// What it raises.
    pub fn length(self) -> Result<usize> {
        let abi = self.py.abi;
        // SAFETY: attached; a live object.
        let length = unsafe { abi.PyObject_Size(self.as_pointer()) };
        usize::try_from(length).map_err(|_| Raised::already_set())
    }

    /// As an index: an `int`, or an object with `__index__`.
    ///
    /// # Errors
    ///
    /// `TypeError` for other objects, the exception `overflow` if it does not fit.
    pub fn as_index(self, overflow: View<'_>) -> Result<isize> {
        self.index(overflow.as_pointer())
    }

    /// As [`View::as_index`], with what is too large or too small clipped.
    ///
    /// # Errors
    ///
    /// `TypeError` for what is no index.
    pub fn as_clipped_index(self) -> Result<isize> {
        self.index(std::ptr::null_mut())
    }

    /// `overflow` is an exception class, or null, which asks for clipping.
    fn index(self, overflow: Object) -> Result<isize> {
        let abi = self.py.abi;
        // SAFETY: attached; a live object, and as said.
        let index = unsafe { abi.PyNumber_AsSsize_t(self.as_pointer(), overflow) };
        // SAFETY: attached.
        if index == -1 && unsafe { !abi.PyErr_Occurred().is_null() } {
            return Err(Raised::already_set());
        }
        Ok(index)
    }

    /// `dict[key] = value`.
    ///
    /// # Errors
    ///
    /// What `__hash__` or `__eq__` of the key raise.
    pub fn dict_set(self, key: &CStr, value: View<'_>) -> Result<()> {
        let abi = self.py.abi;
        // SAFETY: attached; a dict; the function takes its own references.
        self.py.check(unsafe {
            abi.PyDict_SetItemString(self.as_pointer(), key.as_ptr(), value.as_pointer())
        })?;
        Ok(())
    }
}
