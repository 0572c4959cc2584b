//! `embedcheck bench` on a real Python of this machine.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use embedcheck::bench::compare::ChangeVerdict;
use embedcheck::bench::{BenchReport, Missing, Producer, from_json, to_json};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::check::python;
use crate::common::{Place, Seen};

/// What needs nothing but this program.
const CARRIED: &str = "plain,limit,naive,rust";

/// One round of few producers and threads: whether it measures, not how well.
fn short(place: &Place, python: &Path, args: &[&str]) -> Seen {
    let mut command = place.command(["bench", "--quick", "--offline", "--rounds", "1"]);
    command.args(["--threads", "1,2", "--python"]).arg(python).args(args);
    place.finish(&mut command)
}

fn report(text: &str) -> BenchReport {
    from_json(text.as_bytes()).unwrap()
}

#[test]
fn a_report_as_json_keeps_to_the_schema() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let seen = short(&place, &python, &["--producers", CARRIED, "--format", "json"]);
    let json: Value = serde_json::from_str(&seen.expect_code(0).stdout).unwrap();
    let schema: Value = serde_json::from_str(&place.run(["__schema", "bench"]).stdout).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let report = report(&seen.stdout);
    let target = &report.targets[0];
    let measured: Vec<_> = target.measured().collect();
    use Producer::{Limit, Naive, Plain, Rust};
    assert_eq!(measured, [Plain, Limit, Naive, Rust], "{:?}", target.producers);
    // Each group has a figure of each, and what calls Python costs more than what does not.
    for figure in ["call/add1/other", "threads/2/total", "start/both", "memory/called"] {
        let median = |one| target.measurement(one, figure).unwrap().estimate.median;
        let least = [Limit, Naive, Rust].map(median).into_iter().fold(f64::INFINITY, f64::min);
        assert!(median(Plain) < least, "{figure}");
    }
    let held = target.measurement(Rust, "call/nop/other_held").unwrap();
    assert_eq!(held.values.len(), 1);
    let distribution = target.measurement(Limit, "call/add1/initialiser").unwrap();
    assert!(distribution.distribution.as_ref().is_some_and(|bins| !bins.is_empty()));
    for (figure, below) in [("call/add1/other", Limit), ("start/both", Limit)] {
        assert!(target.ratio(figure, Rust, below).is_some(), "{figure}");
    }
    assert_eq!(seen.stderr, "", "{}", seen.all());
}

#[test]
fn a_report_as_text_and_in_a_file() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let args = ["--producers", "plain,limit", "--format", "json", "--output", "report.json"];
    let seen = short(&place, &python, &args);
    let text = &seen.expect_code(0).stdout;
    for part in ["add1, in another long-lived thread", "█", "int sum(point_t *)", "M/s"] {
        assert!(text.contains(part), "no {part:?} in {}", seen.all());
    }
    assert!(!text.contains('\u{1b}'), "{}", seen.all());
    let written = std::fs::read_to_string(place.path().join("report.json")).unwrap();
    assert_eq!(report(&written).settings.threads, [1, 2]);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

/// Whatever cannot be made here is said, with what to do, and is no failure.
#[test]
fn what_cannot_be_made_says_why() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let mut command = place.command(["bench", "--quick", "--offline", "--rounds", "1"]);
    command.args(["--threads", "1", "--producers", "plain,limit,cffi,pyo3", "--format", "json"]);
    command.arg("--python").arg(&python).env("PATH", "/nonexistent");
    let seen = place.finish(&mut command);
    let report = report(&seen.expect_code(0).stdout);
    for record in &report.targets[0].producers {
        let is_missing = matches!(record.producer, Producer::Cffi | Producer::Pyo3);
        match &record.missing {
            Some(Missing::Unavailable { reason, advice }) if is_missing => {
                assert!(!reason.is_empty() && !advice.is_empty());
            }
            None if !is_missing => {}
            other => panic!("{}: {other:?}", record.producer),
        }
    }
    // If nothing of Python is left, nothing was measured.
    let mut command = place.command(["bench", "--quick", "--rounds", "1", "--producers", "plain"]);
    place.finish(command.args(["--threads", "1", "--python"]).arg(&python)).expect_code(3);
}

