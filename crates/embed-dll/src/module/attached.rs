//! What `def_extern()` has attached to a function, and how calls hold on to it.
//!
//! The pointer in [`Function`] is swapped atomically. Where there is a GIL, calls count themselves
//! while they use what they found, without atomic read-modify-write: the GIL orders them; the last
//! user of something replaced frees it. On a free-threaded build such a count would be contended by
//! every core, so there what is replaced is kept for good: once per re-attachment, not per call.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::time::{Duration, Instant};

use crate::python::{Key, Py, View};
use crate::spec::Function;

/// The types of a function, as ctype objects.
pub(crate) struct Signature {
    /// The result.
    pub(crate) result: Key,
    /// Each parameter.
    pub(crate) parameters: Box<[Key]>,
}

/// What `def_extern()` attached to a function.
pub struct Attached {
    function: &'static Function,
    pub(super) callable: Key,
    pub(super) onerror: Option<Key>,
    /// The value of `error=`, in the representation of the result's C type.
    pub(super) error: Option<Box<[u8]>>,
    pub(super) signature: Arc<Signature>,
    /// Calls that use it now. Changed by attached threads only.
    users: AtomicUsize,
    /// Replaced: the last user frees it.
    replaced: AtomicBool,
}

/// How many threads read an [`Attached`] without being attached. Readers never wait: each of them
/// must get the value, however many are refused at once.
static READING: AtomicUsize = AtomicUsize::new(0);

/// How long freeing waits for readers, who need nanoseconds. In a child that was forked while
/// another thread was reading, the count never comes down.
const PATIENCE: Duration = Duration::from_millis(20);

impl Attached {
    pub(super) fn new(
        function: &'static Function,
        callable: Key,
        onerror: Option<Key>,
        error: Option<Box<[u8]>>,
        signature: Arc<Signature>,
    ) -> Attached {
        Attached {
            function,
            callable,
            onerror,
            error,
            signature,
            users: AtomicUsize::new(0),
            replaced: AtomicBool::new(false),
        }
    }

    /// Attaches it to its function.
    pub(super) fn attach(self, py: Py<'_>) {
        let function = self.function;
        Attached::swap(py, function, Box::into_raw(Box::new(self)));
    }

    /// Attaches nothing to `function`.
    pub(super) fn detach(py: Py<'_>, function: &Function) {
        Attached::swap(py, function, ptr::null_mut());
    }

    fn swap(py: Py<'_>, function: &Function, new: *mut Attached) {
        let old = function.attached.swap(new, Ordering::AcqRel);
        // SAFETY: null, or from a box; freed by nobody before it is marked as replaced.
        let Some(attached) = (unsafe { old.as_ref() }) else { return };
        if py.abi().free_threaded {
            return;
        }
        if attached.users.load(Ordering::Relaxed) == 0 {
            // SAFETY: no longer to be found, no users.
            unsafe { free(old) };
        } else {
            attached.replaced.store(true, Ordering::Relaxed);
        }
    }
}

/// # Safety
///
/// `attached` must come from a box, be attached to nothing, and have no users; the thread must be
/// attached.
#[cold]
unsafe fn free(attached: *mut Attached) {
    // Pairs with the fence of a reader: either it finds what replaced this, or it is counted here.
    fence(Ordering::SeqCst);
    let begin = Instant::now();
    while READING.load(Ordering::Acquire) != 0 {
        if begin.elapsed() > PATIENCE {
            // Better a leak than freeing what may be read.
            return;
        }
        std::thread::yield_now();
    }
    // SAFETY: says the caller.
    drop(unsafe { Box::from_raw(attached) });
}

/// What is attached to a function, in a call that uses it until [`Hold::release`]. Does not do that
/// by itself, so that it costs a call no more than the count: a panic keeps the value for good.
#[derive(Clone, Copy)]
pub(crate) struct Hold<'a> {
    /// Not a reference: that would have to be valid until the end of the function that frees it.
    attached: NonNull<Attached>,
    call: PhantomData<&'a Attached>,
}

impl<'a> Hold<'a> {
    /// What is attached to `function`, for one call.
    #[inline]
    pub(crate) fn take(py: Py<'a>, function: &'static Function) -> Option<Hold<'a>> {
        let attached = NonNull::new(function.attached.load(Ordering::Acquire))?;
        let hold = Hold { attached, call: PhantomData };
        if !py.abi().free_threaded {
            // Nothing is freed between the load and this, because this thread holds the GIL;
            // without a GIL nothing is ever freed.
            let users = &hold.attached().users;
            users.store(users.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        Some(hold)
    }

    /// Ends the use.
    ///
    /// # Safety
    ///
    /// To be called once, and neither this nor what it has given may be used after it.
    #[inline]
    pub(crate) unsafe fn release(self, py: Py<'a>) {
        if py.abi().free_threaded {
            return;
        }
        let attached = self.attached();
        let users = attached.users.load(Ordering::Relaxed) - 1;
        attached.users.store(users, Ordering::Relaxed);
        if users == 0 && attached.replaced.load(Ordering::Relaxed) {
            // SAFETY: replaced, and this was the last user; the call is still attached.
            unsafe { free(self.attached.as_ptr()) };
        }
    }

    #[inline]
    fn attached(self) -> &'a Attached {
        // SAFETY: counted by `take`, and not freed before `release`, after which nobody asks.
        unsafe { self.attached.as_ref() }
    }

    /// The function.
    #[inline]
    pub(crate) fn function(self) -> &'static Function {
        self.attached().function
    }

    /// The types of the function.
    #[inline]
    pub(crate) fn signature(self) -> &'a Signature {
        &self.attached().signature
    }

    /// The Python function.
    #[inline]
    pub(crate) fn callable(self, py: Py<'a>) -> View<'a> {
        self.attached().callable.view(py)
    }

    /// `onerror=`.
    pub(crate) fn onerror(self, py: Py<'a>) -> Option<View<'a>> {
        self.attached().onerror.as_ref().map(|onerror| onerror.view(py))
    }

    /// `error=`, in the representation of the result's C type.
    pub(crate) fn error(self) -> Option<&'a [u8]> {
        self.attached().error.as_deref()
    }
}

/// Gives the value of `error=` to `read`, without help of the interpreter: the calling thread need
/// not be attached.
pub(crate) fn with_error_value<T>(
    function: &Function,
    read: impl FnOnce(Option<&[u8]>) -> Option<T>,
) -> Option<T> {
    READING.fetch_add(1, Ordering::Relaxed);
    // Pairs with the fence of whoever frees.
    fence(Ordering::SeqCst);
    // SAFETY: null, or attached; not freed before this thread is no longer counted.
    let attached = unsafe { function.attached.load(Ordering::Acquire).as_ref() };
    let value = read(attached.and_then(|attached| attached.error.as_deref()));
    READING.fetch_sub(1, Ordering::Release);
    value
}
