//! The finalisation gate: after the interpreter has begun to end, no thread enters it.
//!
//! CPython ends threads that ask for the GIL while it finalises (`pthread_exit` until 3.13, which
//! a Rust thread does not survive; a hang from 3.14 on), and crashes on calls after that. So a
//! function registered with `atexit`, which Python calls before it marks itself as finalising,
//! closes the gate and waits for the threads that are inside.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering, compiler_fence, fence};
use std::thread::{park_timeout, sleep};
use std::time::{Duration, Instant};

use super::Refused;
use super::record::{self, Record};
use crate::python::abi::{self, Abi, Object};
use crate::python::class::{MethodDef, NOARGS};
use crate::python::{Py, Result as PyResult};

/// Bits of `MODE`. 0 is the usual case, and all that the hot path tests.
mod mode {
    /// The kernel has no `membarrier`: entering threads pass a full barrier themselves.
    pub(super) const STRONG: u32 = 1;
    /// Finalisation waits for the threads that are inside.
    pub(super) const CLOSING: u32 = 2;
    /// It does not wait any longer.
    pub(super) const CLOSED: u32 = 4;
    /// The interpreter is gone.
    pub(super) const FINALISED: u32 = 8;
    /// A child of fork in which the interpreter cannot go on.
    pub(super) const FORKED: u32 = 16;
}

static MODE: AtomicU32 = AtomicU32::new(0);

/// The thread that finalises.
static CLOSER: AtomicU32 = AtomicU32::new(0);

/// Calls of threads that are no longer in the list.
static LATE: AtomicU32 = AtomicU32::new(0);

/// How long finalisation waits for calls in flight. They run with all of Python working; one that
/// takes longer (a server loop) is left to CPython.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 500 } else { 5_000 });

/// Whether [`admit`] has to be asked.
#[inline]
pub(super) fn unusual() -> bool {
    MODE.load(Ordering::Relaxed) != 0
}

/// Whether a thread that has gone in may go on. If not, it has gone out again.
#[cold]
pub(super) fn admit(record: &Record) -> Result<(), Refused> {
    fence(Ordering::SeqCst);
    let verdict = judge(record.depth() > 1, record.id.get());
    if verdict.is_err() {
        record.go_out();
    }
    verdict
}

fn judge(in_flight: bool, id: u32) -> Result<(), Refused> {
    let now = MODE.load(Ordering::SeqCst);
    if now & mode::FORKED != 0 {
        return Err(Refused::ForkedWhileBusy);
    }
    if now & mode::FINALISED != 0 {
        return Err(Refused::Finalised);
    }
    // What Python does in the thread that finalises works to the end.
    if now & (mode::CLOSING | mode::CLOSED) == 0 || id != 0 && CLOSER.load(Ordering::Relaxed) == id
    {
        return Ok(());
    }
    if in_flight && now & mode::CLOSED == 0 { Ok(()) } else { Err(Refused::Finalising) }
}

/// Whether the calling thread would be admitted now, which it does not try.
pub(super) fn would_admit(record: &Record) -> Result<(), Refused> {
    if unusual() { judge(record.depth() > 0, record.id.get()) } else { Ok(()) }
}

/// Whether a thread that seems to be attached may go on: after the host has finalised Python and
/// started it again, nothing that this DLL keeps is valid; nor where a thread that has entered has
/// forked while Python was not ready for that.
#[inline]
pub(super) fn still_there() -> Result<(), Refused> {
    match MODE.load(Ordering::Relaxed) & (mode::FINALISED | mode::FORKED) {
        0 => Ok(()),
        mode::FINALISED => Err(Refused::Finalised),
        _ => Err(Refused::ForkedWhileBusy),
    }
}

/// Counts a call of a thread that is no longer in the list. After success, [`leave_late`] undoes.
pub(super) fn enter_late() -> Result<(), Refused> {
    LATE.fetch_add(1, Ordering::SeqCst);
    let verdict = judge(false, 0);
    if verdict.is_err() {
        leave_late();
    }
    verdict
}

/// Undoes [`enter_late`].
pub(super) fn leave_late() {
    LATE.fetch_sub(1, Ordering::Release);
}

/// Counts a thread that returns to Python as inside, until [`Record::go_out`], so that finalisation
/// waits until it has the GIL; or stops it for ever if the interpreter does not wait any longer:
/// asking for the GIL would end the thread below Rust frames, or crash.
#[inline]
pub(super) fn go_back_in(record: &Record) {
    record.go_in();
    // As in `begin`.
    compiler_fence(Ordering::SeqCst);
    if unusual() {
        hang_if_gone(record);
    }
}

