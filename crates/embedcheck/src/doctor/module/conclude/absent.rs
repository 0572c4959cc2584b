//! Nothing that an import would take.

use super::{Conclusion, with};
use crate::doctor::module::candidate::{Candidate, Flaw, Form};
use crate::doctor::module::kinds;
use crate::doctor::module::path::EntryState;
use crate::doctor::module::remedy::move_away;
use crate::doctor::{Finding, Fix};

impl Conclusion<'_> {
    /// Nothing that an import would take.
    pub(super) fn none_taken(&self) -> Option<Finding> {
        // The standard library of a Python that is not here is not looked at.
        if self.is_of_stdlib()
            && self.search.profile.interpreter.is_none()
            && self.found.all.is_empty()
        {
            return None;
        }
        if self.found.no_package || self.found.parents.iter().any(|parent| parent.paths.is_empty())
        {
            return Some(self.no_package());
        }
        // What would be taken first if it were for this Python: the best to tell about.
        let best = self.found.all.iter().min_by_key(|one| closeness(&one.candidate));
        if let Some((best, flaw)) =
            best.and_then(|best| Some((best, best.candidate.flaws.first()?)))
        {
            return Some(self.flawed(best, flaw));
        }
        self.missing()
    }

    fn searched(&self) -> Vec<String> {
        let entries = &self.search.entries;
        let there = entries.iter().filter(|entry| entry.state != EntryState::Absent);
        let mut lines: Vec<_> = there.map(|entry| format!("searched: {}", entry.path)).collect();
        if lines.is_empty() {
            lines.push("the search path is empty".to_owned());
        }
        lines
    }

    fn missing(&self) -> Option<Finding> {
        let profile = &self.search.profile;
        let is_stdlib = self.is_of_stdlib();
        let name = self.name;
        if is_stdlib && self.parts.len() == 1 {
            let summary = format!(
                "{name} is a module of the standard library, and this {} was built without it",
                profile.title()
            );
            let fixes = self.fixer(None).stdlib(name);
            return Some(with(
                Finding::of(&kinds::STDLIB_INCOMPLETE, summary),
                self.searched(),
                fixes,
            ));
        }
        let mut summary = format!("{name} is nowhere on the search path of {}", profile.title());
        let mut evidence = Vec::new();
        if let Some(package) = self.cffi.and_then(|cffi| cffi.package.as_ref()) {
            let version = package.version.as_deref().unwrap_or("of an unknown version");
            summary = format!(
                "{summary}; the package cffi {version} is there, without its extension module"
            );
            evidence.push(package.path.clone());
        }
        if let Some(parent) = self.found.parents.last() {
            summary = format!("the package {} is there, but has no module {name}", parent.name);
            evidence.extend(parent.paths.iter().map(|path| format!("{}: {path}", parent.name)));
        } else {
            evidence.extend(self.searched());
        }
        let fixes = if is_stdlib {
            // Nothing that could be installed: a distribution of that name is somebody else's.
            vec![Fix::advice(
                "The package is part of the standard library: check the spelling, and in the documentation since which \
                 version of Python the module is there",
            )]
        } else {
            self.fixer(None).install(&self.destination(None))
        };
        Some(with(Finding::of(&kinds::MISSING, summary), evidence, fixes))
    }

    fn no_package(&self) -> Finding {
        let profile = &self.search.profile;
        let is_package = |form| matches!(form, Some(Form::Package | Form::Namespace));
        let parent = self.found.parents.iter().find(|parent| !is_package(parent.form));
        let name = parent.map_or(self.name, |parent| &parent.name);
        let (summary, evidence, mut fixes) = match parent.and_then(|parent| parent.paths.first()) {
            Some(path) => (
                format!(
                    "{name} is no package here, so that {} cannot be found: {path} comes first",
                    self.name
                ),
                vec![format!("{name}: {path}")],
                vec![move_away(path.as_ref())],
            ),
            None => (
                format!(
                    "the package {name}, which holds {}, is nowhere on the search path of {}",
                    self.name,
                    profile.title()
                ),
                self.searched(),
                Vec::new(),
            ),
        };
        fixes.extend(self.fixer(None).install(&self.destination(None)));
        with(Finding::of(&kinds::PACKAGE_MISSING, summary), evidence, fixes)
    }
}

/// How little a candidate that was passed by is away from being the one: what was told first is the nearest.
fn closeness(candidate: &Candidate) -> usize {
    match candidate.flaws.first() {
        Some(Flaw::OffPath { .. }) => 1,
        Some(_) => 0,
        None => 2,
    }
}
