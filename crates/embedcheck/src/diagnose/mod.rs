//! From evidence to causes.
//!
//! The rules are data (`rules.rs`): what must be seen, what it means, what to do. A cause is only
//! named when its evidence is there, and the evidence is quoted with it.

mod rules;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use rules::RULES;

use crate::run::{Ended, Image, Observation};

/// Why a run went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Stable name of the rule, such as `libpython-local`.
    pub id: String,
    /// What happened, with the names that the evidence gives.
    pub summary: String,
    /// What to do, in one or two sentences.
    pub advice: String,
    /// The lines that the rule matched.
    pub evidence: Vec<String>,
    /// Where the fact behind the rule is documented.
    pub source: String,
}

/// One thing that must be seen for a rule to apply.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// A line of standard error matches the regular expression.
    Stderr(&'static str),
    /// An error text that the loader or the host reported for a step matches.
    Error(&'static str),
    /// Standard error or an error text or a failed import matches.
    Anywhere(&'static str),
    /// A message of the compiler or linker matches.
    Build(&'static str),
    /// In one namespace, more than one mapped object defines `Py_IsInitialized`.
    SeveralImages,
    /// `Py_IsInitialized` is mapped but not found in the global scope.
    NotGlobal,
    /// `Py_IsInitialized` is found in the global scope.
    Global,
    /// The process ended by this signal.
    Signal(&'static str),
    /// The process ended by a signal.
    AnySignal,
    /// `exit` was called by something that is not the host.
    ExitInside,
    /// The time limit ended the process.
    TimedOut,
    /// Several threads of the plan called in at once.
    Concurrent,
}

/// A step from evidence to a cause.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable name.
    pub id: &'static str,
    /// All must hold. Named groups of the expressions can be used in the texts as `{name}`.
    pub when: &'static [When],
    /// What it means.
    pub summary: &'static str,
    /// What to do.
    pub advice: &'static str,
    /// Where this is documented.
    pub source: &'static str,
}

/// What the rules look at.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    stderr: Vec<String>,
    errors: Vec<String>,
    imports: Vec<String>,
    build: Vec<String>,
    images: usize,
    default_scope: Option<bool>,
    signal: Option<String>,
    exit_inside: bool,
    timed_out: bool,
    concurrent: bool,
}

impl Evidence {
    /// Everything that one host process left behind.
    pub fn of(observation: &Observation) -> Self {
        let mut evidence = Self {
            stderr: lines(&observation.stderr.text),
            errors: observation.step_errors(),
            concurrent: observation.plan.lines().any(|line| line.trim() == "threads"),
            ..Self::default()
        };
        for import in observation.failed_imports() {
            evidence.imports.push(import);
        }
        if let Some(images) = observation.image_list() {
            evidence.images = most_in_one_namespace(&images);
        }
        evidence.default_scope = observation.python_in_default_scope();
        match &observation.ended {
            Ended::Exit { .. } => evidence.exit_inside = observation.ended_inside(),
            Ended::Signal { name, .. } => evidence.signal = Some(name.clone()),
            Ended::Timeout { .. } => evidence.timed_out = true,
            _ => {}
        }
        evidence
    }

    /// Messages of a compiler or linker.
    pub fn of_build(messages: &str) -> Self {
        Self { build: lines(messages), ..Self::default() }
    }

    /// Loader messages obtained without running anything.
    pub fn of_errors(errors: Vec<String>) -> Self {
        Self { errors, ..Self::default() }
    }

    /// Leaves out lines of standard error that were expected, and so tell nothing.
    #[must_use]
    pub fn without_stderr(mut self, expected: impl Fn(&str) -> bool) -> Self {
        self.stderr.retain(|line| !expected(line));
        self
    }

    /// Adds the errors of imports that were told by another way than the events.
    #[must_use]
    pub fn with_imports(mut self, errors: Vec<String>) -> Self {
        self.imports.extend(errors);
        self
    }

    /// States that libpython is in the global scope.
    #[must_use]
    pub fn in_global_scope(mut self) -> Self {
        self.default_scope = Some(true);
        self
    }
}

/// A namespace is the limit of what interferes: each may have its own libpython.
pub(crate) fn most_in_one_namespace(images: &[Image]) -> usize {
    let shared =
        |image: &Image| images.iter().filter(|other| other.namespace == image.namespace).count();
    images.iter().map(shared).max().unwrap_or(0)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// The causes that the evidence shows, the most specific first.
pub fn causes(evidence: &Evidence) -> Vec<Cause> {
    COMPILED.iter().filter_map(|rule| rule.apply(evidence)).collect()
}

/// The first of [`causes`].
pub fn cause(evidence: &Evidence) -> Option<Cause> {
    COMPILED.iter().find_map(|rule| rule.apply(evidence))
}

static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    RULES
        .iter()
        .map(|rule| Compiled { rule, when: rule.when.iter().map(compile).collect() })
        .collect()
});

/// A rule with its expressions compiled.
struct Compiled {
    rule: &'static Rule,
    when: Vec<(When, Option<Regex>)>,
}

fn compile(when: &When) -> (When, Option<Regex>) {
    let regex = match when {
        When::Stderr(regex) | When::Error(regex) | When::Anywhere(regex) | When::Build(regex) => {
            // A test compiles every expression of the table.
            Regex::new(regex).ok()
        }
        _ => None,
    };
    (*when, regex)
}

impl Compiled {
    fn apply(&self, evidence: &Evidence) -> Option<Cause> {
        let mut names = Vec::new();
        let mut seen = Vec::new();
        for (when, regex) in &self.when {
            let texts: Vec<&String> = match when {
                When::Stderr(_) => evidence.stderr.iter().collect(),
                When::Error(_) => evidence.errors.iter().collect(),
                When::Anywhere(_) => evidence
                    .imports
                    .iter()
                    .chain(&evidence.errors)
                    .chain(&evidence.stderr)
                    .collect(),
                When::Build(_) => evidence.build.iter().collect(),
                other => {
                    if !evidence.holds(*other) {
                        return None;
                    }
                    continue;
                }
            };
            let regex = regex.as_ref()?;
            let found = texts.into_iter().find_map(|text| Some((text, regex.captures(text)?)));
            let (text, captures) = found?;
            seen.push(text.trim().to_owned());
            for name in regex.capture_names().flatten() {
                if let Some(value) = captures.name(name) {
                    names.push((name.to_owned(), value.as_str().to_owned()));
                }
            }
        }
        let fill = |template: &str| {
            names.iter().fold(template.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
        };
        Some(Cause {
            id: self.rule.id.to_owned(),
            summary: fill(self.rule.summary),
            advice: fill(self.rule.advice),
            evidence: seen,
            source: self.rule.source.to_owned(),
        })
    }
}

impl Evidence {
    fn holds(&self, when: When) -> bool {
        match when {
            When::SeveralImages => self.images > 1,
            When::NotGlobal => self.default_scope == Some(false),
            When::Global => self.default_scope == Some(true),
            When::Signal(name) => self.signal.as_deref() == Some(name),
            When::AnySignal => self.signal.is_some(),
            When::ExitInside => self.exit_inside,
            When::TimedOut => self.timed_out,
            When::Concurrent => self.concurrent,
            When::Stderr(_) | When::Error(_) | When::Anywhere(_) | When::Build(_) => false,
        }
    }
}
