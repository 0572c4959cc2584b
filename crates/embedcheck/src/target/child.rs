//! One short-lived child process, of which nothing good is assumed.
//!
//! The checks' own runs go through `run`, which keeps far more evidence. Asking an interpreter has
//! simpler needs: no events, a few kilobytes of output, and no trace left if it goes wrong.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::Options;

/// How a child ended, with the beginning of what it printed.
#[derive(Debug)]
pub(super) struct Ended {
    /// `None`: it was killed at the time limit, or because of a request to stop.
    pub(super) status: Option<ExitStatus>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Kept of each stream; the rest is read, so that the child is not stopped by it, and dropped.
const STDOUT_LIMIT: usize = 1 << 20;
const STDERR_LIMIT: usize = 16 << 10;

/// How long the end of a child can go unnoticed when somebody else holds its pipes open.
const TICK: Duration = Duration::from_millis(20);

/// Runs a program to its end, to the time limit or to a request to stop, then kills what is left of its process group.
///
/// The environment is `environment` and nothing else; standard input is empty.
pub(super) fn run(
    program: &Path,
    arguments: &[&OsStr],
    environment: &[(OsString, OsString)],
    folder: Option<&Path>,
    options: &Options,
) -> io::Result<Ended> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let deadline = Instant::now() + options.time_limit;
    let mut child = spawn(&mut command)?;
    let mut stdout = Stream::new(child.stdout.take(), STDOUT_LIMIT);
    let mut stderr = Stream::new(child.stderr.take(), STDERR_LIMIT);
    let watched = watch(&child, &mut stdout, &mut stderr, deadline, options);
    // The child has not been reaped yet, so that its number still belongs to it and its group. The
    // group may be empty already, which is the only way this can fail.
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    let status = child.wait()?;
    Ok(Ended { status: watched?.then_some(status), stdout: stdout.kept, stderr: stderr.kept })
}

/// A program that was just written may still be open for writing in a sibling that another thread
/// has forked and that has not reached its `execve` yet. It will in a moment.
fn spawn(command: &mut Command) -> io::Result<Child> {
    const ATTEMPTS: u32 = 10;
    let mut attempt = 0;
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy && attempt < ATTEMPTS =>
            {
                attempt += 1;
                thread::sleep(Duration::from_millis(5) * attempt);
            }
            result => return result,
        }
    }
}

/// Reads both streams until the child has ended (true), or time is up or a stop was requested (false).
fn watch(
    child: &Child,
    stdout: &mut Stream<impl Read + AsFd>,
    stderr: &mut Stream<impl Read + AsFd>,
    deadline: Instant,
    options: &Options,
) -> io::Result<bool> {
    stdout.set_nonblocking()?;
    stderr.set_nonblocking()?;
    loop {
        // Asked before the streams are read: what the child wrote before its end is then still read.
        let ended = has_ended(child)?;
        stdout.read_available()?;
        stderr.read_available()?;
        let now = Instant::now();
        if ended || now >= deadline || options.is_stopped() {
            return Ok(ended);
        }
        let wait = TICK.min(deadline - now);
        let open: Vec<_> = [stdout.poll_fd(), stderr.poll_fd()].into_iter().flatten().collect();
        if open.is_empty() {
            // Both streams are closed: the end is usually a fraction of a millisecond away.
            thread::sleep(Duration::from_millis(1));
        } else {
            wait_for(open, wait)?;
        }
    }
}

fn has_ended(child: &Child) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(Pid::from_child(child)), options)?.is_some())
}

