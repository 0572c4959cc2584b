//! C code of the fixtures, by the target's interpreter.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::install::{CffiInstall, interpreter};
use crate::dll::cache::{Cache, KeyBuilder};
use crate::dll::error::BuildError;
use crate::dll::fixtures::Fixture;
use crate::dll::python::PythonFacts;
use crate::dll::surroundings::Surroundings;

const SCRIPT: &str = include_str!("../build_cffi.py");
const ANSWER: &str = "build.json";

/// The fixtures of `python-fixtures/` take 1 s together.
const LIMIT: Duration = Duration::from_secs(60);

/// A cache entry with the C code of all fixtures.
#[derive(Debug)]
pub(super) struct Emitted {
    dir: PathBuf,
    answer: Answer,
}

/// What `build_cffi.py` prints, as far as it is needed here.
#[derive(Debug, Deserialize)]
struct Answer {
    include_dirs: Vec<PathBuf>,
}

impl Emitted {
    pub(super) fn c_file(&self, fixture: &Fixture) -> PathBuf {
        self.dir.join(format!("{}.c", fixture.name))
    }

    pub(super) fn include_dirs(&self) -> &[PathBuf] {
        &self.answer.include_dirs
    }
}

pub(super) fn emit(
    python: &PythonFacts,
    install: &CffiInstall,
    surroundings: &Surroundings,
    cache: &Cache,
    fixtures: &[Fixture],
) -> Result<Emitted, BuildError> {
    let mut key = KeyBuilder::new("cffi-code")
        .input(SCRIPT)
        .input(&python.identity)
        .input(python.executable.as_os_str().as_encoded_bytes())
        .input(&install.cffi_version);
    for fixture in fixtures {
        key = key
            .input(fixture.name)
            .input(fixture.module)
            .input(fixture.api)
            .input(fixture.cdef.unwrap_or_default())
            .input(fixture.init)
            .input(fixture.source.unwrap_or_default());
    }
    let dir = cache
        .entry(&key.finish(), |dir| run_script(python, install, surroundings, fixtures, dir))?;
    let answer = super::read_json(&dir.join(ANSWER))?;
    Ok(Emitted { dir, answer })
}

fn run_script(
    python: &PythonFacts,
    install: &CffiInstall,
    surroundings: &Surroundings,
    fixtures: &[Fixture],
    dir: &Path,
) -> Result<(), BuildError> {
    // The script's folder comes first on sys.path, so nothing else may lie there.
    let script_dir = dir.join("script");
    let script = script_dir.join("build_cffi.py");
    let sources = dir.join("fixtures");
    for folder in [&script_dir, &sources] {
        fs::create_dir(folder).map_err(BuildError::file("create", folder))?;
    }
    fs::write(&script, SCRIPT).map_err(BuildError::file("write", &script))?;
    let mut tool = interpreter(python, install.site_dir.as_deref(), surroundings, dir, LIMIT)
        .arg(&script)
        .arg(dir);
    for fixture in fixtures {
        let folder = fixture.write_to(&sources)?;
        tool = tool.args([fixture.name, fixture.module]).arg(folder);
    }
    let output = tool.run()?;
    if let Err(error) = serde_json::from_str::<Answer>(&output.stdout) {
        let reason = format!("its output is not what build_cffi.py prints: {error}");
        return Err(BuildError::Answer { command: output.command, reason });
    }
    let answer = dir.join(ANSWER);
    fs::write(&answer, &output.stdout).map_err(BuildError::file("write", &answer))
}
