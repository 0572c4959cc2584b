//! Ctrl-C that comes before a call.
//!
//! If Python handles SIGINT, a signal that arrives while the host runs its own code is remembered,
//! and the next call of the main thread raises `KeyboardInterrupt` before the first instruction of
//! the Python function: the call would do nothing and return 0, though nothing is wrong with it. Here
//! the interrupt is reported, and the function is called again. It did not begin, so it runs once.

use crate::module::{Place, Report};
use crate::python::{Exception, ExceptionKind, Py, Raised, Result, View};

use super::Call;

/// What to do with an exception.
pub(super) enum Verdict {
    /// The function has not run; it was reported.
    Again,
    /// It is one of the function.
    Failed(Raised),
}

/// Whether the exception is an interrupt from before the first instruction.
#[cold]
#[inline(never)]
pub(super) fn before_first_instruction(call: Call<'_>, raised: Raised) -> Verdict {
    let py = call.py();
    if !raised.is(py, ExceptionKind::KeyboardInterrupt) {
        return Verdict::Failed(raised);
    }
    let exception = raised.take(py);
    let callable = call.hold.callable(py);
    match not_begun(py, callable, &exception) {
        Ok(true) => {
            let report = Report {
                function: call.hold.function(),
                callable,
                exception: &exception,
                place: Place::Body,
                detail: Some(String::from(
                    "was interrupted before it began: the interrupt is reported, the call goes on",
                )),
            };
            report.give();
            Verdict::Again
        }
        Ok(false) => Verdict::Failed(exception.restore()),
        Err(inner) => {
            inner.forget(py);
            Verdict::Failed(exception.restore())
        }
    }
}

/// Whether the only frame of the traceback is the function's own, at its beginning.
fn not_begun(py: Py<'_>, callable: View<'_>, exception: &Exception<'_>) -> Result<bool> {
    let Some(traceback) = &exception.traceback else { return Ok(false) };
    if !traceback.attr(c"tb_next")?.is_none() {
        return Ok(false);
    }
    let code = traceback.attr(c"tb_frame")?.attr(c"f_code")?;
    let own = match callable.attr(c"__code__") {
        Ok(own) => own,
        // An object with `__call__`, a bound method of a C class: not to be judged.
        Err(raised) => {
            raised.forget(py);
            return Ok(false);
        }
    };
    if !code.is(*own) {
        return Ok(false);
    }
    let at = traceback.attr(c"tb_lasti")?;
    // SAFETY: attached; an `int`.
    let at = unsafe { py.abi().PyLong_AsSsize_t(at.as_pointer()) };
    let Ok(at) = usize::try_from(at) else {
        // Up to 3.10 the index is negative before the first instruction: -1, in 3.10 -2.
        return Ok(true);
    };
    // From 3.11 on signals are looked at by the instruction RESUME, whose argument is 0 where the
    // function begins.
    let resume = py.import(c"opcode")?.attr(c"opmap")?.dict_get(*py.str("RESUME")?)?;
    let Some(resume) = resume else { return Ok(false) };
    // SAFETY: attached; an `int`.
    let resume = unsafe { py.abi().PyLong_AsSsize_t(resume.as_pointer()) };
    let code = code.attr(c"co_code")?;
    let instructions = code.as_bytes()?;
    Ok(instructions
        .get(at..at + 2)
        .is_some_and(|pair| isize::from(pair[0]) == resume && pair[1] == 0))
}
