//! Finds and ends what a child leaves behind.
//!
//! A child is the leader of its own process group, which covers most of its descendants. One that
//! calls `setsid` leaves the group; but when its parent ends, it becomes a child of this process
//! (see [`prepare_process`]) and still has the variable `EMBEDCHECK_RUN` in its environment, whose
//! value is different for each run: runs in parallel never kill each other's processes, and other
//! children of this process are never touched.
//!
//! A process that has left the group, dropped the variable *and* lost its parent before the child
//! ended is a child of this process that no run can claim: [`end_strays`] ends it when all are over.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::procfs::{self, InEnvironment};
use super::sys::{self, ProcessId, Reaped};
use super::{RunError, error};

/// The variable that marks every process of a run.
pub(super) const MARK: &str = "EMBEDCHECK_RUN";

/// How long a process may take to be gone after SIGKILL. Freeing gigabytes takes a second; what
/// takes longer than this hangs in the kernel.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a process may take from losing its old environment to having the new one, on a busy
/// machine.
const EXEC_PATIENCE: Duration = Duration::from_millis(200);

/// Prepares this process for [`run`](super::run()): descendants that lose their parent become its
/// children, so that they can be found and waited for (`PR_SET_CHILD_SUBREAPER`). It concerns the
/// whole process and lasts until it ends.
///
/// The runner does it itself before the first child; a program calls this at its start if it wants
/// the error early or has other children, whose orphans come back to it as well. Calling it again
/// changes nothing.
///
/// # Errors
///
/// [`RunError::System`] if the kernel refuses.
pub fn prepare_process() -> Result<(), RunError> {
    let mut prepared = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
    if prepared.is_none() {
        let children = procfs::own_children();
        sys::adopt_orphans()
            .map_err(error::RunError::system("become the parent of orphaned processes"))?;
        *prepared = Some(children);
    }
    Ok(())
}

/// The children that this process had before it became the parent of orphans: `a & exec b` makes
/// `a` one of `b`'s. `None` until then.
static PREPARED: Mutex<Option<Vec<ProcessId>>> = Mutex::new(None);

