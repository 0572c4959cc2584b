//! `embedcheck run`: plans by hand, in both hosts.

mod common;

use std::io::Write;
use std::process::Stdio;

use common::{Place, Seen};

const HOSTS: [&str; 2] = ["c", "rust"];

fn run(place: &Place, host: &str, plan: &str, more: &[&str]) -> Seen {
    let file = place.file("plan.txt", plan);
    let mut command = place.command(["run", "--host", host]);
    command.arg(file).args(more);
    place.finish(&mut command)
}

#[test]
fn a_plan_that_comes_to_its_end() {
    let place = Place::new();
    for host in HOSTS {
        let plan = "embedcheck-plan 1\n# a comment\nsleep 1\n";
        let seen = run(&place, host, plan, &[]);
        seen.expect_code(0);
        assert!(seen.stdout.contains("line 3, thread 0: sleep gives null"), "{}", seen.all());
        assert!(seen.stdout.contains("exit code 17"), "{}", seen.all());
    }
}

#[test]
fn a_plan_that_ends_otherwise() {
    let place = Place::new();
    for host in HOSTS {
        let seen = run(&place, host, "embedcheck-plan 1\nexit 3\n", &[]);
        assert!(seen.expect_code(1).stdout.contains("exit code 3"), "{}", seen.all());
    }
}

#[test]
fn a_plan_that_hangs_is_ended_and_located() {
    let place = Place::new();
    for host in HOSTS {
        let seen = run(&place, host, "embedcheck-plan 1\nsleep 60000\n", &["--timeout", "0.3"]);
        assert!(seen.expect_code(1).stdout.contains("killed after 300 ms"), "{}", seen.all());
    }
}

#[test]
fn the_observation_as_json_has_the_plan_as_it_was_given() {
    let place = Place::new();
    for host in HOSTS {
        let plan = "embedcheck-plan 1\n\n  sleep   1 # pause\n";
        let seen = run(&place, host, plan, &["--format", "json", "--env", "A=b=c"]);
        let json: serde_json::Value = serde_json::from_str(&seen.expect_code(0).stdout).unwrap();
        assert_eq!(json["plan"], plan);
        assert_eq!(json["environment"]["A"], "b=c");
        assert_eq!(json["environment"]["PATH"], "/usr/bin:/bin");
        assert_eq!(json["events"][0]["host"], host);
        assert_eq!(json["events"][1]["step"], 3);
    }
}

#[test]
fn a_plan_from_standard_input() {
    let place = Place::new();
    let mut child = place
        .command(["run", "-", "--host", "c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"embedcheck-plan 1\nnonsense\n").unwrap();
    let seen = Seen::new("run -".to_owned(), &child.wait_with_output().unwrap());
    seen.expect_error(2, &["<stdin>:2:1: "]);
}

#[test]
fn a_mistake_has_a_place() {
    let place = Place::new();
    let place_of = format!("{}:3:7: ", place.path().join("plan.txt").display());
    for host in HOSTS {
        run(&place, host, "embedcheck-plan 1\n\nsleep soon\n", &[]).expect_error(2, &[&place_of]);
    }
}

#[test]
fn what_is_no_plan_is_refused() {
    let place = Place::new();
    let folder = place.path().to_str().unwrap();
    let garbage = place.file("garbage", [0_u8, 255, 10, 34, 7]);
    place.run(["run", "--host", "c", folder]).expect_error(2, &[folder, "irectory"]);
    place
        .run(["run", "--host", "c", "/no/such/plan"])
        .expect_error(2, &["/no/such/plan", "No such file"]);
    place.run(["run", "--host", "c", "/dev/zero"]).expect_error(2, &["/dev/zero", "64 MiB"]);
    let garbage = garbage.to_str().unwrap();
    place.run(["run", "--host", "c", garbage]).expect_error(2, &[garbage, ":1:1: "]);
}

#[test]
fn a_missing_folder_for_temporary_files_is_named() {
    let place = Place::new();
    let plan = place.file("plan.txt", "embedcheck-plan 1\n");
    let mut command = place.command(["run", "--host", "c"]);
    let seen = place.finish(command.arg(plan).env("TMPDIR", "/no/such/folder"));
    seen.expect_error(2, &["/no/such/folder", "TMPDIR"]);
}
