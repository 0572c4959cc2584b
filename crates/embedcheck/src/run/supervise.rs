//! One child from its start to the last trace of it: the machinery below [`run`](super::run()).

use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::capture::{Capture, Captured};
use super::sweep::{self, Leftovers, MARK, Mark};
use super::sys::{self, Chunk, ProcessId};
use super::{Environment, RunError, Stop, start};

/// How often the clock and the size of the events are looked at when nothing happens.
const TICK: Duration = Duration::from_millis(50);
/// The same when the end of the child cannot be waited for and must be asked for.
const ASKING_TICK: Duration = Duration::from_millis(5);
/// How long outputs may stay open after the end of the child, when it has passed them on to another
/// process.
const GRACE: Duration = Duration::from_millis(100);

/// What to start and within which bounds.
pub(super) struct Order<'a> {
    pub(super) program: &'a Path,
    pub(super) args: &'a [OsString],
    pub(super) environment: &'a Environment,
    pub(super) cwd: &'a Path,
    pub(super) timeout: Duration,
    /// Bytes kept of each output.
    pub(super) capture_limit: usize,
    /// Bytes of events that the child may write; `None` for a child that writes none and gets
    /// `/dev/null` as standard input.
    pub(super) events_limit: Option<u64>,
}

/// Why it is over.
pub(super) enum Ending {
    /// The child ended by itself.
    Status(ExitStatus),
    /// It was killed after its time limit.
    Timeout,
    /// It was killed because it wrote too many events.
    EventsFlood,
}

/// All that is left of the child.
pub(super) struct Outcome {
    pub(super) ending: Ending,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
    pub(super) events: Vec<u8>,
    pub(super) events_dropped: u64,
    pub(super) leftovers: Leftovers,
    pub(super) duration: Duration,
}

/// Runs a child to its end. `on_timeout` sees the living processes before they are killed, the
/// child first.
///
/// Whatever happens, nothing that belongs to the child is alive afterwards (short of what
/// [`Leftovers`] names).
pub(super) fn supervise(
    order: &Order<'_>,
    stop: &Stop,
    on_timeout: impl FnOnce(&[ProcessId]),
) -> Result<Outcome, RunError> {
    if stop.is_requested() {
        return Err(RunError::Interrupted);
    }
    sweep::prepare_process()?;
    let events = order.events_limit.map(|_| sys::memory_file("embedcheck-events")).transpose();
    let events = events.map_err(RunError::system("make a file in memory for the events"))?;

    let began = Instant::now();
    let mut running = Running::start(order, events.as_ref())?;
    let reason = running.watch(order, began, events.as_ref(), stop);
    let known = match reason {
        Ok(Reason::Ended) => Vec::new(),
        _ => sweep::members(running.leader, &running.mark),
    };
    if let Ok(Reason::Timeout) = reason {
        on_timeout(&known);
    }
    let leftovers = sweep::end_everything(running.leader, &running.mark, &known);
    let status = running.take_status(order.program)?;
    let duration = began.elapsed();
    running.drain();

    let ending = match reason? {
        Reason::Stopped => return Err(RunError::Interrupted),
        // A time-out that was reached while an interrupt came in is an interrupt.
        Reason::Timeout if stop.is_requested() => return Err(RunError::Interrupted),
        Reason::Ended => Ending::Status(status),
        Reason::Timeout => Ending::Timeout,
        Reason::EventsFlood => Ending::EventsFlood,
    };
    let (events, events_dropped) = read_events(events.as_ref(), order.events_limit.unwrap_or(0))?;
    let [stdout, stderr] =
        [&mut running.stdout, &mut running.stderr].map(|output| output.capture.take());
    Ok(Outcome { ending, stdout, stderr, events, events_dropped, leftovers, duration })
}

fn read_events(events: Option<&OwnedFd>, limit: u64) -> Result<(Vec<u8>, u64), RunError> {
    let Some(events) = events else {
        return Ok((Vec::new(), 0));
    };
    let failed = || RunError::system("read the events");
    let size = sys::file_size(events.as_fd()).map_err(failed())?;
    Ok((sys::read_from_start(events, limit).map_err(failed())?, size.saturating_sub(limit)))
}

/// Why [`Running::watch`] returned.
enum Reason {
    Ended,
    Timeout,
    EventsFlood,
    Stopped,
}

/// A child that has not been waited for. The runner owes its processes an end, also when an error
/// or a panic leaves the straight way: dropping it keeps that promise.
struct Running {
    child: Child,
    leader: ProcessId,
    mark: Mark,
    stdout: Output,
    stderr: Output,
    /// Whether [`Running::take_status`] has settled everything.
    is_over: bool,
}

