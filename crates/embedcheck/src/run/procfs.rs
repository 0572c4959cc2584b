//! What Linux tells about processes in `/proc`. Any of it can be gone or refused at any moment:
//! everything is an `Option` or an empty list, never an error.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::sys::{self, ProcessId};

/// The fields of `/proc/PID/stat` that the runner needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    /// `Z` for a process that has ended and was not waited for.
    pub(super) state: char,
    pub(super) parent: i32,
    pub(super) group: i32,
}

impl Stat {
    /// Whether the process has ended.
    pub(super) fn is_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }
}

/// Reads the state, parent and group of a process.
pub(super) fn stat(process: ProcessId) -> Option<Stat> {
    parse_stat(&fs::read(format!("/proc/{}/stat", process.as_raw_pid())).ok()?)
}

/// Takes the `stat` line apart. The second field is the program's name in parentheses, and it may
/// itself hold blanks and parentheses: the fields are counted from the last one.
fn parse_stat(line: &[u8]) -> Option<Stat> {
    let after_name = line.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = std::str::from_utf8(&line[after_name..]).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    Some(Stat {
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

/// What the environment of a process says about a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InEnvironment {
    /// The process was started with exactly this `NAME=value`.
    Yes,
    /// It was not, or we may not know.
    No,
    /// There is none, or half of one: the process has ended, or was started with none, or is in the
    /// middle of `execve`, which takes away the old environment before it sets up the new one.
    Unclear,
}

/// Looks for a `NAME=value` in the environment that a process was started with.
pub(super) fn environment_has(process: ProcessId, assignment: &str) -> InEnvironment {
    // Room for all of a usual environment, so that it is one look and not many: it may change in
    // between.
    let mut bytes = Vec::with_capacity(64 * 1024);
    let file = File::open(format!("/proc/{}/environ", process.as_raw_pid()));
    if file.and_then(|mut file| file.read_to_end(&mut bytes)).is_err() {
        return InEnvironment::No;
    }
    if bytes.split(|byte| *byte == 0).any(|entry| entry == assignment.as_bytes()) {
        InEnvironment::Yes
    } else if bytes.last() == Some(&0) {
        InEnvironment::No
    } else {
        InEnvironment::Unclear
    }
}

/// The children of this process, adopted ones included.
pub(super) fn own_children() -> Vec<ProcessId> {
    let own = std::process::id();
    let mut children = Vec::new();
    let threads = numbered_entries("/proc/self/task");
    for thread in &threads {
        let Ok(list) = fs::read_to_string(format!("/proc/{own}/task/{thread}/children")) else {
            continue;
        };
        children.extend(
            list.split_ascii_whitespace().filter_map(|pid| sys::process_id(pid.parse().ok()?)),
        );
    }
    // Kernels built without CONFIG_PROC_CHILDREN do not have that file.
    if children.is_empty()
        && !fs::exists(format!("/proc/{own}/task/{own}/children")).unwrap_or(false)
    {
        children = all_processes();
        let own = i32::try_from(own).unwrap_or(0);
        children.retain(|process| stat(*process).is_some_and(|stat| stat.parent == own));
    }
    children
}

/// Every process that can be seen.
pub(super) fn all_processes() -> Vec<ProcessId> {
    numbered_entries("/proc").into_iter().filter_map(sys::process_id).collect()
}

/// The threads of a process.
pub(super) fn threads(process: ProcessId) -> Vec<i32> {
    numbered_entries(&format!("/proc/{}/task", process.as_raw_pid()))
}

fn numbered_entries(folder: &str) -> Vec<i32> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut numbers: Vec<i32> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

/// One of the one-line files about a thread, without the line end; `None` when it is empty, too.
pub(super) fn thread_file(process: ProcessId, thread: i32, name: &str) -> Option<String> {
    let path = PathBuf::from(format!("/proc/{}/task/{thread}/{name}", process.as_raw_pid()));
    let text = String::from_utf8_lossy(&fs::read(path).ok()?).trim_end().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The program that a process executes, for messages.
pub(super) fn program(process: ProcessId) -> Option<String> {
    let path = fs::read_link(format!("/proc/{}/exe", process.as_raw_pid())).ok()?;
    Some(String::from_utf8_lossy(path.as_os_str().as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_cannot_confuse_the_fields() {
        let stat = parse_stat(b"12 (a) Z 1 (b) ) S 7 11 12 0 -1").unwrap();
        assert_eq!(stat, Stat { state: 'S', parent: 7, group: 11 });
    }

    #[test]
    fn half_a_line_is_not_a_process() {
        for line in [&b""[..], b"12 (a", b"12 (a) S", b"12 (a) S x 1", b"12 (a) S 1"] {
            assert_eq!(parse_stat(line), None, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn this_process_is_found() {
        let own = sys::process_id(std::process::id().cast_signed()).unwrap();
        assert!(!stat(own).unwrap().is_ended());
        assert!(threads(own).contains(&own.as_raw_pid()));
        assert!(all_processes().contains(&own));
    }
}
