//! A call from C into Python: the hot path.
//!
//! `embedding!` writes one exported function per declaration, of exactly the declared signature,
//! whose body is one call of [`call`]. Converters are chosen by type, at compile time.
//!
//! Whatever goes wrong, the function returns: the value that `error=` of `def_extern()` gives, else
//! zero. Everything that is not needed by a call that succeeds is kept out of line.

#![expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "C calls that belong together, and whose results are taken over at once"
)]

mod aggregate;
mod character;
mod errno;
mod failed;
mod integer;
mod interrupted;
mod keep;
mod number;
mod pointer;
mod stack;
mod vectorcall;

use std::mem::{self, ManuallyDrop};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::module::{Hold, Ready};
use crate::python::{Owned, Py, Result, View};
use crate::spec::{Embedding, Function, SigPipe};
use crate::thread::{self, Attachment, SigPipeBlocked};

pub use aggregate::{Record, Void};
pub use character::{Char, Char16, Char32, WideChar};
pub use integer::Integer;
pub use number::{Bool, Floating};
pub use pointer::Pointer;
pub use stack::Stack;
pub(crate) use vectorcall::{Vectorcall, vectorcall};

use errno::Errno;
use failed::Stage;
use stack::Places;

/// What converters may ask while a call is prepared or its result converted.
///
/// Two pointers, passed by value: a call that succeeds need not keep them in memory for one that
/// fails.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    py: Py<'a>,
    hold: Hold<'a>,
}

impl<'a> Call<'a> {
    /// The token.
    #[inline]
    pub(crate) fn py(&self) -> Py<'a> {
        self.py
    }

    /// The ctype of parameter number `index`.
    pub(crate) fn parameter(&self, index: usize) -> View<'a> {
        self.hold.signature().parameters[index].view(self.py)
    }

    /// The ctype of the result.
    pub(crate) fn result(&self) -> View<'a> {
        self.hold.signature().result.view(self.py)
    }
}

/// How a parameter of a C type becomes a Python object.
pub trait Parameter {
    /// The type in the signature.
    type C: Copy;

    /// A new object for parameter number `index`.
    ///
    /// # Errors
    ///
    /// What the conversion raises.
    fn to_python<'a>(value: Self::C, index: usize, call: Call<'a>) -> Result<Owned<'a>>;
}

/// How a Python object becomes a result of a C type.
///
/// All bytes zero must be a value of `C`, as it is of every C type.
pub trait ReturnValue {
    /// The type in the signature.
    type C;

    /// The value.
    ///
    /// # Errors
    ///
    /// `TypeError`, `OverflowError` or what the object's methods raise.
    fn from_python(value: View<'_>, call: Call<'_>) -> Result<Self::C>;
}

/// Calls `function`; `fill` converts the arguments.
///
/// `errno` of the calling thread is what `ffi.errno` shows to the Python code; what that code leaves
/// there is `errno` again when this returns.
#[inline]
pub fn call<E: Embedding, R: ReturnValue, const N: usize>(
    function: &'static Function,
    fill: impl FnOnce(Call<'_>, &mut Stack<'_, N>) -> Result<()>,
) -> R::C {
    let errno = Errno::enter();
    // A panic would be a bug of this crate; it must not unwind into the host, and the drops on the
    // way leave the thread detached as it was.
    let value = match catch_unwind(AssertUnwindSafe(|| attempt::<E, R, N>(function, errno, fill))) {
        Ok(value) => value,
        Err(panic) => {
            failed::panicked(function, &*panic);
            fallback::<R>(function)
        }
    };
    errno.leave();
    value
}

#[inline]
fn attempt<E: Embedding, R: ReturnValue, const N: usize>(
    function: &'static Function,
    errno: Errno,
    fill: impl FnOnce(Call<'_>, &mut Stack<'_, N>) -> Result<()>,
) -> R::C {
    let Some(ready) = E::module().state.ready().or_else(|| failed::not_ready(function, errno))
    else {
        return fallback::<R>(function);
    };
    let _pipe = (E::OPTIONS.sigpipe == SigPipe::BlockDuringCalls).then(SigPipeBlocked::new);
    // SAFETY: the interpreter is initialised: the module is ready in it.
    let attachment = match unsafe { thread::attach_to(ready.abi) } {
        Ok(attachment) => attachment,
        Err(refused) => {
            failed::refused(function, refused);
            return fallback::<R>(function);
        }
    };
    let value = attached::<E, R, N>(function, ready, &attachment, fill);
    attachment.end();
    value
}

