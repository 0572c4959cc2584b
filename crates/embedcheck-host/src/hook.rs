//! `hook`: the host's own function, for DLLs that call back through a function-pointer variable.

use std::ffi::c_int;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use embedcheck_plan::Handle;

use crate::call::{Function, Registers};
use crate::events::{self, Outcome};
use crate::state::Host;
use crate::{library, sys};

/// What the hook calls, and its second argument: one a process, since a C function pointer carries no
/// context.
static HOOK: OnceLock<(Function, c_int)> = OnceLock::new();

/// `hook HANDLE VARIABLE SYMBOL ARG`.
pub(crate) fn set(
    host: &Host,
    handle: &Handle,
    variable: &str,
    symbol: &str,
    argument: i32,
) -> Outcome {
    let found = host
        .handle(handle)
        .and_then(|raw| Ok((library::symbol(raw, variable)?, library::function(raw, symbol)?)));
    let (variable, function) = match found {
        Ok(found) => found,
        Err(error) => return Outcome::refused(error),
    };
    if HOOK.set((function, argument)).is_err() {
        return Outcome::refused("the process has its hook already");
    }
    // SAFETY: the plan vouches that the symbol is a variable of type `int (*)(int)`, which a compiler
    // has aligned. It lives as long as its library; other threads may read it now.
    let variable = unsafe { AtomicPtr::from_ptr(variable.cast().as_ptr()) };
    let code = hook as extern "C-unwind" fn(c_int) -> c_int;
    variable.store(code as *mut (), Ordering::Release);
    Outcome::done(())
}

/// Called by the DLL. Unwinding by `pthread_exit` passes: this frame owns nothing during the call.
extern "C-unwind" fn hook(x: c_int) -> c_int {
    // `set` stores the function before it gives this address to anyone.
    let Some((function, argument)) = HOOK.get() else { return 0 };
    let value =
        function.integer(&Registers::integers([i64::from(x), i64::from(*argument)])) as c_int;
    let errno = sys::errno();
    events::hook(x, value);
    // The DLL's caller may look at what the function left.
    sys::set_errno(errno);
    value
}
