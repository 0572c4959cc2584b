//! Starts a program, and says in plain words why it could not be started.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use super::{RunError, sys};

/// Pauses before the next attempts while the program is "busy"; together about two seconds.
const BUSY_PAUSES_MS: [u64; 10] = [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000];

/// Starts a command whose working folder is stated.
///
/// A file that was just written can be "busy": when another thread starts a child at the same
/// moment, the child holds a copy of the still open descriptor until its own `exec`, and the kernel
/// refuses to execute what somebody could write to (ETXTBSY). It passes, so it is tried again; no
/// other error is.
pub(super) fn start(command: &mut Command) -> Result<Child, RunError> {
    if let Some(folder) = command.get_current_dir()
        && !folder.is_dir()
    {
        return Err(RunError::NoWorkingFolder(folder.to_owned()));
    }
    let mut pauses = BUSY_PAUSES_MS.iter();
    loop {
        match command.spawn() {
            Err(error) if sys::is_text_busy(&error) => match pauses.next() {
                Some(pause) => std::thread::sleep(Duration::from_millis(*pause)),
                None => return Err(not_started(command, error)),
            },
            Err(error) => return Err(not_started(command, error)),
            Ok(child) => return Ok(child),
        }
    }
}

fn not_started(command: &Command, source: io::Error) -> RunError {
    let program = Path::new(command.get_program());
    RunError::NotStarted { program: program.to_owned(), reason: explain(program, &source), source }
}

/// The kernel has one error number for many reasons; this looks at the file to tell them apart.
fn explain(program: &Path, error: &io::Error) -> String {
    if sys::is_text_busy(error) {
        return "another process holds it open for writing".to_owned();
    }
    if sys::is_not_executable_format(error) {
        return "it is neither a program for this machine nor a script with a `#!` line".to_owned();
    }
    match (error.kind(), fs::metadata(program)) {
        (io::ErrorKind::NotFound, Err(_)) => "there is no such file".to_owned(),
        (io::ErrorKind::NotFound, Ok(_)) => match script_interpreter(program) {
            Some(interpreter) => format!("it is a script for {interpreter}, which does not exist"),
            None => "the file is there, but the dynamic loader that it names (its ELF interpreter) is not; \
                     install the C library that it was built for"
                .to_owned(),
        },
        (io::ErrorKind::PermissionDenied, Ok(file)) if file.is_dir() => "it is a folder".to_owned(),
        (io::ErrorKind::PermissionDenied, Ok(file)) if file.permissions().mode() & 0o111 == 0 => {
            "it is not marked as executable (chmod +x)".to_owned()
        }
        (io::ErrorKind::PermissionDenied, Ok(_)) if sys::forbids_execution(program) => {
            "its file system is mounted with `noexec`; set TMPDIR to a folder where programs may be executed".to_owned()
        }
        _ => error.to_string(),
    }
}

/// The interpreter that the first line of a script names.
fn script_interpreter(program: &Path) -> Option<String> {
    // The kernel reads no more than 256 bytes of that line.
    let mut start = Vec::new();
    fs::File::open(program).ok()?.take(256).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).split_whitespace().next()?.to_owned())
}
