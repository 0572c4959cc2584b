//! What is known of each thread that has called in.

use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, compiler_fence};

use super::futex::Lock;
use super::{batch, closing, runtime};
use crate::python::abi::PyThreadState;

/// How far a thread is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has not called yet.
    New,
    /// It is in the list, and its end will be noticed.
    Known,
    /// It is ending: what it kept has been given back. Destructors of pthread keys may still call.
    Gone,
}

/// One thread. Lives in thread-local storage and has no destructor, so that it may be looked at
/// until the very end of the thread; the destructor of `EXIT` takes it out of the list.
pub(super) struct Record {
    /// How far the thread is.
    pub(super) phase: Cell<Phase>,
    /// Kernel id of the thread, and with it its name at the gate. 0 until it is in the list.
    pub(super) id: Cell<u32>,
    /// The state to restore if the thread is not attached; null: ask Python.
    pub(super) resume: Cell<*mut PyThreadState>,
    /// What `ffi.errno` shows in this thread. Here, because a call needs the record anyway, and each
    /// look-up of a thread-local in a shared library is a call of its own.
    pub(super) errno: Cell<c_int>,
    /// The state that this DLL made for the thread and deletes at its end, or null.
    pub(super) kept: Cell<*mut PyThreadState>,
    /// The thread's state of the main interpreter, if it lives as long as the thread: the one that
    /// is kept, or the one with which this DLL started Python.
    pub(super) home: Cell<*mut PyThreadState>,
    /// How many attachments live, nested ones included. The only field that other threads read:
    /// while it is not 0, the thread may touch the interpreter.
    inside: AtomicU32,
    next: AtomicPtr<Record>,
    previous: AtomicPtr<Record>,
}

/// All records of known threads. Changed and read under the lock.
struct List {
    lock: Lock,
    first: UnsafeCell<*mut Record>,
}

// SAFETY: `first` and the links are used under the lock only.
unsafe impl Sync for List {}

static LIST: List = List { lock: Lock::new(), first: UnsafeCell::new(ptr::null_mut()) };

thread_local! {
    static RECORD: Record = const {
        Record {
            phase: Cell::new(Phase::New),
            id: Cell::new(0),
            resume: Cell::new(ptr::null_mut()),
            errno: Cell::new(0),
            kept: Cell::new(ptr::null_mut()),
            home: Cell::new(ptr::null_mut()),
            inside: AtomicU32::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
            previous: AtomicPtr::new(ptr::null_mut()),
        }
    };

    static EXIT: Exit = const { Exit };
}

impl Record {
    /// How many attachments live.
    #[inline]
    pub(super) fn depth(&self) -> u32 {
        self.inside.load(Ordering::Relaxed)
    }

    /// One more. Only the thread itself writes, so that this need not be one atomic step.
    #[inline]
    pub(super) fn go_in(&self) {
        self.inside.store(self.depth() + 1, Ordering::Relaxed);
    }

    /// One less.
    #[inline]
    pub(super) fn go_out(&self) {
        self.inside.store(self.depth() - 1, Ordering::Release);
    }

    /// The thread stays where it is for ever, outside.
    pub(super) fn gone_for_ever(&self) {
        self.inside.store(0, Ordering::Release);
    }
}

/// Notices the end of a thread.
struct Exit;

/// The record of the calling thread, valid until the thread is gone.
#[inline]
pub(super) fn this() -> NonNull<Record> {
    // Has no destructor, so it is never refused.
    RECORD.with(|record| NonNull::from(record))
}

/// Makes the calling thread known; if its destructors have run already, it is `Gone`.
pub(super) fn adopt() {
    let record = this();
    // SAFETY: the record of the calling thread.
    let own = unsafe { record.as_ref() };
    // Thread-locals end in the reverse of the order in which they were first used: what the end of
    // the thread looks into must be older than what notices it.
    batch::prepare();
    if EXIT.try_with(|_| ()).is_err() {
        own.phase.set(Phase::Gone);
        return;
    }
    own.id.set(thread_id());
    LIST.lock.with(|| {
        // SAFETY: under the lock; records in the list are alive, because `Exit` takes them out.
        unsafe { link(record) };
    });
    watch_last_destructors(record);
    own.phase.set(Phase::Known);
}

/// Whether any known thread other than the calling one is inside.
pub(super) fn others_inside() -> bool {
    let own = this().as_ptr();
    LIST.lock.with(|| {
        // SAFETY: under the lock; records in the list are alive.
        let mut at = unsafe { *LIST.first.get() };
        while let Some(record) = NonNull::new(at) {
            // SAFETY: as above; of a foreign record only atomics are used.
            let record = unsafe { record.as_ref() };
            if at != own && record.inside.load(Ordering::SeqCst) != 0 {
                return true;
            }
            at = record.next.load(Ordering::Relaxed);
        }
        false
    })
}

/// In the child of a fork: the other threads, and their thread-local storage, do not exist. One of
/// them may have been changing the list, so it is made anew.
pub(super) fn after_fork_child() {
    let record = this();
    // SAFETY: the record of the calling thread, which is the only one.
    let own = unsafe { record.as_ref() };
    LIST.lock.reset();
    // SAFETY: no other thread exists.
    unsafe { *LIST.first.get() = ptr::null_mut() };
    if own.phase.get() == Phase::Known {
        own.id.set(thread_id());
        // SAFETY: no other thread exists.
        unsafe { link(record) };
    }
}

