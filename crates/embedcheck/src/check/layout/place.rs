//! Lays the files of a case out.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::landing::Claim;
use super::layouts::{Hint, Lands, Layout};
use crate::check::{Lab, LabError, Plugin};
use crate::elf::{ProbeShape, Search};
use crate::report::Producer;

/// The name of the library between the DLL and libpython.
const BETWEEN: &str = "libbetween.so";

impl Layout {
    /// Makes the folders and files; the DLL that is returned lies where it is opened.
    pub(super) fn lay_out(
        &self,
        lab: &Lab<'_>,
        producer: Producer,
        here: &Path,
    ) -> Result<Plugin, LabError> {
        self.refuse_unlistable(lab, here)?;
        let dll = here.join(self.dll);
        make_parent(&dll)?;
        if let Some(folder) = self.libpython {
            lab.put_libpython(&here.join(folder))?;
        }
        let search = self.search.filled(lab, here);
        let plugin = match self.between {
            Some(folder) => {
                let between = here.join(folder).join(BETWEEN);
                make_parent(&between)?;
                let soname = Some(lab.soname()?.to_owned());
                lab.probe(&between, &shape(soname, Search::None, Some(BETWEEN)))?;
                lab.probe(&dll, &shape(Some(BETWEEN.to_owned()), search, None))?
            }
            None => lab.plugin(producer, &dll, &search)?,
        };
        for (from, to) in self.links {
            let soname = lab.soname()?;
            let from = here.join(from.replace("{soname}", soname));
            make_parent(&from)?;
            symlink(to.replace("{soname}", soname), &from)
                .map_err(LabError::internal(&format!("make the link {}", from.display())))?;
        }
        self.opened_as(lab, plugin, here)
    }

    /// The DLL of this layout, which another one laid out.
    pub(super) fn opened_as(
        &self,
        lab: &Lab<'_>,
        mut plugin: Plugin,
        here: &Path,
    ) -> Result<Plugin, LabError> {
        plugin.path = here.join(self.opened.unwrap_or(self.dll));
        let (Producer::Rust, Some(told), Claim::In(folder)) =
            (plugin.producer, self.told, self.claim(lab, here))
        else {
            return Ok(plugin);
        };
        let soname = lab.soname()?;
        let value = fill(told, lab, here).replace("{soname}", soname);
        Ok(plugin.told(value, &folder.join(soname)))
    }

    /// `LD_LIBRARY_PATH`.
    pub(super) fn library_path(&self, lab: &Lab<'_>, here: &Path) -> Option<String> {
        Some(fill(self.library_path?, lab, here))
    }

    /// Where libpython should be found.
    pub(super) fn claim(&self, lab: &Lab<'_>, here: &Path) -> Claim {
        match self.lands {
            Lands::In(folder) => Claim::In(PathBuf::from(fill(folder, lab, here))),
            Lands::SystemOnly => Claim::SystemOnly,
        }
    }

    /// Nothing that is said about absolute paths holds in a folder that cannot be listed. A layout
    /// that wants a colon adds it to the path by itself.
    fn refuse_unlistable(&self, lab: &Lab<'_>, here: &Path) -> Result<(), LabError> {
        let lists = [self.search.text(), self.library_path];
        for (word, folder) in [("{here}", here), ("{libdir}", lab.libdir())] {
            if lists.iter().flatten().any(|list| list.contains(word)) {
                listable(folder)?;
            }
        }
        Ok(())
    }
}

/// Refuses a folder that no list of folders can name, wherever the scratch folder or the target may
/// be.
pub(super) fn listable(folder: &Path) -> Result<(), LabError> {
    let path = folder.to_string_lossy();
    if !path.contains([':', ';', '$']) {
        return Ok(());
    }
    Err(LabError::Unavailable {
        reason: format!(
            "no RUNPATH or LD_LIBRARY_PATH can name {path}: `:`, `;` and `$` have a meaning there"
        ),
        advice: Some(
            "use a path without these characters; for the scratch folder, set TMPDIR".to_owned(),
        ),
    })
}

impl Hint {
    fn text(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::RunPath(path) | Self::RPath(path) => Some(path),
        }
    }

    fn filled(self, lab: &Lab<'_>, here: &Path) -> Search {
        match self {
            Self::None => Search::None,
            Self::RunPath(path) => Search::RunPath(fill(path, lab, here).into()),
            Self::RPath(path) => Search::RPath(fill(path, lab, here).into()),
        }
    }
}

fn fill(text: &str, lab: &Lab<'_>, here: &Path) -> String {
    text.replace("{here}", &here.to_string_lossy())
        .replace("{libdir}", &lab.libdir().to_string_lossy())
}

fn shape(needed: Option<String>, search: Search, soname: Option<&str>) -> ProbeShape {
    ProbeShape { needed, search, soname: soname.map(str::to_owned) }
}

/// Makes the folder that a file is to lie in.
pub(super) fn make_parent(file: &Path) -> Result<(), LabError> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)
        .map_err(LabError::internal(&format!("make the folder {}", folder.display())))
}