/// The call, in an attached thread.
#[inline(always)]
fn attached<E: Embedding, R: ReturnValue, const N: usize>(
    function: &'static Function,
    ready: &'static Ready,
    attachment: &Attachment,
    fill: impl FnOnce(Call<'_>, &mut Stack<'_, N>) -> Result<()>,
) -> R::C {
    let py = attachment.py();
    // The value that the line reports: asked for while nobody else can attach another function.
    if attachment.may_be_foreign() && ready.is_foreign(py) {
        failed::foreign(function);
        return fallback::<R>(function);
    }
    let Some(hold) = Hold::take(py, function) else {
        failed::unattached(function);
        return fallback::<R>(function);
    };
    let value = run::<R, N>(ready, Call { py, hold }, fill);
    if E::OPTIONS.flush_after_calls {
        py.flush_streams();
    }
    // SAFETY: the call, which had all copies, has ended.
    unsafe { hold.release(py) };
    value
}

#[inline(always)]
fn run<R: ReturnValue, const N: usize>(
    ready: &'static Ready,
    call: Call<'_>,
    fill: impl FnOnce(Call<'_>, &mut Stack<'_, N>) -> Result<()>,
) -> R::C {
    let Call { py, hold } = call;
    let mut places = Places::<N>::new();
    let mut stack = Stack::new(&mut places);
    if let Err(raised) = fill(call, &mut stack) {
        let index = stack.release(py);
        return recover::<R>(call, Stage::Argument { index, raised });
    }
    let mut arguments = stack.all();
    let mut result = arguments.call(ready.vectorcall, hold.callable(py));
    if let Err(raised) = result {
        // Out of line: whether a signal kept the function from running at all.
        result = match interrupted::before_first_instruction(call, raised) {
            interrupted::Verdict::Again => arguments.call(ready.vectorcall, hold.callable(py)),
            interrupted::Verdict::Failed(raised) => Err(raised),
        };
    }
    let result = match result {
        // As the arguments: a panic leaks it.
        Ok(result) => ManuallyDrop::new(result),
        Err(raised) => {
            arguments.release_failed(py);
            return recover::<R>(call, Stage::Call { raised });
        }
    };
    let value = R::from_python(**result, call);
    let result = ManuallyDrop::into_inner(result);
    match value {
        Ok(value) => {
            drop(result);
            arguments.release(py);
            value
        }
        Err(raised) => {
            arguments.release_failed(py);
            let value = Some(result.keep());
            recover::<R>(call, Stage::Result { raised, value })
        }
    }
}

/// The value that is returned although something was raised.
#[cold]
#[inline(never)]
fn recover<R: ReturnValue>(call: Call<'_>, stage: Stage) -> R::C {
    if let Some((value, first)) = failed::handled(call, stage) {
        match R::from_python(*value, call) {
            Ok(value) => return value,
            Err(raised) => failed::handler_failed(call, &first, raised),
        }
    }
    call.hold.error().map_or_else(zero::<R>, from_bytes::<R>)
}

/// The value of `error=`, else zero, without help of the interpreter.
#[cold]
#[inline(never)]
fn fallback<R: ReturnValue>(function: &'static Function) -> R::C {
    crate::module::with_error_value(function, |bytes| bytes.map(from_bytes::<R>))
        .unwrap_or_else(zero::<R>)
}

fn zero<R: ReturnValue>() -> R::C {
    // SAFETY: `ReturnValue` asks that zeros are a value of the type.
    unsafe { mem::zeroed() }
}

/// `bytes` were written by the converter for the result's ctype, whose layout is that of `R::C`.
fn from_bytes<R: ReturnValue>(bytes: &[u8]) -> R::C {
    if bytes.len() < size_of::<R::C>() {
        return zero::<R>();
    }
    // SAFETY: long enough, and a value of the type as said above.
    unsafe { bytes.as_ptr().cast::<R::C>().read_unaligned() }
}
