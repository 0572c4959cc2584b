//! Threads of the host in the interpreter.
//!
//! A thread that calls a function of the DLL is attached for the time of the call ([`attach`]) and
//! keeps its thread state from one call to the next (`record`). In front of the GIL stands a gate
//! that callers queue at only when they contend (`gate`). What ends the interpreter, or copies it,
//! is watched: finalisation (`closing`), fork (`fork`), the end of the process (`flush`).

mod batch;
mod closing;
mod flush;
mod fork;
pub(crate) mod futex;
mod gate;
mod imports;
mod listing;
mod os_fork;
mod probe;
mod record;
mod signals;
mod state;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::ffi::c_int;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering, compiler_fence};

#[cfg(test)]
pub use batch::Misuse;
pub use batch::{enter, leave};
pub use signals::SigPipeBlocked;

use crate::descriptor::to_descriptor;
use crate::python::abi::{Abi, LOCKED, PyThreadState, UNLOCKED};
use crate::python::{Py, Result as PyResult};
use crate::start::{self, Runtime, process};
use record::{Phase, Record};

/// The thread is attached until this is dropped, or ended. Attachments of a thread end in the reverse of
/// the order in which they began.
pub struct Attachment {
    abi: &'static Abi,
    /// The record of the thread; that it is a pointer keeps this from being sent to another.
    record: NonNull<Record>,
    how: How,
}

/// What the end of an [`Attachment`] has to undo. Without data, so that calls keep it in a register.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// The thread was attached before, with its `home` state.
    AlreadyAtHome,
    /// It was attached before, with another one.
    Already,
    /// Its `home` state was restored, past the gate.
    HomePastGate,
    /// Its `home` state was restored, and the gate is not held: it stands open, or there is no GIL.
    Home,
    /// Another state was restored, past the gate.
    RestoredPastGate,
    /// Another state was restored, and the gate is not held.
    Restored,
    /// The thread is ending, its record is gone, and a state was made for this time.
    LateMade,
    /// The same, with the state that it had, which was attached: `PyGILState_LOCKED`.
    LateLocked,
    /// Or was not: `PyGILState_UNLOCKED`.
    LateUnlocked,
}

/// Why a thread may not attach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The interpreter is being finalised.
    Finalising,
    /// It has been finalised. An interpreter that the host starts after that is not used.
    Finalised,
    /// This process is a fork, made while another thread was in the interpreter.
    ForkedWhileBusy,
    /// The thread is ending, and its thread-local storage is gone: it can call, but not [`enter`].
    ThreadEnds,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Finalising => {
                "the Python interpreter is being finalised; call before that, or not at all"
            }
            Refused::Finalised => {
                "the Python interpreter of this process was finalised; it cannot be used again, \
                 even if the host starts another"
            }
            Refused::ForkedWhileBusy => {
                "this process was forked while another thread was running Python, which cannot be \
                 continued here; fork while Python is idle, or call exec() after it"
            }
            Refused::ThreadEnds => {
                "this thread is ending, and nobody would leave for it; call without entering"
            }
        })
    }
}

impl std::error::Error for Refused {}

/// The runtime that `started` was called with.
static RUNTIME: AtomicPtr<Runtime> = AtomicPtr::new(ptr::null_mut());

/// The runtime, once [`started`] has been called.
fn runtime() -> Option<&'static Runtime> {
    // SAFETY: null, or what `started` stored, which lives for ever.
    unsafe { RUNTIME.load(Ordering::Acquire).as_ref() }
}

impl Attachment {
    /// Whether the thread may be attached to another interpreter than the main one: its state is
    /// not known to be of that one.
    #[inline]
    pub fn may_be_foreign(&self) -> bool {
        // SAFETY: the record of the calling thread: attachments are not sent to others.
        let record = unsafe { self.record.as_ref() };
        match self.how {
            How::AlreadyAtHome | How::HomePastGate | How::Home => false,
            How::Restored | How::RestoredPastGate => {
                let home = record.home.get();
                home.is_null() || home != record.resume.get()
            }
            How::Already | How::LateMade | How::LateLocked | How::LateUnlocked => true,
        }
    }

