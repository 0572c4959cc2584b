//! Expectations of a case, and whether an observation meets them.

#[cfg(test)]
mod tests;
mod text;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use embedcheck_plan::{Event, Line};
use serde_json::Value;

use self::text::Template;

use crate::diagnose::{self, Cause, Evidence};
use crate::report::{CaseRecord, GOOD};
use crate::run::Observation;

/// What a case must show to be good. A normal end (exit code 17 after a `finish` event) is always
/// expected: exit code 0 and a returned 0 prove nothing.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// Steps, how often they must have come back, and with what value.
    results: Vec<(Line, usize, Value)>,
    /// Steps that must be done, whatever their value.
    done: Vec<Line>,
    /// Steps that must fail.
    failing: Vec<Line>,
    /// `probe_import_all` steps, with the modules that they are asked for.
    import_lists: Vec<(Line, Vec<String>)>,
    /// The same steps, with the modules that may fail there.
    imports: Vec<(Line, Vec<String>)>,
    /// Steps that state the facts that every run is asked for.
    facts: Vec<Line>,
    /// Steps that must fail, with the text of the error.
    errors: Vec<(Line, String)>,
    /// What the host's own function must have been called with, and returned, in order.
    hooks: Option<Vec<(i32, i32)>>,
    stdout: Option<Template>,
    stderr: Option<Template>,
    /// Number of mapped objects that define `Py_IsInitialized`, in each namespace: rule 8.
    images: Option<usize>,
    /// The file that every place must find `Py_IsInitialized` in.
    libpython: Option<PathBuf>,
    /// Handles that lead to no libpython: those of DLLs that are linked to none.
    unlinked: Vec<String>,
    /// The only file with `Py_IsInitialized` that may be mapped.
    mapped: Option<PathBuf>,
}

impl Expect {
    /// The step must come back with this value.
    pub fn value(&mut self, step: Line, value: impl Into<Value>) {
        self.values(step, 1, value);
    }

    /// The step runs in that many threads; each must come back with this value.
    pub fn values(&mut self, step: Line, count: usize, value: impl Into<Value>) {
        self.results.push((step, count, value.into()));
    }

    /// The step must be done.
    pub fn done(&mut self, step: Line) {
        self.done.push(step);
    }

    /// The step must fail.
    pub fn fails(&mut self, step: Line) {
        self.failing.push(step);
    }

    /// The step must fail with this error, in which `…` stands for anything.
    pub fn error(&mut self, step: Line, text: impl Into<String>) {
        self.errors.push((step, text.into()));
    }

    /// The host's own function (`hook`) must be called once more, with this argument and result.
    pub fn hook(&mut self, argument: i32, value: i32) {
        self.hooks.get_or_insert_default().push((argument, value));
    }

    /// Standard output must be this text: `…` alone on a line stands for any lines, elsewhere for
    /// any characters.
    pub fn stdout(&mut self, text: &str) {
        self.stdout = Some(Template::new(text));
    }

    /// The same for standard error. Expected lines are no evidence for a cause.
    pub fn stderr(&mut self, text: &str) {
        self.stderr = Some(Template::new(text));
    }

    /// Each of these imports must have been tried, whatever came of it.
    pub fn import_list(&mut self, step: Line, names: impl IntoIterator<Item: Into<String>>) {
        self.import_lists.push((step, names.into_iter().map(Into::into).collect()));
    }

    /// Every import but those of `except` must succeed.
    pub fn imports(
        &mut self,
        step: Line,
        names: impl IntoIterator<Item: Into<String>>,
        except: &[String],
    ) {
        self.import_list(step, names);
        self.imports.push((step, except.to_vec()));
    }

    /// The facts must have been stated: without them nobody has looked for a second libpython.
    pub fn facts(&mut self, step: Line) {
        self.facts.push(step);
    }

    /// Another number of libpython images than one in each namespace.
    pub fn images(&mut self, count: usize) {
        self.images = Some(count);
    }

    /// This file is the only libpython: the global scope and every open handle must find the same
    /// `Py_IsInitialized`, in it.
    pub fn only_libpython(&mut self, file: &Path) {
        self.libpython = Some(file.to_owned());
    }

    /// This handle is one of a DLL that is linked to no libpython: it need not find
    /// `Py_IsInitialized`.
    pub fn unlinked(&mut self, handle: &str) {
        self.unlinked.push(handle.to_owned());
    }

    /// This file, and no other libpython, must be mapped in the end, whoever can find it: a DLL that
    /// is linked to no libpython may have one that no place of the host leads to.
    pub fn maps_only(&mut self, file: &Path) {
        self.mapped = Some(file.to_owned());
    }

