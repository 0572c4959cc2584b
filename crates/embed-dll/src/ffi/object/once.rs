//! `ffi.init_once()`, `ffi.callback()` and `ffi.dlopen()`.

use super::{argument, own};
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Result, View};

/// `ffi.init_once(function, tag)`: for each tag the dict has a lock while the function has not run,
/// then a tuple with its result.
pub(super) fn init_once<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [function, tag] = arguments.bind("init_once", ["func", "tag"], 2)?;
    let (function, tag) = (argument::required(ffi, function)?, argument::required(ffi, tag)?);
    let done = own(ffi).once.view(py);
    let entry = match done.dict_get(tag)? {
        Some(entry) => entry,
        None => {
            let lock = py.import(c"_thread")?.attr(c"allocate_lock")?.call(&[])?;
            done.attr(c"setdefault")?.call(&[tag, *lock])?
        }
    };
    if entry.is_tuple() {
        return entry.sequence_item(0);
    }
    // The lock lets other threads run while it waits.
    entry.attr(c"acquire")?.call(&[])?;
    let result = match done.dict_get(tag) {
        Ok(Some(entry)) if entry.is_tuple() => entry.sequence_item(0),
        Ok(_) => function.call(&[]).and_then(|result| {
            done.set_item(tag, *py.tuple(&[*result])?)?;
            Ok(result)
        }),
        Err(raised) => Err(raised),
    };
    match result {
        Ok(result) => {
            entry.attr(c"release")?.call(&[])?;
            Ok(result)
        }
        Err(raised) => {
            let exception = raised.take(py);
            entry.attr(c"release")?.call(&[])?;
            Err(exception.restore())
        }
    }
}

/// `ffi.callback()`: needs memory that can be written and executed, which hardened systems do not
/// give, and which is unsafe after a fork.
pub(super) fn callback<'a>(ffi: View<'a>, _: Arguments<'a>) -> Result<Owned<'a>> {
    let message = "ffi.callback() would make machine code at run time: declare the function under \
                   extern \"Python\" in cdef and attach code to it with @ffi.def_extern()";
    Err(ffi.py().raise(ExceptionKind::NotImplemented, message))
}

/// `ffi.dlopen()`: the functions of `lib` are those that were linked into the DLL.
pub(super) fn dlopen<'a>(ffi: View<'a>, _: Arguments<'a>) -> Result<Owned<'a>> {
    let message = "ffi.dlopen() is for CFFI's ABI mode, which there is not here: link the library \
                   into the DLL and declare its functions in cdef, or use ctypes.CDLL()";
    Err(ffi.py().raise(ExceptionKind::NotImplemented, message))
}
