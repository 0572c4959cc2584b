//! Structures and unions: their fields, found by name.

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::OnceLock;

use embed_dll_cdecl::RecordId;

use super::ctype::Ct;
use super::declared::Inner;
use crate::python::abi::Object;
use crate::python::{Key, Py, Result, View};

/// A structure or union.
pub(crate) struct RecordInfo {
    /// The module whose declarations it is from.
    pub(super) declared: &'static Inner,
    /// Which of them.
    pub(super) id: RecordId,
    /// Whether it is a union.
    pub(crate) union: bool,
    /// Whether it has no fields that anybody knows of.
    pub(crate) opaque: bool,
    /// Whether the last field is an array of unknown length.
    pub(crate) flexible: bool,
    pub(super) fields: OnceLock<Fields>,
}

/// The fields of a record, with those of records without a name in it.
pub(crate) struct Fields {
    /// In the order of their declaration.
    pub(crate) list: Vec<Field>,
    /// Which of them initialisers without names set: of a union, and of each union in it, the first.
    pub(crate) positional: Vec<usize>,
    by_name: HashMap<Box<str>, usize>,
    /// Their names as interned Python strings, once an attribute was asked for.
    names: OnceLock<Names>,
}

/// A field.
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: Box<str>,
    /// Its type.
    pub(crate) ctype: Ct,
    /// Bytes from the start of the record; of a bit field, of the unit that it is in.
    pub(crate) offset: usize,
    /// Lowest bit and width of a bit field.
    pub(crate) bits: Option<(u8, u8)>,
}

struct Names {
    objects: Vec<Key>,
    /// From the address of a name to the number of the field; only where a search would be slow.
    index: HashMap<usize, usize>,
}

/// So many fields are searched one by one.
const FEW: usize = 12;

impl RecordInfo {
    /// Its fields; none if it is opaque.
    #[inline]
    pub(crate) fn fields(&self) -> &Fields {
        self.fields.get_or_init(|| self.declared.resolve(self.id))
    }
}

impl Fields {
    pub(super) fn new(list: Vec<Field>, positional: Vec<usize>) -> Fields {
        let by_name = list.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect();
        Fields { list, positional, by_name, names: OnceLock::new() }
    }

    /// The field of this name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).map(|&at| &self.list[at])
    }

    /// The field that an attribute name means. Names in code are interned, so that comparing
    /// addresses finds them.
    #[inline]
    pub(crate) fn find(&self, name: View<'_>) -> Result<Option<&Field>> {
        let names = match self.names.get() {
            Some(names) => names,
            None => self.prepare(name.py())?,
        };
        let pointer = name.as_pointer();
        let found = if names.index.is_empty() {
            names.objects.iter().position(|object| object.as_pointer() == pointer)
        } else {
            names.index.get(&(pointer as usize)).copied()
        };
        match found {
            Some(at) => Ok(Some(&self.list[at])),
            None => self.find_text(name),
        }
    }

    #[cold]
    fn find_text(&self, name: View<'_>) -> Result<Option<&Field>> {
        if !name.is_str() {
            return Ok(None);
        }
        match name.utf8() {
            Ok(text) => Ok(self.by_name(text)),
            Err(raised) => {
                // A lone surrogate names no field.
                raised.forget(name.py());
                Ok(None)
            }
        }
    }

    #[cold]
    fn prepare(&self, py: Py<'_>) -> Result<&Names> {
        let mut objects = Vec::with_capacity(self.list.len());
        for field in &self.list {
            let text = CString::new(&*field.name).unwrap_or_default();
            // SAFETY: attached; a new reference or null.
            let name = unsafe { py.own(py.abi().PyUnicode_InternFromString(text.as_ptr()))? };
            objects.push(name.keep());
        }
        let index = if objects.len() > FEW {
            let address = |key: &Key| -> Object { key.as_pointer() };
            objects.iter().enumerate().map(|(at, key)| (address(key) as usize, at)).collect()
        } else {
            HashMap::new()
        };
        // Another thread may have been faster; both tables are right.
        let _ = self.names.set(Names { objects, index });
        Ok(self.names.get().expect("set just now"))
    }
}
