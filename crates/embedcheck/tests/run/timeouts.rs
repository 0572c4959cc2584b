//! Where a child was when its time was up.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use embedcheck::run::{Ended, SyscallState, ThreadSnapshot};

use crate::{observe, script, skip};

#[test]
fn a_child_that_sleeps_is_seen_in_its_system_call() {
    let mut spec = script("exec sleep 1000");
    spec.timeout = Duration::from_millis(400);
    let seen = observe(&spec);
    assert_eq!(seen.ended, Ended::Timeout { after_ms: 400 });
    let [ThreadSnapshot { pid, tid, name, state, syscall, .. }] = &seen.threads[..] else {
        panic!("{seen:#?}");
    };
    assert_eq!((pid, name.as_str()), (tid, "sleep"));
    assert!(state.starts_with('S'), "{state}");
    let SyscallState::In { name: Some(name), .. } = syscall else {
        panic!("{seen:#?}");
    };
    assert!(
        ["nanosleep", "clock_nanosleep", "restart_syscall", "pause"].contains(&name.as_str()),
        "{name}"
    );
    assert!(seen.notes.iter().any(|note| note.contains("eu-stack")), "{:?}", seen.notes);
}

#[test]
fn a_child_that_spins_is_seen_running() {
    let mut spec = script("while :; do :; done");
    spec.timeout = Duration::from_millis(400);
    let seen = observe(&spec);
    assert_eq!(seen.threads.len(), 1, "{seen:#?}");
    assert!(seen.threads[0].state.starts_with('R'), "{seen:#?}");
    assert_eq!(seen.threads[0].syscall, SyscallState::Running);
}

#[test]
fn every_process_of_the_run_is_in_the_snapshot() {
    let mut spec = script("sleep 1000 & setsid sleep 1000 & wait");
    spec.timeout = Duration::from_millis(600);
    let seen = observe(&spec);
    let mut names: Vec<_> = seen.threads.iter().map(|thread| thread.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["sh", "sleep", "sleep"], "{seen:#?}");
    assert_eq!(seen.threads[0].name, "sh", "the host itself comes first");
    assert_eq!(seen.leftovers, 2, "{seen:#?}");
}

#[test]
fn a_debugger_that_is_there_gives_backtraces() {
    #[expect(clippy::disallowed_methods, reason = "the test asks what this machine has")]
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    for tool in ["eu-stack", "gdb"] {
        let Some(program) = std::env::split_paths(&path)
            .map(|folder| folder.join(tool))
            .find(|file| file.is_file())
        else {
            skip(&format!("{tool} is not installed"));
            continue;
        };
        // A folder with this tool only.
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(program, folder.path().join(tool)).unwrap();
        let mut spec = script("exec sleep 1000");
        spec.timeout = Duration::from_millis(400);
        spec.tools_path = Some(folder.path().into());
        let seen = observe(&spec);
        assert_eq!(seen.notes, Vec::<String>::new(), "{tool}");
        assert!(
            seen.threads[0].backtrace.iter().any(|frame| frame.contains("nanosleep")),
            "{tool}: {seen:#?}"
        );
    }
}

#[test]
fn a_debugger_that_hangs_or_fails_is_a_note() {
    let folder = tempfile::tempdir().unwrap();
    for (tool, text) in [
        ("eu-stack", "#!/bin/sh\nexec /bin/sleep 1000\n"),
        ("gdb", "#!/bin/sh\necho no such luck >&2\n"),
    ] {
        let file = folder.path().join(tool);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
    }
    let mut spec = script("exec sleep 1000");
    spec.timeout = Duration::from_millis(200);
    spec.tools_path = Some(folder.path().into());
    let began = Instant::now();
    let seen = observe(&spec);
    assert!(began.elapsed() < Duration::from_secs(25));
    assert!(seen.notes[0].contains("not done after 5s"), "{:?}", seen.notes);
    assert!(seen.notes[0].contains("no such luck"), "{:?}", seen.notes);
    assert_eq!(seen.threads.len(), 1, "the rest of the snapshot is there all the same");
    assert_eq!(seen.leftovers, 0);
}
