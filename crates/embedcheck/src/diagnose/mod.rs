//! From evidence to causes.
//!
//! The rules are data (`rules.rs`): what must be seen, what it means, what to do. A cause is only
//! named when its evidence is there, and the evidence is quoted with it.
//!
//! One table serves runs, whose facts are known, and logs, of which there are only lines. What a rule
//! needs says where it can apply: [`When::InRun`], [`When::InLog`], or a fact that only a run has.

pub(crate) mod log;
mod rules;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use regex::{Captures, Regex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use rules::LAMBDA;
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
    /// It is a run: of words that mean nothing in a log, in which any program may have written them.
    InRun,
    /// It is a log: of words whose reason a run shows as a fact, or for which it has a rule of its own.
    InLog,
}

/// What a rule says about the others that apply to the same log. In a run the first rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Where the trouble comes from.
    Root,
    /// What some other trouble leads to: evidence for it if that is recognised, and else the best there is.
    Consequence,
    /// Looks like trouble, and is none by itself.
    Note,
}

/// The visit of `embedcheck doctor` that would settle the matter of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// None.
    None,
    /// To the DLL that the log names.
    Dll,
    /// To this module; `{name}` for what the rule has captured.
    Module(&'static str),
    /// To the file that the rule has captured as `{file}` or `{name}`: a module or a DLL.
    Named,
    /// To the module whose import ended in the error, told from the statement above it.
    Import,
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
    /// For logs: what else it can be, and what to do then, the likeliest first.
    pub also: &'static [&'static str],
    /// For logs: whether other rules explain this one.
    pub role: Role,
    /// For logs: ids of rules that this one explains.
    pub covers: &'static [&'static str],
    /// For logs: how to find out more.
    pub visit: Visit,
}

impl Rule {
    /// Whether it can apply to a log.
    pub fn reads_logs(&self) -> bool {
        self.when.iter().all(|when| when.expression().is_some() || matches!(when, When::InLog))
    }
}

impl When {
    /// The regular expression, if that is what it is.
    pub fn expression(self) -> Option<&'static str> {
        match self {
            Self::Stderr(text) | Self::Error(text) | Self::Anywhere(text) | Self::Build(text) => {
                Some(text)
            }
            _ => None,
        }
    }
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
    // A test compiles every expression of the table.
    (*when, when.expression().and_then(|text| Regex::new(text).ok()))
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
            names.extend(captured(regex, &captures));
        }
        Some(Cause {
            id: self.rule.id.to_owned(),
            summary: fill(self.rule.summary, &names),
            advice: fill(self.rule.advice, &names),
            evidence: seen,
            source: self.rule.source.to_owned(),
        })
    }
}

/// What the named groups of an expression stand for.
fn captured(regex: &Regex, captures: &Captures<'_>) -> Vec<(String, String)> {
    let value = |name: &str| Some((name.to_owned(), captures.name(name)?.as_str().to_owned()));
    regex.capture_names().flatten().filter_map(value).collect()
}

/// A text of a rule with what was captured in the place of `{name}`.
fn fill(template: &str, names: &[(String, String)]) -> String {
    names.iter().fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
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
            When::InRun => true,
            When::InLog | When::Stderr(_) | When::Error(_) | When::Anywhere(_) | When::Build(_) => {
                false
            }
        }
    }
}
