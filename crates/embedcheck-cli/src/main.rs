//! `embedcheck`: arguments in, library call, exit code out.
#![forbid(unsafe_code)]

mod app;
mod args;
mod command;
mod exit;
mod failure;
mod help;
mod host;
mod limits;
mod output;
mod progress;
mod signals;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    // Before anything else: a host process must start lean and with one thread.
    match arguments.next() {
        Some(first) if first == host::SUBCOMMAND => host::main(arguments),
        Some(first) if first == host::MEASURE => host::measure(arguments),
        _ => app::main(),
    }
}
