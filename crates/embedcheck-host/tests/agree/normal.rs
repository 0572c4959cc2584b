//! What of a run must be the same in both hosts.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;

use embedcheck_plan::{Event, FORMAT};
use serde_json::Value;

use crate::hosts::{Host, Run};

/// A run without what differs from process to process: times, process ids, addresses, and the order in
/// which different threads wrote.
#[derive(Debug, PartialEq)]
pub(crate) struct Normal {
    /// By process and thread.
    streams: BTreeMap<(String, u32), Vec<Event>>,
    exit: Option<i32>,
    signal: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Normal {
    pub(crate) fn exit(&self) -> Option<i32> {
        self.exit
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        self.signal
    }
}

/// Checks what holds for any event stream, and normalises it.
pub(crate) fn normal(host: Host, run: &Run) -> Result<Normal, String> {
    let events: Vec<_> = run
        .events
        .lines()
        .map(|line| Event::parse_line(line.as_bytes()).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let names = process_names(host, &events)?;
    check_times(&events)?;
    check_barriers(&events)?;
    let program = host.path();
    let texts = Texts { program: &program.to_string_lossy(), names: &names };
    let mut streams: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mut event in events {
        let name = names.get(&place(&event).0).cloned().unwrap_or_default();
        streams.entry((name, place(&event).1)).or_default().push({
            texts.strip(&mut event);
            event
        });
    }
    Ok(Normal {
        streams,
        exit: run.status.code(),
        signal: run.status.signal(),
        stdout: run.stdout.clone(),
        stderr: texts.text(&run.stderr),
    })
}

fn place(event: &Event) -> (u32, u32, u64) {
    match event {
        Event::Start { pid, time, .. } | Event::Finish { pid, time, .. } => (*pid, 0, *time),
        Event::Begin { pid, thread, time, .. }
        | Event::End { pid, thread, time, .. }
        | Event::Hook { pid, thread, time, .. } => (*pid, *thread, *time),
    }
}

/// Names processes by the step and thread that forked them.
fn process_names(host: Host, events: &[Event]) -> Result<BTreeMap<u32, String>, String> {
    let name = match host {
        Host::C => "c",
        Host::Rust => "rust",
    };
    let Some(Event::Start { host: said, format: FORMAT, pid, .. }) = events.first() else {
        return Err(format!("the first event is no start: {:?}", events.first()));
    };
    if said != name {
        return Err(format!("host {said:?} instead of {name:?}"));
    }
    let mut names = BTreeMap::from([(*pid, "host".to_owned())]);
    // A child can write before its parent says that it forked, and fork itself.
    loop {
        let known = names.len();
        for event in events {
            if let Event::End { step, thread, pid, op, value, .. } = event
                && op == "fork"
                && let Some(child) = value.get("pid").and_then(Value::as_u64)
                && let Some(parent) = names.get(pid)
            {
                let name = format!("{parent}, step {step} of thread {thread}");
                names.entry(child as u32).or_insert(name);
            }
        }
        if names.len() == known {
            break;
        }
    }
    // Those that the DLL forked.
    for event in events {
        let pid = place(event).0;
        names.entry(pid).or_insert_with(|| "forked by the DLL".to_owned());
    }
    Ok(names)
}

/// Time does not run backwards within a thread.
fn check_times(events: &[Event]) -> Result<(), String> {
    let mut last = BTreeMap::new();
    for event in events {
        let (pid, thread, time) = place(event);
        if last.insert((pid, thread), time).is_some_and(|before| before > time) {
            return Err(format!("time runs backwards at {event:?}"));
        }
    }
    Ok(())
}

/// No thread of a block has done anything before all of them have announced their first step.
fn check_barriers(events: &[Event]) -> Result<(), String> {
    for (index, event) in events.iter().enumerate() {
        let Event::Begin { pid, thread, step, op, .. } = event else { continue };
        // A block inside of another runs beside threads that are not its own.
        if op != "threads" || *thread != 0 {
            continue;
        }
        let mut acted = false;
        let mut begun = Vec::new();
        for later in &events[index + 1..] {
            let (later_pid, later_thread, _) = place(later);
            match later {
                Event::End { step: ended, thread: t, .. }
                    if later_pid == *pid && t == thread && ended == step =>
                {
                    break;
                }
                _ if later_pid != *pid || later_thread == *thread => {}
                // Its threads have a barrier of their own.
                Event::Begin { op, .. } if op == "threads" => break,
                Event::Begin { .. } if !begun.contains(&later_thread) => {
                    if acted {
                        return Err(format!("a thread had acted before {later:?}"));
                    }
                    begun.push(later_thread);
                }
                Event::End { .. } => acted = true,
                _ => {}
            }
        }
    }
    Ok(())
}

struct Texts<'a> {
    program: &'a str,
    names: &'a BTreeMap<u32, String>,
}

impl Texts<'_> {
    fn text(&self, text: &str) -> String {
        text.replace(self.program, "HOST")
    }

    fn strip(&self, event: &mut Event) {
        match event {
            Event::Start { host, pid, time, .. } => {
                host.clear();
                (*pid, *time) = (0, 0);
            }
            Event::Finish { pid, time, .. }
            | Event::Begin { pid, time, .. }
            | Event::Hook { pid, time, .. } => (*pid, *time) = (0, 0),
            Event::End { pid, time, value, error, .. } => {
                (*pid, *time) = (0, 0);
                self.value(value);
                *error = error.take().map(|error| self.text(&error));
            }
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) if is_address(text) => *text = "ADDRESS".to_owned(),
            Value::String(text) => *text = self.text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Object(values) => {
                for (key, value) in values {
                    let name = value.as_u64().and_then(|pid| self.names.get(&(pid as u32)));
                    match name {
                        Some(name) if key == "pid" => *value = name.as_str().into(),
                        _ => self.value(value),
                    }
                }
            }
            _ => {}
        }
    }
}

/// An address of this process, not a number that the plan gave.
fn is_address(text: &str) -> bool {
    let number = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.is_some_and(|number| (0x10_0000..1 << 47).contains(&number))
}