    /// The token.
    #[inline]
    pub fn py(&self) -> Py<'_> {
        // SAFETY: attached as long as `self` lives.
        unsafe { Py::assume(self.abi) }
    }
}

/// Held, and forgotten after it, over a call of the interpreter: if that ends the thread in there,
/// by unwinding its stack, the thread stops here for ever instead. The frames further out would use
/// an interpreter that is gone, and Rust ones cannot all be unwound by others.
pub struct EndOfThread;

impl Drop for EndOfThread {
    // That it does not return keeps the cleaning-up of the frames around out of their code.
    #[inline]
    fn drop(&mut self) {
        end_of_thread()
    }
}

#[cold]
#[inline(never)]
fn end_of_thread() -> ! {
    // SAFETY: the record of the calling thread.
    closing::hang_if_gone(unsafe { record::this().as_ref() });
    // Somebody else's pthread_exit() or pthread_cancel().
    to_descriptor(
        "embed-dll: a thread has ended in the middle of a call of Python, which cannot be undone\n",
    );
    std::process::abort()
}

/// Where the calling thread keeps what `ffi.errno` shows. Valid as long as the thread lives.
#[inline]
pub fn errno_place() -> *mut c_int {
    // SAFETY: the record of the calling thread.
    unsafe { record::this().as_ref() }.errno.as_ptr()
}

/// Attaches the calling thread. Fine inside another attachment, in a thread that Python or another
/// library attached, and in one that is ending. errno stays as it is.
///
/// # Errors
///
/// [`Refused`] if the interpreter is no more, or not for this process.
pub fn attach(runtime: &'static Runtime) -> Result<Attachment, Refused> {
    // SAFETY: a runtime's.
    unsafe { attach_to(runtime.abi) }
}

/// The same for a call, of which every instruction counts.
///
/// # Errors
///
/// As [`attach`].
///
/// # Safety
///
/// `abi` must be that of a [`Runtime`]: of an interpreter that has been initialised.
#[inline(always)]
pub unsafe fn attach_to(abi: &'static Abi) -> Result<Attachment, Refused> {
    let record = record::this();
    // SAFETY: the record of the calling thread, which nobody else writes to.
    let own = unsafe { record.as_ref() };
    let resume = own.resume.get();
    if resume.is_null() {
        let how = attach_unknown(abi, record)?;
        return Ok(Attachment { abi, record, how });
    }
    let current = abi.current_state();
    if is_attached_with(abi, resume, current) {
        closing::still_there()?;
        own.go_in();
        let how = if current == own.home.get() { How::AlreadyAtHome } else { How::Already };
        return Ok(Attachment { abi, record, how });
    }
    let gated = begin(abi, own)?;
    // SAFETY: the state is this thread's and not attached; the interpreter exists, because the
    // thread has been admitted and finalisation waits for it.
    unsafe { abi.PyEval_RestoreThread(resume) };
    let how = match (own.home.get() == resume, gated) {
        (true, true) => How::HomePastGate,
        (true, false) => How::Home,
        (false, true) => How::RestoredPastGate,
        (false, false) => How::Restored,
    };
    Ok(Attachment { abi, record, how })
}

/// Whether [`attach`] would be refused now, without waiting for the GIL.
///
/// # Errors
///
/// Why it would be.
pub fn open() -> Result<(), Refused> {
    // SAFETY: the record of the calling thread.
    closing::would_admit(unsafe { record::this().as_ref() })
}

/// Whether the calling thread is attached, if `state` is the one it would use.
fn is_attached(abi: &Abi, state: *mut PyThreadState) -> bool {
    is_attached_with(abi, state, abi.current_state())
}

/// The same, for who has asked for the `current` state already.
#[inline]
fn is_attached_with(abi: &Abi, state: *mut PyThreadState, current: *mut PyThreadState) -> bool {
    if current == state {
        return !state.is_null();
    }
    if current.is_null() {
        return false;
    }
    if abi.version >= (3, 12) {
        return true;
    }
    // Until 3.11 `current` belongs to whoever holds the GIL: usually another thread, but this one
    // may hold it with a state that nobody told us of.
    start::is_attached(abi)
}