fn wait_for(mut open: Vec<PollFd<'_>>, time: Duration) -> io::Result<()> {
    let time = Timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
    match poll(&mut open, Some(&time)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The reading end of a pipe, and the beginning of what came through it.
struct Stream<R> {
    pipe: Option<R>,
    kept: Vec<u8>,
    limit: usize,
}

impl<R: Read + AsFd> Stream<R> {
    fn new(pipe: Option<R>, limit: usize) -> Self {
        Self { pipe, kept: Vec::new(), limit }
    }

    fn set_nonblocking(&self) -> io::Result<()> {
        if let Some(pipe) = &self.pipe {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        Ok(())
    }

    fn poll_fd(&self) -> Option<PollFd<'_>> {
        self.pipe.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN))
    }

    /// Reads at most what a full pipe holds, so that an endless stream does not keep the caller from
    /// looking at the clock.
    fn read_available(&mut self) -> io::Result<()> {
        const PIPE_SIZE: usize = 64 << 10;
        let mut buffer = [0; 16 << 10];
        let mut total = 0;
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(read) => {
                    let room = self.limit - self.kept.len();
                    self.kept.extend_from_slice(&buffer[..read.min(room)]);
                    total += read;
                    if total >= PIPE_SIZE {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Stop;

    fn shell(script: &str, limit: Duration) -> io::Result<Ended> {
        let environment = [("PATH".into(), "/usr/bin:/bin".into())];
        let options = Options { time_limit: limit, ..Options::default() };
        run(Path::new("/bin/sh"), &["-c".as_ref(), script.as_ref()], &environment, None, &options)
    }

    #[test]
    fn both_streams_and_the_exit_code_arrive() {
        let ended = shell("echo out; echo err >&2; exit 3", Duration::from_secs(20)).unwrap();
        assert_eq!(ended.status.and_then(|status| status.code()), Some(3));
        assert_eq!((&*ended.stdout, &*ended.stderr), (&b"out\n"[..], &b"err\n"[..]));
    }

    #[test]
    fn a_child_that_does_not_end_is_killed_with_its_own_children() {
        let start = Instant::now();
        let ended = shell("sleep 97 & echo $!; wait", Duration::from_millis(300)).unwrap();
        assert!(ended.status.is_none());
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_gone(&ended.stdout);
    }

    #[test]
    fn a_grandchild_that_holds_the_pipe_does_not_delay_the_end() {
        let start = Instant::now();
        let ended = shell("sleep 98 & echo $!", Duration::from_secs(30)).unwrap();
        assert!(ended.status.is_some_and(|status| status.success()));
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_gone(&ended.stdout);
    }

    #[test]
    fn an_endless_stream_is_bounded_in_memory_and_time() {
        let ended = shell("exec cat /dev/zero", Duration::from_millis(300)).unwrap();
        assert!(ended.status.is_none());
        assert_eq!(ended.stdout.len(), STDOUT_LIMIT);
    }

    #[test]
    fn a_request_to_stop_ends_a_child() {
        let stop = Stop::new().unwrap();
        let options = Options { stop: Some(stop.clone()), ..Options::default() };
        let start = Instant::now();
        let asking = thread::spawn(move || {
            run(Path::new("/bin/sleep"), &["96".as_ref()], &[], None, &options)
        });
        thread::sleep(Duration::from_millis(50));
        stop.request();
        assert!(asking.join().unwrap().unwrap().status.is_none());
        assert!(start.elapsed() < Options::default().time_limit);
    }

    #[test]
    fn the_last_words_before_the_end_are_read() {
        let ended = shell("head -c 60000 /dev/zero; printf end", Duration::from_secs(20)).unwrap();
        assert!(ended.stdout.ends_with(b"end"));
    }

    /// The kill is sent before `run` returns, but init may take a moment to reap the orphan.
    fn assert_gone(pid: &[u8]) {
        let pid = String::from_utf8_lossy(pid);
        let stat = Path::new("/proc").join(pid.trim()).join("stat");
        for _ in 0..200 {
            match std::fs::read_to_string(&stat) {
                Ok(stat) if !stat.contains(") Z ") => thread::sleep(Duration::from_millis(10)),
                _ => return,
            }
        }
        panic!("process {pid} is still there");
    }
}
