//! Imports a program in a child process and reads what it tells about its imports.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::model::{Attempt, Failure, Step, Trace};
use crate::doctor::DoctorError;
use crate::doctor::module::child::Children;
use crate::doctor::module::outcome::{Outcome, last_lines};
use crate::run::{EndEvent, Observation};

const SCRIPT: &str = include_str!("trace.py");

/// Attempts and failures that are kept of one program.
const MOST: usize = 20;
/// Bytes of events; an import takes some 400.
const EVENTS: u64 = 32 << 20;

/// Imports `program` and follows what it imports, `module` above all.
pub(super) fn trace(
    children: &Children<'_>,
    program: &str,
    module: &str,
) -> Result<Trace, DoctorError> {
    let observation = children.python(SCRIPT, &[program], Some(EVENTS))?;
    Ok(read(&observation, program, module))
}

/// An import as the events tell it.
#[derive(Debug)]
struct Import {
    name: String,
    /// 0: the program itself.
    inside: u64,
    at: Option<String>,
    outcome: Option<Outcome>,
}

/// What the script says about the beginning of an import.
#[derive(Deserialize)]
struct Begun {
    name: Option<String>,
    inside: u64,
    file: Option<String>,
    line: u64,
}

fn read(observation: &Observation, program: &str, module: &str) -> Trace {
    let mut imports: BTreeMap<u64, Import> = BTreeMap::new();
    let mut last = None;
    for event in observation.ends() {
        let number = u64::from(event.step);
        match event.op {
            "begin" => {
                if let Ok(begun) = Begun::deserialize(event.value) {
                    imports.entry(number).or_insert(Import::of(begun));
                }
            }
            "done" | "failed" => {
                let outcome = outcome(&event);
                match imports.get_mut(&number) {
                    Some(import) => import.outcome = Some(outcome),
                    None => last = Some(outcome),
                }
            }
            _ => {}
        }
    }
    let silent = || Outcome::of_silent(observation);
    let story = Story { imports: &imports, silent: silent() };
    let attempts = imports.iter().filter(|(_, import)| import.name == module);
    let failed = imports.iter().filter(|(_, import)| import.failed());
    let failures: Vec<_> = failed.map(|(number, import)| story.failure(*number, import)).collect();
    Trace {
        program: program.to_owned(),
        // Only one that ended as the script does has really told the end.
        outcome: last.filter(|_| observation.ended_normally()).unwrap_or_else(silent),
        attempts: attempts
            .map(|(number, import)| story.attempt(*number, import))
            .take(MOST)
            .collect(),
        failures: telling(failures),
        imports: imports.len(),
        stderr: last_lines(observation),
    }
}

/// Of a program with many optional imports the first failures, and the last ones, which end it.
fn telling(mut failures: Vec<Failure>) -> Vec<Failure> {
    let end = failures.len().saturating_sub(MOST).max(MOST);
    if failures.len() > end {
        failures.drain(MOST..end);
    }
    failures
}

impl Import {
    fn failed(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| !outcome.is_imported())
    }

    fn of(begun: Begun) -> Self {
        // `<frozen …>` and `<string>` are no files.
        let file = begun.file.filter(|file| !file.starts_with('<'));
        Self {
            name: begun.name.unwrap_or_default(),
            inside: begun.inside,
            at: file.map(|file| format!("{file}:{}", begun.line)),
            outcome: None,
        }
    }
}

fn outcome(event: &EndEvent<'_>) -> Outcome {
    let text = |name: &str| event.value.get(name).and_then(Value::as_str).map(str::to_owned);
    if event.ok {
        return Outcome::Imported { file: text("file") };
    }
    Outcome::Raised {
        class: text("type").unwrap_or_default(),
        message: event.error.unwrap_or_default().to_owned(),
        exception: event.value.get("exception").and_then(Value::as_bool).unwrap_or(true),
    }
}

