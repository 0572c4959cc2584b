//! The arguments of a call.

use crate::python::abi::{Object, Size};
use crate::python::error::{ExceptionKind, Result};
use crate::python::object::{Py, View};

/// Arguments of a call: the positional ones, then the values of the keywords.
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    values: &'a [Object],
    positional: usize,
    names: Option<View<'a>>,
    py: Py<'a>,
}

impl<'a> Arguments<'a> {
    /// From what `METH_FASTCALL | METH_KEYWORDS` gives.
    ///
    /// # Safety
    ///
    /// As Python calls such a function.
    pub unsafe fn new(py: Py<'a>, values: *const Object, positional: Size, names: Object) -> Self {
        // SAFETY: a tuple or null, alive during the call.
        let names = unsafe { py.view(names) };
        let keywords = names.map_or(0, |names| {
            // SAFETY: a tuple.
            unsafe { py.abi().PyTuple_Size(names.as_pointer()) }
        });
        let positional = positional as usize;
        let count = positional + keywords as usize;
        let values = if count == 0 {
            &[]
        } else {
            // SAFETY: Python passes that many references, alive during the call.
            unsafe { std::slice::from_raw_parts(values, count) }
        };
        Arguments { values, positional, names, py }
    }

    /// How many positional arguments there are.
    pub fn len(&self) -> usize {
        self.positional
    }

    /// Whether there are keyword arguments.
    pub fn has_keywords(&self) -> bool {
        self.values.len() > self.positional
    }

    /// Whether there is a keyword argument of this name.
    ///
    /// # Errors
    ///
    /// A name that is no text.
    pub fn has_keyword(&self, name: &str) -> Result<bool> {
        Ok(self.keywords()?.iter().any(|(keyword, _)| keyword == name))
    }

    /// Whether there is no positional argument.
    pub fn is_empty(&self) -> bool {
        self.positional == 0
    }

    /// A positional argument.
    pub fn get(&self, index: usize) -> Option<View<'a>> {
        let value = *self.values[..self.positional].get(index)?;
        // SAFETY: alive during the call.
        unsafe { self.py.view(value) }
    }

    /// All positional arguments.
    pub fn positional(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        let (values, positional, py) = (self.values, self.positional, self.py);
        // SAFETY: alive during the call, and never null.
        values[..positional].iter().filter_map(move |&value| unsafe { py.view(value) })
    }

    /// The keywords with their values.
    ///
    /// # Errors
    ///
    /// A name that is no text.
    pub fn keywords(&self) -> Result<Vec<(String, View<'a>)>> {
        let Some(names) = self.names else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (index, &value) in self.values[self.positional..].iter().enumerate() {
            // SAFETY: a tuple with that many names; both references live during the call.
            let (name, value) = unsafe {
                let name = self.py.abi().PyTuple_GetItem(names.as_pointer(), index as Size);
                (self.py.view(name), self.py.view(value))
            };
            if let (Some(name), Some(value)) = (name, value) {
                found.push((name.to_text()?, value));
            }
        }
        Ok(found)
    }

    /// Binds positional and keyword arguments to `parameters`, as a Python function written
    /// `def function(a, b=None)` would: `required` of them must be there.
    ///
    /// # Errors
    ///
    /// `TypeError` with the words that CPython uses.
    pub fn bind<const N: usize>(
        &self,
        function: &str,
        parameters: [&str; N],
        required: usize,
    ) -> Result<[Option<View<'a>>; N]> {
        let mut bound = [None; N];
        if self.positional > N {
            let plural = if N == 1 { "" } else { "s" };
            return Err(self.py.raise(
                ExceptionKind::Type,
                format_args!(
                    "{function}() takes at most {N} argument{plural} ({} given)",
                    self.positional
                ),
            ));
        }
        for (place, value) in bound.iter_mut().zip(self.positional()) {
            *place = Some(value);
        }
        for (name, value) in self.keywords()? {
            let Some(index) = parameters.iter().position(|parameter| *parameter == name) else {
                return Err(self.py.raise(
                    ExceptionKind::Type,
                    format_args!("{function}() got an unexpected keyword argument '{name}'"),
                ));
            };
            if bound[index].replace(value).is_some() {
                return Err(self.py.raise(
                    ExceptionKind::Type,
                    format_args!("{function}() got multiple values for argument '{name}'"),
                ));
            }
        }
        if let Some(missing) = (0..required).find(|&index| bound[index].is_none()) {
            return Err(self.py.raise(
                ExceptionKind::Type,
                format_args!(
                    "{function}() missing required argument '{}' (pos {})",
                    parameters[missing],
                    missing + 1
                ),
            ));
        }
        Ok(bound)
    }
}
