//! What standard error says about failures: CFFI's words where users and tools know them, and more
//! behind them.

use std::fmt::Write as _;

use crate::python::{Exception, Py, Result, View};
use crate::spec::{Function, Module};

use super::attached::with_error_value;
use super::text;
use super::{errors, names};

/// Why a module could not be initialised.
pub(super) enum Failed<'a, 'b> {
    /// There is no interpreter, or it cannot be used.
    Start(&'b str),
    /// An exception.
    Raised(&'b Exception<'a>),
}

/// The block about a failed initialisation, which is printed once.
pub(super) fn init_failure(module: &'static Module, failed: &Failed<'_, '_>) -> String {
    let name = module.name();
    let mut block = String::from("Failed to initialize the Python embedding logic:\n\n");
    let py = match failed {
        Failed::Start(text) => {
            block.push_str(text.trim_end());
            block.push('\n');
            None
        }
        Failed::Raised(exception) => {
            let py = exception.value.py();
            block.push_str(&text::exception(py, exception));
            Some(py)
        }
    };
    let version = env!("CARGO_PKG_VERSION");
    // Writing into a `String` cannot fail.
    let _ = write!(block, "\nFrom: {name}\nembed-dll version: {version}\n");
    for line in py.into_iter().flat_map(surroundings) {
        block.push_str(&line);
        block.push('\n');
    }
    block.push('\n');
    block
}

/// Which Python it was, and where it looks for modules.
fn surroundings(py: Py<'_>) -> [String; 2] {
    let shown = |name, show: fn(View<'_>) -> Result<String>| {
        let value = py.sys(name);
        value.map_or_else(
            || String::from("?"),
            |value| {
                show(*value).unwrap_or_else(|raised| {
                    raised.forget(py);
                    String::from("?")
                })
            },
        )
    };
    let version = shown(c"version", |value| value.to_text()).replace('\n', " ");
    let library = crate::start::runtime().and_then(|runtime| runtime.library.as_deref());
    let library =
        library.map_or_else(|| String::from("the executable"), |path| path.display().to_string());
    let path = shown(c"path", |value| value.to_repr());
    [format!("Python: {version} in {library}"), format!("sys.path: {path}")]
}

/// What the function is about to return.
pub(crate) fn returning(function: &Function) -> &'static str {
    match with_error_value(function, |bytes| bytes.map(|_| ())) {
        Some(()) => "Returning the value of error=.",
        None => "Returning 0.",
    }
}

/// Where in a call something was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// While the argument with this number was converted.
    Argument(usize),
    /// In the Python function.
    Body,
    /// While its result was converted.
    Result,
    /// While the value that `onerror=` gave was converted, or in `onerror=` itself.
    Handler,
}

/// An exception in a function, as it is reported.
pub(crate) struct Report<'r, 'a> {
    /// The C function.
    pub(crate) function: &'static Function,
    /// The Python function.
    pub(crate) callable: View<'a>,
    /// What was raised.
    pub(crate) exception: &'r Exception<'a>,
    /// Where.
    pub(crate) place: Place,
    /// What more is known: the C type, the value.
    pub(crate) detail: Option<String>,
}

impl Report<'_, '_> {
    /// Prints it, or gives it to `sys.unraisablehook` if that was replaced, and notes the failure.
    pub(crate) fn give(&self) {
        let py = self.callable.py();
        text::register_lines(py, self.function.module);
        let block = self.block(py);
        match self.hooked(py) {
            Ok(true) => {}
            Ok(false) => text::to_stderr(py, &block),
            Err(raised) => {
                let exception = raised.take(py);
                let hook = text::exception(py, &exception);
                text::to_stderr(
                    py,
                    &format!("Exception ignored in sys.unraisablehook:\n{hook}{block}"),
                );
            }
        }
        errors::failed(self.function.module, &block);
    }

    /// `Exception ignored from cffi callback <function f at 0x…>`: CFFI's words.
    fn head(&self, py: Py<'_>) -> String {
        let callable = self.callable.to_repr().unwrap_or_else(|raised| {
            raised.forget(py);
            format!("<{}>", self.callable.class_name())
        });
        match self.place {
            Place::Handler => String::from(
                "Exception ignored during handling of the above exception by 'onerror'",
            ),
            Place::Result => format!(
                "Exception ignored from cffi callback {callable}, trying to convert the result back to C"
            ),
            Place::Argument(_) | Place::Body => {
                format!("Exception ignored from cffi callback {callable}")
            }
        }
    }

    fn block(&self, py: Py<'_>) -> String {
        let mut block = self.head(py);
        block.push_str(":\n");
        block.push_str(&text::exception(py, self.exception));
        if let Some(detail) = &self.detail {
            // Writing into a `String` cannot fail.
            let _ = writeln!(block, "  ({}() {detail})", names::qualified(self.function));
        }
        block
    }

    /// Whether `sys.unraisablehook` was replaced, and has the exception now.
    fn hooked(&self, py: Py<'_>) -> Result<bool> {
        let (Some(hook), Some(own)) = (py.sys(c"unraisablehook"), py.sys(c"__unraisablehook__"))
        else {
            return Ok(false);
        };
        if hook.is(*own) || hook.is_none() {
            return Ok(false);
        }
        // CPython's own class for this cannot be reached from outside; hooks read attributes.
        let arguments = py.import(c"types")?.attr(c"SimpleNamespace")?.call(&[])?;
        let none = py.none();
        let exception = self.exception;
        let traceback = exception.traceback.as_ref().map_or(*none, |traceback| **traceback);
        arguments.set_attr(c"exc_type", *exception.class)?;
        arguments.set_attr(c"exc_value", *exception.value)?;
        arguments.set_attr(c"exc_traceback", traceback)?;
        arguments.set_attr(c"err_msg", *py.str(&self.head(py))?)?;
        arguments.set_attr(c"object", *none)?;
        hook.call(&[*arguments])?;
        Ok(true)
    }
}
