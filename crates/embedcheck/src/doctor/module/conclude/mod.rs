//! From candidates to findings: one for each cause, with evidence and what to do.

mod absent;
mod flawed;
mod mend;
mod others;

use std::path::{Path, PathBuf};

use super::candidate::{Candidate, Fate, Flaw};
use super::candidates::{Candidates, Judged};
use super::facts::{CffiPart, CffiParts};
use super::kinds;
use super::known;
use super::path::{EntryState, Origin};
use super::remedy::{Destination, Fixer};
use super::search::Search;
use crate::doctor::{Finding, Fix, Severity};
use crate::env::Caller;

/// What there is to conclude from.
pub(super) struct Conclusion<'a> {
    pub(super) search: &'a Search,
    pub(super) caller: &'a Caller,
    pub(super) name: &'a str,
    pub(super) parts: &'a [&'a str],
    pub(super) found: &'a Candidates,
    pub(super) cffi: Option<&'a CffiParts>,
    /// It is inside the interpreter.
    pub(super) inside: bool,
}

impl Conclusion<'_> {
    /// The findings, the decisive first.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !self.inside {
            let taken = self.found.all.iter().find(|one| one.candidate.fate == Fate::Taken);
            match taken {
                Some(taken) => findings.extend(self.taken(taken)),
                None => findings.extend(self.none_taken()),
            }
            findings.extend(self.cffi_versions());
        }
        findings.extend(self.layers());
        findings
    }

    fn taken(&self, taken: &Judged) -> Option<Finding> {
        let flaw = taken.candidate.flaws.first()?;
        if *flaw == Flaw::NotExtension {
            return Some(self.not_extension(taken));
        }
        Some(self.flawed(taken, flaw))
    }

    fn fixer(&self, about: Option<&Judged>) -> Fixer<'_> {
        let owner = about.and_then(|one| one.owner.as_ref());
        let anybody = || self.found.all.iter().find_map(|one| one.owner.as_ref());
        let distribution = owner
            .or_else(anybody)
            .map(|owner| owner.name.clone())
            .or_else(|| known::distribution(self.parts).filter(|_| !self.is_of_stdlib()));
        let package = self.cffi.and_then(|cffi| cffi.package.as_ref());
        // Where both parts lie together pip replaces both, and an old version may have no build for this
        // Python.
        let is_apart = |package: &&CffiPart| {
            let entry = about.and_then(|one| one.entry.as_ref());
            entry.is_none_or(|entry| !Path::new(&package.path).starts_with(&entry.path))
        };
        Fixer {
            profile: &self.search.profile,
            caller: self.caller,
            layers: &self.search.layers,
            distribution,
            pinned: package.filter(is_apart).and_then(|package| package.version.clone()),
            is_there: !self.found.all.is_empty()
                || package.is_some()
                || self.found.parents.iter().any(|parent| !parent.paths.is_empty()),
        }
    }

    /// Whether the module is one of the standard library, or would lie in a package of it.
    fn is_of_stdlib(&self) -> bool {
        let top = self.parts.first().copied().unwrap_or_default();
        let is_stdlib = |folder: &Path| {
            let mut entries = self.search.entries.iter();
            entries.any(|entry| entry.origin == Origin::Stdlib && Path::new(&entry.path) == folder)
        };
        // A Python before 3.10 does not name its modules, but its packages lie there.
        let of_parent = self.found.parents.first().and_then(|parent| parent.paths.first());
        let folder = of_parent.and_then(|init| Path::new(init).ancestors().nth(2));
        known::is_stdlib(top)
            || self.search.profile.stdlib_names.iter().any(|name| name == top)
            || folder.is_some_and(is_stdlib)
    }

    /// Where a better build is to be put: where this one lies, if that was somebody's choice.
    fn destination(&self, about: Option<&Judged>) -> Destination {
        if let Some(last) = self.search.layers.len().checked_sub(1) {
            let of_candidate = about.and_then(|one| match one.candidate.origin {
                Origin::Layer(number) => number.checked_sub(1),
                _ => None,
            });
            // The part of cffi that is there says in which layer the other belongs.
            let index = of_candidate.or_else(|| self.layer_of_package()).unwrap_or(last);
            let entry = about.and_then(|one| one.entry.as_ref());
            let entry = entry.map(|entry| entry.path.as_str());
            return Destination::in_layer(&self.search.layers, index, entry);
        }
        let entry = about.and_then(|one| one.entry.as_ref());
        match entry {
            Some(entry)
                if matches!(entry.origin, Origin::Option(_) | Origin::Pythonpath)
                    && entry.state == EntryState::Folder =>
            {
                Destination::Folder(PathBuf::from(&entry.path))
            }
            Some(entry) if entry.origin == Origin::UserSite => Destination::UserSite,
            _ => Destination::Interpreter,
        }
    }

    fn layer_of_package(&self) -> Option<usize> {
        let path = &self.cffi?.package.as_ref()?.path;
        self.search.layers.iter().position(|layer| Path::new(path).starts_with(&layer.folder))
    }

    /// All candidates with what becomes of them.
    fn evidence(&self) -> Vec<String> {
        let lines = self.found.all.iter().map(|one| {
            let candidate = &one.candidate;
            let flaws: Vec<_> = candidate.flaws.iter().map(ToString::to_string).collect();
            let mut line = format!("{}{}", candidate.path, of(candidate));
            if !flaws.is_empty() {
                line += &format!(": {}", flaws.join("; "));
            }
            line
        });
        lines.collect()
    }
}

