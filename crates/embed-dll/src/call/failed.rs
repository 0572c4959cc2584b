//! Calls that fail: everything here is off the hot path.

use std::any::Any;
use std::mem;

use crate::descriptor::to_descriptor;
use crate::module::{self, Place, Ready, Report};
use crate::python::{Exception, Key, Owned, Py, Raised, View};
use crate::spec::Function;
use crate::thread::Refused;

use super::Call;
use super::errno::Errno;

/// Where a call failed.
pub(super) enum Stage {
    /// While argument number `index` was converted.
    Argument { index: usize, raised: Raised },
    /// In the Python function.
    Call { raised: Raised },
    /// While the result was converted.
    Result { raised: Raised, value: Option<Key> },
}

/// What was raised first, while `onerror=` is asked.
pub(super) struct First<'a> {
    callable: Owned<'a>,
    exception: Exception<'a>,
    place: Place,
    detail: Option<String>,
}

/// Prints CFFI's line about a call that cannot run, and notes it as a failure. `kind` stands before
/// the word "function".
fn line(function: &'static Function, kind: &str, reason: &str) {
    let name = module::qualified(function);
    let returning = module::returning(function);
    let line = format!("{kind}function {name}() called, but {reason}.  {returning}\n");
    to_descriptor(&line);
    module::failed(function.module, &line);
}

/// What CFFI's lines about `def_extern()` begin with.
const EXTERN: &str = "extern \"Python\": ";

/// Makes the module ready, at the first call, or says why it is not.
#[cold]
#[inline(never)]
pub(super) fn not_ready(function: &'static Function, errno: Errno) -> Option<&'static Ready> {
    let ready = function.module.ready();
    // The init code has had values of its own.
    errno.again();
    match ready {
        Ok(ready) => Some(ready),
        Err(reason) => {
            let text = match &reason {
                module::NotReady::Failed { text, .. } => {
                    let name = module::qualified(function);
                    let returning = module::returning(function);
                    to_descriptor(&format!(
                        "function {name}() called, but initialization code failed.  {returning}\n"
                    ));
                    text.to_string()
                }
                other => {
                    line(function, "", &other.to_string());
                    return None;
                }
            };
            module::failed(function.module, &text);
            None
        }
    }
}

/// The interpreter cannot be entered.
#[cold]
#[inline(never)]
pub(super) fn refused(function: &'static Function, refused: Refused) {
    line(function, "", &refused.to_string());
}

/// The calling thread is in a sub-interpreter.
#[cold]
#[inline(never)]
pub(super) fn foreign(function: &'static Function) {
    line(function, EXTERN, "@ffi.def_extern() was not called in the current subinterpreter");
}

/// Nothing is attached to the function.
#[cold]
#[inline(never)]
pub(super) fn unattached(function: &'static Function) {
    line(function, EXTERN, "no code was attached to it yet with @ffi.def_extern()");
}

/// This crate's own code panicked.
#[cold]
#[inline(never)]
pub(super) fn panicked(function: &'static Function, panic: &(dyn Any + Send)) {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let words = words.unwrap_or("no message");
    line(function, "", &format!("embed-dll has a bug: it panicked: {words}"));
}

/// Reports what was raised, or lets `onerror=` handle it. `Some` if the handler gave a value, with
/// what to report in case that value does not convert.
pub(super) fn handled<'a>(call: Call<'a>, stage: Stage) -> Option<(Owned<'a>, First<'a>)> {
    let py = call.py();
    let hold = call.hold;
    let (place, raised, detail) = match stage {
        Stage::Argument { index, raised } => {
            let exception = raised.take(py);
            let detail = argument(call, index);
            (Place::Argument(index), exception, detail)
        }
        Stage::Call { raised } => (Place::Body, raised.take(py), None),
        Stage::Result { raised, value } => {
            let exception = raised.take(py);
            (Place::Result, exception, value.and_then(|value| result(call, value.release(py))))
        }
    };
    let first = First { callable: hold.callable(py).retain(), exception: raised, place, detail };
    let Some(onerror) = hold.onerror(py) else {
        first.report(call);
        return None;
    };
    let none = py.none();
    let exception = &first.exception;
    // A result that does not convert has no frames of its own.
    let traceback = match (place, &exception.traceback) {
        (Place::Body, Some(traceback)) => **traceback,
        _ => *none,
    };
    match onerror.call(&[*exception.class, *exception.value, traceback]) {
        Ok(value) if value.is_none() => None,
        Ok(value) => Some((value, first)),
        Err(raised) => {
            handler_failed(call, &first, raised);
            None
        }
    }
}

/// `onerror=` raised, or gave a value that does not convert.
pub(super) fn handler_failed(call: Call<'_>, first: &First<'_>, raised: Raised) {
    let py = call.py();
    let second = raised.take(py);
    first.report(call);
    let report = Report {
        function: call.hold.function(),
        callable: *first.callable,
        exception: &second,
        place: Place::Handler,
        detail: None,
    };
    report.give();
}

impl First<'_> {
    fn report(&self, call: Call<'_>) {
        let report = Report {
            function: call.hold.function(),
            callable: *self.callable,
            exception: &self.exception,
            place: self.place,
            detail: self.detail.clone(),
        };
        report.give();
    }
}

/// `converting argument 2, of C type '_Bool'`.
fn argument(call: Call<'_>, index: usize) -> Option<String> {
    let ctype = ctype(call.py(), call.parameter(index))?;
    Some(format!(
        "was given an argument {} of C type '{ctype}' that has no Python value",
        index + 1
    ))
}

/// `must return an 'int8_t', got 300`.
fn result(call: Call<'_>, value: Owned<'_>) -> Option<String> {
    let ctype = ctype(call.py(), call.result())?;
    let class = value.class_name();
    let mut shown = value.to_repr().unwrap_or_else(|raised| {
        raised.forget(call.py());
        String::from("?")
    });
    const LONGEST: usize = 200;
    if let Some((end, _)) = shown.char_indices().nth(LONGEST) {
        shown.truncate(end);
        shown.push('…');
    }
    Some(format!("returns '{ctype}' in C; its Python function returned {shown}, of type {class}"))
}

/// The name of a ctype.
fn ctype(py: Py<'_>, ctype: View<'_>) -> Option<String> {
    match ctype.attr(c"cname").and_then(|name| name.to_text()) {
        Ok(name) => Some(name),
        Err(raised) => {
            raised.forget(py);
            None
        }
    }
}

/// Keeps a large `Stage` from growing the frame of the hot path unnoticed.
const _: () = assert!(mem::size_of::<Stage>() <= 24);
