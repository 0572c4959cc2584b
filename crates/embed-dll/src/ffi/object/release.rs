//! `ffi.gc()` and `ffi.release()`.

use super::argument;
use crate::ffi::value::{self, HOLDING, Hold, Holding, OWNING, destroy};
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Raised, Result, View};

/// `ffi.gc(cdata, destructor, size=0)`. The size is a hint for PyPy.
pub(super) fn gc<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [cdata, destructor, _size] = arguments.bind("gc", ["cdata", "destructor", "size"], 2)?;
    let cdata = argument::required(ffi, cdata)?;
    let data = argument::cdata("gc", cdata)?;
    let destructor = argument::required(ffi, destructor)?;
    if !destructor.is_none() {
        let hold = Hold::Destructor(cdata.retain().keep(), Some(destructor.retain().keep()));
        return value::holding(py, data.ctype, data.address, data.length, hold);
    }
    if HOLDING.get(cdata).is_some_and(Holding::disarm) {
        return Ok(py.none());
    }
    let message = "Can remove destructor only on a object previously returned by ffi.gc()";
    Err(py.raise(ExceptionKind::Type, message))
}

/// `ffi.release(cdata)`.
pub(super) fn release<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let [cdata] = arguments.bind("release", ["cdata"], 1)?;
    release_value(argument::required(ffi, cdata)?)?;
    Ok(ffi.py().none())
}

fn refused(cdata: View<'_>) -> Raised {
    let message = "only 'cdata' object from ffi.new(), ffi.gc(), ffi.from_buffer() or \
                   ffi.new_allocator()() can be used with the 'with' keyword or ffi.release()";
    cdata.py().raise(ExceptionKind::Value, message)
}

/// Whether there is anything to release, now or at some time before.
///
/// # Errors
///
/// `ValueError` if not, `TypeError` for what is no C value.
pub(in crate::ffi) fn check(cdata: View<'_>) -> Result<()> {
    let py = cdata.py();
    if value::data(cdata).is_none() {
        return Err(py.raise(ExceptionKind::Type, "expected a 'cdata' object"));
    }
    if cdata.class().is(OWNING.class(py)) {
        return Ok(());
    }
    let releasable = |hold: &Hold| !matches!(hold, Hold::Part(_) | Hold::Handle(..));
    match HOLDING.get(cdata) {
        Some(holding) if holding.look(releasable) => Ok(()),
        _ => Err(refused(cdata)),
    }
}

/// Gives up what a value holds. Memory from `ffi.new()` stays until nobody refers to it, as in
/// CFFI.
///
/// # Errors
///
/// As [`check`]; `BufferError` while the memory is used.
pub(in crate::ffi) fn release_value(cdata: View<'_>) -> Result<()> {
    check(cdata)?;
    if let Some(holding) = HOLDING.get(cdata)
        && holding.look(|hold| !matches!(hold, Hold::Whole(_)))
    {
        let Some(hold) = holding.release() else {
            let name = &holding.data.ctype.name;
            let message = format_args!("cdata '{name}' cannot be released while it is used");
            return Err(cdata.py().raise(ExceptionKind::Buffer, message));
        };
        destroy(cdata.py(), hold);
    }
    Ok(())
}
