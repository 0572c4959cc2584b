//! `fork` and `wait`.

use std::time::Duration;

use embedcheck_plan::{NORMAL_EXIT, Name, Step};
use serde_json::{Value, json};

use crate::events::Outcome;
use crate::execute::Worker;
use crate::process;
use crate::state::{Host, Meaning};
use crate::sys;

/// `fork NAME … end`; does not return in the child.
pub(crate) fn fork(worker: &Worker, name: &Name, steps: &'static [Step]) -> Outcome {
    // SAFETY: the host's own locks are looked after by `state`, those of the C library by itself. What
    // becomes of the DLL's locks is what the plan wants to know.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Outcome::system_error(sys::errno());
    }
    if pid == 0 {
        worker.run(steps);
        // Not `exit`: exit handlers belong to the parent.
        process::leave(NORMAL_EXIT);
    }
    worker.host().bind(name, Meaning::Child(pid));
    Outcome::done(json!({ "pid": pid }))
}

/// `wait NAME [timeout=MS]`.
pub(crate) fn wait(host: &Host, name: &Name, timeout_ms: u64) -> Outcome {
    let pid = match host.child(name) {
        Ok(pid) => pid,
        Err(error) => return Outcome::refused(error),
    };
    let ended = match wait_for(pid, timeout_ms) {
        Ok(ended) => ended,
        // Such as a forked child that waits for a child of its parent.
        Err(errno) => return Outcome::system_error(errno),
    };
    host.unbind(name, Meaning::Child(pid));
    Outcome::done(ended.unwrap_or_else(|| {
        // SAFETY: a child of this process that is not reaped yet: the id is still its own.
        unsafe { libc::kill(pid, libc::SIGKILL) };
        // Whatever became of it meanwhile, it was too late.
        let _ = reap(pid, 0);
        json!({ "timeout": true })
    }))
}

/// How the child ended; `None` when the time is over. Polls, because a handler of SIGCHLD would change
/// what the DLL sees, and `pidfd_open` is missing before Linux 5.3.
fn wait_for(pid: libc::pid_t, timeout_ms: u64) -> Result<Option<Value>, i32> {
    let start = sys::now();
    let mut pause = Duration::from_micros(100);
    loop {
        let ended = reap(pid, libc::WNOHANG)?;
        if ended.is_some() || (sys::now() - start) / 1_000_000 >= timeout_ms {
            return Ok(ended);
        }
        process::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// How a child ended; `None` if it has not. The error is an error number.
fn reap(pid: libc::pid_t, options: i32) -> Result<Option<Value>, i32> {
    let mut status = 0;
    loop {
        // SAFETY: the status is writable.
        let result = unsafe { libc::waitpid(pid, &raw mut status, options) };
        match result {
            0 => return Ok(None),
            -1 if sys::errno() == libc::EINTR => {}
            -1 => return Err(sys::errno()),
            _ if libc::WIFEXITED(status) => {
                return Ok(Some(json!({ "exit": libc::WEXITSTATUS(status) })));
            }
            _ => return Ok(Some(json!({ "signal": libc::WTERMSIG(status) }))),
        }
    }
}
