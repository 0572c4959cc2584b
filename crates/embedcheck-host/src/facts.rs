//! Facts about the process.

use std::ffi::c_int;
use std::fs;
use std::mem::MaybeUninit;
use std::ptr;

use embedcheck_plan::Fact;
use serde_json::{Map, Value, json};

use crate::events::Outcome;
use crate::state::{Host, Raw};
use crate::{images, library, python, sys};

/// `facts KIND…`.
pub(crate) fn facts(host: &Host, kinds: &[Fact]) -> Outcome {
    let mut found = Map::new();
    for kind in kinds {
        let value = match kind {
            Fact::Images => images::images(host),
            Fact::Symbols => symbols(host),
            Fact::Signals => signals(),
            Fact::Locale => json!({ "ctype": locale(libc::LC_CTYPE), "all": locale(libc::LC_ALL) }),
            Fact::Python => python::state(host),
            Fact::Prefix => python::prefix(host),
            Fact::Threads => threads(),
        };
        found.insert(kind.name().to_owned(), value);
    }
    Outcome::done(found)
}

fn symbols(host: &Host) -> Value {
    let from = |raw| match library::symbol(raw, "Py_IsInitialized") {
        Ok(address) => library::whereabouts(address.as_ptr()),
        Err(_) => Value::Null,
    };
    let mut found = Map::new();
    found.insert("default".to_owned(), from(Raw::DEFAULT));
    for (name, raw) in host.handles() {
        found.insert(name.to_string(), from(raw));
    }
    found.into()
}

/// Signals 1 to 31 except SIGKILL and SIGSTOP, whose disposition nobody can change.
const SIGNALS: [(c_int, &str); 29] = [
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGINT, "SIGINT"),
    (libc::SIGQUIT, "SIGQUIT"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGTRAP, "SIGTRAP"),
    (libc::SIGABRT, "SIGABRT"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGPIPE, "SIGPIPE"),
    (libc::SIGALRM, "SIGALRM"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGSTKFLT, "SIGSTKFLT"),
    (libc::SIGCHLD, "SIGCHLD"),
    (libc::SIGCONT, "SIGCONT"),
    (libc::SIGTSTP, "SIGTSTP"),
    (libc::SIGTTIN, "SIGTTIN"),
    (libc::SIGTTOU, "SIGTTOU"),
    (libc::SIGURG, "SIGURG"),
    (libc::SIGXCPU, "SIGXCPU"),
    (libc::SIGXFSZ, "SIGXFSZ"),
    (libc::SIGVTALRM, "SIGVTALRM"),
    (libc::SIGPROF, "SIGPROF"),
    (libc::SIGWINCH, "SIGWINCH"),
    (libc::SIGIO, "SIGIO"),
    (libc::SIGPWR, "SIGPWR"),
    (libc::SIGSYS, "SIGSYS"),
];

fn signals() -> Value {
    let entry = |(number, name): (c_int, &str)| (name.to_owned(), disposition(number).into());
    SIGNALS.into_iter().map(entry).collect::<Map<_, _>>().into()
}

fn disposition(signal: c_int) -> &'static str {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: only asks; the structure is writable.
    unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all bits zero are a valid value, which a failed call leaves.
    match unsafe { action.assume_init() }.sa_sigaction {
        libc::SIG_DFL => "default",
        libc::SIG_IGN => "ignore",
        _ => "handler",
    }
}

fn locale(category: c_int) -> Option<String> {
    // SAFETY: a null locale only asks.
    let name = unsafe { libc::setlocale(category, ptr::null()) };
    // SAFETY: null or a string, which is copied before anything else can change it.
    unsafe { sys::text_at(name) }
}

fn threads() -> Value {
    fs::read_dir("/proc/self/task").map_or(Value::Null, |tasks| tasks.count().into())
}
