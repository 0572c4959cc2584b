//! Who wants the module, and what becomes of importing it: what its files alone do not show.

use super::child::Children;
use super::import::{self, Imports};
use super::search::Search;
use super::wanted::{self, Question, Wanted};
use super::{ModuleOptions, Runtime};
use crate::doctor::{DoctorError, Finding, Severity};
use crate::env::Caller;
use crate::run::Stop;
use crate::target::Target;

/// One visit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit<'a> {
    pub(super) caller: &'a Caller,
    pub(super) options: &'a ModuleOptions,
    pub(super) search: &'a Search,
    pub(super) stop: &'a Stop,
}

impl Visit<'_> {
    /// Follows the metadata and, where there is an interpreter, imports the programs at the ends of the
    /// chains and the module itself.
    ///
    /// `findings` are those about the module's files. What they explain is not said again: the first
    /// problem among them gets who wants the module as evidence.
    pub(super) fn examine(
        &self,
        findings: &mut Vec<Finding>,
    ) -> Result<(Wanted, Imports), DoctorError> {
        let module = self.options.name.as_str();
        let profile = &self.search.profile;
        let question =
            Question { module, version: profile.version, architecture: &profile.architecture };
        let mut wanted = wanted::find(self.search, question, self.stop);
        let mut imports = Imports::default();
        let explained = findings.iter().position(|it| it.severity == Severity::Problem);
        if let Runtime::Installed(target) = &self.options.runtime
            && can_run_scripts(target)
        {
            let children = Children {
                target,
                options: self.options,
                caller: self.caller,
                search: self.search,
                stop: self.stop,
            };
            wanted::follow(&mut wanted, &children, module)?;
            let tried = import::import(&children, module)?;
            findings.extend(import::explain(
                &tried,
                &children,
                module,
                explained.and_then(|index| findings.get(index)),
            ));
            let is_there = tried.imports.plain().is_some_and(|run| run.outcome.is_imported());
            findings.extend(wanted::findings(&wanted, self, is_there));
            imports = tried.imports;
        } else {
            let reason = "only CPython 3.6 and later that is installed here is asked to import";
            imports.not_tried = Some(reason.to_owned());
        }
        if let Some(finding) = explained.and_then(|index| findings.get_mut(index)) {
            // What is wrong with the files and what happens need not agree: a file for another Python may load.
            let plain =
                imports.plain().map(|run| format!("python: import {module}: {}", run.outcome));
            finding.evidence.extend(plain);
            finding.evidence.extend(wanted::evidence(&wanted, module));
        }
        Ok((wanted, imports))
    }
}

/// Whether the scripts that import run on it.
fn can_run_scripts(target: &Target) -> bool {
    target.implementation == "cpython" && (target.version.major, target.version.minor) >= (3, 6)
}