impl Running {
    fn start(order: &Order<'_>, events: Option<&OwnedFd>) -> Result<Self, RunError> {
        let mark = Mark::unique();
        let mut command = Command::new(order.program);
        command.args(order.args).current_dir(order.cwd).env_clear();
        for (name, value) in order.environment.iter() {
            if name.is_empty() || name.as_bytes().iter().any(|byte| matches!(byte, b'=' | 0)) {
                return Err(RunError::BadVariable(name.to_owned()));
            }
            command.env(name, value);
        }
        command.env(MARK, mark.value());
        // As standard input the file reaches this child only: a descriptor that is inheritable in
        // this process would leak into the children that other threads start at the same moment.
        command.stdin(match events {
            Some(file) => file
                .try_clone()
                .map_err(RunError::system("pass on the file for the events"))?
                .into(),
            None => Stdio::null(),
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);

        let mut child = start::start(&mut command)?;
        let leader = sys::process_id_of(&child);
        let stdout = Output::new(child.stdout.take().map(OwnedFd::from), order.capture_limit);
        let stderr = Output::new(child.stderr.take().map(OwnedFd::from), order.capture_limit);
        let running = Self { child, leader, mark, stdout, stderr, is_over: false };
        for output in [&running.stdout, &running.stderr] {
            if let Some(pipe) = output.descriptor() {
                sys::never_block(pipe).map_err(RunError::system("read a pipe without waiting"))?;
            }
        }
        Ok(running)
    }

    /// Reads the outputs until the child has ended and has closed them, or there is a reason to end
    /// it.
    fn watch(
        &mut self,
        order: &Order<'_>,
        began: Instant,
        events: Option<&OwnedFd>,
        stop: &Stop,
    ) -> Result<Reason, RunError> {
        let end = sys::end_of_process(self.leader);
        let tick = if end.is_some() { TICK } else { ASKING_TICK };
        let mut buffer = vec![0; 64 * 1024];
        let mut ended_at: Option<Instant> = None;
        loop {
            if stop.is_requested() {
                return Ok(Reason::Stopped);
            }
            let left = match ended_at {
                Some(_) if self.stdout.is_closed() && self.stderr.is_closed() => {
                    return Ok(Reason::Ended);
                }
                Some(at) => match GRACE.checked_sub(at.elapsed()) {
                    Some(left) => left,
                    None => return Ok(Reason::Ended),
                },
                None => {
                    if is_flooded(events, order.events_limit)? {
                        return Ok(Reason::EventsFlood);
                    }
                    match order.timeout.checked_sub(began.elapsed()) {
                        Some(left) => left,
                        None => return Ok(Reason::Timeout),
                    }
                }
            };
            let end_to_watch = end.as_ref().filter(|_| ended_at.is_none()).map(AsFd::as_fd);
            let watched = [
                self.stdout.descriptor(),
                self.stderr.descriptor(),
                end_to_watch,
                Some(stop.call()),
            ];
            let [stdout, stderr, _, _] = sys::wait_readable(watched, left.min(tick))
                .map_err(RunError::system("wait for the output of a child"))?;
            if stdout {
                self.stdout.read(&mut buffer);
            }
            if stderr {
                self.stderr.read(&mut buffer);
            }
            if ended_at.is_none() && sys::has_ended(self.leader) {
                ended_at = Some(Instant::now());
            }
        }
    }

    /// How the child ended, which it must have; from here on its number may belong to somebody
    /// else.
    fn take_status(&mut self, program: &Path) -> Result<ExitStatus, RunError> {
        self.is_over = true;
        if !sys::has_ended(self.leader) {
            return Err(RunError::Unkillable {
                process: self.leader.as_raw_pid(),
                program: program.to_owned(),
            });
        }
        self.child.wait().map_err(RunError::system("take the exit code of a child"))
    }

    /// Reads what is still in the pipes. Nobody should be left to write, but a process that got
    /// away might go on for ever.
    fn drain(&mut self) {
        let began = Instant::now();
        let mut buffer = vec![0; 64 * 1024];
        for output in [&mut self.stdout, &mut self.stderr] {
            while output.read(&mut buffer) && began.elapsed() < GRACE {}
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over {
            sweep::end_everything(self.leader, &self.mark, &[]);
            if sys::has_ended(self.leader) {
                let _ = self.child.wait();
            }
        }
    }
}

fn is_flooded(events: Option<&OwnedFd>, limit: Option<u64>) -> Result<bool, RunError> {
    let (Some(file), Some(limit)) = (events, limit) else {
        return Ok(false);
    };
    Ok(sys::file_size(file.as_fd()).map_err(RunError::system("look at the size of the events"))?
        > limit)
}

/// One output of the child.
struct Output {
    pipe: Option<std::fs::File>,
    capture: Capture,
}

impl Output {
    fn new(pipe: Option<OwnedFd>, limit: usize) -> Self {
        Self { pipe: pipe.map(Into::into), capture: Capture::new(limit) }
    }

    fn is_closed(&self) -> bool {
        self.pipe.is_none()
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads once; whether there was something.
    fn read(&mut self, buffer: &mut [u8]) -> bool {
        let Some(pipe) = &mut self.pipe else {
            return false;
        };
        match sys::read_chunk(pipe, buffer) {
            Chunk::Bytes(n) => {
                self.capture.push(&buffer[..n]);
                true
            }
            Chunk::Nothing => false,
            Chunk::End => {
                self.pipe = None;
                false
            }
        }
    }
}
