//! Texts for people: where they are written, and how exceptions become text.

use crate::descriptor::to_descriptor;
use crate::python::{Exception, Py, Result, View};
use crate::spec::Module;

use super::names;

/// Writes to `sys.stderr`, and flushes, since Python 3.8 keeps back what it writes to a file or
/// pipe. Where there is no `sys.stderr`, or it fails, the text goes to file descriptor 2.
pub(crate) fn to_stderr(py: Py<'_>, text: &str) {
    if let Err(raised) = write(py, text) {
        raised.forget(py);
        to_descriptor(text);
    }
}

fn write(py: Py<'_>, text: &str) -> Result<()> {
    let Some(stderr) = py.sys(c"stderr").filter(|stderr| !stderr.is_none()) else {
        to_descriptor(text);
        return Ok(());
    };
    stderr.attr(c"write")?.call(&[*py.str(text)?])?;
    // A stream that cannot be flushed has the text all the same.
    if let Err(raised) = stderr.attr(c"flush").and_then(|flush| flush.call(&[])) {
        raised.forget(py);
    }
    Ok(())
}

/// The exception as Python prints it, with its traceback and the exceptions that it came from.
/// Ends with a line end.
pub(super) fn exception(py: Py<'_>, exception: &Exception<'_>) -> String {
    formatted(py, exception).unwrap_or_else(|raised| {
        // Too deep in recursion, or out of memory, for Python code to run.
        raised.forget(py);
        last_line(py, exception)
    })
}

fn formatted(py: Py<'_>, exception: &Exception<'_>) -> Result<String> {
    let none = py.none();
    let traceback = exception.traceback.as_ref().map_or(*none, |traceback| **traceback);
    let format = py.import(c"traceback")?.attr(c"format_exception")?;
    let lines = format.call(&[*exception.class, *exception.value, traceback])?;
    py.str("")?.attr(c"join")?.call(&[*lines])?.to_text()
}

/// `ValueError: text`, made with as little as possible.
pub(super) fn last_line(py: Py<'_>, exception: &Exception<'_>) -> String {
    let name = exception.value.class_name();
    match exception.value.to_text() {
        Ok(text) if text.is_empty() => format!("{name}\n"),
        Ok(text) => format!("{name}: {text}\n"),
        Err(raised) => {
            raised.forget(py);
            format!("{name}: <exception str() failed>\n")
        }
    }
}

/// Gives `linecache` the lines of the init code, so that tracebacks show them.
pub(super) fn register_lines(py: Py<'_>, module: &'static Module) {
    let registered = py.import(c"linecache").and_then(|linecache| add_lines(*linecache, module));
    if let Err(raised) = registered {
        raised.forget(py);
    }
}

/// The same, but only if `linecache` has been imported: that takes milliseconds, which a start that
/// goes well should not cost. Reports register the lines before they format anything.
pub(super) fn register_lines_if_cheap(py: Py<'_>, module: &'static Module) {
    let registered = py.str("linecache").and_then(|name| {
        let Some(modules) = py.sys(c"modules") else { return Ok(()) };
        match modules.dict_get(*name)? {
            Some(linecache) => add_lines(*linecache, module),
            None => Ok(()),
        }
    });
    if let Err(raised) = registered {
        raised.forget(py);
    }
}

/// `linecache.cache[file] = (size, None, lines, file)`; entries without a time are never checked
/// against a file.
fn add_lines(linecache: View<'_>, module: &'static Module) -> Result<()> {
    let py = linecache.py();
    let cache = linecache.attr(c"cache")?;
    let file = py.str(&names::init_file(module))?;
    if cache.dict_get(*file)?.is_some() {
        return Ok(());
    }
    let source = py.str(&module.spec.init.to_string_lossy())?;
    let lines = source.attr(c"splitlines")?.call(&[*py.bool(true)])?;
    let size = py.int(module.spec.init.count_bytes() as i64)?;
    let entry = py.tuple(&[*size, *py.none(), *lines, *file])?;
    cache.set_item(*file, *entry)
}
