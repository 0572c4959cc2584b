//! One target with its DLLs, and host processes that measure them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use embedcheck::check::python_first;
use embedcheck::dll::Surroundings;
use embedcheck::env::Caller;
use embedcheck::run::{Ended, Environment, RunSpec, Stop, run};
use embedcheck::target::{self, Support, Target};

use crate::Error;
use crate::arguments::{Arguments, HOST};
use crate::producers::{Maker, Producer};
use crate::series::{Answer, Series};

/// Longer than any measurement.
const LIMIT: Duration = Duration::from_secs(300);

/// A target that is measured.
#[derive(Debug)]
pub struct Setting {
    libpython: PathBuf,
    library_path: Option<PathBuf>,
    producers: Vec<Producer>,
    path: OsString,
    program: PathBuf,
    stop: Stop,
    folder: tempfile::TempDir,
}

/// The targets to measure: what the command line says, else `EMBEDCHECK_BENCH_PYTHON`, else the
/// first Python that is found and has a shared libpython; `python3` on `PATH` comes first.
///
/// # Errors
///
/// If that is no target, or none that can be embedded.
pub(crate) fn targets(arguments: &Arguments, caller: &Caller) -> Result<Vec<Target>, Error> {
    let options = target::Options::default();
    if arguments.all {
        let mut found = target::discover(caller, &options).targets;
        found.retain(is_usable);
        return match found.is_empty() {
            false => Ok(found),
            true => Err("no Python with a shared libpython was found".into()),
        };
    }
    let named = arguments.python.as_deref().or(caller.bench_python.as_deref());
    let target = match named {
        Some(name) => target::resolve_python(caller, &options, name)?,
        None => target::discover_first(caller, &options, is_usable)
            .ok_or("no Python with a shared libpython was found; name one with --python")?,
    };
    target.embeddable()?;
    Ok(vec![target])
}

fn is_usable(target: &Target) -> bool {
    target.support == Support::Full && target.embeddable().is_ok()
}

impl Setting {
    /// Makes the DLLs; prints what is measured.
    ///
    /// # Errors
    ///
    /// If one cannot be made although nothing is missing for it.
    #[expect(clippy::print_stdout, reason = "printing is what benchmarks are for")]
    pub fn new(target: &Target, caller: &Caller) -> Result<Self, Error> {
        let libpython = target.embeddable()?;
        let folder = tempfile::tempdir_in(caller.temporary_folder())?;
        let home = folder.path().join("home");
        fs::create_dir(&home)?;
        let stop = Stop::new()?;
        let maker = Maker {
            target,
            libpython,
            caller,
            surroundings: Surroundings {
                path: caller.path.clone().unwrap_or_default(),
                scratch: folder.path().to_owned(),
                pip_environment: caller.pip_environment.clone(),
                offline: false,
                stop: stop.clone(),
            },
            folder: folder.path(),
        };
        println!("\n{}, {}", target.id, libpython.real_path.display());
        let (producers, notes) = maker.all()?;
        for note in notes {
            println!("  {note}");
        }
        Ok(Self {
            libpython: libpython.real_path.clone(),
            library_path: target.library_path.clone(),
            path: python_first(target, &home)?,
            producers,
            program: std::env::current_exe()?,
            stop,
            folder,
        })
    }

    /// Measures every producer once a round, each in a process of its own. Each round begins with
    /// another one, so that no producer always comes after the same.
    ///
    /// # Errors
    ///
    /// If a process fails: a DLL that does not start, or returns something wrong.
    pub fn rounds(&self, rounds: usize, words: &[&str]) -> Result<Vec<Series>, Error> {
        let mut series: Vec<_> =
            self.producers.iter().map(|producer| Series::new(producer.name)).collect();
        for round in 0..rounds {
            for place in 0..series.len() {
                let index = (place + round) % series.len();
                let answer = self.one(&self.producers[index], words)?;
                series[index].answers.push(answer);
            }
        }
        Ok(series)
    }

    fn one(&self, producer: &Producer, words: &[&str]) -> Result<Answer, Error> {
        let home = self.folder.path().join("home");
        let mut environment = Environment::new(&self.path, &home);
        environment.set("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(libraries) = &self.library_path {
            environment.set("LD_LIBRARY_PATH", libraries);
        }
        if let Some(path) = &producer.python_path {
            environment.set("PYTHONPATH", path);
        }
        let mut spec = RunSpec::new(&self.program, environment, &home);
        let (job, words) = words.split_first().ok_or("no job")?;
        spec.args = [HOST, job].map(Into::into).into();
        spec.args.extend(producer.words.iter().cloned());
        spec.args.extend(words.iter().map(Into::into));
        spec.timeout = LIMIT;
        spec.events_limit = None;
        let observation = run(&spec, &self.stop)?;
        let failed = |what: &str| {
            let stderr = observation.stderr.text.trim_end();
            format!("{job} of {}: {what}\n{stderr}", producer.name)
        };
        if !matches!(observation.ended, Ended::Exit { code: 0, .. }) {
            return Err(failed(&observation.ended.to_string()).into());
        }
        let answer = Answer::parse(&observation.stdout.text).map_err(|error| failed(&error))?;
        let used = answer.text("libpython").unwrap_or_default();
        if fs::canonicalize(used).ok() != fs::canonicalize(&self.libpython).ok() {
            let meant = self.libpython.display();
            return Err(failed(&format!("{used} was used, not {meant}")).into());
        }
        Ok(answer)
    }

    /// The folder for all files of this target.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
