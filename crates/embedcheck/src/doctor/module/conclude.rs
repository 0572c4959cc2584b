//! From candidates to findings: one for each cause, with evidence and what to do.

use std::path::{Path, PathBuf};

use super::candidate::{Candidate, Fate, Flaw, Form};
use super::candidates::{Candidates, Judged, beside};
use super::facts::{CffiPart, CffiParts};
use super::kinds;
use super::path::{EntryState, Origin};
use super::remedy::{Destination, Fixer, move_away};
use super::search::Search;
use super::{known, lambda};
use crate::doctor::{Finding, Fix, Kind, Severity};
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
            .or_else(|| known::distribution(self.parts));
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

    /// Where a better build is to be put: where this one lies, if that was somebody's choice.
    fn destination(&self, about: Option<&Judged>) -> Destination {
        if let Some(last) = self.search.layers.len().checked_sub(1) {
            let of_candidate = about.and_then(|one| match one.candidate.origin {
                Origin::Layer(number) => number.checked_sub(1),
                _ => None,
            });
            // The part of cffi that is there says in which layer the other belongs.
            return Destination::Layer(
                of_candidate.or_else(|| self.layer_of_package()).unwrap_or(last),
            );
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

    /// Nothing that an import would take.
    fn none_taken(&self) -> Option<Finding> {
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
        let top = self.parts.first().copied().unwrap_or_default();
        let is_stdlib =
            known::is_stdlib(top) || profile.stdlib_names.iter().any(|name| name == top);
        let name = self.name;
        if is_stdlib && self.parts.len() == 1 {
            // The standard library of a Python that is not here is not looked at.
            profile.interpreter.as_ref()?;
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
        let fixes = self.fixer(None).install(&self.destination(None));
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

    /// Something in Python where an extension module should be.
    fn not_extension(&self, taken: &Judged) -> Finding {
        let candidate = &taken.candidate;
        let is_extension = |one: &&Judged| one.candidate.form == Form::Extension;
        let others: Vec<_> = self.found.all.iter().filter(is_extension).collect();
        let other = others.iter().find(|one| beside(&one.candidate, candidate));
        let evidence = self.evidence();
        if let Some(other) = other.filter(|other| other.candidate.fate == Fate::PassedBy) {
            let why = other.candidate.flaws.first().map_or_else(String::new, ToString::to_string);
            let summary = format!(
                "{} is taken from {} because the extension module beside it is not for this Python ({why})",
                self.name, candidate.path
            );
            let fixes = self.fixer(Some(other)).install(&self.destination(Some(other)));
            return with(Finding::of(&kinds::FALLBACK, summary), evidence, fixes);
        }
        let what = match candidate.form {
            Form::Namespace => "is taken as an empty package",
            _ => "is taken for it",
        };
        let summary = format!(
            "{} should be an extension module, but {} ({}) {what}",
            self.name, candidate.path, candidate.form
        );
        let mut fixes = Vec::new();
        if taken.entry.as_ref().is_some_and(|entry| entry.state == EntryState::Folder) {
            let folder = Path::new(&candidate.path);
            let path = if candidate.form == Form::Package { folder.parent() } else { Some(folder) };
            fixes.extend(path.map(move_away));
        }
        if !others.iter().any(|one| {
            matches!(one.candidate.fate, Fate::Shadowed(_)) && one.candidate.flaws.is_empty()
        }) {
            fixes.extend(self.fixer(None).install(&self.destination(None)));
        }
        with(Finding::of(&kinds::SHADOWED, summary), evidence, fixes)
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

    /// A candidate that would be the one, but for this flaw.
    fn flawed(&self, about: &Judged, flaw: &Flaw) -> Finding {
        let candidate = &about.candidate;
        let profile = &self.search.profile;
        let (name, path, place) = (self.name, &candidate.path, of(candidate));
        let fixer = self.fixer(Some(about));
        let install = || self.replace(&fixer, about);
        let mut evidence = self.evidence();
        let python = profile.title();
        let (kind, summary, fixes): (&Kind, String, Vec<Fix>) = match flaw {
            Flaw::OtherPython { built_for } => (
                &kinds::OTHER_PYTHON,
                format!(
                    "{name} is present, but built for {built_for}, not for {python}: {path}{place}"
                ),
                install(),
            ),
            Flaw::OtherMachine { built_for } => (
                &kinds::OTHER_MACHINE,
                format!(
                    "{name} is present, but for {built_for}, not for {}: {path}{place}",
                    profile.architecture
                ),
                install(),
            ),
            Flaw::OtherLibc { built_for } => (
                &kinds::OTHER_LIBC,
                format!(
                    "{name} is present, but for {built_for}, and {python} runs on another C library: {path}{place}"
                ),
                install(),
            ),
            Flaw::NewerGlibc { needs, has } => (
                &kinds::NEWER_GLIBC,
                format!("{name} needs glibc {needs}, and there is {has}: {path}{place}"),
                self.older_glibc(&fixer, about),
            ),
            Flaw::Damaged { what } => {
                (&kinds::DAMAGED, format!("{name} is damaged ({what}): {path}{place}"), install())
            }
            Flaw::OtherModule { expected, has } => {
                let instead = if has.is_empty() {
                    String::new()
                } else {
                    format!(", but {}", has.join(", "))
                };
                (
                    &kinds::MISNAMED,
                    format!("{path}{place} is no module {name}: it has no {expected}{instead}"),
                    install(),
                )
            }
            Flaw::InArchive => (
                &kinds::IN_ARCHIVE,
                format!(
                    "{name} lies in an archive, from which no extension module can be imported: {path}{place}"
                ),
                self.out_of_archive(about),
            ),
            Flaw::OffPath { reason } => {
                let built_for = candidate.flaws.iter().find_map(|flaw| match flaw {
                    Flaw::OtherPython { built_for } => {
                        Some(format!(", and is built for {built_for}"))
                    }
                    _ => None,
                });
                (
                    &kinds::OFF_PATH,
                    format!(
                        "{name} is in the layer, but {reason}{}: {path}",
                        built_for.unwrap_or_default()
                    ),
                    install(),
                )
            }
            Flaw::Unreadable { reason } => (
                &kinds::UNREADABLE,
                format!("{name} cannot be read ({reason}): {path}{place}"),
                vec![Fix::advice("Give whoever runs this Python the permission to read the file")],
            ),
            Flaw::MissingLibrary { name: library, tried } => {
                evidence
                    .extend(tried.iter().take(MOST_TRIED).map(|line| format!("{library}: {line}")));
                let summary = format!("{name} needs {library}, which is not found: {path}{place}");
                (&kinds::LIBRARY_MISSING, summary, self.library(&fixer, about, library))
            }
            Flaw::ForeignLibrary { name: library } => (
                &kinds::LIBRARY_FOREIGN,
                format!(
                    "{name} needs {library}, which no layer brings and not every system has: {path}{place}"
                ),
                install(),
            ),
            Flaw::MissingVersion { version, library } => (
                &kinds::VERSION_MISSING,
                format!("{name} needs {version}, which {library} does not define: {path}{place}"),
                install(),
            ),
            Flaw::MissingSymbols { symbols } => {
                evidence.extend(
                    symbols
                        .iter()
                        .take(MOST_SYMBOLS)
                        .map(|symbol| format!("undefined symbol: {symbol}")),
                );
                let first = symbols.first().map_or("symbols", String::as_str);
                let built = candidate.flaws.iter().find_map(|flaw| match flaw {
                    Flaw::ProbablyOtherPython { built_for, signs } => Some((built_for, signs)),
                    _ => None,
                });
                evidence.extend(built.iter().flat_map(|(_, signs)| signs.iter().cloned()));
                let built = built.map(|(built_for, _)| format!("; it was built for {built_for}"));
                (
                    &kinds::SYMBOL_MISSING,
                    format!(
                        "{name} needs {first}, which {python} does not have{}: {path}{place}",
                        built.unwrap_or_default()
                    ),
                    install(),
                )
            }
            Flaw::ProbablyOtherPython { built_for, signs } => {
                evidence.extend(signs.iter().cloned());
                let how = if candidate.tag.is_some() {
                    "its name says otherwise, so that"
                } else {
                    "it has no tag in its name, so that"
                };
                (
                    &kinds::BUILT_FOR_OTHER,
                    format!(
                        "{name} was built for {built_for}; {how} {python} loads it all the same: {path}{place}"
                    ),
                    install(),
                )
            }
            Flaw::Untagged => (
                &kinds::UNTAGGED,
                format!(
                    "{name} has no ABI tag in its name, and nothing tells for which Python it was built: {path}{place}"
                ),
                install(),
            ),
            Flaw::StableAbi => (
                &kinds::STABLE_ABI,
                format!(
                    "{name} is for the stable ABI of builds with the GIL, and {python} has another one: {path}{place}"
                ),
                install(),
            ),
            Flaw::NotExtension => return self.not_extension(about),
        };
        with(Finding::of(kind, summary), evidence, fixes)
    }

    /// Puts a better build in its place. What is taken now has to go for one that lies further behind to be taken.
    fn replace(&self, fixer: &Fixer<'_>, about: &Judged) -> Vec<Fix> {
        let destination = self.destination(Some(about));
        let mut fixes = fixer.install(&destination);
        if about.candidate.fate == Fate::Taken && matches!(destination, Destination::Folder(_)) {
            let away = move_away(Path::new(&about.candidate.path));
            for fix in fixes.iter_mut().skip(1) {
                fix.what = format!("{}, and move this file out of the way", fix.what);
                fix.commands.splice(0..0, away.commands.iter().cloned());
            }
        }
        fixes
    }

    /// Wheels that bring their libraries along, then the library itself; for the standard library the other way round.
    fn library(&self, fixer: &Fixer<'_>, about: &Judged, library: &str) -> Vec<Fix> {
        let mut fixes = self.replace(fixer, about);
        let is_stdlib = matches!(about.candidate.origin, Origin::Dynload | Origin::Stdlib);
        if is_stdlib {
            fixes.clear();
            fixes.extend(fixer.library(library));
            fixes.extend(fixer.stdlib(self.name));
        } else {
            fixes.extend(fixer.library(library));
        }
        fixes
    }

    /// A wheel, which was built on an old system, and not the file of a newer one.
    fn older_glibc(&self, fixer: &Fixer<'_>, about: &Judged) -> Vec<Fix> {
        let mut fixes = self.replace(fixer, about);
        for fix in &mut fixes {
            for command in &mut fix.commands {
                if command.contains("-m pip install") && !command.contains("--only-binary") {
                    *command =
                        command.replacen("pip install", "pip install --only-binary=:all:", 1);
                }
            }
        }
        fixes
    }

    fn out_of_archive(&self, about: &Judged) -> Vec<Fix> {
        let Some(entry) = &about.entry else { return Vec::new() };
        let archive = PathBuf::from(&entry.path);
        let folder = archive.with_extension("unpacked");
        let mut fixes = vec![Fix::command(
            "Unpack the archive, and have the folder on the path in its stead",
            format!("unzip -q {} -d {}", super::shell::path(&archive), super::shell::path(&folder)),
        )];
        fixes.extend(self.fixer(Some(about)).install(&Destination::Interpreter));
        fixes
    }

    fn cffi_versions(&self) -> Option<Finding> {
        let cffi = self.cffi?;
        let (package, backend) = (cffi.package.as_ref()?, cffi.backend.as_ref()?);
        let (ours, theirs) = (package.version.as_ref()?, backend.version.as_ref()?);
        if ours == theirs {
            return None;
        }
        let summary = format!(
            "the package cffi is {ours} and _cffi_backend is {theirs}; cffi refuses to work with that"
        );
        let evidence = vec![
            format!("cffi {ours}: {}", package.path),
            format!("_cffi_backend {theirs}: {}", backend.path),
        ];
        let about = self.found.all.iter().find(|one| one.candidate.path == backend.path);
        let fixer = Fixer { pinned: Some(ours.clone()), ..self.fixer(about) };
        let fixes = fixer.install(&self.destination(about));
        Some(with(Finding::of(&kinds::CFFI_VERSIONS, summary), evidence, fixes))
    }

    /// Layers of which nothing is searched.
    fn layers(&self) -> Vec<Finding> {
        let [site, top] = lambda::folders(self.search.profile.version);
        let layers = self.search.layers.iter().enumerate();
        let unused = layers.filter(|(number, _)| {
            let is_of = |origin: &Origin| *origin == Origin::Layer(number + 1);
            !self.search.entries.iter().any(|entry| is_of(&entry.origin))
                // Told already, with the file that matters.
                && !self.found.all.iter().any(|one| {
                    is_of(&one.candidate.origin) && matches!(one.candidate.flaws.first(), Some(Flaw::OffPath { .. }))
                })
        });
        unused
            .map(|(number, layer)| {
                let mut names: Vec<_> = std::fs::read_dir(&layer.folder)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|entry| entry.file_name().to_string_lossy().into_owned())
                    .collect();
                names.sort();
                names.truncate(10);
                let summary = format!(
                    "layer {} has neither `{site}` nor `{top}`: nothing in it can be imported ({})",
                    number + 1,
                    layer.given.display()
                );
                let evidence = vec![format!("at its top: {}", names.join(", "))];
                let fix = Fix::advice(format!(
                    "Put the packages of the layer into a folder `{top}` at its top"
                ));
                with(Finding::of(&kinds::LAYER_NOT_SEARCHED, summary), evidence, vec![fix])
            })
            .collect()
    }
}

/// Takes back what the files foretold and the import did not confirm: something that was loaded before, such as the package
/// around the module, can bring what it needs.
pub(super) fn but_it_works(findings: &mut [Finding]) {
    let foretold = [&kinds::LIBRARY_MISSING, &kinds::VERSION_MISSING, &kinds::SYMBOL_MISSING];
    for finding in findings {
        if foretold.iter().any(|kind| kind.id == finding.id) {
            finding.severity = Severity::Warning;
            finding.evidence.push(
                "the import works all the same: something that was loaded before it brings what is missing"
                    .to_owned(),
            );
        }
    }
}

/// Lines of places where a library was looked for.
const MOST_TRIED: usize = 8;
/// Symbols that are shown.
const MOST_SYMBOLS: usize = 5;

/// How little a candidate that was passed by is away from being the one: what was told first is the nearest.
fn closeness(candidate: &Candidate) -> usize {
    match candidate.flaws.first() {
        Some(Flaw::OffPath { .. }) => 1,
        Some(_) => 0,
        None => 2,
    }
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
        // That it is imported is what is wrong about it.
        assert_eq!(findings[1].severity, Severity::Problem);
    }
}
