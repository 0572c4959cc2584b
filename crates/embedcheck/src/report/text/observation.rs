//! One host process: its plan, what it reported, what it wrote, how it ended.

use embedcheck_plan::Event;

use super::page::Page;
use super::summary::plural;
use crate::run::{Captured, Observation, ThreadSnapshot, Unfinished};

/// Columns of the longest label.
const LABEL: usize = 11;

/// Everything, for a plan that was run by hand.
pub(super) fn whole(page: &mut Page<'_>, observation: &Observation) {
    let lines: Vec<_> = observation.events.iter().map(event_line).collect();
    start(page, 0, observation);
    block(page, 0, "events", &lines.join("\n"));
    rest(page, 0, observation);
    ending(page, 0, observation);
}

/// The same, with only those events that deviate.
pub(super) fn deviations(page: &mut Page<'_>, indent: usize, observation: &Observation) {
    ending(page, indent, observation);
    start(page, indent, observation);
    block(page, indent, "plan", &numbered(&observation.plan));
    let failed = observation.events.iter().filter(|event| deviates(event)).map(event_line);
    let lines: Vec<_> = failed.chain(observation.last_begun().iter().map(unfinished)).collect();
    block(page, indent, "deviations", &lines.join("\n"));
    rest(page, indent, observation);
}

fn start(page: &mut Page<'_>, indent: usize, observation: &Observation) {
    page.labelled(indent, "command", LABEL, &observation.command.join(" "));
    page.labelled(indent, "folder", LABEL, &observation.cwd);
    let variables = observation.environment.iter().map(|(name, value)| format!("{name}={value}"));
    page.labelled(indent, "environment", LABEL, &variables.collect::<Vec<_>>().join("\n"));
}

fn rest(page: &mut Page<'_>, indent: usize, observation: &Observation) {
    block(page, indent, "not events", &observation.event_problems.join("\n"));
    output(page, indent, "stdout", &observation.stdout);
    output(page, indent, "stderr", &observation.stderr);
    for thread in &observation.threads {
        snapshot(page, indent, thread);
    }
    for note in &observation.notes {
        page.labelled(indent, "note", LABEL, note);
    }
}

fn ending(page: &mut Page<'_>, indent: usize, observation: &Observation) {
    let mut text = format!("{}, {} ms", observation.ended, observation.duration_ms);
    if observation.leftovers > 0 {
        let left = plural(observation.leftovers, "process", "processes");
        text += &format!(", {left} left behind");
    }
    if observation.events_dropped_bytes > 0 {
        text += &format!(", {} bytes of events not read", observation.events_dropped_bytes);
    }
    page.labelled(indent, "ended", LABEL, &text);
}

fn output(page: &mut Page<'_>, indent: usize, label: &str, captured: &Captured) {
    block(page, indent, label, &captured.text);
}

/// A label on a line of its own and the text below it; nothing for an empty text.
fn block(page: &mut Page<'_>, indent: usize, label: &str, text: &str) {
    if !text.is_empty() {
        let style = page.styles().label;
        page.line(indent, style, label);
        page.quote(indent + 2, text);
    }
}

/// The plan with the numbers by which events refer to its lines.
fn numbered(plan: &str) -> String {
    let width = plan.lines().count().to_string().len();
    let lines = plan.lines().enumerate();
    lines.map(|(index, line)| format!("{:>width$}  {line}\n", index + 1)).collect()
}

/// The step could not be done. A value that is wrong only shows in the conclusion of the check.
fn deviates(event: &Event) -> bool {
    matches!(event, Event::End { ok: false, .. })
}

fn unfinished(begun: &Unfinished<'_>) -> String {
    format!("line {}, thread {}: {} never came back", begun.step, begun.thread, begun.op)
}

fn event_line(event: &Event) -> String {
    match event {
        Event::Start { host, format, pid, .. } => {
            format!("start of host {host}, process {pid}, plan format {format}")
        }
        Event::Begin { step, thread, op, .. } => {
            format!("line {step}, thread {thread}: {op} begins")
        }
        Event::End { step, thread, op, ok: true, value, .. } => {
            format!("line {step}, thread {thread}: {op} gives {value}")
        }
        Event::End { step, thread, op, errno, error, .. } => {
            let reason = error.clone().unwrap_or_else(|| format!("errno {errno}"));
            format!("line {step}, thread {thread}: {op} fails: {reason}")
        }
        Event::Hook { thread, argument, value, .. } => {
            format!("hook in thread {thread}: called with {argument}, returned {value}")
        }
        Event::Finish { code, .. } => format!("finish with code {code}"),
    }
}

fn snapshot(page: &mut Page<'_>, indent: usize, thread: &ThreadSnapshot) {
    let mut text = format!(
        "{} of process {}, `{}`: {}, {}",
        thread.tid, thread.pid, thread.name, thread.state, thread.syscall
    );
    if let Some(wchan) = &thread.wchan {
        text += &format!(", waits in {wchan}");
    }
    page.labelled(indent, "thread", LABEL, &text);
    page.quote(indent + LABEL + 2, &thread.backtrace.join("\n"));
    page.quote(indent + LABEL + 2, &thread.kernel_stack.join("\n"));
}
