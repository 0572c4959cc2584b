//! The C declarations of both texts.

use embed_dll_cdecl::{Declarations, Dialect, Function, FunctionKind, is_reserved};
use proc_macro2::Span;
use syn::{Error, Result};

use crate::source::Source;

/// The declarations, and the texts that they were read from.
pub(crate) struct Declared {
    pub(crate) declarations: Declarations,
    pub(crate) texts: Vec<(Source, Dialect)>,
    /// How much was declared at the end of each text.
    counts: Vec<Counts>,
}

/// Lengths of the lists of declarations.
struct Counts {
    functions: usize,
    variables: usize,
    constants: usize,
    records: usize,
    numbers: usize,
}

/// A declaration, by its place in its list.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Function(usize),
    Variable(usize),
    Constant(usize),
    Record(usize),
    Number(usize),
}

impl Declared {
    /// Reads the API first, as the run time does.
    pub(crate) fn new(api: Option<Source>, cdef: Option<Source>) -> Result<Self> {
        let declarations = Declarations::new();
        let mut declared = Self { declarations, texts: Vec::new(), counts: Vec::new() };
        for (source, dialect) in [(api, Dialect::Api), (cdef, Dialect::Cdef)] {
            let Some(source) = source else { continue };
            let parsed = declared.declarations.parse(&source.text, dialect);
            parsed.map_err(|error| source.error(error.line, error.column, &error.kind))?;
            declared.texts.push((source, dialect));
            declared.counts.push(Counts {
                functions: declared.declarations.functions().len(),
                variables: declared.declarations.variables().len(),
                constants: declared.declarations.constants().len(),
                records: declared.declarations.records().len(),
                numbers: declared.declarations.numbers().len(),
            });
        }
        declared.check_names()?;
        Ok(declared)
    }

    /// Each name must be one in Rust. C compilers accept `$` in names, and so does the parser.
    fn check_names(&self) -> Result<()> {
        let declarations = &self.declarations;
        let functions = declarations.functions().iter().enumerate();
        let functions =
            functions.map(|(at, one)| (&*one.name, Some(Place::Function(at)), Some(one.line)));
        let variables = declarations.variables().iter().enumerate();
        let variables =
            variables.map(|(at, one)| (&*one.name, Some(Place::Variable(at)), Some(one.line)));
        let constants = declarations.constants().iter().enumerate();
        let constants =
            constants.map(|(at, one)| (&*one.name, Some(Place::Constant(at)), Some(one.line)));
        let fields = declarations.records().iter().enumerate().flat_map(|(at, record)| {
            let fields = record.fields.iter().flatten();
            fields.map(move |field| (&*field.name, Some(Place::Record(at)), None))
        });
        let typedefs = declarations.typedefs().map(|(name, _)| (name, None, None));
        let all = functions.chain(variables).chain(constants).chain(fields).chain(typedefs);
        let errors = all.filter(|(name, ..)| name.contains('$')).map(|(name, place, line)| {
            let problem =
                format!("`{name}` cannot be a name in Rust, which has no `$` in names: rename it");
            match (place, line) {
                (Some(place), Some(line)) => self.error(place, line, &problem),
                (Some(place), None) => Error::new(self.span(place), problem),
                _ => Error::new(Span::call_site(), problem),
            }
        });
        combined(errors)
    }

    /// What hosts see must not take the place of functions and variables of the C library. `prefix`
    /// is what names of this module could begin with.
    pub(crate) fn check_reserved(&self, prefix: &str) -> Result<()> {
        let declarations = &self.declarations;
        let functions = declarations.functions().iter().enumerate();
        let functions = functions.filter(|(_, function)| is_exported(function.kind));
        let functions =
            functions.map(|(at, one)| (&*one.name, Place::Function(at), one.line, "function"));
        let variables = declarations.variables().iter().enumerate();
        let variables =
            variables.map(|(at, one)| (&*one.name, Place::Variable(at), one.line, "variable"));
        let variables = variables.filter(|&(_, place, ..)| self.in_api(place));
        let reserved = functions.chain(variables).filter(|(name, ..)| is_reserved(name));
        let errors = reserved.map(|(name, place, line, what)| {
            let problem = format!(
                "`{name}` is a name of the C library: this DLL would export a {what} that Python \
                 and the host take for the library's; give it a prefix, such as `{prefix}_{name}`"
            );
            self.error(place, line, &problem)
        });
        combined(errors)
    }

    /// An error at the declaration of the function with this index.
    pub(crate) fn function_error(&self, index: usize, problem: &dyn std::fmt::Display) -> Error {
        self.error(Place::Function(index), self.declarations.functions()[index].line, problem)
    }

    fn error(&self, place: Place, line: usize, problem: &dyn std::fmt::Display) -> Error {
        match self.source(place) {
            Some(source) => source.error_at_line(line, problem),
            None => Error::new(Span::call_site(), problem),
        }
    }

    /// The literal with the text, or with the path of the text, that first names something: where
    /// messages about an item that the author wrote for it point at.
    pub(crate) fn span(&self, place: Place) -> Span {
        self.source(place).map_or_else(Span::call_site, |source| source.span)
    }

    /// Whether something is first named in the API, and so promised to hosts.
    pub(crate) fn in_api(&self, place: Place) -> bool {
        self.text(place).is_some_and(|(_, dialect)| *dialect == Dialect::Api)
    }

    fn source(&self, place: Place) -> Option<&Source> {
        self.text(place).map(|(source, _)| source)
    }

    fn text(&self, place: Place) -> Option<&(Source, Dialect)> {
        let text = self.counts.iter().position(|counts| match place {
            Place::Function(index) => index < counts.functions,
            Place::Variable(index) => index < counts.variables,
            Place::Constant(index) => index < counts.constants,
            Place::Record(index) => index < counts.records,
            Place::Number(index) => index < counts.numbers,
        });
        self.texts.get(text?)
    }

    /// The functions with their index.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (usize, &Function)> {
        self.declarations.functions().iter().enumerate()
    }
}

/// All errors as one, if there are any.
fn combined(errors: impl Iterator<Item = Error>) -> Result<()> {
    let errors = errors.reduce(|mut errors, error| {
        errors.combine(error);
        errors
    });
    errors.map_or(Ok(()), Err)
}

/// Whether Python implements functions of this kind.
pub(crate) fn in_python(kind: FunctionKind) -> bool {
    !matches!(kind, FunctionKind::C)
}

/// Whether functions of this kind are visible outside of the DLL.
pub(crate) fn is_exported(kind: FunctionKind) -> bool {
    matches!(kind, FunctionKind::Exported | FunctionKind::PythonAndC)
}
