//! All the evidence of one host process.

use std::collections::BTreeMap;

use embedcheck_plan::{Event, Line};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Captured, Ended, ThreadSnapshot};

/// What was seen of one run: facts only, no verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The working folder.
    pub cwd: String,
    /// The complete environment, without the variable by which the runner marks its processes.
    pub environment: BTreeMap<String, String>,
    /// The plan text, by which the run can be made again; empty if the program is no host.
    pub plan: String,
    /// How it ended.
    pub ended: Ended,
    /// What the host reported, in the order of writing.
    #[schemars(with = "Vec<serde_json::Map<String, Value>>")]
    pub events: Vec<Event>,
    /// Lines among the events that are none, with what is wrong about them; at most 100.
    pub event_problems: Vec<String>,
    /// Bytes of events beyond the limit, which were not read.
    pub events_dropped_bytes: u64,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
    /// Where each thread was at the time limit; empty if it was not reached.
    pub threads: Vec<ThreadSnapshot>,
    /// Number of processes beside the host itself that were still alive after its end and had to be
    /// killed.
    pub leftovers: u32,
    /// What the runner could not do or find out, for a person to read.
    pub notes: Vec<String>,
    /// From the start until everything was gone, in milliseconds.
    pub duration_ms: u64,
}

/// A step that came back. Borrowed from [`Event::End`], whose fields it has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EndEvent<'a> {
    /// Line of the step.
    pub step: Line,
    /// 0 is the main thread.
    pub thread: u32,
    /// Process id; differs in forked children.
    pub pid: u32,
    /// `CLOCK_MONOTONIC`, nanoseconds.
    pub time: u64,
    /// The word that starts the step.
    pub op: &'a str,
    /// Whether the step could be done; says nothing about the value.
    pub ok: bool,
    /// Result, by kind of step.
    pub value: &'a Value,
    /// `errno` right after the step.
    pub errno: i32,
    /// Text of `dlerror`, `strerror` or the host.
    pub error: Option<&'a str>,
}

/// A step that was announced and never came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished<'a> {
    /// Line of the step.
    pub step: Line,
    /// 0 is the main thread.
    pub thread: u32,
    /// Process id; differs in forked children.
    pub pid: u32,
    /// The word that starts the step.
    pub op: &'a str,
}

impl Observation {
    /// Whether the host reached the end of its plan and ended the way it wanted.
    #[must_use]
    pub fn ended_normally(&self) -> bool {
        self.ended.is_normal()
    }

    /// Whether the host understood its plan and began.
    #[must_use]
    pub fn has_started(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Start { .. }))
    }

    /// All steps that came back, in the order of their coming back.
    pub fn ends(&self) -> impl Iterator<Item = EndEvent<'_>> {
        self.events.iter().filter_map(end_event)
    }

    /// How a step came back; the first one if several threads ran it.
    #[must_use]
    pub fn end_of(&self, step: Line) -> Option<EndEvent<'_>> {
        self.ends().find(|end| end.step == step)
    }

    /// How a step came back in one of the threads that ran it.
    #[must_use]
    pub fn end_in_thread(&self, step: Line, thread: u32) -> Option<EndEvent<'_>> {
        self.ends().find(|end| end.step == step && end.thread == thread)
    }

    /// The value of a step that could be done.
    #[must_use]
    pub fn value(&self, step: Line) -> Option<&Value> {
        self.end_of(step).filter(|end| end.ok).map(|end| end.value)
    }

    /// For each thread of each process, in the order of the plan, the step in which it was at the
    /// end: where it crashed or hangs. Empty after a normal end. An `exit` step never comes back
    /// and does not count.
    #[must_use]
    pub fn last_begun(&self) -> Vec<Unfinished<'_>> {
        let mut open = BTreeMap::new();
        for event in &self.events {
            match event {
                Event::Begin { step, thread, pid, op, .. } if op != "exit" => {
                    open.insert(
                        (*pid, *thread),
                        Unfinished { step: *step, thread: *thread, pid: *pid, op },
                    );
                }
                Event::End { thread, pid, .. } => {
                    open.remove(&(*pid, *thread));
                }
                _ => {}
            }
        }
        let mut open: Vec<_> = open.into_values().collect();
        open.sort_by_key(|begun| (begun.step, begun.thread, begun.pid));
        open
    }
}

