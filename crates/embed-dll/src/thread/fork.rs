//! fork() by the host.
//!
//! A child of fork has one thread. If another one held the GIL, the child's interpreter stands
//! still in the middle of something, for ever. So the forking thread takes the GIL first, if it
//! can be had in time, and does for the child what `os.fork()` does. `os.fork()` itself ends up
//! here too: attached, and then all that concerns Python is its own affair.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{
    Attachment, Errno, attach, batch, closing, detached, gate, imports, is_attached, listing,
    probe, record, runtime, state,
};
use crate::python::{Abi, Py};
use crate::start::Runtime;
use crate::start::process::{self, MakingStopped, ThreadId};

/// How long a fork waits for the GIL. Python code gives it up every 5 ms, but on a machine that is
/// busy it may take many times that until the next thread runs.
const LIMIT: Duration = Duration::from_secs(1);

/// What the handler before the fork has done, for those after it.
enum Taken {
    /// Nothing: there is no interpreter, or the caller holds it and takes care of it.
    Nothing,
    /// The interpreter, on behalf of the child, and locks.
    Interpreter(Attachment, Held),
    /// Nothing, because another thread has it. Another DLL may be luckier a moment later, for the same
    /// forking thread.
    Busy(ThreadId),
}

/// What must not be another thread's at the fork.
struct Held {
    list: listing::Held,
    /// Free in the child by itself.
    making: Option<MakingStopped>,
}

thread_local! {
    /// What [`before`] has done in this thread, which is the one that goes on in the child. Without a
    /// destructor, so that a thread that is ending can fork. No lock is held over a fork that is wanted
    /// by a thread which has the GIL, or waits for it: another DLL of the process may wait for the GIL in
    /// its own handler meanwhile.
    static TAKEN: Cell<ManuallyDrop<Taken>> = const { Cell::new(ManuallyDrop::new(Taken::Nothing)) };
}

/// What [`before`] has done, once.
fn taken() -> Taken {
    ManuallyDrop::into_inner(TAKEN.replace(ManuallyDrop::new(Taken::Nothing)))
}

/// Registers the handlers, once per process image.
pub(super) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handlers stay mapped: an embedding DLL is never unmapped after its start. The
        // call fails only without memory; then a fork is as it is without handlers.
        unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
    });
}

unsafe extern "C" fn before() {
    let _errno = Errno::save();
    let taken = match runtime() {
        Some(runtime) if closing::is_open() => take(runtime),
        _ => Taken::Nothing,
    };
    if let Taken::Interpreter(..) = taken {
        process::registry().forking.store(ThreadId::current().word(), Ordering::Relaxed);
    }
    TAKEN.set(ManuallyDrop::new(taken));
}

fn take(runtime: &'static Runtime) -> Taken {
    let abi = runtime.abi;
    let record = record::this();
    // SAFETY: the record of the calling thread.
    let own = unsafe { record.as_ref() };
    // SAFETY: may be called by any thread at any time.
    let of_python = unsafe { abi.PyGILState_GetThisThreadState() };
    let resume = own.resume.get();
    if is_attached(abi, if resume.is_null() { of_python } else { resume })
        || is_attached(abi, of_python)
    {
        return if batch::is_host_code(own) { take_inside(runtime) } else { Taken::Nothing };
    }
    let begin = Instant::now();
    loop {
        let left = LIMIT.saturating_sub(begin.elapsed());
        // Before 3.12 one can see that nobody has the GIL.
        let free = abi.version < (3, 12) && abi.current_state().is_null();
        if !free && !probe::attached_elsewhere(abi, left, stop_others) {
            return Taken::Busy(ThreadId::current());
        }
        let Ok(attachment) = attach(runtime) else { return Taken::Nothing };
        if let Some(held) = prepare(&attachment) {
            return Taken::Interpreter(attachment, held);
        }
        drop(attachment);
        if begin.elapsed() > LIMIT {
            return Taken::Busy(ThreadId::current());
        }
        sleep(Duration::from_millis(2));
    }
}

/// The same for a host that forks between `enter` and `leave`: it has the interpreter, but nothing
/// has told Python.
fn take_inside(runtime: &'static Runtime) -> Taken {
    // Another DLL has, if the host has entered both.
    if process::registry().forking.load(Ordering::Relaxed) == ThreadId::current().word() {
        return Taken::Nothing;
    }
    let begin = Instant::now();
    while begin.elapsed() <= LIMIT {
        let Ok(attachment) = attach(runtime) else { return Taken::Nothing };
        if let Some(held) = prepare(&attachment) {
            return Taken::Interpreter(attachment, held);
        }
        detached(attachment.py(), || sleep(Duration::from_millis(2)));
    }
    Taken::Busy(ThreadId::current())
}

/// Makes Python ready for the fork, if no other thread is importing or lists the threads.
fn prepare(attachment: &Attachment) -> Option<Held> {
    let py = attachment.py();
    let settled = imports::settled(py)?;
    let list = listing::take(py)?;
    // SAFETY: attached; one of the calls for after the fork follows.
    unsafe { py.abi().PyOS_BeforeFork() };
    // From here on no import can begin: `PyOS_BeforeFork` holds the lock that it would need.
    if settled.still() {
        return Some(Held { list, making: state::stop_making(py.abi()) });
    }
    // SAFETY: attached, after the call above.
    unsafe { py.abi().PyOS_AfterFork_Parent() };
    list.release(py);
    None
}

/// Where there is no GIL, `PyOS_BeforeFork` stops all attached threads, and waits for them for as
/// long as that takes. So does `sys._current_frames()`: if it returns, so will the other.
fn stop_others(abi: &'static Abi) {
    if !abi.free_threaded {
        return;
    }
    // SAFETY: attached by the probe.
    let py = unsafe { Py::assume(abi) };
    let frames = py.import(c"sys").and_then(|sys| sys.attr(c"_current_frames")?.call(&[]));
    if let Err(raised) = frames {
        raised.forget(py);
    }
}

unsafe extern "C" fn in_parent() {
    let _errno = Errno::save();
    if let Taken::Interpreter(attachment, Held { list, making }) = taken() {
        process::registry().forking.store(0, Ordering::Relaxed);
        // First: Python code that runs below may wait for a thread that makes its first call.
        drop(making);
        // SAFETY: attached, after the call for before the fork.
        unsafe { attachment.abi.PyOS_AfterFork_Parent() };
        list.release(attachment.py());
        drop(attachment);
    }
}

unsafe extern "C" fn in_child() {
    let _errno = Errno::save();
    gate::own().reset();
    closing::after_fork_child();
    record::after_fork_child();
    match taken() {
        Taken::Nothing => {}
        Taken::Busy(thread) => {
            if process::registry().forking.load(Ordering::Relaxed) != thread.word() {
                closing::forked_while_busy();
            }
        }
        Taken::Interpreter(attachment, Held { list, making }) => {
            // As in the parent; besides, a new thread of the child may take it from the parent's.
            drop(making);
            // SAFETY: attached, after the call for before the fork; the only thread.
            unsafe { attachment.abi.PyOS_AfterFork_Child() };
            list.release(attachment.py());
            drop(attachment);
        }
    }
}