/// # Safety
///
/// The caller must hold the lock, and the record must not be in the list.
unsafe fn link(record: NonNull<Record>) {
    // SAFETY: the list is the caller's.
    let first = unsafe { LIST.first.get().replace(record.as_ptr()) };
    // SAFETY: the caller's own record.
    let own = unsafe { record.as_ref() };
    own.previous.store(ptr::null_mut(), Ordering::Relaxed);
    own.next.store(first, Ordering::Relaxed);
    // SAFETY: null or a record in the list.
    if let Some(first) = unsafe { first.as_ref() } {
        first.previous.store(record.as_ptr(), Ordering::Relaxed);
    }
}

/// # Safety
///
/// The caller must hold the lock, and the record must be in the list.
unsafe fn unlink(record: &Record) {
    let next = record.next.load(Ordering::Relaxed);
    let previous = record.previous.load(Ordering::Relaxed);
    // SAFETY: null or records in the list.
    let (after, before) = unsafe { (next.as_ref(), previous.as_ref()) };
    if let Some(after) = after {
        after.previous.store(previous, Ordering::Relaxed);
    }
    match before {
        Some(before) => before.next.store(next, Ordering::Relaxed),
        // SAFETY: the list is the caller's.
        None => unsafe { *LIST.first.get() = next },
    }
}

fn thread_id() -> u32 {
    // SAFETY: takes nothing and cannot fail.
    let id = unsafe { libc::gettid() };
    id.unsigned_abs()
}

fn is_main_thread() -> bool {
    // SAFETY: takes nothing and cannot fail.
    thread_id() == unsafe { libc::getpid() }.unsigned_abs()
}

impl Drop for Exit {
    fn drop(&mut self) {
        end();
    }
}

/// The calling thread is ending: gives back what it keeps, and takes it out of the list.
fn end() {
    let _errno = super::Errno::save();
    let record = this();
    // SAFETY: the record of the calling thread, which has no destructor of its own.
    let own = unsafe { record.as_ref() };
    if own.phase.get() != Phase::Known {
        return;
    }
    batch::thread_ends(own);
    // The main thread's destructors run in exit(), before atexit handlers, which may call in
    // again, and while other threads may hold the GIL for as long as they like. What it keeps
    // goes with the process.
    if is_main_thread() {
        return;
    }
    // A thread that ends in the middle of a call (exit(), pthread_exit()) has Python frames
    // below, which still use the state.
    if own.depth() == 0 {
        delete_state(own);
    }
    // SAFETY: under the lock; a known thread is in the list.
    LIST.lock.with(|| unsafe { unlink(own) });
    own.resume.set(ptr::null_mut());
    own.kept.set(ptr::null_mut());
    own.home.set(ptr::null_mut());
    own.phase.set(Phase::Gone);
}

/// Has the end noticed of a thread that calls for the first time in a destructor of a pthread key:
/// by then those of thread-local storage have run, and `EXIT` is too late. Destructors of keys run
/// in rounds, so that the key which is set in one of them gets its turn. There are four rounds in
/// glibc; a first call in the last one is beyond help.
fn watch_last_destructors(record: NonNull<Record>) {
    // There may be no key left in the process; the usual end is noticed all the same.
    if let Some(key) = last_key() {
        // SAFETY: the key exists. Only that the pointer is not null matters.
        unsafe { libc::pthread_setspecific(key, record.as_ptr().cast()) };
    }
}

/// The key for that. Nobody waits for anybody to make it, so that a fork may come between.
fn last_key() -> Option<libc::pthread_key_t> {
    /// The key plus 1.
    static KEY: AtomicU64 = AtomicU64::new(0);
    let known = |word: u64| libc::pthread_key_t::try_from(word - 1).ok();
    let word = KEY.load(Ordering::Relaxed);
    if word != 0 {
        return known(word);
    }
    let mut key = 0;
    // SAFETY: the key is written; the function stays mapped, as all of an embedding DLL.
    if unsafe { libc::pthread_key_create(&raw mut key, Some(at_last)) } != 0 {
        return None;
    }
    match KEY.compare_exchange(0, u64::from(key) + 1, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => Some(key),
        Err(word) => {
            // SAFETY: made above, and used by nobody.
            unsafe { libc::pthread_key_delete(key) };
            known(word)
        }
    }
}

unsafe extern "C" fn at_last(_record: *mut c_void) {
    end();
}

/// Deletes the state that was made for this thread, in this thread: then destructors of
/// `threading.local` run where they belong, and no version of CPython is confused by a state that
/// another thread deletes.
fn delete_state(own: &Record) {
    let state = own.kept.get();
    let Some(runtime) = runtime().filter(|_| !state.is_null()) else { return };
    let abi = runtime.abi;
    own.go_in();
    compiler_fence(Ordering::SeqCst);
    // Finalisation deletes all states itself.
    if !closing::unusual() || closing::admit(own).is_ok() {
        // SAFETY: the state is this thread's, of an interpreter that exists, because this thread
        // was admitted; it is not attached, because no attachment lives.
        unsafe { abi.PyEval_RestoreThread(state) };
        // SAFETY: attached with this state, which was made for this thread.
        unsafe { super::state::delete(abi, state) };
        own.go_out();
    }
}
