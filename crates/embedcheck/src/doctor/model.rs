//! What the doctor says: one value behind the text and the JSON document.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Kind;
use super::dll::DllFacts;
use super::log::LogFacts;
use super::module::ModuleFacts;
use crate::diagnose::Cause;
use crate::report::{Machine, Tool, machine};
use crate::target::Target;

/// Version of the document. It changes when a reader of the old one would be misled.
pub const SCHEMA: &str = "embedcheck.doctor/1";

/// Everything that one visit found out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diagnosis {
    /// Always [`SCHEMA`].
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Who wrote it.
    pub tool: Tool,
    /// On what machine.
    pub environment: Machine,
    /// The Python that was asked or imitated; absent for a log.
    pub target: Option<TargetRecord>,
    /// What was found, the worst first. Nothing of [`Severity::Problem`]: healthy.
    pub findings: Vec<Finding>,
    /// What was examined, and all that was seen of it.
    pub subject: Subject,
}

/// The Python of a visit, in short; `embedcheck targets` tells the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetRecord {
    /// As in `embedcheck targets`, or `python3.12` for a runtime that is not installed here.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The interpreter, if there is one.
    pub interpreter: Option<String>,
    /// The shared libpython, if there is one.
    pub libpython: Option<String>,
}

/// What was examined.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Subject {
    /// An embedding DLL.
    Dll(Box<DllFacts>),
    /// The search for an extension module.
    Module(Box<ModuleFacts>),
    /// A log.
    Log(Box<LogFacts>),
}

/// How bad a finding is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not work, or will not in a host that is usual.
    Problem,
    /// It works here, and something about it is fragile.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing that was found, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Stable name: one of [`super::kinds()`] or of the diagnosis rules ([`crate::diagnose::RULES`]).
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, with the names of files, modules and symbols that are concerned.
    pub summary: String,
    /// What shows it: lines of standard error, paths, symbols, as they were found.
    pub evidence: Vec<String>,
    /// What to do, in the order in which to try it.
    pub fixes: Vec<Fix>,
    /// Where the fact behind it is documented.
    pub source: String,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// What it does, and when it is the right one.
    pub what: String,
    /// The commands, ready to be pasted into a shell; empty if it is no matter of commands.
    pub commands: Vec<String>,
    /// The doctor tried it in this visit, and the problem was gone.
    pub verified: bool,
}

impl Fix {
    /// Advice without a command.
    pub fn advice(what: impl Into<String>) -> Self {
        Self { what: what.into(), commands: Vec::new(), verified: false }
    }

    /// A command and what it does.
    pub fn command(what: impl Into<String>, command: impl Into<String>) -> Self {
        Self { what: what.into(), commands: vec![command.into()], verified: false }
    }

    /// Says that it was tried.
    #[must_use]
    pub fn verified(self) -> Self {
        Self { verified: true, ..self }
    }
}

impl Finding {
    /// A finding of a kind; its summary names what is concerned.
    pub fn of(kind: &Kind, summary: impl Into<String>) -> Self {
        Self {
            id: kind.id.to_owned(),
            severity: kind.severity,
            summary: summary.into(),
            evidence: Vec::new(),
            fixes: Vec::new(),
            source: kind.source.to_owned(),
        }
    }

    /// Adds what shows it.
    #[must_use]
    pub fn with_evidence(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// Adds something to do.
    #[must_use]
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }
}

impl From<Cause> for Finding {
    /// What the diagnosis rules conclude from a run or a log is always about something that failed.
    fn from(cause: Cause) -> Self {
        Self {
            id: cause.id,
            severity: Severity::Problem,
            summary: cause.summary,
            evidence: cause.evidence,
            fixes: vec![Fix::advice(cause.advice)],
            source: cause.source,
        }
    }
}

impl Diagnosis {
    /// Puts the worst findings first, and otherwise leaves their order: those who look know what to try
    /// first.
    pub(super) fn new(
        target: Option<TargetRecord>,
        mut findings: Vec<Finding>,
        subject: Subject,
    ) -> Self {
        findings.sort_by_key(|finding| finding.severity);
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: "embedcheck".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            environment: machine(),
            target,
            findings,
            subject,
        }
    }

    /// Whether nothing was found that does not work.
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Problem)
    }
}

impl TargetRecord {
    /// The short form of a target.
    pub fn of(target: &Target) -> Self {
        let text = |path: &PathBuf| path.display().to_string();
        Self {
            id: target.id.clone(),
            version: target.version.to_string(),
            interpreter: target.executable.as_ref().map(text),
            libpython: target.libpython.as_ref().map(|libpython| text(&libpython.path)),
        }
    }
}
