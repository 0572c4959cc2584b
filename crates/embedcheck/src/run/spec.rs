//! What to run, and running it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::observation::parse_events;
use super::supervise::{Ending, Order, supervise};
use super::{Ended, Environment, Observation, RunError, Stop, snapshot};

/// One run: a program with everything that it can see, and the bounds within which it may act.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunSpec {
    /// The program; never looked up on a `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its complete environment.
    pub environment: Environment,
    /// Its working folder.
    pub cwd: PathBuf,
    /// How long it may take; 30 seconds unless changed.
    pub timeout: Duration,
    /// How many bytes are kept of each of its outputs, the first and the last half; 256 KiB unless
    /// changed. The child may write any amount and never waits for a reader.
    pub capture_limit: usize,
    /// How many bytes of events it may write to its standard input, a file in memory; 16 MiB unless
    /// changed. `None` for a program that writes no events: its standard input is `/dev/null`.
    pub events_limit: Option<u64>,
    /// The plan text that it gets, for the record.
    pub plan: String,
    /// Where `eu-stack` and `gdb` are looked for after a time-out, in the form of a `PATH`; `None`:
    /// no backtraces.
    pub tools_path: Option<OsString>,
}

impl RunSpec {
    /// A run without arguments and with the documented bounds.
    pub fn new(
        program: impl Into<PathBuf>,
        environment: Environment,
        cwd: impl Into<PathBuf>,
    ) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            environment,
            cwd: cwd.into(),
            timeout: Duration::from_secs(30),
            capture_limit: 256 * 1024,
            events_limit: Some(16 * 1024 * 1024),
            plan: String::new(),
            tools_path: None,
        }
    }

    /// The command line as text.
    fn command(&self) -> Vec<String> {
        let words = std::iter::once(self.program.as_os_str())
            .chain(self.args.iter().map(OsString::as_os_str));
        words.map(|word| word.to_string_lossy().into_owned()).collect()
    }
}

/// Runs a program and returns what was seen of it, after its last process is gone.
///
/// The kernel takes `--parent-death kill` of a host to mean the *thread* that called this: it stays
/// in here as long as the child lives, so that the option does what it says.
///
/// # Errors
///
/// [`RunError::Interrupted`] after a [`Stop::request`]; the others if the program could not be started or the system refuses
/// something. However the program behaves, that is no error.
pub fn run(spec: &RunSpec, stop: &Stop) -> Result<Observation, RunError> {
    let order = Order {
        program: &spec.program,
        args: &spec.args,
        environment: &spec.environment,
        cwd: &spec.cwd,
        timeout: spec.timeout,
        capture_limit: spec.capture_limit,
        events_limit: spec.events_limit,
    };
    let mut threads = Vec::new();
    let mut notes = Vec::new();
    let outcome = supervise(&order, stop, |processes| {
        (threads, notes) = snapshot::take(processes, spec.tools_path.as_deref(), stop);
    })?;
    let (events, event_problems) = parse_events(&outcome.events);
    notes.extend(
        outcome
            .leftovers
            .survivors
            .iter()
            .map(|who| format!("{who} does not go away after SIGKILL")),
    );
    let ended = match outcome.ending {
        Ending::Status(status) => Ended::from_status(status, &events),
        Ending::Timeout => Ended::Timeout { after_ms: milliseconds(spec.timeout) },
        Ending::EventsFlood => Ended::EventsFlood { limit_bytes: spec.events_limit.unwrap_or(0) },
    };
    Ok(Observation {
        command: spec.command(),
        cwd: spec.cwd.to_string_lossy().into_owned(),
        environment: spec.environment.to_text(),
        plan: spec.plan.clone(),
        ended,
        events,
        event_problems,
        events_dropped_bytes: outcome.events_dropped,
        stdout: outcome.stdout,
        stderr: outcome.stderr,
        threads,
        leftovers: outcome.leftovers.killed,
        notes,
        duration_ms: milliseconds(outcome.duration),
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
