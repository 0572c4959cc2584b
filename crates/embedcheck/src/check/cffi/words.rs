//! What CFFI writes to standard error.

use crate::check::workshop::known;
use crate::check::{Lab, LabError};
use crate::report::Producer;

/// A call after a failed initialisation. Two blanks before `Returning` (`_embedding.h` of CFFI).
pub(super) fn dead_call(function: &str) -> String {
    format!("function {function}() called, but initialization code failed.  Returning 0.\n")
}

/// A call of a function that nobody attached code to.
pub(super) fn unattached_call(function: &str) -> String {
    format!(
        "extern \"Python\": function {function}() called, but no code was attached to it yet with \
         @ffi.def_extern().  Returning 0.\n"
    )
}

/// An exception in a function.
pub(super) fn ignored(function: &str) -> String {
    format!("Exception ignored from cffi callback <function {function} at 0x…>:\n")
}

/// A result that does not convert; no traceback follows. embed-dll adds what it was to be.
pub(super) fn not_converted(producer: Producer, function: &str, error: &str) -> String {
    let types = match producer {
        Producer::Rust => format!(
            "  (_raises_cffi.{function}() returns 'int' in C; its Python function returned …)\n"
        ),
        _ => String::new(),
    };
    format!(
        "Exception ignored from cffi callback <function {function} at 0x…>, \
         trying to convert the result back to C:\n{error}\n{types}"
    )
}

/// The head of a traceback, and its only frame.
pub(super) fn traceback(producer: Producer, module: &str, line: usize, function: &str) -> String {
    format!(
        "Traceback (most recent call last):\n  \
         File \"<init code for '{module}'>\", line {line}, in {function}\n{}",
        // embed-dll shows the line, below which 3.13 marks a part of it.
        if producer == Producer::Rust { "    …\n…\n" } else { "" }
    )
}

/// The line of the frozen code on which `text` stands, counted from 1.
pub(super) fn line_of(fixture: &str, text: &str) -> Result<usize, LabError> {
    let lines = known(fixture)?.init.lines();
    let found = lines.zip(1..).find(|(line, _)| line.contains(text)).map(|(_, number)| number);
    found.ok_or_else(|| LabError::Internal(format!("{fixture}/init.py has no line {text:?}")))
}

/// The block that is printed once, when the initialisation fails.
///
/// Before Python 3.9 standard error is buffered when it is no terminal, and what comes after the
/// traceback is never flushed.
pub(super) fn init_failure(
    lab: &Lab<'_>,
    producer: Producer,
    module: &str,
    error: &str,
    backend: &str,
) -> Result<String, LabError> {
    if producer == Producer::Rust {
        return Ok(format!(
            "Failed to initialize the Python embedding logic:\n\n{error}\nFrom: {module}\n\
             embed-dll version: …\nPython: … in …\nsys.path: […]\n\n"
        ));
    }
    let head = "Failed to initialize the Python-CFFI embedding logic:\n\n";
    if is_before(lab, 9) {
        return Ok(format!("{head}{error}"));
    }
    let version = &lab.workshop.cffi()?.cffi_version;
    Ok(format!(
        "{head}{error}\nFrom: {module}\ncompiled with cffi version: {version}\n\
         _cffi_backend module: {backend}\nsys.path: […]\n\n"
    ))
}

/// An import that failed before the first line of the init code. Up to Python 3.11 the frames of
/// importlib are shown: CFFI calls `PyErr_Display` without setting the traceback that trims them.
pub(super) fn import_failure(lab: &Lab<'_>, error: &str) -> String {
    if is_before(lab, 12) {
        format!("Traceback (most recent call last):\n…\n{error}\n")
    } else {
        format!("{error}\n")
    }
}

fn is_before(lab: &Lab<'_>, minor: u32) -> bool {
    let version = &lab.target.version;
    (version.major, version.minor) < (3, minor)
}
