//! What to do about a candidate with a flaw.

use std::path::{Path, PathBuf};

use super::Conclusion;
use crate::doctor::Fix;
use crate::doctor::module::candidate::Fate;
use crate::doctor::module::candidates::Judged;
use crate::doctor::module::path::Origin;
use crate::doctor::module::remedy::{Destination, Fixer, move_away};
use crate::doctor::shell;

impl Conclusion<'_> {
    /// Puts a better build in its place. What is taken now has to go for one that lies further behind to be taken.
    pub(super) fn replace(&self, fixer: &Fixer<'_>, about: &Judged) -> Vec<Fix> {
        if self.search.layers.is_empty() && self.is_of_stdlib() {
            // Nobody but the interpreter brings it.
            return match about.candidate.origin {
                Origin::Dynload | Origin::Stdlib => fixer.stdlib(self.name),
                _ => vec![move_away(Path::new(&about.candidate.path))],
            };
        }
        let destination = self.destination(Some(about));
        let mut fixes = fixer.install(&destination);
        if let Some(version) = self.version_of_package_in(&destination)
            && fixer.profile.interpreter.is_some()
        {
            // The package stays where it is and in front, and refuses the module of another version.
            let pinned = Fixer {
                distribution: fixer.distribution.as_ref().map(|name| format!("{name}=={version}")),
                pinned: None,
                ..*fixer
            };
            fixes.truncate(1);
            fixes.extend(pinned.install(&Destination::Interpreter));
        }
        if about.candidate.fate == Fate::Taken && matches!(destination, Destination::Folder(_)) {
            let away = move_away(Path::new(&about.candidate.path));
            for fix in fixes.iter_mut().skip(1) {
                fix.what = format!("{}, and move this file out of the way", fix.what);
                fix.commands.splice(0..0, away.commands.iter().cloned());
            }
        }
        fixes
    }

    /// The version of the package cffi, if it lies in the folder in which its other part is to be replaced.
    fn version_of_package_in(&self, destination: &Destination) -> Option<&str> {
        let Destination::Folder(folder) = destination else { return None };
        let package = self.cffi?.package.as_ref()?;
        let version = package.version.as_deref();
        version.filter(|_| Path::new(&package.path).starts_with(folder))
    }

    /// Wheels that bring their libraries along, then the library itself; for the standard library the other way round.
    pub(super) fn library(&self, fixer: &Fixer<'_>, about: &Judged, library: &str) -> Vec<Fix> {
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
    pub(super) fn older_glibc(&self, fixer: &Fixer<'_>, about: &Judged) -> Vec<Fix> {
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

    pub(super) fn out_of_archive(&self, about: &Judged) -> Vec<Fix> {
        let Some(entry) = &about.entry else { return Vec::new() };
        let archive = PathBuf::from(&entry.path);
        let folder = archive.with_extension("unpacked");
        // What is for another Python does not work in a folder, either.
        let mut fixes = Vec::new();
        if about.candidate.flaws.iter().filter(|flaw| flaw.is_fatal()).count() == 1 {
            fixes.push(Fix::command(
                "Unpack the archive, and have the folder on the path in its stead",
                format!("unzip -q {} -d {}", shell::path(&archive), shell::path(&folder)),
            ));
        }
        fixes.extend(self.fixer(Some(about)).install(&Destination::Interpreter));
        fixes
    }
}