/// Tells finalisation that this thread is inside, and takes its place at the gate; says whether it
/// has it. After success the caller takes the GIL, and the end of the attachment undoes it.
#[inline]
fn begin(abi: &Abi, record: &Record) -> Result<bool, Refused> {
    record.go_in();
    // Whoever closes makes all processors pass a barrier between setting the mode and reading
    // `inside`, so that here only the compiler has to keep the order.
    compiler_fence(Ordering::SeqCst);
    if closing::unusual() {
        closing::admit(record)?;
    }
    Ok(!abi.free_threaded && gate::own().enter(record.id.get()))
}

/// Attaches a thread that has no state of ours: at its first call, while it is ending, or because
/// somebody else made its state.
#[cold]
#[inline(never)]
fn attach_unknown(abi: &'static Abi, record: NonNull<Record>) -> Result<How, Refused> {
    let _errno = Errno::save();
    // SAFETY: the record of the calling thread.
    let own = unsafe { record.as_ref() };
    if own.phase.get() == Phase::New {
        record::adopt();
    }
    // SAFETY: may be called by any thread at any time.
    let state = unsafe { abi.PyGILState_GetThisThreadState() };
    if is_attached(abi, state) {
        closing::still_there()?;
        own.go_in();
        return Ok(How::Already);
    }
    if own.phase.get() == Phase::Gone {
        closing::enter_late()?;
        let how = if state.is_null() {
            // SAFETY: the interpreter exists, because this thread has been counted and admitted.
            unsafe { state::make(abi) };
            How::LateMade
        } else {
            // SAFETY: as above.
            match unsafe { abi.PyGILState_Ensure() } {
                LOCKED => How::LateLocked,
                _ => How::LateUnlocked,
            }
        };
        own.go_in();
        return Ok(how);
    }
    let gated = begin(abi, own)?;
    if state.is_null() {
        // It is kept until the thread ends.
        // SAFETY: the interpreter exists, because the thread has been admitted.
        let state = unsafe { state::make(abi) };
        own.kept.set(state);
        own.home.set(state);
        own.resume.set(state);
    } else {
        // The state is somebody else's, who may delete it between two calls: it is asked for at
        // each call and never kept.
        // SAFETY: the state is this thread's and not attached.
        unsafe { abi.PyEval_RestoreThread(state) };
    }
    Ok(if gated { How::RestoredPastGate } else { How::Restored })
}

impl Attachment {
    /// Ends it, as dropping it does: for calls, whose code for the usual case stands here and not
    /// in a function that also others need.
    #[inline(always)]
    pub fn end(self) {
        let Attachment { abi, record, how } = self;
        std::mem::forget(self);
        match how {
            How::AlreadyAtHome => {
                // SAFETY: the record of the calling thread: attachments are not sent to others.
                unsafe { record.as_ref() }.go_out();
            }
            How::HomePastGate => {
                // SAFETY: attached by `attach`, and whatever was nested in it has ended.
                unsafe { abi.PyEval_SaveThread() };
                // SAFETY: the record of the calling thread, as above.
                let own = unsafe { record.as_ref() };
                gate::own().leave(own.id.get());
                own.go_out();
            }
            How::Home => {
                // SAFETY: as above.
                unsafe { abi.PyEval_SaveThread() };
                // SAFETY: the record of the calling thread, as above.
                unsafe { record.as_ref() }.go_out();
            }
            _ => detach(abi, record, how),
        }
    }
}

impl Drop for Attachment {
    #[inline(always)]
    fn drop(&mut self) {
        detach(self.abi, self.record, self.how);
    }
}

