//! The extension modules of those who want the module: what is mended for the module alone is not mended for them.

use super::{Conclusion, of, with};
use crate::doctor::module::candidate::{Candidate, Fate, Flaw};
use crate::doctor::module::kinds;
use crate::doctor::module::owner::is_name;
use crate::doctor::module::remedy::{Destination, Fixer};
use crate::doctor::module::wanted::{Extension, Wanted};
use crate::doctor::{Finding, Fix, Severity};

/// Files of one distribution that stand with a finding.
const MOST: usize = 8;

impl Conclusion<'_> {
    /// One finding for each distribution that wants the module and has extension modules that do not fit this Python.
    pub(in crate::doctor::module) fn dependents(&self) -> Vec<Finding> {
        // That nothing of the kind is imported from an archive is said once.
        let in_archive = |one: &Candidate| one.flaws.first() == Some(&Flaw::InArchive);
        let mut candidates = self.found.all.iter().map(|one| &one.candidate);
        let is_told =
            candidates.clone().all(|one| one.fate != Fate::Taken) && candidates.any(in_archive);
        let is_unfit = |one: &&Extension| {
            flaw(&one.candidate).is_some() && !(is_told && in_archive(&one.candidate))
        };
        let unfit: Vec<_> = self.wanted.extensions.iter().filter(is_unfit).collect();
        let mut findings = Vec::new();
        let mut told: Vec<&str> = Vec::new();
        for first in &unfit {
            if !told.contains(&first.distribution.as_str()) {
                told.push(&first.distribution);
                let all: Vec<_> =
                    unfit.iter().filter(|one| one.distribution == first.distribution).collect();
                findings.extend(self.unfit(first, &all));
            }
        }
        findings
    }

    fn unfit(&self, first: &Extension, all: &[&&Extension]) -> Option<Finding> {
        let flaw = flaw(&first.candidate)?;
        let owner = title(first);
        let more = match all.len() {
            0 | 1 => String::new(),
            2 => "; one more of its files does not fit, either".to_owned(),
            number => format!("; {} more of its files do not fit, either", number - 1),
        };
        let summary = format!(
            "{owner}, which wants {}, does not fit {}: {}{} {}{more}",
            self.name,
            self.setting(),
            first.candidate.path,
            of(&Candidate { distribution: None, ..first.candidate.clone() }),
            why(flaw),
        );
        let lines = all.iter().take(MOST).map(|one| {
            let flaws: Vec<_> = one.candidate.flaws.iter().map(ToString::to_string).collect();
            format!("{}: {}: {}", one.module, one.candidate.path, flaws.join("; "))
        });
        let evidence = lines.chain(self.chain_of(&first.distribution)).collect();
        Some(with(
            Finding::of(&kinds::DEPENDENT_UNFIT, summary),
            evidence,
            self.replaced(first, flaw),
        ))
    }

    /// `CPython 3.11 on x86_64 with glibc 2.26`.
    fn setting(&self) -> String {
        let profile = &self.search.profile;
        let glibc = profile.glibc.map(|(major, minor)| format!(" with glibc {major}.{minor}"));
        format!("{} on {}{}", profile.title(), profile.architecture, glibc.unwrap_or_default())
    }

    fn chain_of(&self, distribution: &str) -> Option<String> {
        let has = |name: &str| name == distribution;
        let mut chains = self.wanted.chains.iter();
        let chain = chains.find(|one| one.links.iter().any(|link| has(&link.distribution)))?;
        Some(format!("wanted by: {chain} -> {}", self.name))
    }

    /// The same version, built for this Python, where it lies now; and the newest that has such a build.
    fn replaced(&self, about: &Extension, flaw: &Flaw) -> Vec<Fix> {
        let destination = self.place_of(about);
        let fixer = Fixer {
            distribution: Some(about.distribution.clone()).filter(|name| is_name(name)),
            pinned: None,
            is_there: true,
            ..self.fixer(None)
        };
        let mut fixes = Vec::new();
        // An old version has no build for a Python that came after it.
        let is_other = matches!(flaw, Flaw::OtherPython { .. } | Flaw::StableAbi);
        let version = about.version.as_ref().filter(|version| is_version(version));
        if let Some(version) = version.filter(|_| !is_other && fixer.distribution.is_some()) {
            let same = Fixer { pinned: Some(version.clone()), alone: true, ..self.fixer(None) };
            let same = Fixer { distribution: fixer.distribution.clone(), ..same };
            fixes.extend(same.install(&destination).into_iter().take(1));
        }
        let mut newest = fixer.install(&destination);
        newest.truncate(1);
        if !fixes.is_empty() {
            for fix in &mut newest {
                fix.what = format!(
                    "{}: of another version, with what that needs, if this one has no such build",
                    fix.what
                );
            }
        }
        fixes.extend(newest);
        if matches!(flaw, Flaw::NewerGlibc { .. }) {
            super::mend::only_wheels(&mut fixes);
        }
        fixes
    }

    fn place_of(&self, about: &Extension) -> Destination {
        let entry = self.entry_of(&about.candidate.path);
        entry.map_or(Destination::Interpreter, |(_, entry)| self.place_in(entry))
    }
}

/// What makes it useless.
fn flaw(candidate: &Candidate) -> Option<&Flaw> {
    candidate.flaws.iter().find(|flaw| flaw.is_fatal())
}

/// Whether pip takes it for a version and nothing else (PEP 440).
fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".!+_-".contains(c))
}

fn why(flaw: &Flaw) -> String {
    match flaw {
        Flaw::OtherPython { .. } | Flaw::OtherMachine { .. } | Flaw::OtherLibc { .. } => {
            format!("is {flaw}")
        }
        _ => flaw.to_string(),
    }
}

fn title(one: &Extension) -> String {
    let version = one.version.as_deref().unwrap_or_default();
    format!("{} {version}", one.distribution).trim_end().to_owned()
}

/// Where the files foretell a failure and every program that was tried here works, that is no more than a warning. What was
/// tried on this machine says nothing about the system of a Lambda function.
pub(in crate::doctor::module) fn but_they_work(findings: &mut [Finding], wanted: &Wanted) {
    let works =
        !wanted.traces.is_empty() && wanted.traces.iter().all(|trace| trace.outcome.is_imported());
    for finding in findings.iter_mut().filter(|_| works) {
        let programs: Vec<_> = wanted.traces.iter().map(|one| one.program.as_str()).collect();
        finding.severity = Severity::Warning;
        finding.evidence.push(format!("can be imported all the same: {}", programs.join(", ")));
    }
}
