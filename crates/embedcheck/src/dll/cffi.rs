//! The producer `cffi`: DLLs made by the target's own CFFI.

mod emit;
mod foreign;
mod install;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::advice::{OsFamily, Package};
use super::cache::{Cache, Key, KeyBuilder};
use super::cc::Compiler;
use super::error::{BuildError, Unavailable};
use super::fixtures::{FIXTURES, Fixture};
use super::link::LinkOptions;
use super::python::PythonFacts;
use super::surroundings::Surroundings;

pub use foreign::{ForeignBackend, ensure_foreign_backend};
pub use install::{CffiInstall, ensure_cffi, is_pip_variable};

/// Optimised as a release would be. CFFI's own `compile()` hides nothing either: before Python 3.9 the module's
/// `PyInit_` function would be lost with `-fvisibility=hidden`.
const COMPILE_FLAGS: [&str; 4] = ["-c", "-O2", "-fPIC", "-pthread"];

/// A DLL that was made.
#[derive(Debug, Clone)]
pub struct CffiDll {
    /// What it was made from. The names of its module and functions are there.
    pub fixture: &'static Fixture,
    /// The C code that CFFI wrote.
    pub c_file: PathBuf,
    /// The DLL.
    pub so_path: PathBuf,
    /// The command that linked it, quoted for a shell.
    pub command: String,
    /// What the linker said, although it succeeded.
    pub messages: String,
}

/// Makes the fixtures of one target with its CFFI.
#[derive(Debug, Clone, Copy)]
pub struct CffiProducer<'a> {
    python: &'a PythonFacts,
    install: &'a CffiInstall,
    surroundings: &'a Surroundings,
    compiler: &'a Compiler,
    cache: &'a Cache,
    fixtures: &'a [Fixture],
}

impl<'a> CffiProducer<'a> {
    /// `install` is what [`ensure_cffi`] found for the same target.
    pub fn new(
        python: &'a PythonFacts,
        install: &'a CffiInstall,
        surroundings: &'a Surroundings,
        compiler: &'a Compiler,
        cache: &'a Cache,
    ) -> Self {
        Self { python, install, surroundings, compiler, cache, fixtures: FIXTURES }
    }

    /// Makes these instead of [`FIXTURES`].
    #[must_use]
    pub fn of_fixtures(self, fixtures: &'a [Fixture]) -> Self {
        Self { fixtures, ..self }
    }

    /// The C code that CFFI makes of the fixture. All fixtures are made at once, by one interpreter process.
    ///
    /// # Errors
    ///
    /// [`BuildError::Tool`] if the interpreter or CFFI fails.
    pub fn c_file(&self, fixture: &Fixture) -> Result<PathBuf, BuildError> {
        Ok(self.emitted()?.c_file(fixture))
    }

    /// The C code, compiled to an object.
    ///
    /// # Errors
    ///
    /// [`BuildError::Unavailable`] if `Python.h` is missing, [`BuildError::Tool`] if the compiler fails.
    pub fn object(&self, fixture: &Fixture) -> Result<PathBuf, BuildError> {
        let emitted = self.emitted()?;
        let headers = self.headers(emitted.include_dirs())?;
        let c_file = emitted.c_file(fixture);
        let entry = self.cache.entry(&self.object_key(&c_file)?, |dir| {
            let flags = COMPILE_FLAGS.map(Into::into).into_iter().chain(headers.clone());
            let files = [c_file.clone(), "-o".into(), dir.join("dll.o")];
            self.compiler.run(flags.chain(files))?;
            Ok::<_, BuildError>(())
        })?;
        Ok(entry.join("dll.o"))
    }

    /// Makes the DLL and puts it at `out`, replacing what is there.
    ///
    /// # Errors
    ///
    /// As [`Self::object`]; [`BuildError::File`] if `out` cannot be written.
    pub fn build(
        &self,
        fixture: &'static Fixture,
        options: &LinkOptions,
        out: &Path,
    ) -> Result<CffiDll, BuildError> {
        let c_file = self.c_file(fixture)?;
        let object = self.object(fixture)?;
        let link = |so: &Path| -> Result<Linked, BuildError> {
            let args = options.shared_library(&object, so);
            let output = self.compiler.run(args)?;
            Ok(Linked { command: output.command, messages: output.stderr })
        };
        let linked = if options.is_reusable() {
            let key = KeyBuilder::new("cffi-dll")
                .input(self.object_key(&c_file)?.as_str())
                .input(format!("{options:?}"))
                .finish();
            let entry = self.cache.entry(&key, |dir| {
                let linked = link(&dir.join("dll.so"))?;
                let file = dir.join("link.json");
                let text = serde_json::to_vec(&linked).unwrap_or_default();
                fs::write(&file, text).map_err(BuildError::file("write", &file))
            })?;
            copy(&entry.join("dll.so"), out)?;
            read_json(&entry.join("link.json"))?
        } else {
            link(out)?
        };
        let Linked { command, messages } = linked;
        Ok(CffiDll { fixture, c_file, so_path: out.to_owned(), command, messages })
    }

    fn emitted(&self) -> Result<emit::Emitted, BuildError> {
        emit::emit(self.python, self.install, self.surroundings, self.cache, self.fixtures)
    }

    fn object_key(&self, c_file: &Path) -> Result<Key, BuildError> {
        let code = fs::read(c_file).map_err(BuildError::file("read", c_file))?;
        Ok(KeyBuilder::new("cffi-object")
            .input(code)
            .input(&self.python.identity)
            .input(self.compiler.identity())
            .input(COMPILE_FLAGS.join(" "))
            .finish())
    }

    /// The options that lead to `Python.h`.
    fn headers(&self, dirs: &[PathBuf]) -> Result<Vec<PathBuf>, Unavailable> {
        if !dirs.iter().any(|dir| dir.join("Python.h").is_file()) {
            let dirs: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
            let version = self.python.version_text();
            return Err(Unavailable::new(
                format!("there is no Python.h of Python {version} in {}", dirs.join(", ")),
                OsFamily::of_this_machine().install(Package::PythonHeaders(self.python.version.1)),
            ));
        }
        Ok(dirs.iter().flat_map(|dir| [PathBuf::from("-I"), dir.clone()]).collect())
    }
}

/// How a DLL in the cache was linked.
#[derive(Debug, Serialize, Deserialize)]
struct Linked {
    command: String,
    messages: String,
}

/// A copy, not a hard link: a check may patch its DLL.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), BuildError> {
    // What is there may be mapped by a process; a new file leaves it alone.
    match fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(BuildError::file("replace", to)(error));
        }
        _ => {}
    }
    fs::copy(from, to).map(drop).map_err(BuildError::file("write", to))
}

fn read_json<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T, BuildError> {
    let text = fs::read(file).map_err(BuildError::file("read", file))?;
    serde_json::from_slice(&text).map_err(|error| BuildError::file("read", file)(error.into()))
}
