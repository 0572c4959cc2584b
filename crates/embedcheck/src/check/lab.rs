//! What a check works with: the target, the hosts, the producers, and the way to run a case.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use embedcheck_plan::{Fact, PlanBuilder};
use thiserror::Error;

use super::options::Scene;
use super::predict::{self, Prediction};
use super::workshop::Workshop;
use super::{Expect, Judgement, Options};
use crate::dll::Compiler;
use crate::elf::TraceError;
use crate::report::{CaseRecord, Producer};
use crate::run::{
    self, Environment, HostCommand, HostKind, Observation, RunError, RunSpec, Scratch, Stop,
};
use crate::target::{Libpython, Target};

/// Why a check has no finding.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LabError {
    /// Something that the check needs is not there: the check is skipped.
    #[error("{reason}")]
    Unavailable {
        /// What is not there.
        reason: String,
        /// What to do about it.
        advice: Option<String>,
    },
    /// The user stopped the run.
    #[error("interrupted")]
    Interrupted,
    /// A DLL or a host could not be built, for a reason that is not a missing tool.
    #[error("{0}")]
    Build(String),
    /// Something of our own failed: the verdict is `error`.
    #[error("{0}")]
    Internal(String),
}

impl LabError {
    /// Something is not there.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into(), advice: None }
    }

    /// For `map_err`: says what was being done.
    pub fn internal<E: std::fmt::Display>(doing: &str) -> impl FnOnce(E) -> Self {
        move |error| Self::Internal(format!("cannot {doing}: {error}"))
    }
}

impl From<TraceError> for LabError {
    fn from(error: TraceError) -> Self {
        match error {
            // Neither says anything about the target, and neither is a fault of ours.
            TraceError::NotGlibc(_) | TraceError::Preload(_) => {
                Self::unavailable(error.to_string())
            }
            error => Self::internal("ask ld.so")(error),
        }
    }
}

impl From<RunError> for LabError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Interrupted => Self::Interrupted,
            error => Self::Internal(error.to_string()),
        }
    }
}

/// What one check works with.
#[derive(Debug)]
pub struct Lab<'a> {
    /// The runtime under test.
    pub target: &'a Target,
    /// Its libpython.
    pub libpython: &'a Libpython,
    pub(super) workshop: &'a Workshop<'a>,
    check: &'static str,
    runs: AtomicU32,
    iterations: AtomicU32,
    embedded: AtomicU32,
    /// Which hosts and producers the cases used; repeated cases are not all kept as evidence.
    used: Mutex<(BTreeSet<HostKind>, BTreeSet<Producer>)>,
}

/// A case about to be run: a host, a plan, an environment, and what is expected.
#[derive(Debug)]
pub struct Case {
    /// In a few words; unique in the check.
    pub label: String,
    /// The program that runs the plan.
    pub host: HostCommand,
    /// Who made the DLLs.
    pub producers: Vec<Producer>,
    /// The steps.
    pub plan: PlanBuilder,
    /// The complete environment of the host.
    pub env: Environment,
    /// What makes it good.
    pub expect: Expect,
    /// The case's files; the host's working folder.
    pub folder: PathBuf,
    /// Whether the facts that every run is asked for are added at the end.
    pub facts: bool,
    /// Another time limit than that of the run.
    pub timeout: Option<Duration>,
}

impl Case {
    /// Puts a folder before what is on PYTHONPATH already.
    pub fn prepend_python_path(&mut self, folder: &Path) {
        let mut path = folder.as_os_str().to_owned();
        if let Some(rest) = self.env.get("PYTHONPATH") {
            path.push(":");
            path.push(rest);
        }
        self.env.set("PYTHONPATH", path);
    }
}

impl<'a> Lab<'a> {
    pub(super) fn new(workshop: &'a Workshop<'a>, check: &'static str) -> Self {
        Self {
            target: workshop.target,
            libpython: workshop.libpython,
            workshop,
            check,
            runs: AtomicU32::new(0),
            iterations: AtomicU32::new(0),
            embedded: AtomicU32::new(0),
            used: Mutex::default(),
        }
    }

