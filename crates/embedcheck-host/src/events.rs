//! The event stream: one JSON object a line, one `write` an event.

use std::cell::Cell;
use std::io::Write;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use embedcheck_plan::{EVENTS_LOST_EXIT, Event, FORMAT, Line};
use serde_json::Value;

use crate::{process, sys};

/// Where events go; negative until [`open`].
static DESCRIPTOR: AtomicI32 = AtomicI32::new(-1);

/// Keeps lines whole when they are longer than what a pipe takes in one piece.
static WRITING: Mutex<()> = Mutex::new(());

thread_local! {
    /// Number of this thread in the plan; 0 for the main thread and for threads of the DLL.
    static THREAD: Cell<u32> = const { Cell::new(0) };
}

/// How a step ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) ok: bool,
    pub(crate) value: Value,
    pub(crate) errno: i32,
    pub(crate) error: Option<String>,
}

impl Outcome {
    /// The step was done, and has no `errno` of its own.
    pub(crate) fn done(value: impl Into<Value>) -> Self {
        Self::done_with(value, 0)
    }

    /// The step was done, and left this `errno`.
    pub(crate) fn done_with(value: impl Into<Value>, errno: i32) -> Self {
        Self { ok: true, value: value.into(), errno, error: None }
    }

    /// The step failed with this `errno`.
    pub(crate) fn failed(errno: i32, error: impl Into<String>) -> Self {
        Self { ok: false, value: Value::Null, errno, error: Some(error.into()) }
    }

    /// The step failed in a system call, which set this `errno`.
    pub(crate) fn system_error(errno: i32) -> Self {
        Self::failed(errno, sys::strerror(errno))
    }

    /// The host itself cannot do the step.
    pub(crate) fn refused(error: impl Into<String>) -> Self {
        Self::failed(0, error)
    }
}

/// Moves the descriptor to its final place and writes `start`.
pub(crate) fn open(descriptor: i32) {
    let moved = match sys::move_descriptor(descriptor) {
        Ok(moved) => moved,
        Err(errno) => {
            let _ = writeln!(
                std::io::stderr(),
                "cannot write events to descriptor {descriptor}: {}",
                sys::strerror(errno)
            );
            lost()
        }
    };
    DESCRIPTOR.store(moved, Ordering::Relaxed);
    write(&Event::Start {
        host: "rust".to_owned(),
        format: FORMAT,
        pid: sys::pid(),
        time: sys::now(),
    });
}

/// Number of the calling thread in the plan.
pub(crate) fn thread() -> u32 {
    THREAD.get()
}

/// Says which thread of the plan the calling thread is.
pub(crate) fn set_thread(number: u32) {
    THREAD.set(number);
}

/// Announces a step.
pub(crate) fn begin(step: Line, op: &str) {
    write(&Event::Begin {
        step,
        thread: thread(),
        pid: sys::pid(),
        time: sys::now(),
        op: op.to_owned(),
    });
}

/// Reports how a step ended.
pub(crate) fn end(step: Line, op: &str, outcome: Outcome) {
    let time = sys::now();
    let Outcome { ok, value, errno, error } = outcome;
    write(&Event::End {
        step,
        thread: thread(),
        pid: sys::pid(),
        time,
        op: op.to_owned(),
        ok,
        value,
        errno,
        error,
    });
}

/// Reports a call of the host's own function.
pub(crate) fn hook(argument: i32, value: i32) {
    write(&Event::Hook { thread: thread(), pid: sys::pid(), time: sys::now(), argument, value });
}

/// Reports that the host is about to end the process.
pub(crate) fn finish(code: i32) {
    write(&Event::Finish { pid: sys::pid(), time: sys::now(), code });
}

/// Holds back every event, for a thread that forks: the child must not inherit the lock of a thread
/// that it does not have.
pub(crate) fn pause() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write(event: &Event) {
    let line = event.to_line();
    let whole = pause();
    let good = sys::write_all(DESCRIPTOR.load(Ordering::Relaxed), line.as_bytes());
    drop(whole);
    if !good {
        lost();
    }
}

/// Ends the process: what happens from here on cannot be reported.
pub(crate) fn lost() -> ! {
    process::leave(EVENTS_LOST_EXIT)
}
