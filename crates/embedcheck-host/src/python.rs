//! The host as an embedder of its own: CPython's C API through `dlsym`.
//!
//! The functions used here have kept their types since 2.7.

use std::cell::RefCell;
use std::ffi::CStr;

use embedcheck_plan::{Handle, PythonAction};
use serde_json::{Value, json};

use crate::call::{Function, Registers, address};
use crate::events::Outcome;
use crate::library;
use crate::state::{Host, Raw};
use crate::sys;

/// Most states that one thread can owe to Python; the C host keeps them in an array.
const MAX_SAVED: usize = 64;

/// What one thread has to give back to Python, latest last.
#[derive(Debug, Default)]
pub(crate) struct ThreadState(RefCell<Vec<Saved>>);

#[derive(Clone, Copy, Debug)]
struct Saved {
    /// The function that takes it back: tells two Pythons in one process apart.
    undo: Function,
    /// Result of `PyEval_SaveThread` or `PyGILState_Ensure`.
    state: i64,
}

/// `python HANDLE ACTION`.
pub(crate) fn act(
    host: &Host,
    thread: &ThreadState,
    handle: &Handle,
    action: &PythonAction,
) -> Outcome {
    let prepared = host.handle(handle).and_then(|raw| prepare(host, thread, raw, action));
    let Prepared { function, registers, then } = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Outcome::refused(error),
    };
    // From here to the end of the calls this frame owns nothing; see the crate's documentation.
    let result = function.integer(&registers);
    let value = match then {
        Then::Nothing => Value::Null,
        Then::Report => (result as i32).into(),
        Then::ReportZero => 0.into(),
        Then::Ask(function) => (function.integer(&Registers::default()) as i32).into(),
        Then::Keep => {
            if let Some(saved) = thread.0.borrow_mut().last_mut() {
                saved.state = result;
            }
            Value::Null
        }
    };
    Outcome::done(value)
}

/// A call that is ready to be made.
#[derive(Clone, Copy)]
struct Prepared {
    function: Function,
    registers: Registers,
    then: Then,
}

/// What becomes of the result.
#[derive(Clone, Copy)]
enum Then {
    Nothing,
    /// The value of the step, an `int`.
    Report,
    /// There is none: `void`.
    ReportZero,
    /// The value of the step comes from another call.
    Ask(Function),
    /// Kept for the counterpart of this call.
    Keep,
}

fn prepare(
    host: &Host,
    thread: &ThreadState,
    raw: Raw,
    action: &PythonAction,
) -> Result<Prepared, String> {
    let find = |name| library::function(raw, name);
    let call = |function, arguments: [i64; 1], then| {
        Ok(Prepared { function, registers: Registers::integers(arguments), then })
    };
    match action {
        PythonAction::Initialize(signals) => {
            let initialize = find("Py_InitializeEx")?;
            call(initialize, [i64::from(*signals)], Then::Ask(find("Py_IsInitialized")?))
        }
        PythonAction::Finalize => match find("Py_FinalizeEx") {
            Ok(function) => call(function, [0], Then::Report),
            // Before 3.6.
            Err(_) => call(find("Py_Finalize")?, [0], Then::ReportZero),
        },
        PythonAction::SaveThread => {
            let save = find("PyEval_SaveThread")?;
            thread.push(find("PyEval_RestoreThread")?)?;
            call(save, [0], Then::Keep)
        }
        PythonAction::RestoreThread => {
            let restore = find("PyEval_RestoreThread")?;
            call(restore, [thread.pop(restore)?], Then::Nothing)
        }
        PythonAction::Ensure => {
            let ensure = find("PyGILState_Ensure")?;
            thread.push(find("PyGILState_Release")?)?;
            call(ensure, [0], Then::Keep)
        }
        PythonAction::Release => {
            let release = find("PyGILState_Release")?;
            call(release, [thread.pop(release)?], Then::Nothing)
        }
        PythonAction::Run(code) => {
            let run = find("PyRun_SimpleString")?;
            call(run, [address(host.keep(code.as_bytes())?)], Then::Report)
        }
    }
}

