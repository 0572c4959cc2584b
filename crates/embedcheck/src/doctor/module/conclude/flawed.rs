//! A candidate that would be the one, but for a flaw.

use super::{Conclusion, of, with};
use crate::doctor::module::candidate::Flaw;
use crate::doctor::module::candidates::Judged;
use crate::doctor::module::kinds;
use crate::doctor::{Finding, Fix, Kind};

/// Lines of places where a library was looked for.
const MOST_TRIED: usize = 8;
/// Symbols that are shown.
const MOST_SYMBOLS: usize = 5;

impl Conclusion<'_> {
    /// A candidate that would be the one, but for this flaw.
    pub(super) fn flawed(&self, about: &Judged, flaw: &Flaw) -> Finding {
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
                    self.misnamed(&fixer, about, has),
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
}
