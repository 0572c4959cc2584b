//! Declarations that stand for items of the author: those under `rust:`.

use std::collections::HashMap;

use embed_dll_cdecl::{Declarations, FunctionKind, Record};
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::{Error, Result};

use super::naming::{Names, records};

/// Names of C with the place where the author lists them.
pub(crate) struct Theirs {
    listed: HashMap<String, Span>,
}

impl Theirs {
    pub(crate) fn new(list: &[Ident]) -> Result<Self> {
        let mut listed = HashMap::new();
        for name in list {
            let text = name.unraw().to_string();
            if listed.insert(text, name.span()).is_some() {
                return Err(Error::new(name.span(), format!("`{name}` is listed twice")));
            }
        }
        Ok(Self { listed })
    }

    /// Where the author lists the name, if he does.
    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.listed.get(name).copied()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.listed.contains_key(name)
    }

    /// Whether the author writes the type of a record: he says so, or C leaves something open with
    /// `...` that only Rust knows.
    pub(crate) fn has_record(&self, record: &Record, name: &Ident) -> bool {
        let open = || record.fields.iter().flatten().any(|field| field.open_length);
        self.has(&name.unraw().to_string()) || record.partial || open()
    }

    /// Each name must be that of something that Rust can define in place of the macro.
    pub(crate) fn check(&self, declarations: &Declarations, names: &Names) -> Result<()> {
        for (name, span) in &self.listed {
            let function = declarations.functions().iter().find(|function| function.name == *name);
            let problem = match function.map(|function| function.kind) {
                Some(FunctionKind::Exported) => continue,
                Some(FunctionKind::C) => "is taken from Rust anyway",
                Some(_) => "is declared as implemented in Python",
                None if declarations.variables().iter().any(|variable| variable.name == *name) => {
                    "is a variable, which is taken from Rust anyway"
                }
                None if declarations.constants().iter().any(|constant| constant.name == *name) => {
                    continue;
                }
                None if records(declarations).any(|id| names.record(id).unraw() == name) => {
                    continue;
                }
                None => "is no function, constant, structure or union of `api` or `cdef`",
            };
            let problem = format!("`{name}` {problem}: take it out of the list");
            return Err(Error::new(*span, problem));
        }
        Ok(())
    }
}