#[test]
fn a_slow_start_is_found_and_can_fail() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let producers = ["--producers", "limit,rust", "--format", "json"];
    let old = short(&place, &python, &[&producers[..], &["--output", "old.json"]].concat());
    old.expect_code(0);
    let slow = place.path().join("slow");
    std::fs::create_dir(&slow).unwrap();
    let sleep = "import time\ntime.sleep(0.5)\n";
    std::fs::write(slow.join("sitecustomize.py"), sleep).unwrap();
    let variable = format!("PYTHONPATH={}", slow.display());
    let more = ["--env", &*variable, "--compare", "old.json", "--output", "new.json"];
    short(&place, &python, &[&producers[..], &more].concat()).expect_code(0);
    // As on a machine that has nothing else to do: other tests run at the same time.
    for file in ["old.json", "new.json"] {
        let path = place.path().join(file);
        let mut report = report(&std::fs::read_to_string(&path).unwrap());
        report.machine.load_before = None;
        report.machine.load_after = None;
        std::fs::write(path, to_json(&report).unwrap()).unwrap();
    }
    let with = |more: &[&str]| {
        let args = [&["bench", "--compare", "old.json", "--with", "new.json"], more].concat();
        place.run(args)
    };
    let new = with(&["--format", "json"]);
    let report = report(&new.expect_code(0).stdout);
    assert_eq!(report.settings.environment.keys().collect::<Vec<_>>(), ["PYTHONPATH"]);
    let comparison = report.comparison.as_ref().unwrap();
    for producer in [Producer::Limit, Producer::Rust] {
        let found = comparison.targets[0]
            .figures
            .iter()
            .find(|one| one.producer == producer && one.figure == "start/both");
        let found = found.unwrap();
        assert_eq!(found.verdict, ChangeVerdict::Worse, "{found:?}");
        assert!(found.factor > 2.0, "{found:?}");
    }
    let text = with(&[]);
    assert!(text.expect_code(0).stdout.contains("worse"), "{}", text.all());
    assert!(text.stdout.contains("start/both"), "{}", text.all());
    with(&["--html", "page.html"]).expect_code(0);
    let page = std::fs::read_to_string(place.path().join("page.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("start/both"), "{page}");
    with(&["--fail-above", "10%"]).expect_code(1);
    let same = ["bench", "--compare", "old.json", "--with", "old.json", "--fail-above", "0"];
    let same = place.run(same);
    assert!(same.expect_code(0).stdout.contains("no change beyond the noise"), "{}", same.all());
}

#[test]
fn what_is_no_old_report_is_refused_with_what_to_do() {
    let place = Place::new();
    place.file("cut.json", "{\"schema\":");
    place.file("check.json", "{\"schema\": \"embedcheck.report/1\"}");
    place.file("newer.json", "{\"schema\": \"embedcheck.bench/2\"}");
    place.file("list.json", "[]");
    for (file, parts) in [
        ("missing.json", ["cannot read missing.json", "--format json --output"]),
        ("cut.json", ["cut.json: not a report", "cut off or edited"]),
        ("list.json", ["list.json: not a report", "has no string `schema`"]),
        ("check.json", ["embedcheck.report/1", "--format json --output"]),
        ("newer.json", ["embedcheck.bench/2", "measure again"]),
    ] {
        // Said before anything is measured: the Python does not exist either.
        let args = ["bench", "--python", "/no/such/python", "--compare", file];
        place.run(args).expect_error(2, &parts);
    }
}

#[test]
fn what_contradicts_itself_is_refused() {
    let place = Place::new();
    for args in [
        ["--all", "--python", "p"].as_slice(),
        &["--with", "new.json", "--rounds", "2"],
        &["--fail-above", "10%"],
        &["--compare", "a", "--with", "b", "--quick"],
        &["--compare", "a", "--fail-above", "much"],
        &["--producers", "probe"],
        &["--threads", "0"],
        &["--threads", "1,x"],
        &["--rounds", "0"],
        &["--env", "NAME"],
    ] {
        let args: Vec<_> = std::iter::once(&"bench").chain(args).collect();
        place.run(args).expect_error(2, &["error: ", "--help"]);
    }
    place.file("old.json", "{}");
    for (files, parts) in [
        (["--html", "one", "--output", "./one"], ["--html and --output both name one", "each"]),
        (["--compare", "old.json", "--output", "old.json"], ["--output and --compare", "old.json"]),
    ] {
        place.run(["bench"].iter().chain(&files)).expect_error(2, &parts);
    }
    assert!(!place.path().join("one").exists());
    assert_eq!(std::fs::read_to_string(place.path().join("old.json")).unwrap(), "{}");
}

#[test]
fn an_interruption_leaves_nothing_behind() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let report = place.file("report.json", "old");
    let mut command = place.command(["bench", "--offline", "--producers", CARRIED]);
    command.args(["--format", "json", "--output", "report.json", "--python"]).arg(&python);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !place.is_busy() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let seen = Seen::new(format!("{command:?}"), &child.wait_with_output().unwrap());
    seen.expect_error(130, &["stopped by signal 2"]);
    place.assert_nothing_left();
    assert_eq!(std::fs::read_to_string(report).unwrap(), "old");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "a temporary report is left");
}
