//! Backtraces of a living process, from whichever debugger is installed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::supervise::{Ending, Order, supervise};
use super::sys::ProcessId;
use super::{Environment, Stop};

/// How long a debugger may take for one process. Reading the debug information of a Python takes
/// two seconds.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Frames that are kept of a thread, from the innermost; a runaway recursion has no end.
const MOST_FRAMES: usize = 64;

/// A debugger that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Debugger {
    program: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `eu-stack` of elfutils: small and fast.
    EuStack,
    Gdb,
}

/// The debuggers on a search path, the better one first.
pub(super) fn debuggers(path: Option<&OsStr>) -> Vec<Debugger> {
    let Some(path) = path else {
        return Vec::new();
    };
    let find = |(name, kind)| {
        let mut programs = std::env::split_paths(path).map(|folder| folder.join(name));
        Some(Debugger { program: programs.find(|program| is_program(program))?, kind })
    };
    [("eu-stack", Kind::EuStack), ("gdb", Kind::Gdb)].into_iter().filter_map(find).collect()
}

fn is_program(path: &Path) -> bool {
    path.is_absolute()
        && path
            .metadata()
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// The frames of each thread, innermost first, or why there are none.
pub(super) fn of_process(
    process: ProcessId,
    debuggers: &[Debugger],
    limit: Duration,
    stop: &Stop,
) -> Result<BTreeMap<i32, Vec<String>>, String> {
    let mut problems = Vec::new();
    for debugger in debuggers {
        match ask(process, debugger, limit.min(TIME_LIMIT), stop) {
            Ok(backtraces) => return Ok(backtraces),
            Err(problem) => problems.push(format!("{}: {problem}", debugger.program.display())),
        }
    }
    Err(problems.join("; "))
}

fn ask(
    process: ProcessId,
    debugger: &Debugger,
    limit: Duration,
    stop: &Stop,
) -> Result<BTreeMap<i32, Vec<String>>, String> {
    let number = process.as_raw_pid().to_string();
    let args: Vec<OsString> = match debugger.kind {
        Kind::EuStack => vec!["-p".into(), number.into()],
        Kind::Gdb => ["-p", &number, "-batch", "-nx", "-ex", "thread apply all backtrace 64"]
            .map(Into::into)
            .into(),
    };
    let order = Order {
        program: &debugger.program,
        args: &args,
        // Nothing is inherited, DEBUGINFOD_URLS least of all: a backtrace must not wait for a
        // download.
        environment: &Environment::empty(),
        cwd: Path::new("/"),
        timeout: limit,
        capture_limit: 1 << 20,
        events_limit: None,
    };
    let outcome = supervise(&order, stop, |_| {}).map_err(|error| error.to_string())?;
    if matches!(outcome.ending, Ending::Timeout) {
        return Err(format!("not done after {limit:?}"));
    }
    let backtraces = match debugger.kind {
        Kind::EuStack => parse(&outcome.stdout.text, eu_stack_thread),
        Kind::Gdb => parse(&outcome.stdout.text, gdb_thread),
    };
    if backtraces.is_empty() {
        let complaint = outcome
            .stderr
            .text
            .lines()
            .find(|line| !line.is_empty())
            .unwrap_or("it printed no frames");
        return Err(complaint.to_owned());
    }
    Ok(backtraces)
}

/// Both debuggers print a line for each thread and then a line that starts with `#` for each of its
/// frames.
fn parse(text: &str, thread: fn(&str) -> Option<i32>) -> BTreeMap<i32, Vec<String>> {
    let mut backtraces: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(thread) = thread(line) {
            current = Some(thread);
        } else if let (Some(thread), Some(frame)) = (current, frame(line)) {
            let frames = backtraces.entry(thread).or_default();
            if frames.len() < MOST_FRAMES {
                frames.push(frame);
            }
        }
    }
    backtraces
}

/// `TID 41:`
fn eu_stack_thread(line: &str) -> Option<i32> {
    line.strip_prefix("TID ")?.strip_suffix(':')?.parse().ok()
}

/// `Thread 1 (Thread 0x7f5c3fa7b740 (LWP 41) "sleep"):`, or `Thread 1 (LWP 41):` and the like.
fn gdb_thread(line: &str) -> Option<i32> {
    let rest = line.strip_prefix("Thread ")?;
    let number = rest.split_once("LWP ").or_else(|| rest.split_once("process "))?.1;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// `#0  0x00007f5c3fb4d503 clock_nanosleep`: without the number, which the order gives.
fn frame(line: &str) -> Option<String> {
    let rest = line.strip_prefix('#')?;
    let (number, rest) = rest.split_once(char::is_whitespace)?;
    number.parse::<u32>().ok()?;
    Some(rest.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eu_stack_is_understood() {
        let text = "PID 41 - process\nTID 41:\n#0  0x00007f5c3fb4d503 clock_nanosleep\n#1  0x0000555f46a1a4af\nTID 42:\n\
                    #0  0x1 futex\neu-stack: dwfl_thread_getframes: no frames";
        let expected = [
            (
                41,
                vec![
                    "0x00007f5c3fb4d503 clock_nanosleep".to_owned(),
                    "0x0000555f46a1a4af".to_owned(),
                ],
            ),
            (42, vec!["0x1 futex".to_owned()]),
        ];
        assert_eq!(parse(text, eu_stack_thread), BTreeMap::from(expected));
    }

    #[test]
    fn gdb_is_understood() {
        let text = "#0 not yet in a thread\n\nThread 2 (Thread 0x7f5c3fa7b740 (LWP 42) \"python\"):\n\
                    #0  0x00007f5c3fb51e53 in __GI___nanosleep (req=<optimized out>) at nanosleep.c:25\n\
                    Thread 1 (process 41):\n#0  main ()\n[Inferior 1 (process 41) detached]";
        let expected = [
            (41, vec!["main ()".to_owned()]),
            (42, vec!["0x00007f5c3fb51e53 in __GI___nanosleep (req=<optimized out>) at nanosleep.c:25".to_owned()]),
        ];
        assert_eq!(parse(text, gdb_thread), BTreeMap::from(expected));
    }

    #[test]
    fn a_debugger_is_an_executable_file_in_an_absolute_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gdb");
        std::fs::write(&path, "").unwrap();
        assert_eq!(debuggers(Some(folder.path().as_os_str())), []);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(
            debuggers(Some(folder.path().as_os_str())),
            [Debugger { program: path, kind: Kind::Gdb }]
        );
        assert_eq!(debuggers(None), []);
    }
}