/// Stops the calling thread for ever if the interpreter does not wait for it any longer.
#[cold]
pub(super) fn hang_if_gone(record: &Record) {
    fence(Ordering::SeqCst);
    let id = record.id.get();
    if MODE.load(Ordering::SeqCst) & (mode::CLOSED | mode::FINALISED) == 0
        || id != 0 && CLOSER.load(Ordering::Relaxed) == id
    {
        return;
    }
    record.gone_for_ever();
    loop {
        park_timeout(Duration::MAX);
    }
}

/// Whether Python may still be used by handlers that run at the end of the process or at a fork.
pub(super) fn is_open() -> bool {
    MODE.load(Ordering::SeqCst) & !mode::STRONG == 0
}

/// In a child of fork in which the interpreter cannot go on.
pub(super) fn forked_while_busy() {
    MODE.fetch_or(mode::FORKED, Ordering::SeqCst);
}

/// In any child of fork: calls of other threads do not exist.
pub(super) fn after_fork_child() {
    LATE.store(0, Ordering::Relaxed);
}

/// Registers with Python's `atexit`, which runs before finalisation proper, and `Py_AtExit`, which
/// runs at its end.
pub(super) fn watch(py: Py<'_>) -> PyResult<()> {
    if membarrier(libc::MEMBARRIER_CMD_QUERY) & libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED == 0 {
        MODE.fetch_or(mode::STRONG, Ordering::SeqCst);
    }
    let abi = py.abi();
    // SAFETY: the function takes nothing and calls nothing of Python. If all 32 places are taken,
    // the other registration still closes the gate.
    unsafe { abi.Py_AtExit(Some(finalised)) };
    static METHOD: MethodDef = MethodDef {
        name: c"embed_dll_close".as_ptr(),
        function: close as *const c_void,
        flags: NOARGS,
        doc: ptr::null(),
    };
    py.import(c"atexit")?.attr(c"register")?.call(&[*py.function(&METHOD)?])?;
    Ok(())
}

/// Called by Python, attached, when it begins to end.
unsafe extern "C" fn close(_own: Object, _arguments: Object) -> Object {
    let Some(abi) = abi::get() else { return ptr::null_mut() };
    // `atexit` is per interpreter: that a sub-interpreter ends means nothing.
    // SAFETY: attached.
    if unsafe { Py::assume(abi) }.is_in_main_interpreter() {
        drain(abi);
    }
    // SAFETY: attached.
    unsafe { Py::assume(abi) }.none().into_pointer()
}

/// Closes the gate and lets the calls that are inside finish.
fn drain(abi: &Abi) {
    // SAFETY: takes nothing and cannot fail.
    CLOSER.store(unsafe { libc::gettid() }.unsigned_abs(), Ordering::SeqCst);
    MODE.fetch_or(mode::CLOSING, Ordering::SeqCst);
    barrier_everywhere();
    let begin = Instant::now();
    wait_for_others(abi, begin);
    MODE.fetch_or(mode::CLOSED, Ordering::SeqCst);
    // A thread of Python's own that was in a C function may have gone back in since they were
    // counted; the next one sees that it is too late.
    barrier_everywhere();
    wait_for_others(abi, begin);
}

/// Lets other threads run until none is inside, or patience ends.
fn wait_for_others(abi: &Abi, begin: Instant) {
    while (record::others_inside() || LATE.load(Ordering::SeqCst) != 0)
        && begin.elapsed() < PATIENCE
    {
        // SAFETY: attached: Python called.
        let state = unsafe { abi.PyEval_SaveThread() };
        sleep(Duration::from_micros(500));
        // SAFETY: the state just saved; Python has not marked itself as finalising yet.
        unsafe { abi.PyEval_RestoreThread(state) };
    }
}

/// Called by Python at the very end of finalisation.
unsafe extern "C" fn finalised() {
    MODE.fetch_or(mode::CLOSED | mode::FINALISED, Ordering::SeqCst);
}

/// Makes every running thread of the process pass a full barrier.
fn barrier_everywhere() {
    fence(Ordering::SeqCst);
    // Registering is left to this rare moment, because in a process with threads it takes
    // milliseconds, and no start should.
    membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    if membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 {
        // Forbidden after it was offered (a sandbox that came later). No store stays in a
        // processor's buffer for anything like this long.
        sleep(Duration::from_millis(1));
    }
}

fn membarrier(command: c_int) -> c_int {
    // SAFETY: takes no pointers.
    let result = unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) };
    c_int::try_from(result).unwrap_or(0)
}
