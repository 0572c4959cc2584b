//! What layouts need more than once: a libpython of their own, and the settings of ld.so.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::Workshop;
use crate::check::{Case, Lab, LabError};
use crate::elf::{Elf, Environment, split_library_path, split_preload};

/// Made at the first use, and kept for the run. The errors are texts: they are given out again.
#[derive(Debug, Default)]
pub(super) struct Stock {
    libpython: OnceLock<Result<PathBuf, String>>,
    environment: OnceLock<Result<Environment, String>>,
}

impl Lab<'_> {
    /// Puts a libpython with the contents of the target's own into a folder, which is made.
    ///
    /// It is a hard link to one copy in the scratch folder, never to the target's file: nobody may
    /// write into that one by way of a case. So its inode differs from the target's, too.
    pub fn put_libpython(&self, folder: &Path) -> Result<PathBuf, LabError> {
        let copy = self.workshop.libpython_copy()?;
        let path = folder.join(self.soname()?);
        let put = fs::create_dir_all(folder).and_then(|()| match fs::hard_link(copy, &path) {
            // A copy would write into the file that is linked there.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            Err(_) => fs::copy(copy, &path).map(drop),
            Ok(()) => Ok(()),
        });
        put.map_err(LabError::internal(&format!("put a libpython into {}", folder.display())))?;
        Ok(path)
    }

    /// What ld.so will decide by when the host of this case starts.
    pub(in crate::check) fn loader_environment(
        &self,
        case: &Case,
    ) -> Result<Environment, LabError> {
        let base = self.workshop.loader_environment()?;
        let program = &case.host.program;
        let executable = Elf::read(program)
            .map_err(LabError::internal(&format!("read {}", program.display())))?;
        let variable = |name| case.env.get(name).unwrap_or_default();
        Ok(Environment {
            executable: Some(executable),
            library_path: split_library_path(variable("LD_LIBRARY_PATH")),
            preload: split_preload(variable("LD_PRELOAD")),
            directory: case.folder.clone(),
            ..base.clone()
        })
    }
}

impl Workshop<'_> {
    fn libpython_copy(&self) -> Result<&Path, LabError> {
        let made = self.stock.libpython.get_or_init(|| {
            let copy = self.surroundings.scratch.join("libpython");
            let from = &self.libpython.real_path;
            match fs::copy(from, &copy) {
                Ok(_) => Ok(copy),
                Err(error) => Err(format!("cannot copy {}: {error}", from.display())),
            }
        });
        made.as_deref().map_err(|error| LabError::Internal(error.clone()))
    }

    /// Asking ld.so for its settings and reading `/etc/ld.so.cache` takes as long as a short run.
    fn loader_environment(&self) -> Result<&Environment, LabError> {
        let made = self.stock.environment.get_or_init(|| {
            Environment::of_program(&self.c_host.program, &self.surroundings.scratch)
                .map_err(|error| format!("cannot look into the C host: {error}"))
        });
        made.as_ref().map_err(|error| LabError::Internal(error.clone()))
    }
}
