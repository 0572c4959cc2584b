//! One target with its DLLs, and host processes that measure them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::make::{MakeError, Maker};
use super::{Answer, BenchError, Dll, MeasuringHost, Options, ProducerRecord};
use crate::check::python_first;
use crate::dll::{Cache, Fixture, Surroundings};
use crate::env::Caller;
use crate::run::{
    Ended, Environment, Progress, RunError, RunSpec, Scratch, ScratchRoot, Stop, run,
};
use crate::target::Target;

/// Longer than any measurement.
const LIMIT: Duration = Duration::from_secs(300);

/// A target that is measured, with the DLLs that could be made for it.
#[derive(Debug)]
pub struct Stand {
    libpython: PathBuf,
    library_path: Option<PathBuf>,
    dlls: Vec<Dll>,
    missing: Vec<ProducerRecord>,
    path: OsString,
    host: MeasuringHost,
    environment: Vec<(OsString, OsString)>,
    stop: Stop,
    scratch: Scratch,
}

/// Why a host process has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The DLL returned something wrong, or its process did not come to its end.
    #[error("{0}")]
    Wrong(String),
    /// Stopped from outside.
    #[error("interrupted")]
    Interrupted,
    /// No process could be started.
    #[error(transparent)]
    NotRun(RunError),
}

impl Stand {
    /// Makes the DLLs. What cannot be made, and why, is in [`Self::records`].
    ///
    /// # Errors
    ///
    /// If the target cannot be embedded, there is no place for the files, or the run was stopped.
    pub fn new(
        target: &Target,
        caller: &Caller,
        options: &Options,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Self, BenchError> {
        let libpython = target.embeddable().map_err(BenchError::NotEmbeddable)?;
        let internal = |what: &str, error: &dyn std::fmt::Display| {
            BenchError::Internal(format!("cannot {what}: {error}"))
        };
        let scratch = ScratchRoot::temporary(caller.temporary_folder())
            .folder("bench")
            .map_err(|error| BenchError::Scratch(error.to_string()))?;
        let folder = scratch.path();
        let home = folder.join("home");
        fs::create_dir(&home).map_err(|error| internal("make a folder", &error))?;
        let path = python_first(target, &home)
            .map_err(|error| internal("make a link to the interpreter", &error))?;
        let surroundings = Surroundings {
            path: caller.path.clone().unwrap_or_default(),
            scratch: folder.to_owned(),
            pip_environment: caller.pip_environment.clone(),
            offline: options.offline,
            stop: stop.clone(),
        };
        let maker = Maker {
            target,
            libpython,
            caller,
            options,
            surroundings,
            cache: Cache::open(caller.cache_folder().as_deref(), folder),
            folder,
            fixture: Fixture::named("bench").ok_or_else(|| {
                BenchError::Internal("there is no fixture named bench".to_owned())
            })?,
        };
        let (mut dlls, mut missing) = (Vec::new(), Vec::new());
        for producer in options.selected() {
            let label = format!("make {producer}");
            progress.started(&label);
            match maker.make(producer) {
                Ok(dll) => dlls.push(dll),
                Err(MakeError::Interrupted) => return Err(BenchError::Interrupted),
                Err(MakeError::Missing(reason)) => {
                    missing.push(ProducerRecord { producer, made_by: None, missing: Some(reason) });
                }
            }
            progress.finished(&label);
        }
        Ok(Self {
            libpython: libpython.real_path.clone(),
            library_path: target.library_path.clone(),
            dlls,
            missing,
            path,
            host: options.host.clone(),
            environment: options.environment.clone(),
            stop: stop.clone(),
            scratch,
        })
    }

    /// The DLLs, in the order of [`Producer::ALL`](super::Producer::ALL).
    #[must_use]
    pub fn dlls(&self) -> &[Dll] {
        &self.dlls
    }

    /// What became of each producer, in the order of [`Producer::ALL`](super::Producer::ALL).
    #[must_use]
    pub fn records(&self) -> Vec<ProducerRecord> {
        let made = self.dlls.iter().map(|dll| ProducerRecord {
            producer: dll.producer,
            made_by: Some(dll.made_by.clone()),
            missing: None,
        });
        let mut records: Vec<_> = made.chain(self.missing.iter().cloned()).collect();
        records.sort_by_key(|record| record.producer);
        records
    }

    /// The words that have the libpython loaded before the clock starts.
    #[must_use]
    pub fn preloaded(&self) -> [OsString; 2] {
        ["--preload".into(), self.libpython.clone().into()]
    }

    /// Runs a host process; `words` are a job and its options.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Wrong`] if it did not measure: a DLL that does not start, or returns something
    /// wrong, or a libpython that is not the target's.
    pub fn answer(
        &self,
        dll: &Dll,
        words: impl IntoIterator<Item = OsString>,
    ) -> Result<Answer, AnswerError> {
        let mut spec = RunSpec::new(&self.host.program, self.environment_of(dll), self.home());
        spec.args = self.arguments(dll, words);
        spec.timeout = LIMIT;
        spec.events_limit = None;
        let observation = run(&spec, &self.stop).map_err(|error| match error {
            RunError::Interrupted => AnswerError::Interrupted,
            error => AnswerError::NotRun(error),
        })?;
        let wrong = |what: &str| {
            let stderr = observation.stderr.text.trim();
            let text =
                if stderr.is_empty() { what.to_owned() } else { format!("{what}: {stderr}") };
            AnswerError::Wrong(text)
        };
        if !matches!(observation.ended, Ended::Exit { code: 0, .. }) {
            return Err(wrong(&observation.ended.to_string()));
        }
        let answer = Answer::parse(&observation.stdout.text).map_err(|error| wrong(&error))?;
        if dll.producer.is_python() {
            let used = answer.text("libpython").unwrap_or("no libpython");
            if fs::canonicalize(used).ok() != fs::canonicalize(&self.libpython).ok() {
                return Err(wrong(&format!("{used} was used, not {}", self.libpython.display())));
            }
        }
        Ok(answer)
    }

    /// The same process as a command, for those who want to talk to it; nothing watches over it.
    pub fn command(&self, dll: &Dll, words: impl IntoIterator<Item = OsString>) -> Command {
        let mut command = Command::new(&self.host.program);
        command.args(self.arguments(dll, words)).env_clear().current_dir(self.home());
        command.envs(self.environment_of(dll).iter());
        command
    }

    /// A folder for files of this target, which is removed in the end.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.scratch.path()
    }

    fn home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    fn arguments(&self, dll: &Dll, words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
        let mut words = words.into_iter();
        let mut arguments = self.host.arguments.clone();
        arguments.extend(words.next());
        arguments.extend(dll.words.iter().cloned());
        arguments.extend(words);
        arguments
    }

    fn environment_of(&self, dll: &Dll) -> Environment {
        let mut environment = Environment::new(&self.path, self.home());
        environment.set("PYTHONDONTWRITEBYTECODE", "1");
        for (name, value) in &self.environment {
            environment.set(name, value);
        }
        let folders = [
            ("LD_LIBRARY_PATH", self.library_path.as_deref()),
            ("PYTHONPATH", dll.python_path.as_deref()),
        ];
        for (name, folder) in folders {
            let Some(folder) = folder else { continue };
            let value = prepended(folder.as_os_str(), environment.get(name));
            environment.set(name, value);
        }
        environment
    }
}

/// A folder before those of a variable.
fn prepended(folder: &OsStr, rest: Option<&OsStr>) -> OsString {
    let mut path = folder.to_owned();
    if let Some(rest) = rest {
        path.push(":");
        path.push(rest);
    }
    path
}
