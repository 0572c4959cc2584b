//! Something in the way of the extension module.

use std::path::Path;

use super::{Conclusion, with};
use crate::doctor::Finding;
use crate::doctor::module::candidate::{Fate, Form};
use crate::doctor::module::candidates::{Judged, beside};
use crate::doctor::module::kinds;
use crate::doctor::module::path::EntryState;
use crate::doctor::module::remedy::move_away;

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
            fixes.extend(self.bring());
        }
        with(Finding::of(&kinds::SHADOWED, summary), evidence, fixes)
    }
}
