//! Layers of which nothing is searched.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Conclusion, with};
use crate::doctor::module::again::again;
use crate::doctor::module::candidate::Flaw;
use crate::doctor::module::path::Origin;
use crate::doctor::module::{kinds, lambda};
use crate::doctor::{Finding, Fix};

impl Conclusion<'_> {
    /// Folders that were named as layers, and are the folder `python` of one.
    pub(super) fn inner_folders(&self) -> Vec<Finding> {
        let layers = &self.search.layers;
        let outer: Vec<Option<&Path>> =
            layers.iter().map(|layer| outer(&layer.given).filter(|_| !layer.is_archive)).collect();
        let paths: Vec<PathBuf> = layers
            .iter()
            .zip(&outer)
            .map(|(layer, outer)| outer.map_or_else(|| layer.given.clone(), Path::to_owned))
            .collect();
        let all = layers.iter().zip(&outer).enumerate();
        all.filter_map(|(number, (layer, outer))| {
            let summary = format!(
                "layer {} is named by a folder in it: {} is to be {}, which is what is laid into /opt",
                number + 1,
                layer.given.display(),
                (*outer)?.display()
            );
            let evidence = vec![format!(
                "a runtime searches `{}` in a layer, and not its top",
                lambda::folders(self.search.profile.version).join("` and `")
            )];
            let command = again(self.options, self.name, &paths);
            let fix = Fix::command("Name the layer itself", command);
            Some(with(Finding::of(&kinds::LAYER_INNER, summary), evidence, vec![fix]))
        })
        .collect()
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
                let mut names: Vec<_> = fs::read_dir(&layer.folder)
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

/// The layer that a folder lies in, if it is one that a runtime of any version searches.
fn outer(given: &Path) -> Option<&Path> {
    if given.join(lambda::TOP).is_dir() || !has_modules(given) {
        return None;
    }
    let is_named = |path: &Path, name: &str| path.file_name().is_some_and(|it| it == name);
    let top = if is_named(given, "site-packages") {
        let python = given.parent()?;
        let lib = python.parent().filter(|lib| is_named(lib, "lib"))?;
        python.file_name()?.to_str()?.starts_with("python3.").then(|| lib.parent())??
    } else {
        given
    };
    top.parent().filter(|_| is_named(top, lambda::TOP))
}

/// Whether something that can be imported lies directly in a folder.
fn has_modules(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let ends = |end| path.extension().is_some_and(|it| it == end);
        path.join("__init__.py").is_file() || ends("dist-info") || ends("py") || ends("so")
    })
}
