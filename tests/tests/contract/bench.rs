//! Makes the DLLs and the host of a case, runs the host, and compares.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use embedcheck::dll::{
    BuildError, Cache, CffiInstall, CffiProducer, Compiler, LinkOptions, PythonFacts, Search,
    Surroundings, Unavailable, ensure_cffi,
};
use embedcheck::run::{Ended, Environment, Observation, RunSpec, Stop, run};
use embedcheck::target::{Libpython, Target};
use embedcheck_tests::{CALLER, root};
use libtest_mimic::Failed;
use tempfile::TempDir;

use crate::expect::{compared, normalised};
use crate::suite::{Case, Producer, Suite};
use crate::twins;

/// What every host is compiled with.
const HOST_FLAGS: [&str; 6] = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread"];

/// The mark of a host that came to its end.
const NORMAL_EXIT: i32 = 17;

/// A machine under load is slow; a hang is ended by the host's own alarm where one is expected.
const LIMIT: Duration = Duration::from_secs(60);

/// How a trial ended that did not fail.
pub(crate) enum Outcome {
    AsExpected,
    /// The machine lacks something.
    Lacking(String),
}

/// What all trials share.
pub(crate) struct Bench {
    suite: &'static Suite,
    scratch: PathBuf,
    surroundings: Surroundings,
    cache: Cache,
    compiler: OnceLock<Result<Compiler, Unavailable>>,
    /// CFFI for each target, by the target's id.
    cffi: Mutex<HashMap<String, Prepared>>,
    /// What the compiler makes of a host, by the name of the case: the same for every target.
    objects: Mutex<HashMap<&'static str, Made>>,
    /// The host linked to the DLLs of embed-dll, which too are the same for every target.
    hosts: Mutex<HashMap<&'static str, Made>>,
}

/// A file that is made once, by the trial that needs it first.
type Made = Arc<OnceLock<Result<PathBuf, String>>>;

/// Found or fetched once a target, while other targets go on.
type Prepared = Arc<OnceLock<Result<Ready, String>>>;

/// A target with CFFI.
struct Ready {
    python: PythonFacts,
    install: CffiInstall,
}

/// Why a trial ended early.
enum Early {
    Lacking(String),
    Failed(Failed),
}

impl From<BuildError> for Early {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Unavailable(missing) => Self::Lacking(missing.to_string()),
            error => Self::Failed(error.to_string().into()),
        }
    }
}

impl From<std::io::Error> for Early {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Bench {
    pub(crate) fn new(suite: &'static Suite) -> Self {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let scratch = tempfile::Builder::new().prefix("contract-").tempdir_in(kept);
        let scratch = scratch.expect("the target folder can be written").keep();
        let surroundings = Surroundings {
            path: CALLER.path.clone().unwrap_or_default(),
            scratch: scratch.clone(),
            pip_environment: CALLER.pip_environment.clone(),
            offline: false,
            stop: Stop::new().expect("a descriptor is left"),
        };
        let cache = Cache::open(CALLER.cache_folder().as_deref(), &scratch);
        Self {
            suite,
            scratch,
            surroundings,
            cache,
            compiler: OnceLock::new(),
            cffi: Mutex::default(),
            objects: Mutex::default(),
            hosts: Mutex::default(),
        }
    }

    pub(crate) fn clean_up(&self) {
        fs::remove_dir_all(&self.scratch).expect("what the tests made can be removed");
    }

    /// Runs a case and compares what it printed.
    pub(crate) fn try_case(
        &self,
        case: &'static Case,
        producer: Producer,
        target: &'static Target,
    ) -> Result<Outcome, Failed> {
        match self.run_case(case, producer, target) {
            Ok(()) => Ok(Outcome::AsExpected),
            Err(Early::Lacking(reason)) => Ok(Outcome::Lacking(reason)),
            Err(Early::Failed(failed)) => Err(failed),
        }
    }

