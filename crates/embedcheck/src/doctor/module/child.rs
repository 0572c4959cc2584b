//! The child processes of one visit: they all see the same world.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::ModuleOptions;
use super::search::{Search, child_environment};
use crate::doctor::DoctorError;
use crate::env::Caller;
use crate::run::{Environment, HostCommand, Observation, RunSpec, Scratch, ScratchRoot, Stop, run};
use crate::target::Target;

/// Bytes kept of each output of a child.
const OUTPUT: usize = 64 << 10;

/// How to start children that import modules of strangers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Children<'a> {
    pub(super) target: &'a Target,
    pub(super) options: &'a ModuleOptions,
    pub(super) caller: &'a Caller,
    pub(super) search: &'a Search,
    pub(super) stop: &'a Stop,
}

impl Children<'_> {
    /// A folder for one child.
    pub(super) fn folder(&self) -> Result<Scratch, DoctorError> {
        Ok(ScratchRoot::temporary(self.caller.temporary_folder()).folder("module")?)
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
        let mut environment =
            child_environment(self.caller, self.target, self.options, scratch.path());
        // Last: the caller has thought about it.
        environment.set("PYTHONDONTWRITEBYTECODE", "1").set("PATH", path);
        environment
    }

    /// The beginning of a script: what is in front of the usual path comes in front of it.
    pub(super) fn prelude(&self) -> String {
        let folders: Vec<_> =
            self.search.front.iter().map(|path| literal(path.as_os_str().as_bytes())).collect();
        format!(
            "import sys\nsys.path[:0] = [path.decode(sys.getfilesystemencoding(), \"surrogateescape\") \
             for path in [{}]]\n",
            folders.join(", ")
        )
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
        let mut words = vec!["-B"];
        if self.options.layers {
            // A function has the packages of its layers, not those of this machine.
            words.extend(["-s", "-S"]);
        }
        let script = format!("{}{script}", self.prelude());
        words.extend(["-c", script.as_str()]);
        spec.args = words.iter().chain(arguments).map(Into::into).collect();
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

/// A literal of Python for these bytes.
pub(super) fn literal(bytes: &[u8]) -> String {
    let mut text = "b\"".to_owned();
    for byte in bytes {
        match byte {
            b'"' | b'\\' => text.push_str(&format!("\\{}", char::from(*byte))),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_literal_stays_one_line(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = literal(&bytes);
            prop_assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
            let inner = &text[2..text.len() - 1];
            prop_assert!(!inner.replace("\\\\", "").replace("\\\"", "").contains('"'));
        }
    }
}
