//! What a user, a machine or a file can do to the program: one clear error, the documented exit code,
//! and nothing left behind.

#[path = "cli/common.rs"]
#[expect(dead_code, reason = "shared with the tests of the command line, which use all of it")]
mod common;

#[path = "bad_input/cache.rs"]
mod cache;
#[path = "bad_input/elf.rs"]
mod elf;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/machine.rs"]
mod machine;
#[path = "bad_input/plans.rs"]
mod plans;
#[path = "bad_input/processes.rs"]
mod processes;
#[path = "bad_input/signals.rs"]
mod signals;
#[path = "bad_input/support.rs"]
mod support;
