//! Where each thread of a process is, taken before a process that hangs is killed.

use std::ffi::OsStr;
use std::fmt;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sys::ProcessId;
use super::syscalls::syscall_name;
use super::{Stop, backtrace, procfs};

/// Threads that a snapshot holds at most, over all processes.
const MOST_THREADS: usize = 256;
/// How long the debuggers of one run may take together.
const DEBUGGER_BUDGET: Duration = Duration::from_secs(10);

/// Where one thread was at the time limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadSnapshot {
    /// Its process.
    pub pid: i32,
    /// Its number; the main thread has that of the process.
    pub tid: i32,
    /// Its name, by default that of the program.
    pub name: String,
    /// `S (sleeping)`, `R (running)` and so on, from proc(5).
    pub state: String,
    /// What it waits for in the kernel.
    pub syscall: SyscallState,
    /// The kernel function in which it waits, if the kernel tells.
    pub wchan: Option<String>,
    /// Its stack inside the kernel, innermost first; only for root.
    pub kernel_stack: Vec<String>,
    /// Its stack in the program, innermost first; only with `eu-stack` or `gdb`.
    pub backtrace: Vec<String>,
}

/// Whether a thread was in a system call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SyscallState {
    /// It was executing; a thread that spins shows this.
    Running,
    /// In that call.
    In {
        /// On this machine.
        number: i64,
        /// Of the calls that can wait.
        name: Option<String>,
    },
    /// It was stopped outside of any call, by a page fault, for instance.
    Outside,
    /// The kernel does not tell.
    Unknown,
}

impl SyscallState {
    /// From `/proc/PID/task/TID/syscall`: `running`, or the number (-1 outside of a call) and more
    /// numbers.
    fn parse(text: Option<&str>) -> Self {
        match text.and_then(|text| text.split_ascii_whitespace().next()) {
            Some("running") => Self::Running,
            Some(number) => match number.parse() {
                Ok(-1) => Self::Outside,
                Ok(number) => Self::In { number, name: syscall_name(number).map(str::to_owned) },
                Err(_) => Self::Unknown,
            },
            None => Self::Unknown,
        }
    }
}

impl fmt::Display for SyscallState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("running"),
            Self::In { name: Some(name), .. } => write!(f, "in {name}"),
            Self::In { number, name: None } => write!(f, "in system call {number}"),
            Self::Outside => f.write_str("outside of system calls"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// Takes the snapshot of all threads of these processes, and notes on what could not be had.
/// `tools_path` is where debuggers are looked for.
pub(super) fn take(
    processes: &[ProcessId],
    tools_path: Option<&OsStr>,
    stop: &Stop,
) -> (Vec<ThreadSnapshot>, Vec<String>) {
    let mut notes = Vec::new();
    // All states first: a debugger stops the threads, and then they are somewhere else.
    let mut snapshots: Vec<_> = processes
        .iter()
        .flat_map(|process| procfs::threads(*process).into_iter().map(|tid| (*process, tid)))
        .collect();
    if snapshots.len() > MOST_THREADS {
        notes.push(format!("only {MOST_THREADS} of {} threads were looked at", snapshots.len()));
        snapshots.truncate(MOST_THREADS);
    }
    let mut snapshots: Vec<_> =
        snapshots.into_iter().map(|(process, tid)| without_backtrace(process, tid)).collect();

    let debuggers = backtrace::debuggers(tools_path);
    if debuggers.is_empty() {
        notes.push("no backtraces: neither eu-stack nor gdb is installed".to_owned());
        return (snapshots, notes);
    }
    let began = Instant::now();
    for process in processes {
        let left = DEBUGGER_BUDGET.saturating_sub(began.elapsed());
        if left.is_zero() || stop.is_requested() {
            notes.push(format!("no time for a backtrace of process {}", process.as_raw_pid()));
            continue;
        }
        let mut backtraces = match backtrace::of_process(*process, &debuggers, left, stop) {
            Ok(backtraces) => backtraces,
            Err(problem) => {
                notes.push(format!("no backtrace of process {}: {problem}", process.as_raw_pid()));
                continue;
            }
        };
        for snapshot in snapshots.iter_mut().filter(|snapshot| snapshot.pid == process.as_raw_pid())
        {
            snapshot.backtrace = backtraces.remove(&snapshot.tid).unwrap_or_default();
        }
    }
    (snapshots, notes)
}

fn without_backtrace(process: ProcessId, tid: i32) -> ThreadSnapshot {
    let file = |name| procfs::thread_file(process, tid, name);
    let status = file("status").unwrap_or_default();
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    ThreadSnapshot {
        pid: process.as_raw_pid(),
        tid,
        name: file("comm").unwrap_or_default(),
        state: state.unwrap_or("gone").trim().to_owned(),
        syscall: SyscallState::parse(file("syscall").as_deref()),
        // A lone 0 stands for "not waiting" or "not allowed to know".
        wchan: file("wchan").filter(|name| name != "0"),
        kernel_stack: file("stack")
            .map(|stack| stack.lines().map(kernel_function).collect())
            .unwrap_or_default(),
        backtrace: Vec::new(),
    }
}

/// `[<0>] do_nanosleep+0x67/0x190` without the address in front, which is hidden anyway.
fn kernel_function(line: &str) -> String {
    line.split_once("] ").map_or(line, |(_, function)| function).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syscall_file_is_understood() {
        let parse = |text| SyscallState::parse(Some(text));
        assert_eq!(parse("running"), SyscallState::Running);
        assert_eq!(parse("-1 0x7ffd 0x7f5c"), SyscallState::Outside);
        assert_eq!(parse("123456 0x0"), SyscallState::In { number: 123_456, name: None });
        assert_eq!(parse("garbage"), SyscallState::Unknown);
        assert_eq!(SyscallState::parse(None), SyscallState::Unknown);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn a_lock_is_a_futex() {
        assert_eq!(SyscallState::parse(Some("202 0x7f 0x80")).to_string(), "in futex");
    }
}