    /// Any libpython may be mapped, or none.
    pub fn maps_any(&mut self) {
        self.mapped = None;
    }

    /// What deviates, in words; empty if nothing does.
    pub fn deviations(&self, observation: &Observation) -> Vec<String> {
        let mut found = Vec::new();
        if !observation.ended_normally() {
            found.push(observation.describe_end());
        }
        for step in &self.done {
            for error in observation.errors_of(*step) {
                found.push(format!("line {step}: {error}"));
            }
        }
        for step in &self.failing {
            if observation.ends_of(*step).any(|end| end.ok) {
                found.push(format!("line {step} succeeded, and should have failed"));
            }
        }
        for (step, count, value) in &self.results {
            self.check_values(observation, *step, *count, value, &mut found);
        }
        self.check_imports(observation, &mut found);
        self.check_errors(observation, &mut found);
        self.check_hooks(observation, &mut found);
        self.check_texts(observation, &mut found);
        self.check_images(observation, &mut found);
        self.check_libpython(observation, &mut found);
        self.check_mapped(observation, &mut found);
        found
    }

    fn check_imports(&self, observation: &Observation, found: &mut Vec<String>) {
        for (step, names) in &self.import_lists {
            let Some(imports) = observation.imports_of(*step) else {
                found.push(format!("line {step}: the list of imports is missing"));
                continue;
            };
            let is_tried =
                |name: &String| imports.ok.contains(name) || imports.failed.contains_key(name);
            let mut untried = names.iter().filter(|name| !is_tried(name)).peekable();
            if let Some(first) = untried.peek().copied() {
                let (all, count) = (names.len(), untried.count());
                found.push(format!(
                    "line {step}: {count} of {all} imports are not in the list, first {first}"
                ));
            }
        }
        for (step, except) in &self.imports {
            // That there is no list has been said above.
            let Some(imports) = observation.imports_of(*step) else { continue };
            let failed: Vec<_> = imports
                .failed
                .iter()
                .filter(|(name, _)| !except.iter().any(|except| except == *name))
                .collect();
            if let Some((name, error)) = failed.first() {
                let (all, count) = (imports.failed.len() + imports.ok.len(), failed.len());
                found.push(format!("{count} of {all} imports failed, first {name}: {error}"));
            }
        }
    }

    fn check_errors(&self, observation: &Observation, found: &mut Vec<String>) {
        for (step, text) in &self.errors {
            match observation.end_of(*step).map(|end| (end.ok, end.error.unwrap_or_default())) {
                Some((false, error)) if text::matches(text, error) => {}
                Some((false, error)) => {
                    found.push(format!("line {step}: {error:?}, and the error should be {text:?}"));
                }
                Some((true, _)) => {
                    found.push(format!("line {step} succeeded, and should have failed: {text:?}"));
                }
                None => found.push(format!("line {step}: the step never came back")),
            }
        }
    }

    fn check_hooks(&self, observation: &Observation, found: &mut Vec<String>) {
        let Some(expected) = &self.hooks else { return };
        let calls = observation.events.iter().filter_map(|event| match event {
            Event::Hook { argument, value, .. } => Some((*argument, *value)),
            _ => None,
        });
        let calls: Vec<_> = calls.collect();
        if calls != *expected {
            found.push(format!(
                "calls of the host's function, with their results: {calls:?}, not {expected:?}"
            ));
        }
    }

    fn check_texts(&self, observation: &Observation, found: &mut Vec<String>) {
        let texts = [
            ("standard output", &self.stdout, &observation.stdout),
            ("standard error", &self.stderr, &observation.stderr),
        ];
        for (what, template, seen) in texts {
            let difference = template.as_ref().and_then(|text| text.difference(&seen.text));
            found.extend(difference.map(|difference| format!("{what}: {difference}")));
        }
    }

    fn check_values(
        &self,
        observation: &Observation,
        step: Line,
        count: usize,
        value: &Value,
        found: &mut Vec<String>,
    ) {
        let ends: Vec<_> = observation.ends_of(step).collect();
        if ends.len() != count && observation.ended_normally() {
            found.push(format!("line {step}: came back {} times of {count}", ends.len()));
        }
        for end in ends {
            if !end.ok {
                let error = end.error.unwrap_or("not done");
                found.push(format!("line {step}: {error}"));
            } else if end.value != value {
                found.push(format!("line {step}: returned {}, not {value}", end.value));
            }
        }
    }

