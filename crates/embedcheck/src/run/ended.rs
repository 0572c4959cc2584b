//! How a child ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use embedcheck_plan::{Event, NORMAL_EXIT};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Ended {
    /// It ended with an exit code.
    Exit {
        /// The code; 17 is the mark of a host that reached the end of its plan.
        code: i32,
        /// Whether something inside the host process called `exit`: the host had announced its
        /// start, but not this end.
        from_inside: bool,
    },
    /// A signal that the runner did not send killed it.
    Signal {
        /// Its number on this machine.
        number: i32,
        /// `SIGSEGV` and so on.
        name: String,
        /// Whether a core file was written.
        core_dumped: bool,
    },
    /// It was still there when its time was up, and was killed.
    Timeout {
        /// The time limit, in milliseconds.
        after_ms: u64,
    },
    /// It wrote more events than the runner takes, and was killed.
    EventsFlood {
        /// The limit, in bytes.
        limit_bytes: u64,
    },
}

impl Ended {
    /// From what the kernel says, with the events for the rest.
    pub(super) fn from_status(status: ExitStatus, events: &[Event]) -> Self {
        if let Some(number) = status.signal() {
            return Self::Signal {
                number,
                name: signal_name(number),
                core_dumped: status.core_dumped(),
            };
        }
        // A process that was waited for has ended by a signal or with a code.
        let code = status.code().unwrap_or(-1);
        let started = events.iter().any(|event| matches!(event, Event::Start { .. }));
        let announced = events
            .iter()
            .any(|event| matches!(event, Event::Finish { code: own, .. } if *own == code));
        Self::Exit { code, from_inside: started && !announced }
    }

    /// Whether the host reached the end of its plan and ended the way it wanted.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        *self == Self::Exit { code: NORMAL_EXIT, from_inside: false }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit { code, from_inside: false } => write!(f, "exit code {code}"),
            Self::Exit { code, from_inside: true } => {
                write!(f, "exit code {code}, called from inside")
            }
            Self::Signal { name, core_dumped: false, .. } => write!(f, "killed by {name}"),
            Self::Signal { name, core_dumped: true, .. } => {
                write!(f, "killed by {name}, core dumped")
            }
            Self::Timeout { after_ms } => write!(f, "killed after {after_ms} ms"),
            Self::EventsFlood { limit_bytes } => {
                write!(f, "killed after {limit_bytes} bytes of events")
            }
        }
    }
}

/// The name of a signal, `signal N` for one without. The numbers are those of x86, ARM, RISC-V,
/// POWER and s390 (signal(7)).
fn signal_name(number: i32) -> String {
    const NAMES: [&str; 31] = [
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];
    let name = usize::try_from(number).ok().and_then(|number| NAMES.get(number.checked_sub(1)?));
    name.map_or_else(|| format!("signal {number}"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(line: &str) -> Event {
        Event::parse_line(line.as_bytes()).unwrap()
    }

    #[test]
    fn an_exit_that_the_host_did_not_announce_comes_from_inside() {
        let start = event(r#"{"event":"start","host":"c","format":1,"pid":4,"time":1}"#);
        let finish = event(r#"{"event":"finish","pid":4,"time":2,"code":17}"#);
        let code = |code| ExitStatus::from_raw(code << 8);

        let normal = Ended::from_status(code(17), &[start.clone(), finish.clone()]);
        assert!(normal.is_normal());
        // exit(17) from inside looks like a normal end to the kernel only.
        let forged = Ended::from_status(code(17), std::slice::from_ref(&start));
        assert_eq!(forged, Ended::Exit { code: 17, from_inside: true });
        assert!(!forged.is_normal());
        // An atexit handler that calls _exit after the host has said goodbye.
        let handler = Ended::from_status(code(3), &[start, finish]);
        assert_eq!(handler, Ended::Exit { code: 3, from_inside: true });
        // A program that is no host, or one that refused its plan.
        assert_eq!(Ended::from_status(code(2), &[]), Ended::Exit { code: 2, from_inside: false });
    }

    #[test]
    fn signals_have_their_names() {
        assert_eq!(
            Ended::from_status(ExitStatus::from_raw(11 | 0x80), &[]).to_string(),
            "killed by SIGSEGV, core dumped"
        );
        assert_eq!(signal_name(31), "SIGSYS");
        assert_eq!(signal_name(34), "signal 34");
        assert_eq!(signal_name(0), "signal 0");
    }
}
