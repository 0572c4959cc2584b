//! Making a workshop.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, symlink};
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use super::Workshop;
use super::stock::Stock;
use crate::check::{CheckError, LabError, Options};
use crate::dll::{Cache, Compiler, PythonFacts, Surroundings};
use crate::env::Caller;
use crate::run::{HostCommand, ScratchRoot, Stop};
use crate::target::{Libpython, Target};

/// Folders that every host finds its system programs in.
const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

impl<'a> Workshop<'a> {
    /// Unpacks the C host, looks for a compiler, opens the cache. Nothing is fetched yet.
    pub(in crate::check) fn new(
        target: &'a Target,
        libpython: &'a Libpython,
        caller: &'a Caller,
        options: &'a Options,
        stop: &'a Stop,
    ) -> Result<Self, CheckError> {
        let scratch = match &options.keep {
            Some(folder) => ScratchRoot::kept(folder),
            None => ScratchRoot::temporary(caller.temporary_folder()),
        };
        let failed = |error: crate::run::ScratchError| CheckError::Scratch(error.to_string());
        let home = scratch.folder("workshop").map_err(failed)?;
        let c_host = HostCommand::c(&home).map_err(failed)?;
        let surroundings = Surroundings {
            path: caller.path.clone().unwrap_or_default(),
            scratch: home.path().to_owned(),
            pip_environment: caller.pip_environment.clone(),
            offline: options.offline,
            stop: stop.clone(),
        };
        let path = python_first(target, home.path())
            .map_err(|error| CheckError::Scratch(error.to_string()))?;
        Ok(Self {
            target,
            libpython,
            options,
            stop,
            caller,
            c_host,
            cache: Cache::open(caller.cache_folder().as_deref(), home.path()),
            compiler: Compiler::find(caller.cc.as_deref(), &surroundings),
            path,
            tools_path: caller.path.clone(),
            python: PythonFacts::of(target, libpython),
            surroundings,
            cffi: OnceLock::new(),
            unimportable: OnceLock::new(),
            prediction: OnceLock::new(),
            workarounds: Mutex::default(),
            stock: Stock::default(),
            other: OnceLock::new(),
            scratch,
            _home: home,
        })
    }
}

/// A PATH whose first `python3` is the target's interpreter, so that an embedded CPython computes
/// the target's own prefix. Without an interpreter the compiled-in prefix has to do.
///
/// `home` is an empty folder that lives as long as the path is used.
///
/// # Errors
///
/// If a link to the interpreter cannot be made there.
pub fn python_first(target: &Target, home: &Path) -> std::io::Result<OsString> {
    let Some(executable) = &target.executable else {
        return Ok("/nonexistent".into());
    };
    let folder = executable.parent().unwrap_or(Path::new("/"));
    let same = |path: &Path| match (fs::metadata(path), fs::metadata(executable)) {
        (Ok(one), Ok(other)) => one.dev() == other.dev() && one.ino() == other.ino(),
        _ => false,
    };
    let folder = if same(&folder.join("python3")) {
        folder.to_owned()
    } else {
        // CPython follows symbolic links when it looks for its prefix (getpath).
        let bin = home.join("bin");
        fs::create_dir(&bin)?;
        symlink(executable, bin.join("python3"))?;
        bin
    };
    let mut path = folder.into_os_string();
    path.push(":");
    path.push(SYSTEM_PATH);
    Ok(path)
}

/// Writes a file that can be executed or loaded.
pub(in crate::check) fn write_executable(path: &Path, bytes: &[u8]) -> Result<(), LabError> {
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o755)
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(LabError::internal(&format!("write {}", path.display())))
}
