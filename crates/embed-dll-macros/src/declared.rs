//! The C declarations of both texts.

use embed_dll_cdecl::{Declarations, Dialect, Function, FunctionKind};
use proc_macro2::Span;
use syn::{Error, Result};

use crate::source::Source;

/// The declarations, and the texts that they were read from.
pub(crate) struct Declared {
    pub(crate) declarations: Declarations,
    pub(crate) texts: Vec<(Source, Dialect)>,
    /// How many of the functions stand in the first of the texts, and so on.
    functions: Vec<usize>,
    variables: Vec<usize>,
}

impl Declared {
    /// Reads the API first, as the run time does.
    pub(crate) fn new(api: Option<Source>, cdef: Option<Source>) -> Result<Self> {
        let mut declared = Self {
            declarations: Declarations::new(),
            texts: Vec::new(),
            functions: Vec::new(),
            variables: Vec::new(),
        };
        for (source, dialect) in [(api, Dialect::Api), (cdef, Dialect::Cdef)] {
            let Some(source) = source else { continue };
            let parsed = declared.declarations.parse(&source.text, dialect);
            parsed.map_err(|error| source.error(error.line, error.column, &error.kind))?;
            declared.texts.push((source, dialect));
            declared.functions.push(declared.declarations.functions().len());
            declared.variables.push(declared.declarations.variables().len());
        }
        Ok(declared)
    }

    /// An error at the declaration of the function with this index.
    pub(crate) fn function_error(&self, index: usize, problem: &dyn std::fmt::Display) -> Error {
        let line = self.declarations.functions()[index].line;
        self.source(&self.functions, index).error_at_line(line, problem)
    }

    /// An error about the declarations that has no line.
    pub(crate) fn error(&self, problem: &str) -> Error {
        let span = self.texts.first().map_or_else(Span::call_site, |(source, _)| source.span);
        Error::new(span, problem)
    }

    /// The text in which the function with this index is declared.
    pub(crate) fn function_source(&self, index: usize) -> &Source {
        self.source(&self.functions, index)
    }

    /// The text in which the variable with this index is declared.
    pub(crate) fn variable_source(&self, index: usize) -> &Source {
        self.source(&self.variables, index)
    }

    fn source(&self, counts: &[usize], index: usize) -> &Source {
        let text = counts.iter().position(|&count| index < count);
        &self.texts[text.unwrap_or(self.texts.len() - 1)].0
    }

    /// The functions with their index.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (usize, &Function)> {
        self.declarations.functions().iter().enumerate()
    }
}

/// Whether Python implements functions of this kind.
pub(crate) fn in_python(kind: FunctionKind) -> bool {
    !matches!(kind, FunctionKind::C)
}

/// Whether functions of this kind are visible outside of the DLL.
pub(crate) fn is_exported(kind: FunctionKind) -> bool {
    matches!(kind, FunctionKind::Exported | FunctionKind::PythonAndC)
}
