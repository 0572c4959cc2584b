//! What all checks of a run share: the hosts, the compiler, the cache, the CFFI installation.

mod hosts;
mod modules;
mod others;
mod setup;
mod stock;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

pub use self::setup::python_first;
use super::predict::Prediction;
use super::{Lab, LabError, Options};
use crate::dll::{
    BuildError, Cache, CffiInstall, CffiProducer, Compiler, FIXTURES, Fixture, LinkOptions,
    PythonFacts, Surroundings, ToolError, Unavailable, ensure_cffi,
};
use crate::elf::{ProbeShape, shape_probe};
use crate::env::Caller;
use crate::report::Producer;
use crate::run::{Environment, HostCommand, Scratch, ScratchRoot, Stop};
use crate::target::{Libpython, Support, Target};

/// Shared by all checks of a run.
#[derive(Debug)]
pub(super) struct Workshop<'a> {
    pub(super) target: &'a Target,
    pub(super) libpython: &'a Libpython,
    pub(super) options: &'a Options,
    pub(super) stop: &'a Stop,
    /// Who asked: its folders are where other targets are looked for.
    caller: &'a Caller,
    pub(super) scratch: ScratchRoot,
    pub(super) c_host: HostCommand,
    pub(super) cache: Cache,
    pub(super) compiler: Result<Compiler, Unavailable>,
    /// PATH of every host process: the first `python3` on it decides the prefix.
    path: std::ffi::OsString,
    /// PATH of the caller, where debuggers for stack traces are looked for.
    pub(super) tools_path: Option<std::ffi::OsString>,
    python: Option<PythonFacts>,
    surroundings: Surroundings,
    cffi: OnceLock<Result<CffiInstall, LabErrorText>>,
    unimportable: OnceLock<Vec<String>>,
    prediction: OnceLock<Prediction>,
    /// Remedies for a local libpython that this run saw working; locked while they are tried.
    pub(super) workarounds: Mutex<Option<Vec<String>>>,
    stock: stock::Stock,
    /// Another Python, for the checks with two.
    other: OnceLock<Option<Target>>,
    /// Holds the unpacked C host, the link to the interpreter and the compiler's temporary files
    /// for as long as the checks run.
    _home: Scratch,
}

/// A [`LabError`] that can be given out again and again.
#[derive(Clone, Debug)]
enum LabErrorText {
    Unavailable { reason: String, advice: Option<String> },
    Internal(String),
}

impl From<LabErrorText> for LabError {
    fn from(error: LabErrorText) -> Self {
        match error {
            LabErrorText::Unavailable { reason, advice } => Self::Unavailable { reason, advice },
            LabErrorText::Internal(text) => Self::Internal(text),
        }
    }
}

impl From<Unavailable> for LabError {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable { reason: error.reason, advice: Some(error.advice) }
    }
}

impl From<BuildError> for LabError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Unavailable(error) => error.into(),
            BuildError::Tool(ToolError::Interrupted { .. }) => Self::Interrupted,
            error => Self::Build(error.to_string()),
        }
    }
}

impl Workshop<'_> {
    /// The environment of a host process: nothing of the caller's.
    pub(super) fn environment(&self, folder: &Path) -> Environment {
        let mut environment = Environment::new(&self.path, folder);
        // The target's folders stay as they are, also for root.
        environment.set("PYTHONDONTWRITEBYTECODE", "1");
        environment
    }

    /// Whether there can be DLLs of the producer ([`LabError::Unavailable`] says why not): `false` if
    /// the target is too old for it to be part of its checks.
    pub(super) fn ready(&self, producer: Producer) -> Result<bool, LabError> {
        let is_old = self.target.support != Support::Full;
        match producer {
            Producer::Probe => {}
            Producer::Cffi | Producer::Rust if is_old => return Ok(false),
            Producer::Cffi => {
                self.cffi()?;
                // Building needs the compiler too, and says so in the same way.
                self.compiler()?;
            }
            Producer::Rust => {
                for fixture in FIXTURES {
                    self.options.twins.library(fixture)?;
                }
            }
        }
        Ok(true)
    }

    pub(super) fn compiler(&self) -> Result<&Compiler, LabError> {
        self.compiler.as_ref().map_err(|error| error.clone().into())
    }

    fn python(&self) -> Result<&PythonFacts, LabError> {
        self.python.as_ref().ok_or_else(|| LabError::Unavailable {
            reason: format!("{} has no interpreter to run CFFI with", self.target.id),
            advice: Some("name the interpreter with --python".into()),
        })
    }

    pub(super) fn cffi(&self) -> Result<&CffiInstall, LabError> {
        let found = self.cffi.get_or_init(|| {
            let python = self.python().map_err(text_of)?;
            ensure_cffi(python, &self.surroundings, &self.cache).map_err(|error| match error {
                BuildError::Unavailable(error) => {
                    LabErrorText::Unavailable { reason: error.reason, advice: Some(error.advice) }
                }
                error => LabErrorText::Internal(error.to_string()),
            })
        });
        found.as_ref().map_err(|error| error.clone().into())
    }

    /// The CFFI that a check asked for; never one that would have to be fetched for the asking.
    pub(super) fn cffi_in_use(&self) -> Option<&CffiInstall> {
        self.cffi.get()?.as_ref().ok()
    }

    /// What the ELF files say, computed once.
    pub(super) fn prediction(&self, lab: &Lab<'_>) -> Result<&Prediction, LabError> {
        if let Some(prediction) = self.prediction.get() {
            return Ok(prediction);
        }
        let computed = Prediction::compute(lab)?;
        Ok(self.prediction.get_or_init(|| computed))
    }

    /// Makes a CFFI DLL of a fixture; returns what has to be on PYTHONPATH.
    pub(super) fn build_cffi(
        &self,
        fixture: &str,
        path: &Path,
        link: &LinkOptions,
    ) -> Result<Option<PathBuf>, LabError> {
        let fixture = known(fixture)?;
        self.producer()?.build(fixture, link, path)?;
        Ok(self.cffi()?.site_dir.clone())
    }

    /// What makes CFFI DLLs.
    pub(super) fn producer(&self) -> Result<CffiProducer<'_>, LabError> {
        let compiler = self.compiler()?;
        Ok(CffiProducer::new(
            self.python()?,
            self.cffi()?,
            &self.surroundings,
            compiler,
            &self.cache,
        ))
    }

    /// Writes the probe in a shape.
    pub(super) fn write_probe(&self, path: &Path, shape: &ProbeShape) -> Result<(), LabError> {
        let bytes = shape_probe(embedcheck_c_harness::PROBE, shape)
            .map_err(LabError::internal("fit the probe to the target"))?;
        setup::write_executable(path, &bytes)
    }
}

/// The fixture of that name.
pub(super) fn known(name: &str) -> Result<&'static Fixture, LabError> {
    Fixture::named(name)
        .ok_or_else(|| LabError::Internal(format!("there is no fixture named {name}")))
}

fn text_of(error: LabError) -> LabErrorText {
    match error {
        LabError::Unavailable { reason, advice } => LabErrorText::Unavailable { reason, advice },
        error => LabErrorText::Internal(error.to_string()),
    }
}
