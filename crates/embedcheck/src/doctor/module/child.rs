//! The child processes of one visit: they all see the same world.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{Entry, ModuleOptions, Origin};
use crate::doctor::DoctorError;
use crate::env::Caller;
use crate::run::{Environment, HostCommand, Observation, RunSpec, Scratch, ScratchRoot, Stop, run};
use crate::target::Target;

/// Bytes kept of each output of a child.
const OUTPUT: usize = 64 << 10;

/// How to start children that import modules of strangers.
#[derive(Debug)]
pub(super) struct Children<'a> {
    pub(super) target: &'a Target,
    pub(super) options: &'a ModuleOptions,
    pub(super) caller: &'a Caller,
    pub(super) stop: &'a Stop,
    /// What the path has in front of the interpreter's own.
    in_front: Vec<PathBuf>,
    scratch: ScratchRoot,
}

impl<'a> Children<'a> {
    pub(super) fn new(
        target: &'a Target,
        options: &'a ModuleOptions,
        caller: &'a Caller,
        path: &[Entry],
        stop: &'a Stop,
    ) -> Self {
        let is_in_front =
            |entry: &&Entry| matches!(entry.origin, Origin::Option(_) | Origin::Layer(_));
        Self {
            target,
            options,
            caller,
            stop,
            in_front: path
                .iter()
                .filter(is_in_front)
                .map(|entry| PathBuf::from(&entry.path))
                .collect(),
            scratch: ScratchRoot::temporary(caller.temporary_folder()),
        }
    }

    /// A folder for one child.
    pub(super) fn folder(&self) -> Result<Scratch, DoctorError> {
        Ok(self.scratch.folder("module")?)
    }

    /// `PATH` when the first `python3` on it has to be the target's.
    pub(super) fn own_path(&self) -> OsString {
        let folder = self.target.executable.as_deref().and_then(Path::parent);
        let mut path = folder.map(|folder| folder.as_os_str().to_owned()).unwrap_or_default();
        if !path.is_empty() {
            path.push(":");
        }
        path.push("/usr/bin:/bin");
        path
    }

    /// The environment of a child: built from nothing, with what was asked for. `path` is its `PATH`.
    pub(super) fn environment(&self, path: &OsStr, scratch: &Scratch) -> Environment {
        let mut environment = Environment::new(path, scratch.path());
        if let Some(folder) = &self.target.library_path {
            environment.set("LD_LIBRARY_PATH", folder);
        }
        for (name, value) in &self.options.environment {
            environment.set(name, value);
        }
        // The user site lies below the home, which is none of the child's.
        if environment.get("PYTHONUSERBASE").is_none()
            && let Some(home) = &self.caller.home
        {
            environment.set("PYTHONUSERBASE", home.join(".local"));
        }
        let mut python_path: Vec<u8> = Vec::new();
        let given = environment.get("PYTHONPATH").map(PathBuf::from);
        for folder in self.in_front.iter().chain(&given) {
            if !python_path.is_empty() {
                python_path.push(b':');
            }
            python_path.extend(folder.as_os_str().as_bytes());
        }
        if !python_path.is_empty() {
            environment.set("PYTHONPATH", OsString::from_vec(python_path));
        }
        // Last: the caller has thought about it.
        environment.set("PYTHONDONTWRITEBYTECODE", "1").set("PATH", path);
        environment
    }

    /// Runs a script in the interpreter. With a limit for events its standard input is a file for them.
    pub(super) fn python(
        &self,
        script: &str,
        arguments: &[&str],
        events: Option<u64>,
    ) -> Result<Observation, DoctorError> {
        let Some(executable) = &self.target.executable else {
            return Err(DoctorError::Input(format!(
                "{} has no interpreter to import anything with; name one with --python",
                self.target.id
            )));
        };
        let scratch = self.folder()?;
        let environment = self.environment(&self.own_path(), &scratch);
        let mut spec = RunSpec::new(executable, environment, scratch.path());
        spec.args = ["-B", "-c", script]
            .into_iter()
            .chain(arguments.iter().copied())
            .map(Into::into)
            .collect();
        spec.events_limit = events;
        self.run(spec)
    }

    /// Runs what was prepared.
    pub(super) fn run(&self, mut spec: RunSpec) -> Result<Observation, DoctorError> {
        spec.timeout = self.options.timeout;
        spec.capture_limit = OUTPUT;
        Ok(run(&spec, self.stop)?)
    }

    /// The host that embeds.
    pub(super) fn host(&self) -> &HostCommand {
        &self.options.rust_host
    }
}
