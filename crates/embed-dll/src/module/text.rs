//! Texts for people: where they are written, and how exceptions become text.

use std::io::Write;
use std::os::fd::{FromRawFd, OwnedFd};

use crate::python::{Exception, Py, Result, View};
use crate::spec::Module;

use super::names;

/// Writes to file descriptor 2 at once, whatever Python's `sys.stderr` is. Each text is one write,
/// so that lines of several threads do not mix.
pub(crate) fn to_descriptor(text: &str) {
    // SAFETY: the descriptor is not closed by this: it is given back below. If it is closed in this
    // process, the write fails, and nothing can be said to anybody.
    let mut stderr =
        std::mem::ManuallyDrop::new(std::fs::File::from(unsafe { OwnedFd::from_raw_fd(2) }));
    let _ = stderr.write_all(text.as_bytes());
}

/// Writes to `sys.stderr`, and flushes, since Python 3.8 keeps back what it writes to a file or
/// pipe. Where there is no `sys.stderr`, or it fails, the text goes to file descriptor 2.
pub(crate) fn to_stderr(py: Py<'_>, text: &str) {
    if let Err(raised) = write(py, text) {
        raised.forget(py);
        to_descriptor(text);
    }
}

fn write(py: Py<'_>, text: &str) -> Result<()> {
    let Some(stderr) = sys(py, c"stderr").filter(|stderr| !stderr.is_none()) else {
        to_descriptor(text);
        return Ok(());
    };
    let stderr = stderr.retain();
    stderr.attr(c"write")?.call(&[*py.str(text)?])?;
    // A stream that cannot be flushed has the text all the same.
    if let Err(raised) = stderr.attr(c"flush").and_then(|flush| flush.call(&[])) {
        raised.forget(py);
    }
    Ok(())
}

/// `sys.<name>`, borrowed.
pub(super) fn sys<'a>(py: Py<'a>, name: &std::ffi::CStr) -> Option<View<'a>> {
    // SAFETY: attached; the reference is borrowed and used, or made ours, before other code runs.
    unsafe { py.view(py.abi().PySys_GetObject(name.as_ptr())) }
}

/// Flushes `sys.stdout` and `sys.stderr`; what fails is nobody's error here.
#[cold]
pub(crate) fn flush(py: Py<'_>) {
    for name in [c"stdout", c"stderr"] {
        let Some(stream) = sys(py, name).filter(|stream| !stream.is_none()) else { continue };
        let stream = stream.retain();
        if let Err(raised) = stream.attr(c"flush").and_then(|flush| flush.call(&[])) {
            raised.forget(py);
        }
    }
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
        let Some(modules) = sys(py, c"modules") else { return Ok(()) };
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
