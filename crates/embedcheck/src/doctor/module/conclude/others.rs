//! What is wrong beside the files: something in the way, parts that do not fit, layers of which nothing is searched.

use std::path::Path;

use super::{Conclusion, with};
use crate::doctor::module::candidate::{Fate, Flaw, Form};
use crate::doctor::module::candidates::{Judged, beside};
use crate::doctor::module::path::{EntryState, Origin};
use crate::doctor::module::remedy::{Fixer, move_away};
use crate::doctor::module::{kinds, lambda};
use crate::doctor::{Finding, Fix};

impl Conclusion<'_> {
    /// Something in Python where an extension module should be.
    pub(super) fn not_extension(&self, taken: &Judged) -> Finding {
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

    pub(super) fn cffi_versions(&self) -> Option<Finding> {
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
    pub(super) fn layers(&self) -> Vec<Finding> {
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