impl ThreadState {
    /// Takes a place before the call, which could not be undone for want of one.
    fn push(&self, undo: Function) -> Result<(), String> {
        let mut saved = self.0.borrow_mut();
        if saved.len() == MAX_SAVED {
            return Err(format!("this thread has saved {MAX_SAVED} states already"));
        }
        saved.push(Saved { undo, state: 0 });
        Ok(())
    }

    /// Takes the latest state that `undo` takes back.
    fn pop(&self, undo: Function) -> Result<i64, String> {
        let mut saved = self.0.borrow_mut();
        match saved.iter().rposition(|saved| saved.undo == undo) {
            Some(index) => Ok(saved.remove(index).state),
            None => Err("this thread has saved nothing that could be taken back".to_owned()),
        }
    }
}

/// Where a Python can be reached: `RTLD_DEFAULT`, or else the first handle that has one; and its
/// `Py_IsInitialized`.
fn reachable(host: &Host) -> Option<(Raw, Function)> {
    let handles = host.handles().into_iter().map(|(_, raw)| raw);
    std::iter::once(Raw::DEFAULT)
        .chain(handles)
        .find_map(|raw| Some((raw, library::function(raw, "Py_IsInitialized").ok()?)))
}

fn is_initialized(function: Function) -> bool {
    function.integer(&Registers::default()) as i32 != 0
}

/// `facts python`.
pub(crate) fn state(host: &Host) -> Value {
    match reachable(host) {
        Some((_, function)) => json!({ "initialized": is_initialized(function) }),
        None => Value::Null,
    }
}

/// `facts prefix`.
pub(crate) fn prefix(host: &Host) -> Value {
    let Some((raw, function)) = reachable(host) else { return Value::Null };
    if !is_initialized(function) {
        return Value::Null;
    }
    let Some(api) = Api::load(raw) else { return Value::Null };
    let held = api.ensure.integer(&Registers::default());
    let version = api.version.integer(&Registers::default());
    // SAFETY: `Py_GetVersion` returns a string that lives as long as the library.
    let version = unsafe { text(version) };
    let value = json!({
        "prefix": api.sys_attribute(c"prefix"),
        "executable": api.sys_attribute(c"executable"),
        "version": version,
    });
    api.release.integer(&Registers::integers([held]));
    value
}

/// As much of the C API as `prefix` needs; none of it is a macro in any version.
struct Api {
    ensure: Function,
    release: Function,
    version: Function,
    sys_object: Function,
    /// `None` before 3.2, where `sys.prefix` is bytes already.
    encode: Option<Function>,
    /// Of bytes.
    as_string: Function,
    clear: Function,
    decref: Function,
}

impl Api {
    fn load(raw: Raw) -> Option<Self> {
        let find = |name| library::function(raw, name).ok();
        let encode = find("PyUnicode_EncodeFSDefault");
        let as_string = if encode.is_some() { "PyBytes_AsString" } else { "PyString_AsString" };
        Some(Self {
            ensure: find("PyGILState_Ensure")?,
            release: find("PyGILState_Release")?,
            version: find("Py_GetVersion")?,
            sys_object: find("PySys_GetObject")?,
            encode,
            as_string: find(as_string)?,
            clear: find("PyErr_Clear")?,
            decref: find("Py_DecRef")?,
        })
    }

    /// A string attribute of `sys`; `None` if it is none. The GIL is held.
    fn sys_attribute(&self, name: &CStr) -> Option<String> {
        let call = |function: Function, argument| match argument {
            0 => 0,
            argument => function.integer(&Registers::integers([argument])),
        };
        // Borrowed.
        let object = call(self.sys_object, address(name.as_ptr()));
        let bytes = self.encode.map_or(object, |encode| call(encode, object));
        let found = call(self.as_string, bytes);
        // SAFETY: `PyBytes_AsString` and `PyString_AsString` return null or a string that lives as long as its
        // object, to which `bytes` is a reference until below.
        let found = unsafe { text(found) };
        if self.encode.is_some() {
            call(self.decref, bytes);
        }
        // What was no string has left an exception.
        self.clear.integer(&Registers::default());
        found
    }
}

/// The string at an address.
///
/// # Safety
///
/// As for [`sys::text_at`].
unsafe fn text(pointer: i64) -> Option<String> {
    // SAFETY: the caller's promise.
    unsafe { sys::text_at(std::ptr::with_exposed_provenance(pointer as usize)) }
}
