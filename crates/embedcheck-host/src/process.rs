//! `chdir`, `setenv`, `unsetenv`, `sleep`, `exit`.

use std::ffi::CString;
use std::time::Duration;

use embedcheck_plan::Text;

use crate::events::{self, Outcome};
use crate::state::Host;
use crate::sys;

/// `chdir PATH`.
pub(crate) fn chdir(path: &Text) -> Outcome {
    with_string(path.as_bytes(), |path| {
        // SAFETY: a C string.
        unsafe { libc::chdir(path.as_ptr()) }
    })
}

/// `setenv NAME VALUE`, of the C library, so that the DLL's `getenv` sees it.
pub(crate) fn setenv(name: &str, value: &Text) -> Outcome {
    let value = match sys::c_string(value.as_bytes()) {
        Ok(value) => value,
        Err(error) => return Outcome::refused(error),
    };
    with_string(name.as_bytes(), |name| {
        // SAFETY: C strings, which are copied. Whether other threads read the environment at the same
        // time is up to the plan, as it is up to a C program.
        unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) }
    })
}

/// `unsetenv NAME`.
pub(crate) fn unsetenv(name: &str) -> Outcome {
    with_string(name.as_bytes(), |name| {
        // SAFETY: as in `setenv`.
        unsafe { libc::unsetenv(name.as_ptr()) }
    })
}

fn with_string(bytes: &[u8], call: impl FnOnce(CString) -> i32) -> Outcome {
    let string = match sys::c_string(bytes) {
        Ok(string) => string,
        Err(error) => return Outcome::refused(error),
    };
    sys::set_errno(0);
    let status = call(string);
    let errno = sys::errno();
    if status == 0 { Outcome::done_with((), errno) } else { Outcome::system_error(errno) }
}

/// Sleeps, also through signals.
pub(crate) fn sleep(time: Duration) {
    let mut left = libc::timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    };
    // SAFETY: the time is initialised and writable.
    while unsafe { libc::nanosleep(&raw const left, &raw mut left) } != 0
        && sys::errno() == libc::EINTR
    {}
}

/// `exit CODE [now]`, and the end of a plan.
pub(crate) fn exit(host: &Host, code: i32, now: bool) -> ! {
    if host.is_first_process() {
        events::finish(code);
    }
    if now {
        leave(code);
    }
    // SAFETY: exit handlers of the DLL run: that is the purpose of the step. Of the C library and not of
    // `std`, which would make a second thread that exits wait for ever.
    unsafe { libc::exit(code) }
}

/// `_exit`.
pub(crate) fn leave(code: i32) -> ! {
    // SAFETY: ends the process at once, whatever state it is in.
    unsafe { libc::_exit(code) }
}
