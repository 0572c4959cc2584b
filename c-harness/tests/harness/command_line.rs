//! The host's arguments, its list, and the descriptor for its events.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Scratch, finish};
use serde_json::Value;

#[test]
fn wrong_usage_is_explained() {
    let scratch = Scratch::new();
    let plan = scratch.write("good", "embedcheck-plan 1\n");
    let plan = plan.to_str().expect("UTF-8");
    let wrong: &[(&[&str], &str)] = &[
        (&[], "is needed"),
        (&["--plan", plan], "is needed"),
        (&["--events-fd", "1"], "is needed"),
        (&["--check", plan, "--list"], "is needed"),
        (&["--check"], "a value is missing behind --check"),
        (&["--dance"], "unknown option --dance"),
        (&["--plan", plan, "--events-fd", "x"], "not x"),
        (&["--plan", plan, "--events-fd", "-1"], "not -1"),
        (&["--plan", plan, "--events-fd", "1", "--parent-death", "no"], "takes kill, not no"),
        (&["--check", "nothing"], "cannot read the plan nothing: No such file or directory"),
        (&["--check", "/"], "cannot read the plan /: Is a directory"),
    ];
    for (arguments, text) in wrong {
        let output = finish(scratch.host().args(*arguments));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(text), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_list_is_that_of_the_document() {
    let scratch = Scratch::new();
    let output = finish(scratch.host().arg("--list"));
    let list = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0));
    let of = |kind: &str| -> Vec<String> {
        list.lines().filter_map(|line| line.strip_prefix(kind)).map(str::to_owned).collect()
    };
    let document = include_str!("../../../docs/plan-format.md");
    let (steps, facts) = document.split_once("### Facts").expect("a section of facts");
    // The words that stand first in the first column; one row may have two.
    let words = |text: &str| -> Vec<String> {
        let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
        let codes = cells.flat_map(|(cell, _)| {
            cell.split("`, `")
                .map(|code| code.split([' ', '`']).next().unwrap_or_default().to_owned())
        });
        codes.collect()
    };
    let sorted = |mut words: Vec<String>| {
        words.sort();
        words.dedup();
        words
    };
    let mut documented = words(steps);
    documented.retain(|word| !["thread", "restore-thread", "release"].contains(&&word[..]));
    // The step that the document gives to the Rust host alone.
    documented.retain(|word| word != "ffi");
    assert_eq!(sorted(documented), sorted(of("step ")));
    assert_eq!(sorted(words(facts)), sorted(of("fact ")));
    assert_eq!(of("type "), ["v", "i", "l", "d", "p", "s"]);
}

#[test]
fn a_standard_descriptor_is_not_left_free() {
    let scratch = Scratch::new();
    let run = scratch
        .run("call default open i(si) \"/dev/zero\" 0\ncall default isatty i(i) 0\n")
        .normal();
    assert!(run.value(2).as_i64() > Some(2), "0 would be an accident: {run:#?}");
    // read(0, …) comes back with the end of the file: /dev/null.
    let run = scratch.run("buffer b 8\ncall default read l(ipl) 0 @b 8\n").normal();
    assert_eq!(run.value(3), 0);
}

#[test]
fn events_can_go_to_a_pipe() {
    let scratch = Scratch::new();
    let plan = scratch.write("plan", "embedcheck-plan 1\ncall default puts i(s) \"to nowhere\"\n");
    let output = finish(scratch.host().arg("--plan").arg(plan).args(["--events-fd", "1"]));
    assert_eq!(output.status.code(), Some(17));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let events: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("only events")).collect();
    assert_eq!(events.len(), 4, "{text}");
}

#[test]
fn events_that_cannot_be_written_end_the_host() {
    let scratch = Scratch::new();
    let plan = scratch.write("plan", "embedcheck-plan 1\nsleep 0\n");
    // No such descriptor.
    let output = finish(scratch.host().arg("--plan").arg(&plan).args(["--events-fd", "77"]));
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("Bad file descriptor"));
    // Not open for writing, a full disk, and a pipe that nobody reads: that one must not be SIGPIPE.
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    for stdin in [Stdio::from(File::open(&plan).expect("the plan")), full.into(), writer.into()] {
        let mut command = scratch.host();
        command.arg("--plan").arg(&plan).args(["--events-fd", "0"]).stdin(stdin);
        assert_eq!(finish(&mut command).status.code(), Some(3));
    }
}

/// `sh` starts the host and ends; the host must not outlive it.
#[test]
fn parent_death_kills_the_host() {
    let scratch = Scratch::new();
    let plan = scratch.write("plan", "embedcheck-plan 1\nsleep 20000\n");
    // After this no thread can keep the host's file open for writing, which `sh` would not wait for.
    finish(scratch.host().arg("--list"));
    let script = "\"$0\" --plan \"$1\" --events-fd 1 --parent-death kill & read line";
    let mut shell = std::process::Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg(scratch.path("host"))
        .arg(&plan)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh");
    let mut events = shell.stdout.take().expect("a pipe");
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains("\"begin\"") {
        let count = events.read(&mut chunk).expect("events");
        assert!(count > 0, "the host ended early: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&chunk[..count]);
    }
    let start = Instant::now();
    shell.stdin.take().expect("a pipe").write_all(b"\n").expect("sh reads its line");
    // The end of the file comes when the last holder of the pipe is gone: the host.
    let rest = events.read_to_end(&mut seen).expect("events");
    assert!(start.elapsed() < Duration::from_secs(10), "the host lived on for {rest} bytes");
    assert!(!String::from_utf8_lossy(&seen).contains("finish"));
    shell.wait().expect("sh has ended");
}
