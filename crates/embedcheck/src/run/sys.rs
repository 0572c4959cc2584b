//! The only place of the runner that talks to the operating system below `std`.
//!
//! The functions have names that say what they are for, not which call they make, so that the rest
//! of the runner reads the same on any Unix. What is read from `/proc` lives in [`super::procfs`].

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec};
use rustix::fs::{MemfdFlags, OFlags, StatVfsMountFlags};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions};

/// A process number.
pub(super) type ProcessId = Pid;

/// A process number from its decimal form; `None` for zero and negative numbers, which mean groups
/// to the kernel.
pub(super) fn process_id(raw: i32) -> Option<ProcessId> {
    if raw > 0 { Pid::from_raw(raw) } else { None }
}

/// The number of a child that was just started.
pub(super) fn process_id_of(child: &Child) -> ProcessId {
    Pid::from_child(child)
}

/// Makes orphaned descendants children of this process instead of children of init.
pub(super) fn adopt_orphans() -> io::Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// An anonymous file in memory that every holder appends to.
pub(super) fn memory_file(name: &str) -> io::Result<OwnedFd> {
    let file = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC)?;
    rustix::fs::fcntl_setfl(&file, OFlags::APPEND)?;
    Ok(file)
}

/// The number of bytes in a memory file.
pub(super) fn file_size(file: BorrowedFd<'_>) -> io::Result<u64> {
    let size = rustix::fs::fstat(file)?.st_size;
    Ok(u64::try_from(size).unwrap_or(0))
}

/// The first `limit` bytes of a memory file, whatever its position is.
pub(super) fn read_from_start(file: &OwnedFd, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::from(file.try_clone()?);
    let size = usize::try_from(file_size(file.as_fd())?.min(limit)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; size];
    let mut done = 0;
    while done < size {
        match file.read_at(&mut bytes[done..], done as u64) {
            // Somebody truncated the file after its size was asked.
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}

/// Makes reads from a pipe return [`io::ErrorKind::WouldBlock`] instead of waiting.
pub(super) fn never_block(pipe: BorrowedFd<'_>) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(pipe)?;
    rustix::fs::fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?;
    Ok(())
}

/// What one attempt to read gave.
pub(super) enum Chunk {
    /// That many bytes.
    Bytes(usize),
    /// Nothing at the moment.
    Nothing,
    /// Every writer has closed its end (or reading failed, after which nothing more can come).
    End,
}

/// Reads what is there, without waiting, from a pipe that was given to [`never_block`].
pub(super) fn read_chunk(pipe: &mut impl Read, buffer: &mut [u8]) -> Chunk {
    loop {
        match pipe.read(buffer) {
            Ok(0) => return Chunk::End,
            Ok(n) => return Chunk::Bytes(n),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Chunk::Nothing,
            Err(_) => return Chunk::End,
        }
    }
}

/// A descriptor that becomes readable when the process ends, if the kernel has them (Linux 5.3) and
/// lets us.
pub(super) fn end_of_process(process: ProcessId) -> Option<OwnedFd> {
    rustix::process::pidfd_open(process, PidfdFlags::empty()).ok()
}

/// Whether a child has ended. Its number stays reserved until [`Child::wait`].
pub(super) fn has_ended(child: ProcessId) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    // An error means that there is nothing to wait for: somebody has reaped it.
    !matches!(rustix::process::waitid(WaitId::Pid(child), options), Ok(None))
}

/// How a child that was asked for its end answered.
pub(super) enum Reaped {
    /// It is still there.
    Alive,
    /// It has ended and is gone from the process table; whether by SIGKILL.
    Ended { killed: bool },
    /// It is no child of ours (any more).
    NotOurs,
}

/// Takes the end of an adopted child, without waiting.
pub(super) fn reap(child: ProcessId) -> Reaped {
    match rustix::process::waitpid(Some(child), WaitOptions::NOHANG) {
        Ok(None) => Reaped::Alive,
        Ok(Some((_, status))) => {
            Reaped::Ended { killed: status.terminating_signal() == Some(Signal::KILL.as_raw()) }
        }
        Err(Errno::INTR) => Reaped::Alive,
        Err(_) => Reaped::NotOurs,
    }
}

/// Kills one process. One that has ended in the meantime is no error.
pub(super) fn kill(process: ProcessId) {
    // The only other error is EPERM, for a process that became another user's; its survival is
    // noticed by the caller.
    let _ = rustix::process::kill_process(process, Signal::KILL);
}

/// Kills every process of a group.
pub(super) fn kill_group(leader: ProcessId) {
    let _ = rustix::process::kill_process_group(leader, Signal::KILL);
}

/// A descriptor that [`wake`] makes readable for ever.
pub(super) fn wake_up_call() -> io::Result<OwnedFd> {
    Ok(rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

/// Makes a [`wake_up_call`] readable.
pub(super) fn wake(call: &OwnedFd) {
    // It fails only when the counter is full, and then it is readable already.
    let _ = rustix::io::write(call, &1_u64.to_ne_bytes());
}

/// Waits until one of the descriptors is readable or closed, at most for `patience`; `true` for
/// those that are.
pub(super) fn wait_readable<const N: usize>(
    descriptors: [Option<BorrowedFd<'_>>; N],
    patience: Duration,
) -> io::Result<[bool; N]> {
    let mut polled: Vec<PollFd<'_>> = descriptors
        .iter()
        .flatten()
        .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
        .collect();
    let patience = Timespec::try_from(patience).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
    match rustix::event::poll(&mut polled, Some(&patience)) {
        // A signal is a reason to look at the clock again, nothing more.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut answers = polled.iter().map(|fd| !fd.revents().is_empty());
    Ok(descriptors.map(|fd| fd.is_some() && answers.next().unwrap_or(false)))
}

/// Whether starting a program failed because some process still holds it open for writing.
pub(super) fn is_text_busy(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::TXTBSY.raw_os_error())
}

/// Whether starting a program failed because it is in no format that the kernel executes.
pub(super) fn is_not_executable_format(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error())
}

/// Whether a file lies on a file system whose programs cannot be executed.
pub(super) fn forbids_execution(file: &Path) -> bool {
    rustix::fs::statvfs(file).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::NOEXEC))
}