fn end_event(event: &Event) -> Option<EndEvent<'_>> {
    let Event::End { step, thread, pid, time, op, ok, value, errno, error } = event else {
        return None;
    };
    let (step, thread, pid, time, ok, errno) = (*step, *thread, *pid, *time, *ok, *errno);
    Some(EndEvent { step, thread, pid, time, op, ok, value, errno, error: error.as_deref() })
}

/// Takes the lines of the event file apart. A line that is no event is kept as a problem: the DLL
/// can write to any descriptor.
pub(super) fn parse_events(bytes: &[u8]) -> (Vec<Event>, Vec<String>) {
    const MOST_PROBLEMS: usize = 100;
    let mut events = Vec::new();
    let mut problems = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match Event::parse_line(line) {
            Ok(event) => events.push(event),
            Err(error) if problems.len() < MOST_PROBLEMS => problems.push(error.to_string()),
            Err(_) => {}
        }
    }
    (events, problems)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observe(lines: &str) -> Observation {
        let (events, event_problems) = parse_events(lines.as_bytes());
        Observation {
            command: Vec::new(),
            cwd: String::new(),
            environment: BTreeMap::new(),
            plan: String::new(),
            ended: Ended::Timeout { after_ms: 1 },
            events,
            event_problems,
            events_dropped_bytes: 0,
            stdout: Captured::default(),
            stderr: Captured::default(),
            threads: Vec::new(),
            leftovers: 0,
            notes: Vec::new(),
            duration_ms: 0,
        }
    }

    const RACE: &str = r#"
{"event":"start","host":"c","format":1,"pid":4,"time":1}
{"event":"begin","step":2,"thread":0,"pid":4,"time":2,"op":"open"}
{"event":"end","step":2,"thread":0,"pid":4,"time":3,"op":"open","ok":false,"value":null,"errno":2,"error":"not found"}
{"event":"begin","step":3,"thread":0,"pid":4,"time":4,"op":"threads"}
{"event":"begin","step":5,"thread":2,"pid":4,"time":5,"op":"call"}
{"event":"begin","step":5,"thread":1,"pid":4,"time":5,"op":"call"}
{"event":"end","step":5,"thread":2,"pid":4,"time":7,"op":"call","ok":true,"value":42,"errno":0,"error":null}
{"event":"begin","step":9,"thread":0,"pid":5,"time":8,"op":"exit"}
"#;

    #[test]
    fn events_are_found_by_step_and_thread() {
        let seen = observe(RACE);
        assert!(seen.has_started());
        assert_eq!(seen.event_problems, Vec::<String>::new());
        assert_eq!(seen.end_of(2).unwrap().error, Some("not found"));
        assert_eq!(seen.value(2), None, "a step that failed has no value");
        assert_eq!(seen.value(5), Some(&Value::from(42)));
        assert_eq!(seen.end_in_thread(5, 2).unwrap().time, 7);
        assert_eq!(seen.end_in_thread(5, 1), None);
    }

    #[test]
    fn a_crash_is_located_by_what_did_not_come_back() {
        let seen = observe(RACE);
        let open: Vec<_> =
            seen.last_begun().iter().map(|begun| (begun.step, begun.thread, begun.op)).collect();
        assert_eq!(open, [(3, 0, "threads"), (5, 1, "call")]);
    }

    #[test]
    fn an_observation_survives_its_json_form() {
        let seen = observe(RACE);
        let text = serde_json::to_string(&seen).unwrap();
        assert_eq!(serde_json::from_str::<Observation>(&text).unwrap(), seen);
    }

    #[test]
    fn facts_are_the_last_ones_stated() {
        let facts = |images: &str| {
            format!(
                "{{\"event\":\"end\",\"step\":9,\"thread\":0,\"pid\":4,\"time\":9,\"op\":\"facts\",\"ok\":true,\
                 \"value\":{{\"images\":{images},\"symbols\":{{\"default\":null}}}},\"errno\":0,\"error\":null}}\n"
            )
        };
        let seen = observe(&format!("{RACE}{}{}", facts("[]"), facts("[{}]")));
        assert_eq!(seen.images().unwrap().len(), 1);
        assert_eq!(seen.python_in_default_scope(), Some(false));
        assert_eq!(seen.fact("locale"), None);
        assert_eq!(seen.step_errors(), ["not found"]);
        assert_eq!(observe(RACE).images(), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_events_or_problems(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let (events, problems) = parse_events(&bytes);
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
            prop_assert_eq!(events.len() + problems.len(), lines.min(100 + events.len()));
        }
    }
}
