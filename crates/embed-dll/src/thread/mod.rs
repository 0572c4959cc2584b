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
mod probe;
mod record;
mod signals;
mod state;

#[cfg(test)]
mod testing;
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
use crate::python::abi::{Abi, GilState, PyThreadState};
use crate::python::{Py, Result as PyResult};
use crate::start::{self, Runtime, process};
use record::{Phase, Record};

/// The thread is attached until this is dropped. Attachments of a thread end in the reverse of
/// the order in which they began.
pub struct Attachment {
    runtime: &'static Runtime,
    /// The record of the thread; that it is a pointer keeps this from being sent to another.
    record: NonNull<Record>,
    how: How,
}

/// What dropping an [`Attachment`] has to undo.
#[derive(Clone, Copy)]
enum How {
    /// The thread was attached before; `at_home` says whether with its `home` state.
    Already { at_home: bool },
    /// A state was restored; `gated` says whether the gate was taken.
    Restored { gated: bool },
    /// The thread is ending and its record is gone.
    Late(Late),
}

/// How a thread is attached whose record is gone.
#[derive(Clone, Copy)]
enum Late {
    /// With a state made for this time.
    Made(*mut PyThreadState),
    /// With the state that it had.
    Ensured(GilState),
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
            How::Already { at_home } => !at_home,
            How::Restored { .. } => {
                let home = record.home.get();
                home.is_null() || home != record.resume.get()
            }
            How::Late(_) => true,
        }
    }

    /// The token.
    #[inline]
    pub fn py(&self) -> Py<'_> {
        // SAFETY: attached as long as `self` lives.
        unsafe { Py::assume(self.runtime.abi) }
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
#[inline(always)]
pub fn attach(runtime: &'static Runtime) -> Result<Attachment, Refused> {
    let record = record::this();
    // SAFETY: the record of the calling thread, which nobody else writes to.
    let own = unsafe { record.as_ref() };
    let abi = runtime.abi;
    let resume = own.resume.get();
    if resume.is_null() {
        return attach_unknown(runtime, record);
    }
    let current = abi.current_state();
    if is_attached_with(abi, resume, current) {
        closing::still_there()?;
        own.go_in();
        let at_home = current == own.home.get();
        return Ok(Attachment { runtime, record, how: How::Already { at_home } });
    }
    let gated = begin(abi, own)?;
    // SAFETY: the state is this thread's and not attached; the interpreter exists, because the
    // thread has been admitted and finalisation waits for it.
    unsafe { abi.PyEval_RestoreThread(resume) };
    Ok(Attachment { runtime, record, how: How::Restored { gated } })
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

/// Tells finalisation that this thread is inside, and takes its place at the gate. After success
/// the caller takes the GIL, and `finish` undoes it.
#[inline]
fn begin(abi: &Abi, record: &Record) -> Result<bool, Refused> {
    record.go_in();
    // Whoever closes makes all processors pass a barrier between setting the mode and reading
    // `inside`, so that here only the compiler has to keep the order.
    compiler_fence(Ordering::SeqCst);
    if closing::unusual() {
        closing::admit(record)?;
    }
    let gated = !abi.free_threaded && gate::own().enter(record.id.get());
    Ok(gated)
}

/// Undoes `begin` after the GIL was given back.
#[inline]
fn finish(record: &Record, gated: bool) {
    if gated {
        gate::own().leave(record.id.get());
    }
    record.go_out();
}

/// Attaches a thread that has no state of ours: at its first call, while it is ending, or because
/// somebody else made its state.
#[cold]
fn attach_unknown(
    runtime: &'static Runtime,
    record: NonNull<Record>,
) -> Result<Attachment, Refused> {
    let _errno = Errno::save();
    // SAFETY: the record of the calling thread.
    let own = unsafe { record.as_ref() };
    let abi = runtime.abi;
    if own.phase.get() == Phase::New {
        record::adopt();
    }
    // SAFETY: may be called by any thread at any time.
    let state = unsafe { abi.PyGILState_GetThisThreadState() };
    if is_attached(abi, state) {
        closing::still_there()?;
        own.go_in();
        return Ok(Attachment { runtime, record, how: How::Already { at_home: false } });
    }
    if own.phase.get() == Phase::Gone {
        closing::enter_late()?;
        let late = if state.is_null() {
            // SAFETY: the interpreter exists, because this thread has been counted and admitted.
            Late::Made(unsafe { state::make(abi) })
        } else {
            // SAFETY: as above.
            Late::Ensured(unsafe { abi.PyGILState_Ensure() })
        };
        own.go_in();
        return Ok(Attachment { runtime, record, how: How::Late(late) });
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
    Ok(Attachment { runtime, record, how: How::Restored { gated } })
}

impl Drop for Attachment {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the record of the calling thread: attachments are not sent to others.
        let record = unsafe { self.record.as_ref() };
        let abi = self.runtime.abi;
        match self.how {
            How::Already { .. } => record.go_out(),
            How::Restored { gated } => {
                // SAFETY: attached by `attach`, and whatever was nested in it has ended.
                unsafe { abi.PyEval_SaveThread() };
                finish(record, gated);
            }
            How::Late(late) => {
                record.go_out();
                match late {
                    // SAFETY: paired with the `make` of `attach_unknown`.
                    Late::Made(state) => unsafe { state::delete(abi, state) },
                    // SAFETY: paired with the `PyGILState_Ensure` of `attach_unknown`.
                    Late::Ensured(before) => unsafe { abi.PyGILState_Release(before) },
                }
                closing::leave_late();
            }
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
/// What `atexit.register` raises.
pub fn started(runtime: &'static Runtime, py: Py<'_>) -> PyResult<()> {
    known(runtime);
    flush::at_exit();
    closing::watch(py)
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