/// Kills every child that this process got after [`prepare_process`], and what these leave behind;
/// returns how many it killed.
///
/// It ends the processes that no run can recognise as its own, because they left their group, their
/// environment and their parent. For a program that starts children only through this library, as
/// its last act: a child that is still being used is killed as well.
pub fn end_strays() -> usize {
    let Some(before) = PREPARED.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
        return 0;
    };
    let began = Instant::now();
    let mut killed = BTreeSet::new();
    loop {
        let mut children = procfs::own_children();
        children.retain(|child| !before.contains(child));
        if children.is_empty() || began.elapsed() > PATIENCE {
            return killed.len();
        }
        for child in children {
            // A dead one is only taken out of the table. Its children come next, in another turn.
            if matches!(sys::reap(child), Reaped::Alive) {
                sys::kill(child);
                killed.insert(child.as_raw_pid());
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The value of [`MARK`] for one run.
#[derive(Debug)]
pub(super) struct Mark {
    assignment: String,
}

impl Mark {
    /// A mark that no other run has: not of this process, not of one at the same time, not of one
    /// before.
    pub(super) fn unique() -> Self {
        static START: LazyLock<u128> = LazyLock::new(|| {
            // A clock before 1970 still leaves the process number and the counter.
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
        });
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { assignment: format!("{MARK}={}-{}-{number}", std::process::id(), *START) }
    }

    /// The value of the variable.
    pub(super) fn value(&self) -> &str {
        &self.assignment[MARK.len() + 1..]
    }

    /// Whether a child of this process bears the mark. Waits until it can be known.
    fn is_on(&self, process: ProcessId) -> bool {
        let began = Instant::now();
        loop {
            match self.look_at(process) {
                InEnvironment::Yes => return true,
                InEnvironment::No => return false,
                InEnvironment::Unclear => {}
            }
            let ended = procfs::stat(process).is_none_or(|stat| stat.is_ended());
            if ended || began.elapsed() > EXEC_PATIENCE {
                return false;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    fn look_at(&self, process: ProcessId) -> InEnvironment {
        procfs::environment_has(process, &self.assignment)
    }
}

/// All living processes of a run, the leader first: its descendants, its group, and what bears its
/// mark. Looks at every process of the machine, so it is for runs that are ended by force only.
pub(super) fn members(leader: ProcessId, mark: &Mark) -> Vec<ProcessId> {
    let processes: Vec<_> = procfs::all_processes()
        .into_iter()
        .filter_map(|process| Some((process, procfs::stat(process)?)))
        .filter(|(_, stat)| !stat.is_ended())
        .collect();
    let mut members = vec![leader];
    let mut known = BTreeSet::from([leader.as_raw_pid()]);
    loop {
        let before = members.len();
        for (process, stat) in &processes {
            let belongs = |known: &BTreeSet<i32>| {
                known.contains(&stat.parent)
                    || stat.group == leader.as_raw_pid()
                    // One look is enough: kernel threads never have an environment, and a member
                    // that is missed here is found when it loses its parent.
                    || mark.look_at(*process) == InEnvironment::Yes
            };
            if !known.contains(&process.as_raw_pid()) && belongs(&known) {
                known.insert(process.as_raw_pid());
                members.push(*process);
            }
        }
        if members.len() == before {
            return members;
        }
    }
}

/// What [`end_everything`] found beside the leader.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// Processes that had to be killed.
    pub(super) killed: u32,
    /// Those that are still there; described for a person.
    pub(super) survivors: Vec<String>,
}

/// Kills the leader, its group, every marked orphan and the `known` members, and waits for all of
/// them, except that the leader is left to be waited for by whoever holds it: until then the number
/// of the group cannot be given away.
pub(super) fn end_everything(leader: ProcessId, mark: &Mark, known: &[ProcessId]) -> Leftovers {
    // Two runs that end at the same time would disturb each other's reading of the list of
    // children.
    static TURN: Mutex<()> = Mutex::new(());
    let began = Instant::now();
    let mut leftovers = Leftovers::default();
    // Members that were seen alive: after its end a process cannot be recognised by its mark.
    let mut members = known.to_vec();
    let mut first = true;
    loop {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        // The order matters: orphans arrive before the end of their parent can be seen.
        let leader_ended = sys::has_ended(leader);
        let mut alive = Vec::new();
        for process in orphans(leader, mark, &members) {
            match sys::reap(process) {
                Reaped::Alive => alive.push(process),
                // One that had ended before anything was killed has done nothing wrong.
                Reaped::Ended { killed } => leftovers.killed += u32::from(killed && !first),
                Reaped::NotOurs => {}
            }
        }
        if first || !leader_ended || !alive.is_empty() {
            sys::kill_group(leader);
            // A leader may have moved to another group of its session.
            sys::kill(leader);
            alive.iter().for_each(|process| sys::kill(*process));
            members.extend(&alive);
        }
        drop(turn);
        if leader_ended && alive.is_empty() {
            return leftovers;
        }
        if began.elapsed() > PATIENCE {
            leftovers.survivors = alive.into_iter().map(describe).collect();
            return leftovers;
        }
        first = false;
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The children of this process that belong to a run, without its leader.
fn orphans(leader: ProcessId, mark: &Mark, known: &[ProcessId]) -> Vec<ProcessId> {
    let mut children = procfs::own_children();
    children.retain(|child| {
        let in_group =
            || procfs::stat(*child).is_some_and(|stat| stat.group == leader.as_raw_pid());
        *child != leader && (in_group() || known.contains(child) || mark.is_on(*child))
    });
    children
}

fn describe(process: ProcessId) -> String {
    let program = procfs::program(process).unwrap_or_else(|| "unknown program".to_owned());
    format!("process {} ({program})", process.as_raw_pid())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn no_two_marks_are_the_same() {
        let marks: BTreeSet<String> = (0..100).map(|_| Mark::unique().value().to_owned()).collect();
        assert_eq!(marks.len(), 100);
        assert!(!marks.contains(""));
    }

    #[test]
    fn a_mark_is_seen_in_the_middle_of_execve() {
        let mark = Mark::unique();
        let folder = tempfile::tempdir().unwrap();
        // Executes itself for ever; most of its time it is on the way from one image to the next.
        let script = folder.path().join("again");
        std::fs::write(&script, "exec /bin/sh \"$0\"").unwrap();
        let mut command = Command::new("/bin/sh");
        let mut child = command.arg(&script).env_clear().env(MARK, mark.value()).spawn().unwrap();
        let missed = (0..5000).filter(|_| !mark.is_on(sys::process_id_of(&child))).count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(missed, 0);
        assert!(!mark.is_on(sys::process_id(std::process::id().cast_signed()).unwrap()));
    }
}
