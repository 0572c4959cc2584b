//! The Rust host: executes a plan the way a host program written in Rust loads a plugin.
//!
//! It implements `docs/plan-format.md`, as does the C host in `c-harness/`; where the two differ,
//! one of them is wrong. It is a library so that the `embedcheck` executable can carry it: the
//! executable runs itself again with a hidden subcommand, which calls [`main`].
//!
//! # What is particular about a host in Rust
//!
//! * Rust's runtime ignores SIGPIPE and handles SIGSEGV and SIGBUS (to report stack overflows)
//!   before `main`. The host sets all three back to their defaults and removes the runtime's
//!   alternate signal stack, so that a DLL sees what it sees in a C program and a crash ends the
//!   process by its signal.
//! * Threads are made by `pthread_create`: `std::thread` has a default stack size of its own, rounds
//!   a given one up, and gives each thread an alternate signal stack.
//! * A DLL may end a thread with `pthread_exit`, as CPython 3.13 and older do with threads that ask
//!   for the GIL after finalisation. That unwinds the frames of this crate, which is defined only
//!   while they own nothing. So functions between a thread's start and a call into a DLL hold
//!   references and numbers, never a value with a destructor, across the call. On the main thread
//!   Rust's own frames are in the way and the process aborts instead.
//! * A panic is a bug of the host. It cannot unwind into C: each entry from C aborts instead.
#![deny(unsafe_op_in_unsafe_fn)]

mod buffers;
mod call;
mod command;
mod elf;
mod events;
mod execute;
mod facts;
mod foreign;
mod fork;
mod hook;
mod images;
mod library;
pub mod measure;
mod process;
mod python;
mod state;
mod sys;
mod threads;

use std::ffi::OsString;
use std::io::Write;

use command::Command;
use embedcheck_plan::{BAD_PLAN_EXIT, EVENTS_LOST_EXIT};

/// Runs the host with these arguments (without the program's name) and returns its exit code.
///
/// With `--plan` it does not return: the plan ends the process, so that nothing of the caller runs
/// after the DLL's `exit` handlers. Call it first thing in `main`, before any thread is started:
/// it changes signal dispositions, and a plan may fork.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    match command::parse(arguments) {
        Ok(Command::List) => {
            let mut text = command::list().join("\n");
            text.push('\n');
            match std::io::stdout().write_all(text.as_bytes()) {
                Ok(()) => 0,
                Err(_) => EVENTS_LOST_EXIT,
            }
        }
        Ok(Command::Check { file }) => match command::read_plan(&file) {
            Ok(_) => 0,
            Err(error) => refuse(&error),
        },
        Ok(Command::Run { file, events_fd, parent_death_kills }) => {
            if parent_death_kills {
                sys::die_with_parent();
            }
            match command::read_plan(&file) {
                Ok(plan) => execute::run(plan, events_fd),
                Err(error) => refuse(&error),
            }
        }
        Err(error) => refuse(&error),
    }
}

fn refuse(message: &dyn std::fmt::Display) -> i32 {
    // Nobody is left to hear that standard error is closed.
    let _ = writeln!(std::io::stderr(), "{message}");
    BAD_PLAN_EXIT
}
