//! `ffi.from_buffer()` and `ffi.memmove()`.

use super::argument::{self, Accept};
use crate::ffi::buffer::Export;
use crate::ffi::types::{Ct, Kind, ctype};
use crate::ffi::value::{self, Hold, Use};
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

fn not_memory(py: Py<'_>, ct: Ct) -> Raised {
    let message = format_args!("expected a pointer or array ctype, got '{}'", ct.name);
    py.raise(ExceptionKind::Type, message)
}

/// `ffi.from_buffer([cdecl,] python_buffer, require_writable=False)`.
pub(super) fn from_buffer<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    // The first of two arguments is optional.
    let shifted = arguments.len() == 1 && !arguments.has_keyword("python_buffer")?;
    let (cdecl, source, writable) = if shifted {
        let names = ["python_buffer", "require_writable"];
        let [source, writable] = arguments.bind("from_buffer", names, 1)?;
        (None, source, writable)
    } else {
        let names = ["cdecl", "python_buffer", "require_writable"];
        let [cdecl, source, writable] = arguments.bind("from_buffer", names, 2)?;
        (cdecl, source, writable)
    };
    let ct = match cdecl {
        Some(cdecl) => argument::ctype(ffi, cdecl, Accept::CType)?,
        None => ctype::char_array(),
    };
    let source = argument::required(ffi, source)?;
    let writable = writable.map_or(Ok(false), View::truth)?;
    if !matches!(ct.kind, Kind::Pointer(_) | Kind::Array(..)) {
        return Err(not_memory(py, ct));
    }
    if source.is_str() {
        let message = "from_buffer() cannot return the address of a unicode object";
        return Err(py.raise(ExceptionKind::Type, message));
    }
    let export = Export::of(source, writable)?;
    let length = match ct.kind {
        Kind::Array(item, None) => match item.size {
            Some(size) if size > 0 => export.length() / size,
            _ => {
                let message =
                    format_args!("from_buffer('{}', ..): the items have no size", ct.name);
                return Err(py.raise(ExceptionKind::Type, message));
            }
        },
        Kind::Array(_, Some(length)) => {
            let needed = ct.size.unwrap_or(usize::MAX);
            if export.length() < needed {
                let message = format_args!(
                    "buffer is too small ({} bytes) for '{}' ({needed} bytes)",
                    export.length(),
                    ct.name
                );
                return Err(py.raise(ExceptionKind::Value, message));
            }
            length
        }
        _ => 0,
    };
    value::holding(py, ct, export.start(), length, Hold::Buffer(export))
}

/// Memory for `memmove`: of a C value, or of an object with a buffer, which is kept meanwhile.
enum Memory<'a> {
    C(*mut u8, #[expect(dead_code, reason = "held until the end")] Use<'a>),
    Python(Box<Export>),
}

impl<'a> Memory<'a> {
    fn of(object: View<'a>, writable: bool) -> Result<Memory<'a>> {
        let Some(data) = value::data(object) else {
            return Export::of(object, writable).map(Memory::Python);
        };
        match data.ctype.kind {
            Kind::Pointer(_) | Kind::Array(..) => Ok(Memory::C(data.address, Use::of(object)?)),
            _ => Err(not_memory(object.py(), data.ctype)),
        }
    }

    /// Where it is, if there are `size` bytes as far as is known. (CFFI reads and writes beyond
    /// the end of Python objects.)
    fn start(&self, py: Py<'_>, size: usize) -> Result<*mut u8> {
        match self {
            Memory::C(start, _) => Ok(*start),
            Memory::Python(export) if export.length() >= size => Ok(export.start()),
            Memory::Python(export) => {
                let message = format_args!(
                    "buffer is too small ({} bytes) for {size} bytes",
                    export.length()
                );
                Err(py.raise(ExceptionKind::Value, message))
            }
        }
    }
}

/// `ffi.memmove(dest, src, n)`.
pub(super) fn memmove<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [to, from, size] = arguments.bind("memmove", ["dest", "src", "n"], 3)?;
    let size = argument::index(argument::required(ffi, size)?)?;
    let Ok(size) = usize::try_from(size) else {
        return Err(py.raise(ExceptionKind::Value, "negative size"));
    };
    let from = Memory::of(argument::required(ffi, from)?, false)?;
    let to = Memory::of(argument::required(ffi, to)?, true)?;
    let (from, to) = (from.start(py, size)?, to.start(py, size)?);
    if size > 0 {
        // SAFETY: C values are what their types say, as in C; of Python objects the size is known.
        // What keeps the memory lives until the end of this function: it is shadowed, not dropped.
        unsafe { std::ptr::copy(from.cast_const(), to, size) };
    }
    Ok(py.none())
}
