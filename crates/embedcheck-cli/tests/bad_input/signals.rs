//! Signals at every moment: while targets are looked for, and in the middle of races.

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::common::{PROGRAM, Place, Seen};
use crate::support::{processes_with, target, wait_until};

/// A signal that is ignored stays so in every child: `nohup` ignores SIGHUP, and `&` in a script
/// SIGINT. One with a handler is the default again in a child, and this handler does as little.
fn hear_what_is_ignored() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let mask = u64::from_str_radix(mask.trim(), 16).unwrap();
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        if mask >> (signal - 1) & 1 == 1 {
            signal_hook::flag::register(signal, Arc::default()).unwrap();
        }
    }
}

fn start(mut command: Command) -> Child {
    hear_what_is_ignored();
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(place: &Place, child: Child, signal: Signal) -> Seen {
    kill_process(Pid::from_child(&child), signal).unwrap();
    let seen = Seen::new(format!("{signal:?}"), &child.wait_with_output().unwrap());
    place.assert_nothing_left();
    seen
}

#[test]
fn an_interpreter_that_hangs_is_not_waited_for() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let place = Place::new();
        let python = place.file("python3", "#!/bin/sh\nexec sleep 7300\n");
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mark = place.path().join("running");
        std::fs::write(&python, format!("#!/bin/sh\n: > '{}'\nsleep 7300\n", mark.display()))
            .unwrap();
        for command in ["check", "targets"] {
            let _ = std::fs::remove_file(&mark);
            let child = start(place.command([command, "--python", python.to_str().unwrap()]));
            wait_until("the interpreter runs", || mark.exists());
            let began = Instant::now();
            end(&place, child, signal).expect_error(code, &["stopped by signal"]);
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
            assert_eq!(processes_with(python.to_str().unwrap()), [""; 0]);
        }
    }
}

/// Races of a real Python, in the middle of which this returns.
fn races(place: &Place, before: &str) -> Option<(Child, String)> {
    let target = target()?;
    let folder = place.path().join("tmp");
    std::fs::create_dir(&folder).unwrap();
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(format!("{before}exec \"$0\" \"$@\"")).arg(PROGRAM);
    command.args([
        "check",
        "--offline",
        "--only",
        "race/threads-*",
        "--iterations",
        "500",
        "--python",
    ]);
    command.arg(target.executable.as_ref().unwrap());
    place.scrub(&mut command);
    command.env("PATH", "/nonexistent").env("TMPDIR", &folder);
    let child = start(command);
    let plans = format!("--plan {}", folder.display());
    wait_until("hosts run", || !processes_with(&plans).is_empty());
    Some((child, plans))
}

#[test]
fn races_that_are_stopped_leave_nothing() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let place = Place::new();
        let Some((child, plans)) = races(&place, "") else { return };
        end(&place, child, signal).expect_error(code, &["stopped by signal"]);
        assert_eq!(processes_with(&plans), [""; 0]);
        assert_eq!(std::fs::read_dir(place.path().join("tmp")).unwrap().count(), 0);
    }
}

/// Nobody can clean up after SIGKILL but the kernel.
#[test]
fn no_host_survives_a_program_that_was_killed() {
    let place = Place::new();
    let Some((child, plans)) = races(&place, "") else { return };
    end(&place, child, Signal::KILL);
    wait_until("the hosts are gone", || processes_with(&plans).is_empty());
}

/// As under `nohup`.
#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let place = Place::new();
    let Some((mut child, _)) = races(&place, "trap '' HUP; ") else { return };
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(child.try_wait().unwrap(), None);
    end(&place, child, Signal::TERM).expect_code(143);
}
