//! What the producers have to know about a target.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::target::{Libpython, Target};

/// The facts about a Python runtime that making DLLs for it takes.
#[derive(Debug, Clone)]
pub struct PythonFacts {
    /// The interpreter that belongs to `libpython`.
    pub executable: PathBuf,
    /// The shared library that the DLLs name.
    pub libpython: PathBuf,
    /// Major, minor, micro.
    pub version: (u32, u32, u32),
    /// What tells this runtime from every other and from a rebuilt one: build-id, device, inode and modification
    /// time of `libpython`. Part of the key of each cache entry.
    pub identity: String,
    /// The folder that has to be in `LD_LIBRARY_PATH` for the interpreter to start, if it needs one.
    pub library_path: Option<PathBuf>,
    /// Version of CFFI, if the interpreter can import `cffi` and `_cffi_backend` by itself.
    pub cffi: Option<String>,
}

impl PythonFacts {
    /// What a target says about itself; `None` if it has no interpreter to make DLLs with.
    pub fn of(target: &Target, libpython: &Libpython) -> Option<Self> {
        let executable = target.executable.clone()?;
        let version = &target.version;
        let modified =
            fs::metadata(&libpython.real_path).map(|file| file.mtime()).unwrap_or_default();
        Some(Self {
            executable,
            libpython: libpython.real_path.clone(),
            version: (version.major, version.minor, version.micro),
            identity: format!(
                "{} {}:{} {modified} {}",
                libpython.build_id.as_deref().unwrap_or("no build-id"),
                libpython.device,
                libpython.inode,
                libpython.real_path.display()
            ),
            library_path: target.library_path.clone(),
            cffi: target.cffi.as_ref().and_then(|cffi| cffi.usable_version()),
        })
    }

    pub(super) fn version_text(&self) -> String {
        let (major, minor, micro) = self.version;
        format!("{major}.{minor}.{micro}")
    }
}
