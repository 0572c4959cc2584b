//! Asks an interpreter where it searches, in a child process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::doctor::DoctorError;
use crate::doctor::module::ModuleOptions;
use crate::env::Caller;
use crate::run::{Environment, RunSpec, Scratch, Stop, run};
use crate::target::Target;

const SCRIPT: &str = include_str!("../ask.py");
const BEGIN: &str = "<embedcheck:path>";
const END: &str = "</embedcheck:path>";
/// Bytes of the answer: a path of a thousand entries fits.
const MAX_ANSWER: usize = 1 << 20;

/// A string of the script: one character per byte.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Raw(String);

impl Raw {
    pub(super) fn path(&self) -> PathBuf {
        // The script writes nothing above U+00FF.
        let bytes = self.0.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        PathBuf::from(OsString::from_vec(bytes))
    }

    pub(super) fn text(&self) -> String {
        self.path().display().to_string()
    }
}

/// What the script prints.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) path: Vec<Raw>,
    pub(super) builtins: Vec<Raw>,
    pub(super) extension_suffixes: Vec<Raw>,
    pub(super) source_suffixes: Vec<Raw>,
    pub(super) bytecode_suffixes: Vec<Raw>,
    pub(super) is_frozen: bool,
    pub(super) has_pip: bool,
    pub(super) has_venv: bool,
    pub(super) stdlib_names: Vec<Raw>,
    pub(super) prefix: Raw,
    pub(super) base_prefix: Raw,
    pub(super) paths: BTreeMap<String, Option<Raw>>,
    pub(super) site: Site,
}

/// What `site` says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Site {
    pub(super) packages: Vec<Raw>,
    pub(super) user: Option<Raw>,
    pub(super) user_enabled: bool,
    pub(super) active: bool,
}

/// The environment of a child that is to search as the caller's Python would: from nothing, with the user site of the
/// caller, and `--env`.
pub(in crate::doctor::module) fn child_environment(
    caller: &Caller,
    target: &Target,
    options: &ModuleOptions,
    scratch: &Path,
) -> Environment {
    let mut environment = Environment::new("/usr/bin:/bin", scratch);
    environment.set("PYTHONDONTWRITEBYTECODE", "1");
    // HOME is the scratch folder; only the user site of the real one is wanted.
    if let Some(home) = &caller.home {
        environment.set("PYTHONUSERBASE", home.join(".local"));
    }
    if let Some(folder) = &target.library_path {
        environment.set("LD_LIBRARY_PATH", folder);
    }
    for (name, value) in &options.environment {
        if name == "HOME" {
            environment.unset("PYTHONUSERBASE");
        }
        environment.set(name, value);
    }
    environment
}

/// Asks the interpreter of a target.
pub(super) fn ask(
    caller: &Caller,
    target: &Target,
    interpreter: &Path,
    options: &ModuleOptions,
    scratch: &Scratch,
    stop: &Stop,
) -> Result<Answer, DoctorError> {
    let mut environment = child_environment(caller, target, options, scratch.path());
    environment.set("EMBEDCHECK_MODULE", &options.name);
    let mut spec = RunSpec::new(interpreter, environment, scratch.path());
    spec.args = vec!["-c".into(), OsStr::new(SCRIPT).to_owned()];
    spec.timeout = options.timeout;
    spec.events_limit = None;
    spec.capture_limit = MAX_ANSWER;
    let observation = run(&spec, stop)?;
    let between = |text: &str| {
        let text = &text[..text.rfind(END)?];
        Some(text[text.rfind(BEGIN)? + BEGIN.len()..].to_owned())
    };
    let failed = |reason: String| {
        DoctorError::Input(format!(
            "{} does not say where it searches for modules: {reason}; run `{} -c pass` to see why",
            interpreter.display(),
            interpreter.display()
        ))
    };
    let Some(json) = between(&observation.stdout.text) else {
        let lines = observation.stderr.text.lines();
        let line = lines.map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no message");
        return Err(failed(format!("{}, `{line}`", observation.ended)));
    };
    serde_json::from_str(&json).map_err(|error| failed(error.to_string()))
}
