//! Interpreters of the machine, each with CFFI.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use embedcheck::dll::cffi::is_pip_variable;
use embedcheck::dll::{
    BuildError, Cache, CffiInstall, CffiProducer, Compiler, PythonFacts, Surroundings, Unavailable,
    ensure_cffi,
};
use embedcheck::run::Stop;

/// An interpreter that the tests ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    /// Any CPython of this minor version, of pyenv or on `PATH`.
    Minor(u8),
    /// `/usr/bin/python3`: on Debian a static executable beside a shared library.
    System,
}

impl Wanted {
    pub(crate) const ALL: [Self; 3] = [Self::Minor(8), Self::Minor(13), Self::System];

    pub(crate) fn name(self) -> String {
        match self {
            Self::Minor(minor) => format!("3.{minor}"),
            Self::System => "system".to_owned(),
        }
    }

    fn candidates(self, environment: &BTreeMap<OsString, OsString>) -> Vec<PathBuf> {
        let variable = |name: &str| environment.get(&OsString::from(name)).map(PathBuf::from);
        let Self::Minor(minor) = self else { return vec!["/usr/bin/python3".into()] };
        let root = variable("PYENV_ROOT").or_else(|| Some(variable("HOME")?.join(".pyenv")));
        let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
        let prefix = format!("3.{minor}.");
        let pyenv = versions.into_iter().flatten().flatten().filter_map(|entry| {
            let name = entry.file_name();
            name.to_str()?.starts_with(&prefix).then(|| entry.path().join("bin/python3"))
        });
        let path = variable("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path).map(|dir| dir.join(format!("python3.{minor}")));
        pyenv.chain(on_path).filter(|file| file.is_file()).collect()
    }
}

/// What all tests share.
pub(crate) struct Lab {
    pub(crate) require_all: bool,
    pub(crate) surroundings: Surroundings,
    pub(crate) cache: Cache,
    pub(crate) scratch: PathBuf,
    environment: BTreeMap<OsString, OsString>,
    compiler: OnceLock<Result<Compiler, Unavailable>>,
    pythons: Mutex<BTreeMap<Wanted, Result<Ready, String>>>,
}

/// An interpreter with CFFI.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) python: PythonFacts,
    pub(crate) install: CffiInstall,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let environment: BTreeMap<_, _> = std::env::vars_os().collect();
        let variable = |name: &str| environment.get(&OsString::from(name)).cloned();
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let scratch = tempfile::Builder::new().prefix("cffi-fixtures-").tempdir_in(kept);
        let scratch = scratch.expect("the target folder can be written").keep();
        let pip_environment =
            environment.clone().into_iter().filter(|(name, _)| is_pip_variable(name));
        Self {
            require_all: variable("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1"),
            surroundings: Surroundings {
                path: variable("PATH").unwrap_or_default(),
                pip_environment: pip_environment.collect(),
                offline: false,
                scratch: scratch.clone(),
                stop: Stop::new().expect("a descriptor is left"),
            },
            cache: Cache::open(Some(&kept.join("embedcheck-cache")), &scratch),
            scratch,
            environment,
            compiler: OnceLock::new(),
            pythons: Mutex::default(),
        }
    }

    pub(crate) fn clean_up(&self) {
        fs::remove_dir_all(&self.scratch).expect("what the tests made can be removed");
    }

    pub(crate) fn folder(&self) -> PathBuf {
        tempfile::tempdir_in(&self.scratch).expect("the scratch folder can be written").keep()
    }

    pub(crate) fn compiler(&self) -> Result<&Compiler, BuildError> {
        let found = self.compiler.get_or_init(|| Compiler::find(None, &self.surroundings));
        Ok(found.as_ref().map_err(Clone::clone)?)
    }

    /// The interpreter, with CFFI fetched if need be. `Err` is the reason for a skip.
    pub(crate) fn ready(&self, wanted: Wanted) -> Result<Ready, String> {
        let mut pythons = self.pythons.lock().expect("no test panics while it holds the lock");
        let ready = pythons.entry(wanted).or_insert_with(|| {
            let python = self.find(wanted)?;
            let install = ensure_cffi(&python, &self.surroundings, &self.cache);
            Ok(Ready { install: install.map_err(|error| error.to_string())?, python })
        });
        ready.clone()
    }

    pub(crate) fn find(&self, wanted: Wanted) -> Result<PythonFacts, String> {
        let candidates = wanted.candidates(&self.environment);
        let facts = candidates.iter().find_map(|executable| ask(executable, &self.surroundings));
        facts.ok_or_else(|| {
            format!("no {} with a shared libpython and without a CFFI of its own", wanted.name())
        })
    }

    pub(crate) fn producer<'a>(&'a self, ready: &'a Ready) -> Result<CffiProducer<'a>, BuildError> {
        let compiler = self.compiler()?;
        Ok(CffiProducer::new(
            &ready.python,
            &ready.install,
            &self.surroundings,
            compiler,
            &self.cache,
        ))
    }
}

/// `None` if it has no shared libpython.
fn ask(executable: &Path, surroundings: &Surroundings) -> Option<PythonFacts> {
    let script = "import sys, sysconfig as s; v = s.get_config_vars(); \
        print(v['LIBDIR'], v.get('INSTSONAME'), *sys.version_info[:3], sep='\\n'); \
        import cffi, _cffi_backend; print(cffi.__version__)";
    let output = Command::new(executable)
        .args(["-B", "-c", script])
        .env_clear()
        .env("PATH", &surroundings.path)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    let libpython = Path::new(lines.next()?).join(lines.next()?);
    let mut number = || lines.next()?.parse::<u32>().ok();
    let version = (number()?, number()?, number()?);
    let cffi = lines.next().map(str::to_owned);
    let stamp = fs::metadata(&libpython).ok().filter(fs::Metadata::is_file)?;
    let identity = format!("{} {} {}", stamp.dev(), stamp.ino(), stamp.mtime());
    Some(PythonFacts {
        executable: executable.to_owned(),
        libpython,
        version,
        identity,
        library_path: None,
        cffi,
    })
}