/// Undoes what [`attach`] did.
#[inline(never)]
fn detach(abi: &'static Abi, record: NonNull<Record>, how: How) {
    // SAFETY: the record of the calling thread: attachments are not sent to others.
    let own = unsafe { record.as_ref() };
    match how {
        How::AlreadyAtHome | How::Already => own.go_out(),
        How::HomePastGate | How::Home | How::RestoredPastGate | How::Restored => {
            // SAFETY: attached by `attach`, and whatever was nested in it has ended.
            unsafe { abi.PyEval_SaveThread() };
            if matches!(how, How::HomePastGate | How::RestoredPastGate) {
                gate::own().leave(own.id.get());
            }
            own.go_out();
        }
        How::LateMade | How::LateLocked | How::LateUnlocked => {
            own.go_out();
            match how {
                // SAFETY: attached with the state that `attach_unknown` has made.
                How::LateMade => unsafe { state::delete(abi, abi.current_state()) },
                // SAFETY: paired with the `PyGILState_Ensure` of `attach_unknown`.
                How::LateLocked => unsafe { abi.PyGILState_Release(LOCKED) },
                // SAFETY: as above.
                _ => unsafe { abi.PyGILState_Release(UNLOCKED) },
            }
            closing::leave_late();
        }
    }
}

/// Runs `body` with the thread detached, as code that may block or call back must run. An
/// [`attach`] inside uses the same thread state, of whatever interpreter it is.
pub fn detached<R>(py: Py<'_>, body: impl FnOnce() -> R) -> R {
    /// Attaches again, also if `body` panics.
    struct Again {
        abi: &'static Abi,
        record: NonNull<Record>,
        state: *mut PyThreadState,
        outer: *mut PyThreadState,
        gated: bool,
    }

    impl Drop for Again {
        fn drop(&mut self) {
            let errno = Errno::save();
            // SAFETY: the record of the calling thread, which outlives its frames.
            let record = unsafe { self.record.as_ref() };
            record.resume.set(self.outer);
            closing::go_back_in(record);
            if self.gated {
                gate::own().enter(record.id.get());
            }
            // SAFETY: the state that `PyEval_SaveThread` gave, in the same thread; finalisation
            // waits for it.
            unsafe { self.abi.PyEval_RestoreThread(self.state) };
            record.go_out();
            drop(errno);
        }
    }

    let abi = py.abi();
    let record = record::this();
    // SAFETY: the record of the calling thread.
    let own = unsafe { record.as_ref() };
    if own.phase.get() == Phase::New {
        record::adopt();
    }
    // SAFETY: the token says that the thread is attached.
    let state = unsafe { abi.PyEval_SaveThread() };
    let gated = !abi.free_threaded && gate::own().leave(own.id.get());
    let _again = Again { abi, record, state, outer: own.resume.replace(state), gated };
    body()
}

/// To be called by the thread that has initialised the interpreter, right after that, before others
/// can use it. Its state lives as long as the interpreter, so it need not be asked for again.
pub fn initialised(runtime: &'static Runtime) {
    let record = record::this();
    // SAFETY: the record of the calling thread.
    let own = unsafe { record.as_ref() };
    if own.phase.get() == Phase::New {
        record::adopt();
    }
    if own.phase.get() == Phase::Known {
        // SAFETY: may be called by any thread at any time.
        let state = unsafe { runtime.abi.PyGILState_GetThisThreadState() };
        own.home.set(state);
        own.resume.set(state);
    }
    known(runtime);
}

/// Makes the runtime known to what watches the process.
fn known(runtime: &'static Runtime) {
    RUNTIME.store(ptr::from_ref(runtime).cast_mut(), Ordering::Release);
    gate::share_in(&process::registry().gate);
    fork::watch();
}

/// To be called once, attached, right after the start: has finalisation, fork and the end of the
/// process announced.
///
/// # Errors
///
/// What `atexit.register` or `os.register_at_fork` raises.
pub fn started(runtime: &'static Runtime, py: Py<'_>) -> PyResult<()> {
    known(runtime);
    flush::at_exit();
    closing::watch(py)?;
    os_fork::watch(py)
}

/// errno, put back when dropped: the host's belongs to the host.
struct Errno(c_int);

impl Errno {
    fn save() -> Errno {
        // SAFETY: the address of the calling thread's errno.
        Errno(unsafe { *libc::__errno_location() })
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        // SAFETY: the address of the calling thread's errno.
        unsafe { *libc::__errno_location() = self.0 };
    }
}
