//! Host processes under callgrind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck::bench::{Producer, Stand};
use embedcheck::env::Caller;

use crate::Case;

/// Calls before those that are counted: until then something may specialise itself.
const WARM: u64 = 500;

/// Calls that are counted.
const COUNTED: u64 = 2000;

/// Valgrind's tool.
pub(crate) struct Callgrind {
    valgrind: PathBuf,
}

impl Callgrind {
    /// The first one on `PATH`.
    pub(crate) fn find(caller: &Caller) -> Option<Self> {
        let mut files = caller.path_folders().map(|folder| folder.join("valgrind"));
        files.find(|file| file.is_file()).map(|valgrind| Self { valgrind })
    }

    /// Instructions of one call: the difference of two processes, by the calls between them.
    pub(crate) fn each_call(
        &self,
        stand: &Stand,
        producer: Producer,
        case: Case,
    ) -> Result<f64, String> {
        let few = self.count(stand, producer, case, WARM)?;
        let many = self.count(stand, producer, case, WARM + COUNTED)?;
        Ok((many as f64 - few as f64) / COUNTED as f64)
    }

    /// Instructions of a process that makes so many calls.
    fn count(
        &self,
        stand: &Stand,
        producer: Producer,
        case: Case,
        calls: u64,
    ) -> Result<u64, String> {
        let Case { name, function, held } = case;
        let dll = stand.dlls().iter().find(|dll| dll.producer == producer);
        let dll = dll.ok_or_else(|| format!("there is no DLL of {producer}"))?;
        let mut words = format!("count --function {function} --calls {calls}");
        if held {
            words.push_str(" --held");
        }
        let words = words.split(' ').map(Into::into);
        let host = stand.command(dll, words);
        let out = stand.folder().join(format!("{name}-{producer}-{calls}.callgrind"));
        let mut option = std::ffi::OsString::from("--callgrind-out-file=");
        option.push(&out);
        let mut command = Command::new(&self.valgrind);
        command.args(["--tool=callgrind", "--quiet"]).arg(option);
        command.arg(host.get_program()).args(host.get_args()).env_clear();
        command.envs(host.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(host.get_current_dir().unwrap_or(Path::new("/")));
        let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
        if !output.status.success() {
            let messages = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{command:?}: {}: {messages}", output.status));
        }
        let text =
            fs::read_to_string(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        total
            .and_then(|total| total.trim().parse().ok())
            .ok_or_else(|| format!("{} has no totals", out.display()))
    }
}