    fn run_case(
        &self,
        case: &'static Case,
        producer: Producer,
        target: &'static Target,
    ) -> Result<(), Early> {
        let libpython = target.embeddable().map_err(Early::Lacking)?;
        let folder = tempfile::tempdir_in(&self.scratch)?;
        let python_path = self.place_dlls(case, producer, (target, libpython), &folder)?;
        let environment = environment(case, producer, (target, libpython), python_path, &folder);
        let observation = self.run_host(case, producer, target, environment, &folder)?;
        let seen = stdout_of(&observation);
        let errors = normalised(&observation.stderr.text);
        if producer == Producer::Cffi && crate::blesses() {
            case.stdout.bless(&seen)?;
            case.stderr.bless(&errors)?;
        }
        let mut wrong: Vec<_> =
            compared("stdout", &case.stdout.of(producer), &seen).into_iter().collect();
        // CPython 3.8 buffers a redirected stderr, and nobody flushes it: CFFI's messages are lost.
        if producer == Producer::Rust || target.version.minor > 8 {
            wrong.extend(compared("stderr", &case.stderr.of(producer), &errors));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let command = observation.command.join(" ");
        Err(Early::Failed(
            format!("{}\n{command}\n--- stderr\n{}", wrong.concat(), observation.stderr.text)
                .into(),
        ))
    }

    /// Puts the DLLs of a case into its folder; gives what Python needs to find on PYTHONPATH.
    fn place_dlls(
        &self,
        case: &Case,
        producer: Producer,
        target: (&'static Target, &Libpython),
        folder: &TempDir,
    ) -> Result<Option<PathBuf>, Early> {
        let prepared =
            (producer == Producer::Cffi || !case.by_cffi.is_empty()).then(|| self.ready(target));
        let ready = prepared.as_ref().map(|ready| ready.get().expect("it was prepared").as_ref());
        let ready = ready.transpose().map_err(|reason| Early::Lacking(reason.clone()))?;
        for name in case.dlls() {
            let dll = self.suite.dll(name);
            let library = format!("lib{name}.so");
            let out = folder.path().join(&library);
            let by_cffi = producer == Producer::Cffi || case.by_cffi.contains(&name);
            match ready.filter(|_| by_cffi) {
                Some(ready) => {
                    let compiler = self.compiler()?;
                    let maker = CffiProducer::new(
                        &ready.python,
                        &ready.install,
                        &self.surroundings,
                        compiler,
                        &self.cache,
                    );
                    let libdir = ready.python.libpython.parent().unwrap_or(Path::new("/"));
                    let options = LinkOptions {
                        search: Search::RunPath(libdir.into()),
                        soname: Some(library),
                        symbolic: false,
                        libpython: Some(ready.python.libpython.clone()),
                    };
                    let dll: &'static _ = self.suite.dll(name);
                    maker.of_fixtures(&self.suite.dlls).build(dll, &options, &out)?;
                }
                None => {
                    let twin = twins::twin(name).map_err(|text| Early::Failed(text.into()))?;
                    fs::copy(twin, &out)?;
                }
            }
            if case.imports.contains(&name) {
                let module = dll.module.rsplit('.').next().unwrap_or(dll.module);
                fs::rename(&out, folder.path().join(format!("{module}.so")))?;
            }
        }
        Ok(ready.and_then(|ready| ready.install.site_dir.clone()))
    }

    /// CFFI for the target; fetched if need be.
    fn ready(&self, (target, libpython): (&'static Target, &Libpython)) -> Prepared {
        let prepared = {
            let mut all = self.cffi.lock().expect("no trial panics while it holds the lock");
            Arc::clone(all.entry(target.id.clone()).or_default())
        };
        prepared.get_or_init(|| {
            let python = PythonFacts::of(target, libpython)
                .ok_or_else(|| format!("{} has no interpreter to run CFFI with", target.id))?;
            let install = ensure_cffi(&python, &self.surroundings, &self.cache);
            Ok(Ready { install: install.map_err(|error| error.to_string())?, python })
        });
        prepared
    }

    fn compiler(&self) -> Result<&Compiler, Early> {
        let found =
            self.compiler.get_or_init(|| Compiler::find(CALLER.cc.as_deref(), &self.surroundings));
        found.as_ref().map_err(|missing| Early::Lacking(missing.to_string()))
    }

    fn run_host(
        &self,
        case: &'static Case,
        producer: Producer,
        target: &Target,
        environment: Environment,
        folder: &TempDir,
    ) -> Result<Observation, Early> {
        let mut spec = if case.host.extension().is_some_and(|end| end == "py") {
            let interpreter = target.executable.clone().ok_or_else(|| {
                Early::Lacking(format!("{} has no interpreter to import with", target.id))
            })?;
            let mut spec = RunSpec::new(interpreter, environment, folder.path());
            spec.args = vec!["-u".into(), case.host.clone().into()];
            spec
        } else {
            RunSpec::new(self.host(case, producer, folder)?, environment, folder.path())
        };
        spec.events_limit = None;
        spec.timeout = LIMIT;
        let observation = run(&spec, &self.surroundings.stop);
        observation.map_err(|error| Early::Failed(error.to_string().into()))
    }

    /// The host of a case, in its folder.
    fn host(
        &self,
        case: &'static Case,
        producer: Producer,
        folder: &TempDir,
    ) -> Result<PathBuf, Early> {
        let host = folder.path().join("host");
        if producer == Producer::Cffi || !case.by_cffi.is_empty() {
            self.link(case, folder, &host)?;
            return Ok(host);
        }
        let kept = self.scratch.join(format!("{}.host", case.name));
        let kept = made(&self.hosts, case, || self.link(case, folder, &kept).map(|()| kept))?;
        // A name more, and not a copy: a file that is being written cannot be executed.
        fs::hard_link(kept, &host)?;
        Ok(host)
    }

    fn link(&self, case: &'static Case, folder: &TempDir, host: &Path) -> Result<(), Early> {
        let object = self.scratch.join(format!("{}.o", case.name));
        let object = made(&self.objects, case, || self.compile(case, &object).map(|()| object))?;
        let mut args: Vec<OsString> = vec!["-pthread".into(), object.into()];
        args.extend(["-o".into(), host.into()]);
        args.extend(["-Wl,-rpath,$ORIGIN".into(), "-Wl,--no-as-needed".into()]);
        // What a host may put in front of libpython's own.
        args.push("-Wl,--export-dynamic-symbol=PyThread_release_lock".into());
        // By name: the path of a DLL without soname would be written into the host.
        args.extend(["-L".into(), folder.path().into()]);
        args.extend(case.links.iter().map(|name| format!("-l:lib{name}.so").into()));
        args.extend(["-ldl".into(), "-lm".into()]);
        self.compiler()?.run(args).map_err(BuildError::from)?;
        Ok(())
    }

    fn compile(&self, case: &Case, object: &Path) -> Result<(), Early> {
        let mut args: Vec<OsString> = HOST_FLAGS.map(Into::into).into();
        args.extend(["-I".into(), root().join("tests/contract/dll").into()]);
        args.extend(["-c".into(), case.host.clone().into(), "-o".into(), object.into()]);
        self.compiler()?.run(args).map_err(BuildError::from)?;
        Ok(())
    }
}

/// The file of a case, made by whoever comes first. What fails, fails for all.
fn made(
    all: &Mutex<HashMap<&'static str, Made>>,
    case: &'static Case,
    make: impl FnOnce() -> Result<PathBuf, Early>,
) -> Result<PathBuf, Early> {
    let made = {
        let mut all = all.lock().expect("no trial panics while it holds the lock");
        Arc::clone(all.entry(&case.name).or_default())
    };
    let mut early = None;
    let path = made.get_or_init(|| {
        make().map_err(|reason| {
            let text = match &reason {
                Early::Lacking(text) => text.clone(),
                Early::Failed(failed) => failed.message().unwrap_or_default().to_owned(),
            };
            early = Some(reason);
            text
        })
    });
    match (path, early) {
        (Ok(path), _) => Ok(path.clone()),
        (Err(_), Some(early)) => Err(early),
        (Err(text), None) => Err(Early::Failed(text.into())),
    }
}

/// Everything that a host sees, built from nothing.
fn environment(
    case: &Case,
    producer: Producer,
    (target, libpython): (&Target, &Libpython),
    python_path: Option<PathBuf>,
    folder: &TempDir,
) -> Environment {
    let bin =
        target.executable.as_deref().and_then(Path::parent).unwrap_or(Path::new("/nonexistent"));
    let path = std::env::join_paths([bin, Path::new("/usr/bin"), Path::new("/bin")]);
    let mut environment = Environment::new(path.unwrap_or_default(), folder.path());
    environment.set("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(libraries) = &target.library_path {
        environment.set("LD_LIBRARY_PATH", libraries);
    }
    let mut folders = vec![];
    folders.extend(python_path);
    if !case.imports.is_empty() {
        folders.insert(0, folder.path().to_owned());
    }
    if let Ok(folders) = std::env::join_paths(&folders)
        && !folders.is_empty()
    {
        environment.set("PYTHONPATH", folders);
    }
    // An imported DLL must find the Python that it is imported into.
    if producer == Producer::Rust && case.imports.is_empty() {
        environment.set("EMBED_DLL_LIBPYTHON", &libpython.real_path);
    }
    for (name, value) in &case.environment {
        environment.set(name, value);
    }
    environment
}

/// What was printed, and how the host ended if it was not the usual end.
fn stdout_of(observation: &Observation) -> String {
    let mut text = observation.stdout.text.clone();
    if !matches!(observation.ended, Ended::Exit { code: NORMAL_EXIT, .. }) {
        let ended = observation.ended.to_string();
        text.push_str(&format!("the host: {}\n", ended.trim_end_matches(", core dumped")));
    }
    text
}
