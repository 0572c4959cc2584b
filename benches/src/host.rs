//! A host process that calls as often as it is told.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use embedcheck::bench::{AnswerError, Dll, Producer, Stand};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Error;

/// Longer than any measurement.
const LIMIT: Timespec = Timespec { tv_sec: 120, tv_nsec: 0 };

/// A running host process with one DLL, which has been called.
pub(crate) struct Host {
    producer: Producer,
    child: Child,
    /// Closed to end it.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// Where its standard error goes: nobody reads it while it runs.
    errors: PathBuf,
}

impl Host {
    /// Starts it. `name` is that of a file that no other host has.
    ///
    /// # Errors
    ///
    /// If a process with this DLL does not start, or uses another libpython than the target's.
    pub(crate) fn start(stand: &Stand, dll: &Dll, name: &str) -> Result<Self, Error> {
        let producer = dll.producer;
        // The one that serves has no answer that would tell.
        stand.answer(dll, ["first".into()]).map_err(|error| said_by(producer, &error))?;
        let errors = stand.folder().join(format!("{name}.txt"));
        let mut child = stand
            .command(dll, ["serve".into()].into_iter().chain(dll.linked()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?)
            .spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or("a host process has no standard output")?;
        Ok(Self { producer, child, input, output: BufReader::new(output), errors })
    }

    /// What exactly so many calls take, by the clock of the host.
    ///
    /// # Errors
    ///
    /// If one of them returned something wrong, or the process is gone or does not answer.
    pub(crate) fn calls(&mut self, order: &str, iterations: u64) -> Result<Duration, Error> {
        let input = self.input.as_mut().ok_or("the host process was told to end")?;
        // If nobody reads it, nobody answers either.
        let _ = writeln!(input, "{order} {iterations}");
        let mut line = String::new();
        if !self.has_answer()? {
            return Err(self.wrong("no answer for two minutes"));
        }
        self.output.read_line(&mut line)?;
        match line.trim_end().parse() {
            Ok(nanoseconds) => Ok(Duration::from_nanos(nanoseconds)),
            Err(_) if line.is_empty() => {
                let status = self.child.wait()?;
                Err(self.wrong(&status.to_string()))
            }
            Err(_) => Err(self.wrong(&format!("{line:?} is no number"))),
        }
    }

    /// Whether there is one in time.
    fn has_answer(&self) -> Result<bool, Error> {
        let mut descriptors = [PollFd::new(self.output.get_ref(), PollFlags::IN)];
        Ok(poll(&mut descriptors, Some(&LIMIT))? > 0)
    }

    fn wrong(&self, what: &str) -> Error {
        let errors = fs::read_to_string(&self.errors).unwrap_or_default();
        format!("the host process of {}: {what}: {}", self.producer, errors.trim()).into()
    }
}

/// Says whose process it was.
pub(crate) fn said_by(producer: Producer, error: &AnswerError) -> Error {
    format!("the host process of {producer}: {error}").into()
}

impl Drop for Host {
    fn drop(&mut self) {
        // The end of its input ends it, unless it hangs.
        self.input = None;
        if !matches!(self.has_answer(), Ok(true)) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