    /// Host processes, repetitions among them, and processes in which Python ran.
    pub(super) fn counts(&self) -> (u32, u32, u32) {
        let read = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
        (read(&self.runs), read(&self.iterations), read(&self.embedded))
    }

    /// The hosts and the producers of the cases so far.
    pub(super) fn used(&self) -> (Vec<HostKind>, Vec<Producer>) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        (used.0.iter().copied().collect(), used.1.iter().copied().collect())
    }

    /// What was asked for.
    pub fn options(&self) -> &Options {
        self.workshop.options
    }

    /// Asked to stop.
    pub fn stop(&self) -> &Stop {
        self.workshop.stop
    }

    /// A fresh, empty folder for a case; removed at the end of the run.
    pub fn folder(&self, name: &str) -> Result<Scratch, LabError> {
        let name = format!("{}-{name}", self.check.replace('/', "-"));
        self.workshop.scratch.folder(&name).map_err(LabError::internal("make a scratch folder"))
    }

    /// The hosts that load a DLL with `dlopen`.
    pub fn dlopen_hosts(&self) -> Vec<HostCommand> {
        let mut hosts = vec![self.workshop.c_host.clone()];
        hosts.extend(self.options().rust_host.clone());
        hosts
    }

    /// The C host.
    pub fn c_host(&self) -> HostCommand {
        self.workshop.c_host.clone()
    }

    /// The C compiler of the machine.
    pub fn compiler(&self) -> Result<&Compiler, LabError> {
        self.workshop.compiler()
    }

    /// For checks that are about the DLLs of one producer: without it they are skipped.
    pub fn need(&self, producer: Producer) -> Result<(), LabError> {
        if !self.is_selected(producer) {
            let reason = format!("--producer leaves out {}", producer.word());
            return Err(LabError::unavailable(reason));
        }
        match self.workshop.ready(producer)? {
            true => Ok(()),
            false => Err(LabError::unavailable(format!(
                "producer {} is checked with CPython 3.8 and later",
                producer.word()
            ))),
        }
    }

    /// The producers that were asked for and can be used now. Why one cannot goes to `missing`.
    pub fn producers(&self, missing: &mut Vec<String>) -> Result<Vec<Producer>, LabError> {
        let mut found = Vec::new();
        for producer in Producer::ALL.into_iter().filter(|one| self.is_selected(*one)) {
            match self.workshop.ready(producer) {
                Ok(true) => found.push(producer),
                Ok(false) => {}
                Err(LabError::Unavailable { reason, .. }) => {
                    missing.push(format!("producer {}: {reason}", producer.word()));
                }
                Err(error) => return Err(error),
            }
        }
        if found.is_empty() {
            let reason = match missing.last() {
                Some(reason) => reason.clone(),
                None => "no producer that --producer names is checked with this Python".to_owned(),
            };
            return Err(LabError::unavailable(reason));
        }
        Ok(found)
    }

    fn is_selected(&self, producer: Producer) -> bool {
        let selected = &self.options().producers;
        selected.is_empty() || selected.contains(&producer)
    }

    /// A case with an empty plan in the baseline environment.
    pub fn case(&self, label: impl Into<String>, host: &HostCommand, folder: &Path) -> Case {
        Case {
            label: label.into(),
            host: host.clone(),
            producers: Vec::new(),
            plan: PlanBuilder::new(),
            env: self.workshop.environment(folder),
            expect: Expect::default(),
            folder: folder.to_owned(),
            facts: true,
            timeout: None,
        }
    }

    /// Runs a case and judges it.
    pub fn run(&self, case: Case) -> Result<Judgement, LabError> {
        self.execute(case, None)
    }

    /// Runs one repetition of a case.
    pub fn repeat(&self, case: Case, iteration: u32) -> Result<Judgement, LabError> {
        self.iterations.fetch_add(1, Ordering::Relaxed);
        self.execute(case, Some(iteration))
    }

    fn execute(&self, mut case: Case, iteration: Option<u32>) -> Result<Judgement, LabError> {
        if case.facts {
            let step = case.plan.facts(&[Fact::Images, Fact::Symbols, Fact::Python]);
            case.expect.facts(step);
        }
        // Files that were damaged once stay damaged through the repetitions.
        if let Some(tamper) = &self.options().tamper
            && iteration.unwrap_or(0) == 0
        {
            let scene = Scene {
                check: self.check,
                case: &case.label,
                host: case.host.kind,
                folder: &case.folder,
            };
            tamper.apply(&scene);
        }
        let text = case.plan.finish().to_string();
        // Several cases may share a folder, and each plan of a kept one should be there.
        let stem = file_stem(&case.label);
        let plan = case.folder.join(format!("{stem}.plan"));
        std::fs::write(&plan, &text).map_err(LabError::internal("write the plan"))?;
        if self.options().keep.is_some() {
            let variables = case.env.to_text();
            let lines = variables.iter().map(|(name, value)| format!("{name}={value}\n"));
            std::fs::write(case.folder.join(format!("{stem}.env")), lines.collect::<String>())
                .map_err(LabError::internal("write the environment"))?;
        }
        let mut spec = RunSpec::new(&case.host.program, case.env, &case.folder);
        spec.args = case.host.args_for(&plan);
        spec.plan = text;
        spec.timeout = case.timeout.unwrap_or(self.options().timeout);
        spec.tools_path.clone_from(&self.workshop.tools_path);
        self.runs.fetch_add(1, Ordering::Relaxed);
        {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.0.insert(case.host.kind);
            used.1.extend(case.producers.iter().copied());
        }
        let observation = run::run(&spec, self.stop())?;
        if observation.python_initialised() == Some(true) {
            self.embedded.fetch_add(1, Ordering::Relaxed);
        }
        let record = CaseRecord {
            case: case.label,
            host: case.host.kind,
            producers: case.producers,
            outcome: String::new(),
            observation,
        };
        Ok(Judgement::new(record, &case.expect))
    }

    /// Import names of the target's extension modules that even its own interpreter cannot import
    /// (or, without an interpreter, a host with libpython in the global scope): a library that is not
    /// installed, a module for another system. Their failure says nothing about embedding.
    pub fn unimportable(&self) -> Result<&[String], LabError> {
        self.workshop.unimportable(self)
    }

    /// The remedies for a local libpython that this run saw working, if they were tried already.
    pub(super) fn workarounds(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.workshop.workarounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the ELF files say about every extension module.
    pub(super) fn prediction(&self) -> Result<&Prediction, LabError> {
        self.workshop.prediction(self)
    }

    /// How the failed imports of these cases differ from what the ELF files predict for a libpython
    /// that is not in the global scope.
    pub(super) fn compare_with_prediction<'c>(
        &self,
        cases: impl IntoIterator<Item = &'c Judgement>,
    ) -> Result<Vec<String>, LabError> {
        let computed = self.prediction()?.of(predict::Scope::Local);
        let mut differences = Vec::new();
        for case in cases {
            for imports in case.record.observation.all_imports() {
                let except = self.unimportable()?;
                differences.extend(predict::against_live(computed, &imports.failed, except));
            }
        }
        Ok(differences)
    }

    /// Runs a script with an interpreter, as a plain program that writes no events.
    pub fn interpret(
        &self,
        interpreter: &Path,
        script: &str,
        args: &[&str],
    ) -> Result<Observation, LabError> {
        let folder = self.folder("interpreter")?;
        let mut environment = self.workshop.environment(folder.path());
        if let Some(libraries) = &self.target.library_path {
            environment.set("LD_LIBRARY_PATH", libraries);
        }
        let mut spec = RunSpec::new(interpreter, environment, folder.path());
        spec.args = ["-c", script].iter().chain(args).map(OsString::from).collect();
        spec.events_limit = None;
        spec.timeout = self.options().timeout;
        Ok(run::run(&spec, self.stop())?)
    }
}

/// A file name of the words of a label, which a person can type.
fn file_stem(label: &str) -> String {
    let words = label.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").chars().take(100).collect()
}