    fn check_libpython(&self, observation: &Observation, found: &mut Vec<String>) {
        let Some(libpython) = &self.libpython else { return };
        let places = observation.fact("symbols").and_then(Value::as_object);
        let Some(places) = places else {
            found.push("the host did not say where it finds Py_IsInitialized".to_owned());
            return;
        };
        if places.is_empty() {
            found.push("the host looked for Py_IsInitialized nowhere".to_owned());
        }
        let mut address = None;
        for (place, symbol) in places {
            let Some(file) = symbol.get("file").and_then(Value::as_str) else {
                if self.unlinked.contains(place) {
                    continue;
                }
                found.push(format!("{place}: Py_IsInitialized is not found"));
                continue;
            };
            if !same_file(Path::new(file), libpython) {
                let libpython = libpython.display();
                found.push(format!("{place}: Py_IsInitialized is that of {file}, not {libpython}"));
            } else if address.is_some_and(|known| Some(known) != symbol.get("address")) {
                found.push(format!("{place}: Py_IsInitialized has another address"));
            }
            address = address.or(symbol.get("address"));
        }
    }

    fn check_mapped(&self, observation: &Observation, found: &mut Vec<String>) {
        let (Some(file), Some(images)) = (&self.mapped, observation.image_list()) else { return };
        let named = file.display();
        let others = images.iter().filter(|image| !same_file(Path::new(&image.path), file));
        found.extend(
            others
                .map(|image| format!("libpython is mapped from {}, not from {named}", image.path)),
        );
        if images.is_empty() {
            found.push(format!("no libpython is mapped, and it should be {named}"));
        }
    }

    fn check_images(&self, observation: &Observation, found: &mut Vec<String>) {
        // A crash comes before the facts, and says enough.
        if observation.ended_normally() {
            for step in &self.facts {
                let errors = observation.errors_of(*step);
                found.extend(errors.iter().map(|error| format!("line {step}: {error}")));
            }
        }
        let Some(images) = observation.image_list() else {
            if observation.fact("images").is_some() {
                found.push("the list of mapped libpythons cannot be read".to_owned());
            }
            return;
        };
        let expected = self.images.unwrap_or(1);
        let most = diagnose::most_in_one_namespace(&images);
        if most > expected {
            let paths: Vec<_> = images.iter().map(|image| image.path.as_str()).collect();
            found.push(format!(
                "{most} mapped objects define Py_IsInitialized in one namespace, not {expected}: {}",
                paths.join(", ")
            ));
        }
    }
}

/// ld.so tells files apart in the same way.
fn same_file(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => one.dev() == other.dev() && one.ino() == other.ino(),
        _ => false,
    }
}

/// A case that was run, and what to think of it.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The case and its observation.
    pub record: CaseRecord,
    /// What deviates from the expectation.
    pub deviations: Vec<String>,
    /// Why, if the evidence tells.
    pub cause: Option<Cause>,
}

impl Judgement {
    /// Judges an observation.
    pub(super) fn new(mut record: CaseRecord, expect: &Expect) -> Self {
        let deviations = expect.deviations(&record.observation);
        let cause = if deviations.is_empty() {
            None
        } else {
            let evidence = Evidence::of(&record.observation);
            let explained =
                |line: &str| expect.stderr.as_ref().is_some_and(|template| template.explains(line));
            diagnose::cause(&evidence.without_stderr(explained))
        };
        record.outcome = match deviations.first() {
            None => GOOD.to_owned(),
            Some(first) => first.clone(),
        };
        Self { record, deviations, cause }
    }

    /// Whether everything was as expected.
    pub fn is_good(&self) -> bool {
        self.deviations.is_empty()
    }

    /// Adds a deviation that no expectation of a case can state.
    pub(super) fn deviate(&mut self, text: String) {
        if self.deviations.is_empty() {
            self.record.outcome.clone_from(&text);
        }
        if self.cause.is_none() {
            self.cause = diagnose::cause(&Evidence::of_errors(vec![text.clone()]));
        }
        self.deviations.push(text);
    }

    /// Which case, and what deviates first.
    pub fn describe(&self) -> String {
        let case = &self.record.case;
        match self.deviations.as_slice() {
            [] => format!("{case}: good"),
            [only] => format!("{case}: {only}"),
            [first, rest @ ..] => format!("{case}: {first} (and {} more)", rest.len()),
        }
    }

    /// The short class of the outcome, for histograms.
    pub fn class(&self) -> String {
        let observation = &self.record.observation;
        if self.is_good() {
            GOOD.to_owned()
        } else if !observation.ended_normally() {
            observation.describe_end()
        } else {
            "wrong result".to_owned()
        }
    }
}
