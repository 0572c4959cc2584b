//! Every job with a DLL that has nothing to do with Python.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use embedcheck_c_harness::LINKED;
use libtest_mimic::{Failed, Trial};

use crate::files::Scratch;
use crate::{FUNCTIONS, answer, complaint, host, hosts, number, total};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("plain/first", first),
        Trial::test("plain/calls", calls),
        Trial::test("plain/threads", threads),
        Trial::test("plain/ended", ended),
        Trial::test("plain/count", count),
        Trial::test("plain/serve", serve),
    ]
}

fn first() -> Result<(), Failed> {
    let scratch = Scratch::new();
    let answer = answer(host("first", &scratch.plain(), &[&"--plain"]));
    for name in ["load", "first", "second", "start_cpu", "resident_before"] {
        number(&answer, name);
    }
    let resident = ["resident_before", "resident_loaded", "resident_called"];
    assert!(resident.map(|name| number(&answer, name)).is_sorted(), "{answer}");
    for name in ["init_begin", "init_end", "libpython"] {
        assert!(answer.get(name).is_none(), "{answer}");
    }
    Ok(())
}

fn calls() -> Result<(), Failed> {
    let scratch = Scratch::new();
    let plain = scratch.plain();
    let linked = scratch.pointed("linked.so", LINKED, &plain);
    for function in FUNCTIONS {
        let mut command =
            host("calls", &plain, &[&"--plain", &"--batches", &"60", &"--function", &function]);
        let mut places = vec!["fresh", "initialiser", "other"];
        if function == "add1" {
            command.arg("--linked").arg(&linked);
            places.push("linked");
        }
        let answer = answer(command);
        for place in places {
            let figures = &answer[place];
            let [p10, median, p90] = ["p10", "median", "p90"].map(|name| number(figures, name));
            assert!(p10 <= median && median <= p90, "{function} {place}: {figures}");
            assert_eq!(total(&figures["histogram"]), 60, "{function} {place}: {figures}");
        }
        let [call, thread] = ["initialiser", "fresh"].map(|place| number(&answer[place], "median"));
        assert!(call * 100.0 < thread, "{function}: a thread costs more than a call: {answer}");
        assert!(answer.get("other_held").is_none(), "{answer}");
    }
    Ok(())
}

fn threads() -> Result<(), Failed> {
    let scratch = Scratch::new();
    let options: [&dyn AsRef<std::ffi::OsStr>; 5] =
        [&"--plain", &"--threads", &"3", &"--milliseconds", &"30"];
    let answer = answer(host("threads", &scratch.plain(), &options));
    let [p50, p99, max] = ["p50", "p99", "max"].map(|name| number(&answer, name));
    assert!(p50 <= p99 && p99 <= max, "{answer}");
    assert!(total(&answer["histogram"]) > 1000, "{answer}");
    for name in ["total", "cpu", "least", "most"] {
        number(&answer, name);
    }
    Ok(())
}

fn ended() -> Result<(), Failed> {
    let scratch = Scratch::new();
    let answer = answer(host("ended", &scratch.plain(), &[&"--plain", &"--count", &"50"]));
    for name in ["before", "after", "each"] {
        number(&answer, name);
    }
    Ok(())
}

fn count() -> Result<(), Failed> {
    let scratch = Scratch::new();
    let answer = answer(host("count", &scratch.plain(), &[&"--plain", &"--calls", &"200000"]));
    number(&answer, "first");
    Ok(())
}

/// The answers come one by one, and grow with the number of calls.
fn serve() -> Result<(), Failed> {
    let scratch = Scratch::new();
    let plain = scratch.plain();
    let linked = scratch.pointed("linked.so", LINKED, &plain);
    let mut command = host("serve", &plain, &[&"--plain", &"--linked", &linked]);
    let mut child = hosts::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
    let mut orders = child.stdin.take().expect("a pipe");
    let mut answers = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut ask = |order: String| -> u64 {
        writeln!(orders, "{order}").expect("the host reads");
        let mut line = String::new();
        answers.read_line(&mut line).expect("the host answers");
        line.trim_end().parse().unwrap_or_else(|error| panic!("{order}: {line:?}: {error}"))
    };
    for function in FUNCTIONS {
        for place in ["initialiser", "other", "threads:3"] {
            let few = ask(format!("{function} {place} 1"));
            let many = ask(format!("{function} {place} 3000000"));
            assert!(many > 1_000_000 && few < many, "{function} {place}: {few} {many}");
        }
    }
    assert!(ask("add1 linked 3000000".to_owned()) > 1_000_000);
    assert!(ask("add1 fresh 20".to_owned()) > 20_000);
    drop(orders);
    assert!(hosts::wait(&mut child).success());

    for (order, message) in [
        ("add1 somewhere 1", "is not FUNCTION PLACE ITERATIONS"),
        ("add2 other 1", "there is no function add2"),
        ("add1 other_held 1", "no functions to hold"),
        ("add1 linked 1", "linked needs --linked"),
        ("nop linked 1", "linked is for add1"),
    ] {
        let input = scratch.write("orders", order);
        let mut command = host("serve", &plain, &[&"--plain"]);
        command.stdin(std::fs::File::open(input)?);
        let complaint = complaint(command);
        assert!(complaint.contains(message), "{order}: {complaint}");
    }
    Ok(())
}
