//! The file for the events, which is the child's standard input.

use std::time::Duration;

use embedcheck::run::Ended;
use embedcheck_plan::Event;

use crate::{observe, script};

const START: &str = r#"{"event":"start","host":"c","format":1,"pid":1,"time":1}"#;
const BEGIN: &str = r#"{"event":"begin","step":2,"thread":0,"pid":1,"time":2,"op":"open"}"#;
const FINISH: &str = r#"{"event":"finish","pid":1,"time":3,"code":17}"#;

#[test]
fn a_normal_end_is_a_finish_event_and_17() {
    let seen = observe(&script(&format!("echo '{START}' >&0; echo '{FINISH}' >&0; exit 17")));
    assert!(seen.ended_normally(), "{seen:#?}");
    assert!(seen.has_started());
    assert_eq!(seen.events.len(), 2);
}

#[test]
fn an_exit_from_inside_is_told_apart_whatever_its_code() {
    for code in [0, 1, 17] {
        let seen =
            observe(&script(&format!("echo '{START}' >&0; echo '{BEGIN}' >&0; exit {code}")));
        assert_eq!(seen.ended, Ended::Exit { code, from_inside: true });
        assert!(!seen.ended_normally() && seen.ended_inside());
        assert_eq!(seen.last_begun()[0].op, "open");
    }
}

#[test]
fn events_before_a_crash_survive_it() {
    let seen = observe(&script(&format!(
        "ulimit -c 0; echo '{START}' >&0; echo '{BEGIN}' >&0; kill -SEGV $$"
    )));
    assert!(matches!(seen.ended, Ended::Signal { number: 11, .. }));
    assert!(matches!(&seen.events[..], [Event::Start { .. }, Event::Begin { step: 2, .. }]));
}

#[test]
fn processes_that_write_at_the_same_time_do_not_overwrite_each_other() {
    // Through descriptor 3, because a shell gives /dev/null to what it runs in the background.
    let writer = format!("(i=0; while [ $i -lt 200 ]; do echo '{BEGIN}' >&3; i=$((i+1)); done) &");
    let seen = observe(&script(&format!("exec 3>&0; {} wait; exit 17", writer.repeat(4))));
    assert_eq!((seen.events.len(), seen.event_problems.len()), (800, 0));
}

#[test]
fn garbage_among_the_events_is_kept_as_a_problem() {
    let seen = observe(&script(&format!(
        "echo '{START}' >&0; printf 'half a line\\n\\377\\n[1]\\n\\n' >&0; printf '%s' '{FINISH}' >&0; exit 17"
    )));
    assert_eq!(seen.event_problems.len(), 3, "{seen:#?}");
    assert!(seen.event_problems[0].contains("half a line"), "{:?}", seen.event_problems);
    assert!(seen.ended_normally(), "the last line needs no line end");
}

#[test]
fn a_truncated_or_seeked_file_is_read_from_its_start() {
    let seen = observe(&script(&format!(
        "echo garbage >&0; : > /proc/self/fd/0; echo '{START}' >&0; exit 17"
    )));
    assert_eq!((seen.events.len(), seen.event_problems.len()), (1, 0), "{seen:#?}");
}

#[test]
fn a_flood_of_events_is_stopped() {
    let mut spec = script(&format!("echo '{START}' >&0; exec cat /dev/zero >&0"));
    spec.events_limit = Some(100_000);
    let seen = observe(&spec);
    assert_eq!(seen.ended, Ended::EventsFlood { limit_bytes: 100_000 });
    assert!(seen.duration_ms < 30_000);
    assert!(seen.events_dropped_bytes > 0);
    assert_eq!(seen.events.len(), 1);
}

#[test]
fn too_many_events_of_a_child_that_was_faster_than_the_guard_are_counted() {
    let mut spec = script("head -c 1000 /dev/zero >&0; exit 17");
    spec.events_limit = Some(10);
    // Any tick may see it, or none.
    let seen = observe(&spec);
    assert!(seen.events_dropped_bytes <= 990);
    match seen.ended {
        Ended::Exit { code: 17, .. } => assert_eq!(seen.events_dropped_bytes, 990),
        Ended::EventsFlood { limit_bytes: 10 } => {}
        other => panic!("{other}"),
    }
}

#[test]
fn waiting_for_input_is_not_possible() {
    let mut spec = script("cat; exit 17");
    spec.timeout = Duration::from_secs(20);
    assert!(
        matches!(observe(&spec).ended, Ended::Exit { code: 17, .. }),
        "the file is at its end at once"
    );
}
