//! Imports the module in a child process: in the interpreter, or in a host that embeds.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use embedcheck_plan::{Fact, Flags, PlanBuilder, PythonAction, Text};
use serde::Deserialize;

use super::model::{ImportHow, ImportRun, ImportedBy};
use crate::diagnose::{Cause, Evidence, causes};
use crate::doctor::DoctorError;
use crate::doctor::module::child::{Children, literal};
use crate::doctor::module::outcome::{Outcome, last_lines};
use crate::doctor::module::regular;
use crate::run::{Observation, Scratch};
use crate::target::Libpython;

const SCRIPT: &str = include_str!("import.py");

/// Bytes of the answer: a `sys.path` of a thousand entries fits.
const ANSWER: u64 = 4 << 20;

/// What stands for the scratch folder: a plan that is run again by hand can write its answer there.
const LASTING: &str = "/tmp";

/// What the script writes.
#[derive(Debug, Deserialize)]
struct Answer {
    prefix: String,
    base_prefix: String,
    executable: Option<String>,
    version: String,
    path: Vec<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    module_version: Option<String>,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    exception: Option<bool>,
    #[serde(default)]
    missing: Option<String>,
    #[serde(default)]
    frames: Vec<String>,
    #[serde(default)]
    causes: Vec<String>,
}

/// In the interpreter.
pub(super) fn in_interpreter(
    children: &Children<'_>,
    module: &str,
) -> Result<ImportRun, DoctorError> {
    let scratch = children.folder()?;
    let file = scratch.path().join("answer");
    let observation = children.python(&code(module, &file, true), &[], None)?;
    let how = ImportHow::Interpreter;
    Ok(record(how, &children.own_path(), &observation, read(&file), &scratch))
}

/// In the Rust host, with the diagnosis of what the host left behind.
pub(super) fn embedded(
    children: &Children<'_>,
    module: &str,
    libpython: &Libpython,
    how: ImportHow,
    search: &OsStr,
) -> Result<(ImportRun, Vec<Cause>), DoctorError> {
    let scratch = children.folder()?;
    let file = scratch.path().join("answer");
    let scope = if how == ImportHow::EmbeddedLocal { Flags::LOCAL } else { Flags::GLOBAL };
    let script = format!("{}{}", children.prelude(), code(module, &file, false));
    let mut plan = PlanBuilder::new();
    plan.open("libpython", libpython.real_path.as_path(), Flags::NOW | scope);
    plan.python("libpython", PythonAction::Initialize(0));
    plan.python("libpython", PythonAction::Run(Text::from(&*script)));
    plan.facts(&[Fact::Images, Fact::Symbols, Fact::Prefix]);
    let environment = children.environment(search, &scratch);
    let mut spec = children.host().spec(&plan.finish(), environment, &scratch)?;
    spec.timeout = children.options.timeout;
    let observation = children.run(spec)?;
    let answer = read(&file);
    let mut evidence = Evidence::of(&observation);
    if let Some(answer) = &answer {
        evidence = evidence.with_imports(answer.message.iter().cloned().collect());
    }
    Ok((record(how, search, &observation, answer, &scratch), causes(&evidence)))
}

/// The script for one module. Python takes a name, like a path, as bytes.
fn code(module: &str, answer: &Path, ends: bool) -> String {
    let ends = if ends { "True" } else { "False" };
    format!(
        "NAME, ANSWER, ENDS = {}.decode(\"utf-8\"), {}, {ends}\n{SCRIPT}",
        literal(module.as_bytes()),
        literal(answer.as_os_str().as_bytes())
    )
}

fn read(file: &Path) -> Option<Answer> {
    let mut text = Vec::new();
    // The module may have put anything in its place.
    regular::open(file).ok()?.take(ANSWER).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn record(
    how: ImportHow,
    search: &OsStr,
    observation: &Observation,
    answer: Option<Answer>,
    scratch: &Scratch,
) -> ImportRun {
    // The folder is gone afterwards, and has another name each time.
    let lasting = |text: &str| text.replace(&*scratch.path().to_string_lossy(), LASTING);
    let mut run = ImportRun {
        how,
        search: search.to_string_lossy().into_owned(),
        outcome: Outcome::of_silent(observation),
        python: None,
        module_version: None,
        missing: None,
        frames: Vec::new(),
        causes: Vec::new(),
        host_errors: observation.step_errors(),
        stderr: last_lines(observation).iter().map(|line| lasting(line)).collect(),
        plan: lasting(&observation.plan),
    };
    let Some(answer) = answer else { return run };
    run.outcome = match answer.class {
        None => Outcome::Imported { file: answer.file },
        Some(class) => Outcome::Raised {
            class,
            message: answer.message.unwrap_or_default(),
            exception: answer.exception.unwrap_or(true),
        },
    };
    run.python = Some(ImportedBy {
        version: answer.version,
        prefix: answer.prefix,
        base_prefix: answer.base_prefix,
        executable: answer.executable.filter(|path| !path.is_empty()),
        path: answer.path,
    });
    run.module_version = answer.module_version;
    run.missing = answer.missing;
    run.frames = answer.frames;
    run.causes = answer.causes;
    run
}

/// The `PATH` that a host would have here: that of `--env`, or the caller's.
pub(super) fn search_of_host(children: &Children<'_>) -> OsString {
    let given = children.options.environment.iter().rfind(|(name, _)| name == "PATH");
    let given = given.map(|(_, value)| value.clone()).or_else(|| children.caller.path.clone());
    given.unwrap_or_else(|| "/usr/bin:/bin".into())
}
