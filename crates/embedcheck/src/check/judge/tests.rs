//! An expectation that nothing answers must not be met.

use embedcheck_plan::Event;
use serde_json::json;

use super::*;
use crate::run::{Captured, Ended};

/// A host that ended as it should, after these results of steps.
fn ended_well(ends: &[(Line, &str, Value)]) -> Observation {
    let end = |(step, op, value): &(Line, &str, Value)| {
        let line = json!({
            "event": "end", "step": step, "thread": 0, "pid": 1, "time": 1, "op": op, "ok": true,
            "value": value, "errno": 0, "error": null,
        });
        Event::parse_line(line.to_string().as_bytes()).unwrap()
    };
    Observation {
        command: Vec::new(),
        cwd: String::new(),
        environment: Default::default(),
        plan: String::new(),
        ended: Ended::Exit { code: 17, from_inside: false },
        events: ends.iter().map(end).collect(),
        event_problems: Vec::new(),
        events_dropped_bytes: 0,
        stdout: Captured::default(),
        stderr: Captured::default(),
        threads: Vec::new(),
        leftovers: 0,
        notes: Vec::new(),
        duration_ms: 0,
    }
}

#[test]
fn every_import_must_have_been_tried() {
    let mut expect = Expect::default();
    expect.imports(3, ["math", "zlib"], &["zlib".to_owned()]);
    let seen = |list: Value| expect.deviations(&ended_well(&[(3, "call", list)]));
    assert_eq!(seen(r#"{"ok": ["math"], "failed": {"zlib": "no libz"}}"#.into()), [""; 0]);
    assert_eq!(
        seen(r#"{"ok": [], "failed": {"zlib": "no libz"}}"#.into()),
        ["line 3: 1 of 2 imports are not in the list, first math"]
    );
    assert_eq!(seen(Value::Null), ["line 3: the list of imports is missing"]);
    assert_eq!(
        seen(r#"{"ok": ["zlib"], "failed": {"math": "broken"}}"#.into()),
        ["1 of 2 imports failed, first math: broken"]
    );
}

#[test]
fn a_list_says_nothing_about_the_success_of_the_imports() {
    let mut expect = Expect::default();
    expect.import_list(3, ["math"]);
    let list = Value::from(r#"{"ok": [], "failed": {"math": "broken"}}"#);
    assert_eq!(expect.deviations(&ended_well(&[(3, "call", list)])), [""; 0]);
    assert_eq!(
        expect.deviations(&ended_well(&[(3, "call", r#"{"ok": [], "failed": {}}"#.into())])),
        ["line 3: 1 of 1 imports are not in the list, first math"]
    );
}

#[test]
fn facts_that_are_not_stated_deviate() {
    let mut expect = Expect::default();
    expect.facts(9);
    assert_eq!(expect.deviations(&ended_well(&[(9, "facts", json!({"images": []}))])), [""; 0]);
    assert_eq!(expect.deviations(&ended_well(&[])), ["line 9: the step never came back"]);
    assert_eq!(
        expect.deviations(&ended_well(&[(9, "facts", json!({"images": [{"path": 1}]}))])),
        ["the list of mapped libpythons cannot be read"]
    );
}

#[test]
fn a_libpython_must_be_looked_for_somewhere() {
    let mut expect = Expect::default();
    expect.only_libpython(Path::new("/lib/libpython3.so"));
    assert_eq!(
        expect.deviations(&ended_well(&[(9, "facts", json!({"symbols": {}}))])),
        ["the host looked for Py_IsInitialized nowhere"]
    );
}

/// What ld.so reports of one mapped object.
fn image(path: &str) -> Value {
    json!({"path": path, "base": "0x1", "build_id": null, "soname": null, "namespace": 0})
}

#[test]
fn one_libpython_may_be_mapped_and_no_other() {
    let mut expect = Expect::default();
    // Any two files that are there.
    expect.maps_only(Path::new("/proc/self/exe"));
    let seen =
        |images: Value| expect.deviations(&ended_well(&[(9, "facts", json!({"images": images}))]));
    assert_eq!(seen(json!([image("/proc/self/exe")])), [""; 0]);
    assert_eq!(seen(json!([])), ["no libpython is mapped, and it should be /proc/self/exe"]);
    assert_eq!(
        seen(json!([image("/proc/self/maps")])),
        ["libpython is mapped from /proc/self/maps, not from /proc/self/exe"]
    );
}

#[test]
fn a_dll_that_is_linked_to_no_libpython_need_not_find_it() {
    let mut expect = Expect::default();
    expect.only_libpython(Path::new("/proc/self/exe"));
    let there = json!({"address": "0x1", "file": "/proc/self/exe"});
    let facts = json!({"symbols": {"default": there, "plugin": null}});
    let seen = ended_well(&[(9, "facts", facts)]);
    assert_eq!(expect.deviations(&seen), ["plugin: Py_IsInitialized is not found"]);
    expect.unlinked("plugin");
    assert_eq!(expect.deviations(&seen), [""; 0]);
}
