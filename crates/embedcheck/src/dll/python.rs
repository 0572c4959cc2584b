//! What the producers have to know about a target.

use std::path::PathBuf;

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
    pub(super) fn version_text(&self) -> String {
        let (major, minor, micro) = self.version;
        format!("{major}.{minor}.{micro}")
    }
}
