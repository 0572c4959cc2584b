//! Builds the host, and runs it.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use embedcheck::dll::{Compiler, Surroundings};
use embedcheck::run::{Ended, Environment, Observation, RunSpec, Stop, run};
use embedcheck::target::Target;
use embedcheck_tests::{CALLER, examples, root};
use libtest_mimic::Failed;

use crate::Choice;
use crate::valgrind::Tool;

const HOST_FLAGS: [&str; 7] = ["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread"];

/// The DLLs, by the names of their examples.
const DLLS: [&str; 2] = ["stress_one", "stress_two"];

/// The mark of a host that came to its end, and has seen nothing wrong.
const NORMAL_EXIT: i32 = 17;

/// How a run ended that did not fail.
pub(crate) enum Outcome {
    Good,
    /// The machine lacks something.
    Lacking(String),
}

/// What all runs share: the host beside its DLLs.
pub(crate) struct Bench {
    scratch: PathBuf,
    surroundings: Surroundings,
    host: OnceLock<Result<PathBuf, String>>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let scratch = tempfile::Builder::new().prefix("stress-").tempdir_in(kept);
        let scratch = scratch.expect("the target folder can be written").keep();
        let surroundings = Surroundings {
            path: CALLER.path.clone().unwrap_or_default(),
            scratch: scratch.clone(),
            pip_environment: Vec::new(),
            offline: true,
            stop: Stop::new().expect("a descriptor is left"),
        };
        Self { scratch, surroundings, host: OnceLock::new() }
    }

    pub(crate) fn clean_up(&self) {
        fs::remove_dir_all(&self.scratch).expect("what the test made can be removed");
    }

    /// Runs the host with this Python, and with the tool, if one was chosen.
    pub(crate) fn run(&self, choice: &Choice, target: &Target) -> Result<Outcome, Failed> {
        let compiler = match Compiler::find(CALLER.cc.as_deref(), &self.surroundings) {
            Ok(compiler) => compiler,
            Err(missing) => return Ok(Outcome::Lacking(missing.to_string())),
        };
        let host = self.host.get_or_init(|| self.build(&compiler)).clone()?;
        let folder = tempfile::tempdir_in(&self.scratch)?;
        let mut spec = RunSpec::new(&host, environment(target, folder.path())?, folder.path());
        spec.args = vec![choice.seconds.to_string().into(), (&choice.seed).into()];
        spec.events_limit = None;
        // The host names a thread that hangs for a minute; this is for a host that hangs as a whole.
        spec.timeout = Duration::from_secs_f64(choice.seconds) + Duration::from_secs(120);
        if let Some(tool) = choice.tool {
            let Some(valgrind) = found_on_path("valgrind") else {
                return Ok(Outcome::Lacking("valgrind".to_owned()));
            };
            spec = tool.around(spec, &valgrind, folder.path());
        }
        let observation = run(&spec, &self.surroundings.stop)?;
        judge(&observation, choice.tool, folder.path())?;
        Ok(Outcome::Good)
    }

    fn build(&self, compiler: &Compiler) -> Result<PathBuf, String> {
        let made = examples(&DLLS)?;
        for dll in DLLS {
            let file = format!("lib{dll}.so");
            fs::copy(made.join(&file), self.scratch.join(&file))
                .map_err(|error| format!("{file}: {error}"))?;
        }
        let folder = root().join("tests/stress");
        let host = self.scratch.join("host");
        let mut args: Vec<OsString> = HOST_FLAGS.map(Into::into).into();
        args.extend([folder.join("host.c").into(), "-o".into(), host.clone().into()]);
        args.extend(["-Wl,-rpath,$ORIGIN".into(), "-L".into(), self.scratch.clone().into()]);
        args.extend(DLLS.map(|dll| format!("-l{dll}").into()));
        args.push("-ldl".into());
        compiler.run(args).map_err(|error| error.to_string())?;
        Ok(host)
    }
}

/// Everything that the host sees, built from nothing.
fn environment(target: &Target, scratch: &Path) -> Result<Environment, Failed> {
    let libpython = target.embeddable().map_err(Failed::from)?;
    let mut environment = Environment::new("/usr/bin:/bin", scratch);
    environment.set("PYTHONDONTWRITEBYTECODE", "1");
    environment.set("EMBED_DLL_LIBPYTHON", &libpython.real_path);
    if let Some(libraries) = &target.library_path {
        environment.set("LD_LIBRARY_PATH", libraries);
    }
    Ok(environment)
}

fn found_on_path(program: &str) -> Option<PathBuf> {
    CALLER.path_folders().map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn judge(observation: &Observation, tool: Option<Tool>, folder: &Path) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    if !matches!(observation.ended, Ended::Exit { code: NORMAL_EXIT, .. }) {
        wrong.push(format!("the host: {}", observation.ended));
    }
    if let Some(tool) = tool {
        match tool.reports(folder) {
            Ok(reports) => wrong.extend(reports),
            Err(reason) => wrong.push(reason),
        }
    }
    if wrong.is_empty() {
        // What was done is worth reading also where nothing was wrong; if nobody can, that is no failure.
        let _ = writeln!(std::io::stdout(), "{}", observation.stdout.text);
        return Ok(());
    }
    Err(format!(
        "{}\n{}\n--- stdout\n{}--- stderr\n{}",
        observation.command.join(" "),
        wrong.join("\n"),
        observation.stdout.text,
        observation.stderr.text
    )
    .into())
}
