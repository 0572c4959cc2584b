//! Two parts of cffi that do not fit each other.

use std::path::Path;

use super::{Conclusion, with};
use crate::doctor::module::facts::CffiPart;
use crate::doctor::module::kinds;
use crate::doctor::module::remedy::{Destination, Fixer, move_away};
use crate::doctor::{Finding, Fix};

impl Conclusion<'_> {
    /// Whether cffi will refuse its own extension module.
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
        let fixes = self.same_version(package, backend);
        Some(with(Finding::of(&kinds::CFFI_VERSIONS, summary), evidence, fixes))
    }

    /// Both parts to where the first one is found: behind it, a part that fits would not be taken. Or the first one away, and
    /// both to where the other is found.
    fn same_version(&self, package: &CffiPart, backend: &CffiPart) -> Vec<Fix> {
        let about = self.found.all.iter().find(|one| one.candidate.path == backend.path);
        let fixer = Fixer { pinned: None, ..self.fixer(about) };
        let places = self.entry_of(&package.path).zip(self.entry_of(&backend.path));
        let Some((of_package, of_backend)) = places else {
            return fixer.install(&self.destination(about));
        };
        let is_package_first = of_package.0 <= of_backend.0;
        let (front, behind) = if is_package_first {
            (of_package.1, of_backend.1)
        } else {
            (of_backend.1, of_package.1)
        };
        let destination = self.place_in(front);
        let mut fixes = fixer.install(&destination);
        if !matches!(destination, Destination::Folder(_)) {
            return fixes;
        }
        fixes.truncate(1);
        if front != behind {
            // `…/cffi/__init__.py` is what is found of a package.
            let package = Path::new(&package.path).parent();
            let file = if is_package_first { package } else { Some(Path::new(&backend.path)) };
            let away = file.map(move_away).into_iter().flat_map(|fix| fix.commands);
            let other = fixer.install(&self.place_in(behind)).into_iter().next();
            fixes.extend(other.map(|fix| Fix {
                what: format!("Move what is found first out of the way. {}", fix.what),
                commands: away.chain(fix.commands).collect(),
                verified: false,
            }));
        }
        fixes
    }
}
