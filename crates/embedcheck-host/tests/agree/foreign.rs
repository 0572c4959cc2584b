//! `ffi`, which only the Rust host has: what a C compiler made of a type is called as it expects.

use embedcheck_plan::{Event, NORMAL_EXIT};
use libtest_mimic::{Completion, Failed, Trial};
use serde_json::{Value, json};

use crate::environment;
use crate::hosts::Host;

/// A call, and the value of its event.
fn calls() -> Vec<(&'static str, Value)> {
    vec![
        ("narrow i8(i8,u8,i16,u16) -128 255 -32768 65535", json!(126)),
        ("wide u64(i32,u32,i64,u64) -1 4294967295 -1 0xfffffffffffffff0", json!(4_294_967_277_u64)),
        ("most u16()", json!(65_535)),
        ("negate bool(bool) 1", json!(false)),
        ("negate bool(bool) 0", json!(true)),
        ("single f32(f32) 0.5", json!(0.25)),
        ("single f32(f32) nan", json!("nan")),
        (
            "many i32(i32,f64,i32,f64,i32,f64,i32,f64,i32,f64,i32,f64,i32,f64,i32,f64,i32,f64) \
             1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            json!(171),
        ),
        ("sum i32(*{i32,i32}) & { 20 22 }", json!(42)),
        ("sum i32(*{i32,i32}) null", json!(-1)),
        ("swap {i32,i32}({i32,i32}) { 1 -2 }", json!([-2, 1])),
        (
            r#"echo {i8,f64,[3]f32,str}({i8,f64,[3]f32,str}) { 7 0.1 { 1 2 3 } "caf\xc3\xa9" }"#,
            json!([-7, 0.1, [1.0, 2.0, 6.0], "café"]),
        ),
        (r#"lengths u64(*[3]str) & { "ab" "cde" null }"#, json!(5)),
        ("through i64(**i64) & & -5", json!(-5)),
        ("same ptr(ptr) 0x10", json!("0x10")),
        ("same str(str) null", Value::Null),
    ]
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::ignorable_test("foreign/values", values),
        Trial::ignorable_test("foreign/a thread that the DLL ends", a_thread_ends),
    ]
}

fn values() -> Result<Completion, Failed> {
    let library = match environment::foreign() {
        Ok(library) => library,
        Err(reason) => return environment::skip(reason),
    };
    let mut calls = calls();
    if cfg!(target_arch = "x86_64") {
        calls.push(("twice f80(f80) -0.75", json!(-1.5)));
        calls.push(("twice f80(f80) 1e308", json!("inf")));
    }
    let steps: String = calls.iter().map(|(call, _)| format!("ffi x {call}\n")).collect();
    let plan = format!("embedcheck-plan 1\nopen x \"{}\" NOW\n{steps}", library.display());
    let run = Host::Rust.run(&plan, &[]);
    assert_eq!(run.status.code(), Some(NORMAL_EXIT), "{run:#?}");
    let mut ends = ends(&run.events).into_iter().skip(1);
    for (call, expected) in &calls {
        let (ok, value, error) = ends.next().ok_or("an event is missing")?;
        assert!(ok, "{call}: {error:?}");
        assert_eq!(value, *expected, "{call}");
    }
    Ok(Completion::Completed)
}

/// Nothing of the host is in the way of an unwinding thread, libffi's frame included.
fn a_thread_ends() -> Result<Completion, Failed> {
    let library = match environment::foreign() {
        Ok(library) => library,
        Err(reason) => return environment::skip(reason),
    };
    let plan = format!(
        "embedcheck-plan 1\nopen x \"{}\" NOW\nthreads\nthread 2\nffi x leave void(i32,f32) 1 2\nend\n\
         ffi x nothing void()\n",
        library.display()
    );
    let run = Host::Rust.run(&plan, &[]);
    assert_eq!(run.status.code(), Some(NORMAL_EXIT), "{run:#?}");
    let (ok, _, error) = ends(&run.events).pop().ok_or("no event")?;
    assert!(!ok && error.is_some_and(|error| error.starts_with("no symbol \"nothing\"")));
    Ok(Completion::Completed)
}

fn ends(events: &str) -> Vec<(bool, Value, Option<String>)> {
    let events = events.lines().map(|line| Event::parse_line(line.as_bytes()));
    let end = |event| match event {
        Ok(Event::End { ok, value, error, .. }) => Some((ok, value, error)),
        _ => None,
    };
    events.filter_map(end).collect()
}
