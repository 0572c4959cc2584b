//! Closed pipes, full disks, colours and signals.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{PROGRAM, Place, Seen};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const GOOD_PLAN: &str = "embedcheck-plan 1\nsleep 1\n";
const LONG_PLAN: &str = "embedcheck-plan 1\nsleep 60000\n";

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let plan = place.file("plan.txt", GOOD_PLAN);
    let plan = plan.to_str().unwrap();
    for args in [
        ["list"].as_slice(),
        &["explain", "load/local"],
        &["__schema"],
        &["--help"],
        &["run", plan, "--host", "c"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let seen = place.finish(place.command(args).stdout(writer).stderr(Stdio::piped()));
        seen.expect_code(0);
        assert_eq!(seen.stderr, "", "{}", seen.all());
    }
    // The code still is that of the work.
    let bad = place.file("bad.txt", "embedcheck-plan 1\nexit 3\n");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = place.command(["run", "--host", "c"]);
    place.finish(command.arg(bad).stdout(writer).stderr(Stdio::piped())).expect_code(1);
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let place = Place::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let seen = place.finish(place.command(["list"]).stdout(full).stderr(Stdio::piped()));
    seen.expect_error(2, &["cannot write to standard output: No space left"]);
}

/// `--html /dev/stdout >> FILE`: the name leads to the file, which must not be replaced.
#[test]
fn standard_output_can_be_named_as_a_file() {
    let place = Place::new();
    let path = place.file("all.txt", "before\n");
    let file = File::options().append(true).open(&path).unwrap();
    let report = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/benchmarks.json");
    let mut command = place.command(["bench", "--with", report, "--html", "/dev/stdout"]);
    place.finish(command.stdout(file).stderr(Stdio::piped())).expect_code(0);
    let all = std::fs::read_to_string(&path).unwrap();
    assert!(all.starts_with("before\n<!DOCTYPE html>"), "{}", &all[..100]);
    assert!(all.contains("</html>") && all.trim_end().ends_with(" s"), "the text follows the page");
}

#[test]
fn an_error_of_our_own_has_its_own_code() {
    let place = Place::new();
    let mut command = Command::new("/bin/sh");
    // Without descriptors nothing can be watched.
    command.args(["-c", "ulimit -n 4; exec \"$0\" list", PROGRAM]);
    place.scrub(&mut command);
    place
        .finish(&mut command)
        .expect_error(4, &["embedcheck: cannot watch for signals: Too many open files"]);
}

#[test]
fn colours_are_for_terminals() {
    let place = Place::new();
    let plan = place.file("plan.txt", GOOD_PLAN);
    let command = |more: &[&str]| {
        let mut command = place.command(["run", "--host", "c"]);
        command.arg(&plan).args(more);
        command
    };
    let coloured = |text: &str| text.contains('\u{1b}');
    assert!(!coloured(&place.finish(&mut command(&[])).stdout));
    assert!(coloured(&place.finish(&mut command(&["--color", "always"])).stdout));
    let on_terminal = |command: &mut Command| coloured(&terminal(command.env("TERM", "xterm")));
    assert!(on_terminal(&mut command(&[])));
    assert!(!on_terminal(&mut command(&["--color", "never"])));
    assert!(!on_terminal(command(&[]).env("NO_COLOR", "1")));
    assert!(on_terminal(command(&["--color", "always"]).env("NO_COLOR", "1")));
}

/// What a program writes to a terminal.
fn terminal(command: &mut Command) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let child = command.stdout(OwnedFd::from(slave)).stderr(Stdio::null()).spawn();
    // The command keeps the other end open; with it there would be no end of file.
    command.stdout(Stdio::null());
    let mut text = Vec::new();
    // EIO is the end of file of a terminal.
    let _ = File::from(master).read_to_end(&mut text);
    assert!(child.unwrap().wait().unwrap().success());
    assert!(!text.is_empty());
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn signals_stop_everything_and_are_told_by_the_code() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        for host in ["c", "rust"] {
            let place = Place::new();
            let plan = place.file("plan.txt", LONG_PLAN);
            let mut command = place.command(["run", "--host", host]);
            command.arg(plan).stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().unwrap();
            let host = host_of(&child);
            let pid = Pid::from_child(&child);
            kill_process(pid, signal).unwrap();
            let seen = Seen::new(format!("{signal:?}"), &child.wait_with_output().unwrap());
            seen.expect_error(code, &["stopped by signal"]);
            place.assert_nothing_left();
            assert!(!std::path::Path::new(&format!("/proc/{host}")).exists(), "the host lives");
        }
    }
}

/// The host process, as soon as it sleeps.
fn host_of(program: &Child) -> u32 {
    let limit = Instant::now() + Duration::from_secs(20);
    while Instant::now() < limit {
        for task in std::fs::read_dir(format!("/proc/{}/task", program.id())).unwrap() {
            let children = task.unwrap().path().join("children");
            let children = std::fs::read_to_string(children).unwrap_or_default();
            for child in children.split_whitespace() {
                let call =
                    std::fs::read_to_string(format!("/proc/{child}/wchan")).unwrap_or_default();
                if call.contains("nanosleep") {
                    return child.parse().unwrap();
                }
            }
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("no host process appeared");
}