impl Trace {
    /// The innermost import whose failure ended the whole: that with the same exception, or, if that is
    /// a panic, what its code had failed to import just before.
    pub(in crate::doctor::module) fn decisive(&self) -> Option<&Failure> {
        if let Some(culprit) = self.culprit() {
            let inner = self.failures.iter().rfind(|failure| {
                !failure.outcome.is_panic() && failure.inside.as_ref() == Some(&culprit.module)
            });
            return inner.or(Some(culprit));
        }
        self.failures.iter().rfind(|failure| failure.outcome == self.outcome)
    }

    /// The innermost import that ended with a panic, if the whole did: its code panicked.
    pub(in crate::doctor::module) fn culprit(&self) -> Option<&Failure> {
        let panicked = self.outcome.is_panic();
        // Imports are numbered as they begin, so that the last one is the innermost.
        panicked.then(|| self.failures.iter().rfind(|failure| failure.outcome.is_panic()))?
    }
}

struct Story<'a> {
    imports: &'a BTreeMap<u64, Import>,
    /// Of an import that never came back.
    silent: Outcome,
}

impl Story<'_> {
    fn attempt(&self, number: u64, import: &Import) -> Attempt {
        Attempt {
            chain: self.chain(number),
            outcome: import.outcome.clone().unwrap_or_else(|| self.silent.clone()),
            swallowed_by: self.swallowed_by(number),
        }
    }

    fn failure(&self, number: u64, import: &Import) -> Failure {
        Failure {
            module: import.name.clone(),
            inside: self.importer(number).and_then(|by| Some(self.imports.get(&by)?.name.clone())),
            outcome: import.outcome.clone().unwrap_or_else(|| self.silent.clone()),
            swallowed_by: self.swallowed_by(number),
        }
    }

    /// The import in whose course another was begun. That of `a.b` begins with that of `a`, which is
    /// not what anybody wrote: who imports `a.b` imports `a`.
    fn importer(&self, number: u64) -> Option<u64> {
        let mut import = self.imports.get(&number)?;
        loop {
            let by = self.imports.get(&import.inside)?;
            let is_parent =
                by.name.strip_prefix(&import.name).is_some_and(|it| it.starts_with('.'));
            if !is_parent {
                return Some(import.inside);
            }
            // The numbers grow inwards, so that this ends.
            import = by;
        }
    }

    fn chain(&self, number: u64) -> Vec<Step> {
        let mut chain = Vec::new();
        let mut at = Some(number);
        while let Some(import) = at.and_then(|number| self.imports.get(&number)) {
            chain.push(Step { module: import.name.clone(), at: import.at.clone() });
            at = at.and_then(|number| self.importer(number)).filter(|by| Some(*by) < at);
        }
        chain.reverse();
        chain
    }

    fn swallowed_by(&self, number: u64) -> Option<String> {
        let mut at = self.imports.get(&number)?;
        at.outcome.as_ref().filter(|outcome| !outcome.is_imported())?;
        let mut own = number;
        loop {
            let by = self.imports.get(&at.inside).filter(|_| at.inside < own)?;
            match &by.outcome {
                Some(outcome) if outcome.is_imported() => return Some(by.name.clone()),
                Some(_) => (own, at) = (at.inside, by),
                None => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use embedcheck_plan::Event;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::run::{Captured, Ended};

    fn event(number: u32, op: &str, value: Value, error: Option<&str>) -> Event {
        Event::End {
            step: number,
            thread: 0,
            pid: 4,
            time: 0,
            op: op.to_owned(),
            ok: error.is_none(),
            value,
            errno: 0,
            error: error.map(str::to_owned),
        }
    }

    fn begin(number: u32, name: &str, inside: u32) -> Event {
        let value = json!({"name": name, "inside": inside, "file": "/x.py", "line": number});
        event(number, "begin", value, None)
    }

    fn failed(number: u32, class: &str) -> Event {
        event(number, "failed", json!({"type": class, "exception": true}), Some("text"))
    }

    fn done(number: u32) -> Event {
        event(number, "done", json!({"file": null}), None)
    }

    fn seen(events: Vec<Event>, code: i32) -> Trace {
        let observation = Observation {
            command: Vec::new(),
            cwd: String::new(),
            environment: BTreeMap::new(),
            plan: String::new(),
            ended: Ended::Exit { code, from_inside: false },
            events,
            event_problems: Vec::new(),
            events_dropped_bytes: 0,
            stdout: Captured::default(),
            stderr: Captured::default(),
            threads: Vec::new(),
            leftovers: 0,
            notes: Vec::new(),
            duration_ms: 0,
        };
        read(&observation, "program", "wanted")
    }

    /// The import of `a.b` begins with that of `a`, whose code is what goes on.
    #[test]
    fn packages_on_the_way_are_no_importers() {
        let trace = seen(
            vec![
                begin(1, "program", 0),
                begin(2, "a.b", 1),
                begin(3, "a", 2),
                begin(4, "wanted", 3),
                failed(4, "ImportError"),
                failed(3, "ImportError"),
                failed(2, "ImportError"),
                done(1),
                done(0),
            ],
            17,
        );
        assert_eq!(trace.attempts[0].to_string(), "program -> a -> wanted");
        assert_eq!(trace.attempts[0].chain[2].at.as_deref(), Some("/x.py:4"));
        assert_eq!(trace.attempts[0].swallowed_by.as_deref(), Some("program"));
        assert!(trace.outcome.is_imported());
    }

    #[test]
    fn an_end_that_was_not_reached_is_none() {
        let trace = seen(vec![begin(1, "program", 0), begin(2, "wanted", 1), done(0)], 3);
        assert_eq!(trace.outcome, Outcome::Ended { how: "exit code 3".to_owned() });
        assert_eq!(trace.attempts[0].outcome, trace.outcome);
        assert_eq!(trace.attempts[0].swallowed_by, None);
    }

    #[test]
    fn many_optional_imports_hide_nothing() {
        let mut events = vec![begin(1, "program", 0)];
        for number in 2..60 {
            events.extend([begin(number, "gone", 1), failed(number, "ImportError")]);
        }
        events.extend([begin(60, "decisive", 1), failed(60, "X"), failed(1, "X"), failed(0, "X")]);
        let trace = seen(events, 17);
        assert_eq!(trace.failures.len(), 2 * MOST);
        assert_eq!(trace.failures[0].module, "program");
        assert_eq!(trace.failures[2 * MOST - 1].module, "decisive");
        assert_eq!(trace.decisive().map(|failure| failure.module.as_str()), Some("decisive"));
    }

    #[test]
    fn a_failure_that_was_caught_decides_nothing() {
        let trace = seen(
            vec![
                begin(1, "program", 0),
                begin(2, "optional", 1),
                failed(2, "ImportError"),
                failed(1, "ZeroDivisionError"),
                failed(0, "ZeroDivisionError"),
            ],
            17,
        );
        assert_eq!(trace.decisive().map(|failure| failure.module.as_str()), Some("program"));
        assert_eq!(trace.culprit(), None);
    }

    /// What native code fails to import is what it panics about.
    #[test]
    fn a_panic_has_a_cause() {
        let trace = seen(
            vec![
                begin(1, "program", 0),
                begin(2, "optional", 1),
                failed(2, "ImportError"),
                begin(3, "native", 1),
                begin(4, "wanted", 3),
                failed(4, "ImportError"),
                failed(3, "PanicException"),
                failed(1, "PanicException"),
                failed(0, "PanicException"),
            ],
            17,
        );
        let name = |failure: Option<&Failure>| failure.map(|failure| failure.module.clone());
        assert_eq!(name(trace.culprit()).as_deref(), Some("native"));
        assert_eq!(name(trace.decisive()).as_deref(), Some("wanted"));
    }

    proptest! {
        /// The imported code may have written into the file, too.
        #[test]
        fn any_events_are_read(
            events in prop::collection::vec((0_u32..6, 0_u32..6, 0_u8..4, any::<bool>()), 0..30)
        ) {
            let events = events.into_iter().map(|(number, inside, kind, is_wanted)| match kind {
                0 => begin(number, if is_wanted { "wanted" } else { "a" }, inside),
                1 => done(number),
                2 => failed(number, "X"),
                _ => event(number, "begin", json!({"name": [1]}), None),
            });
            seen(events.collect(), 17);
        }
    }
}
