//! Who wants the module, and what becomes of importing it: what the files alone do not show.

use std::path::Path;

use super::child::Children;
use super::fix::Pip;
use super::import::{self, Imports};
use super::wanted::{self, Question, Wanted};
use super::{Entry, Origin};
use crate::doctor::{DoctorError, Finding, Severity};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Who {
    pub(super) wanted: Wanted,
    pub(super) imports: Imports,
    /// Lines that belong to the finding about the module's files, if there is one.
    pub(super) evidence: Vec<String>,
    pub(super) findings: Vec<Finding>,
}

/// Follows the metadata, imports the programs at the ends of the chains, and imports the module.
///
/// `files` are the findings about the module's files: what they explain is not said again.
pub(super) fn examine(
    children: &Children<'_>,
    path: &[Entry],
    question: Question<'_>,
    files: &[Finding],
) -> Result<Who, DoctorError> {
    let module = question.module;
    let mut wanted = wanted::find(path, question, children.stop);
    wanted::follow(&mut wanted, children, path, module)?;
    let tried = import::import(children, module)?;
    let explained = files.iter().any(|finding| finding.severity == Severity::Problem);
    let mut findings = import::explain(&tried, children, module, explained);
    let is_there = tried.imports.plain().is_some_and(|run| run.outcome.is_imported());
    let front = path.iter().find(|entry| matches!(entry.origin, Origin::Option(_)));
    let interpreter = children.target.executable.as_deref().unwrap_or(Path::new("python3"));
    let pip = Pip::new(interpreter, front.map(|entry| Path::new(&entry.path)));
    findings.extend(wanted::findings(&wanted, module, &children.options.imports, is_there, &pip));
    let evidence = wanted::evidence(&wanted, module);
    Ok(Who { wanted, imports: tried.imports, evidence, findings })
}