/// Takes back what the files foretold and the import did not confirm.
pub(super) fn but_it_works(findings: &mut [Finding]) {
    const BROUGHT: &str = "something that was loaded before it, such as the package around it, brings what is missing";
    let foretold = [
        (&kinds::LIBRARY_MISSING, BROUGHT),
        (&kinds::VERSION_MISSING, BROUGHT),
        (&kinds::SYMBOL_MISSING, BROUGHT),
        (&kinds::DAMAGED, "what the import uses of the file is there"),
    ];
    for finding in findings {
        if let Some((_, why)) = foretold.iter().find(|(kind, _)| kind.id == finding.id) {
            finding.severity = Severity::Warning;
            finding.evidence.push(format!("the import works all the same: {why}"));
        }
    }
}

/// Whether a process that loads such a file can end because of that: code that is not there, that is lost behind the end
/// of the file, or that takes the objects of this Python for others.
pub(super) fn can_kill(finding: &Finding) -> bool {
    let deadly = [
        &kinds::DAMAGED,
        &kinds::OTHER_LIBC,
        &kinds::BUILT_FOR_OTHER,
        &kinds::STABLE_ABI,
        &kinds::SYMBOL_MISSING,
        &kinds::VERSION_MISSING,
    ];
    deadly.iter().any(|kind| kind.id == finding.id)
}

/// ` (layer 2)`: where it is, if that has a number.
fn of(candidate: &Candidate) -> String {
    let owner = candidate.distribution.as_ref().map(|distribution| format!("of {distribution}"));
    let place = match &candidate.origin {
        Origin::Layer(number) => Some(format!("layer {number}")),
        Origin::Option(number) => Some(format!("--path {number}")),
        Origin::Pythonpath => Some("PYTHONPATH".to_owned()),
        Origin::UserSite => Some("user site".to_owned()),
        Origin::Pth(file) => Some(format!("added by {file}")),
        _ => None,
    };
    let words: Vec<_> = [place, owner].into_iter().flatten().collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

fn with(finding: Finding, evidence: Vec<String>, fixes: Vec<Fix>) -> Finding {
    fixes.into_iter().fold(finding.with_evidence(evidence), Finding::with_fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_foretold_and_does_not_happen_is_a_warning() {
        let mut findings =
            [Finding::of(&kinds::LIBRARY_MISSING, "x"), Finding::of(&kinds::BUILT_FOR_OTHER, "y")];
        but_it_works(&mut findings);
        assert_eq!(findings[0].severity, Severity::Warning);
        assert_eq!(findings[0].evidence.len(), 1);
        // That it is imported is what is wrong about it.
        assert_eq!(findings[1].severity, Severity::Problem);
    }
}
