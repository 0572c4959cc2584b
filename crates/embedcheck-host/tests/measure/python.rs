//! The DLLs written by hand, with the Pythons of this machine.

use std::path::Path;
use std::process::Command;

use embedcheck_c_harness::{LIMIT, NAIVE};
use libtest_mimic::{Completion, Failed, Trial};

use crate::environment::{Python, pythons, skip};
use crate::files::Scratch;
use crate::{FUNCTIONS, answer, complaint, host, number, total};

const INIT: &str = include_str!("../../../../python-fixtures/bench/init.py");

pub(crate) fn trials() -> Vec<Trial> {
    let found: Vec<_> = pythons().into_iter().filter(is_fit).collect();
    let mut trials = Vec::new();
    if found.is_empty() {
        let none = || skip("no shared libpython of 3.7 or later in pyenv or /usr/lib");
        trials.push(Trial::ignorable_test("python", none));
    }
    for python in found {
        for (name, test) in [("by_hand", by_hand as fn(&Python) -> _), ("bad_init", bad_init)] {
            let name = format!("python/{name}/{}", python.name);
            let python = python.clone();
            trials.push(Trial::ignorable_test(name, move || test(&python)));
        }
    }
    trials
}

/// CPython from 3.7 on.
fn is_fit(python: &Python) -> bool {
    let name = python.libpython.file_name().unwrap_or_default().to_string_lossy();
    let minor = name.strip_prefix("libpython3.").map(|rest| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse().unwrap_or(0)
    });
    minor.is_some_and(|minor: u32| minor >= 7)
}

/// The host with a DLL that is started with that init code.
fn started(python: &Python, job: &str, producer: &str, dll: &Path, init: &Path) -> Command {
    let initialise = format!("{producer}_initialise");
    let mut command = host(job, dll, &[&"--initialise", &initialise, &"--init", &init]);
    command.args(["--module", "_bench_cffi"]);
    command.env("PATH", &python.path).env("LC_ALL", "C.UTF-8");
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn by_hand(python: &Python) -> Result<Completion, Failed> {
    let scratch = Scratch::new();
    let init = scratch.write("init.py", INIT);
    for (producer, bytes) in [("limit", LIMIT), ("naive", NAIVE)] {
        let dll = scratch.pointed(&format!("{producer}.so"), bytes, &python.libpython);
        let command = |job| started(python, job, producer, &dll, &init);
        for preload in [false, true] {
            let mut command = command("first");
            if preload {
                command.arg("--preload").arg(&python.libpython);
            }
            let first = answer(command);
            let times = [number(&first, "load"), number(&first, "init_begin")];
            assert!(times.is_sorted(), "{first}");
            let end = number(&first, "load") + number(&first, "first");
            assert!(number(&first, "init_begin") < number(&first, "init_end"), "{first}");
            assert!(number(&first, "init_end") < end, "{first}");
            let libpython = first["libpython"].as_str().map(std::fs::canonicalize);
            let libpython = libpython.expect("a path").expect("a file");
            assert_eq!(libpython, std::fs::canonicalize(&python.libpython)?);
        }
        for function in FUNCTIONS {
            let mut command = command("calls");
            command.args(["--batches", "4", "--function", function]);
            let mut places = vec!["initialiser", "other", "fresh"];
            if producer == "limit" {
                command.args(["--enter", "limit_hold", "--leave", "limit_release"]);
                places.extend(["initialiser_held", "other_held"]);
            }
            let calls = answer(command);
            for place in places {
                assert_eq!(total(&calls[place]["histogram"]), 4, "{function} {place}: {calls}");
            }
        }
        let mut threads = command("threads");
        threads.args(["--threads", "3", "--milliseconds", "20", "--function", "sum"]);
        number(&answer(threads), "total");
    }
    Ok(Completion::Completed)
}

/// A start that fails is an error, whatever is wrong with the init code.
fn bad_init(python: &Python) -> Result<Completion, Failed> {
    let scratch = Scratch::new();
    for (producer, bytes) in [("limit", LIMIT), ("naive", NAIVE)] {
        let dll = scratch.pointed(&format!("{producer}.so"), bytes, &python.libpython);
        for (code, message) in [
            ("syntax error", "SyntaxError"),
            ("raise KeyError('in the init code')", "KeyError: 'in the init code'"),
            ("from _bench_cffi import ffi, bil", "cannot import name 'bil'"),
            ("pass", "the init code attaches no function named add1"),
        ] {
            let init = scratch.write("init.py", code);
            let said = complaint(started(python, "first", producer, &dll, &init));
            let returned = format!("{producer}_initialise() returned -1\n");
            assert!(said.contains(message) && said.ends_with(&returned), "{code}: {said}");
        }
        let wrong = INIT.replace("return x * 2.0", "return x");
        let init = scratch.write("init.py", wrong);
        let mut command = started(python, "count", producer, &dll, &init);
        command.args(["--function", "scale"]);
        let said = complaint(command);
        assert!(said.contains("scale() returned 1000.5 when it was called for 1000"), "{said}");
    }
    Ok(Completion::Completed)
}
