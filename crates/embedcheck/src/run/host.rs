//! The programs that execute plans.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use embedcheck_plan::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Environment, RunSpec, Scratch, ScratchError};

/// What kind of program loads the DLL.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HostKind {
    /// The C host, which opens it with `dlopen`.
    C,
    /// The C host, linked to it.
    CLinked,
    /// The C host with the DLL's C code inside.
    CStatic,
    /// The Rust host, which opens it with `dlopen`.
    Rust,
    /// A Python interpreter, which imports it.
    Python,
}

impl HostKind {
    /// The name in reports and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::CLinked => "c-linked",
            Self::CStatic => "c-static",
            Self::Rust => "rust",
            Self::Python => "python",
        }
    }
}

impl fmt::Display for HostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Honours a width, for tables.
        f.pad(self.name())
    }
}

/// How to start a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCommand {
    /// What it is.
    pub kind: HostKind,
    /// The program.
    pub program: PathBuf,
    /// What stands before `--plan` on the command line: the hidden subcommand of the Rust host, the
    /// script of the Python host, or `--parent-death kill`.
    pub args_before: Vec<OsString>,
}

impl HostCommand {
    /// A host that needs no further arguments.
    pub fn new(kind: HostKind, program: impl Into<PathBuf>) -> Self {
        Self { kind, program: program.into(), args_before: Vec::new() }
    }

    /// The C host, written into a folder as [`HostCommand::unpack`] does. It does not outlive whoever
    /// starts it.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn c(folder: &Scratch) -> Result<Self, ScratchError> {
        Ok(Self::unpack(HostKind::C, embedcheck_c_harness::HOST, folder)?.dying_with_starter())
    }

    /// The same host, which does not outlive whoever starts it.
    #[must_use]
    pub fn dying_with_starter(self) -> Self {
        self.with_args(["--parent-death", "kill"])
    }

    /// Writes a host that this program carries into a folder, to be started from there as often as
    /// wanted.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn unpack(kind: HostKind, bytes: &[u8], folder: &Scratch) -> Result<Self, ScratchError> {
        Ok(Self::new(kind, folder.write_program(&format!("{kind}-host"), bytes)?))
    }

    /// Adds arguments before those of the plan.
    #[must_use]
    pub fn with_args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args_before.extend(args.into_iter().map(Into::into));
        self
    }

    /// The arguments by which the host executes a plan. It gets the file for the events as its
    /// standard input and moves it away from there before its first step.
    pub fn args_for(&self, plan: &Path) -> Vec<OsString> {
        let mut args = self.args_before.clone();
        args.extend(["--plan".into(), plan.into(), "--events-fd".into(), "0".into()]);
        args
    }

    /// Writes a plan into the scratch folder and describes the run of it there, with the default
    /// bounds.
    ///
    /// # Errors
    ///
    /// When the plan cannot be written.
    pub fn spec(
        &self,
        plan: &Plan,
        environment: Environment,
        scratch: &Scratch,
    ) -> Result<RunSpec, ScratchError> {
        let text = plan.to_string();
        let file = scratch.write("plan", ".txt", text.as_bytes())?;
        let mut spec = RunSpec::new(&self.program, environment, scratch.path());
        spec.args = self.args_for(&file);
        spec.plan = text;
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_everywhere() {
        for kind in
            [HostKind::C, HostKind::CLinked, HostKind::CStatic, HostKind::Rust, HostKind::Python]
        {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn the_plan_comes_last() {
        let host = HostCommand::new(HostKind::Rust, "/bin/embedcheck").with_args([
            "host",
            "--parent-death",
            "kill",
        ]);
        let args = host.args_for(Path::new("/s/plan.txt")).join(" ".as_ref());
        assert_eq!(args, "host --parent-death kill --plan /s/plan.txt --events-fd 0");
    }
}
