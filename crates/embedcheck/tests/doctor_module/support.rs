//! Interpreters, wheels, and what the tests do with them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use embedcheck::doctor::module::{ModuleFacts, ModuleOptions, Runtime, files};
use embedcheck::doctor::{Diagnosis, DoctorError, Finding, Subject, to_json, to_text};
use embedcheck::env::Caller;
use embedcheck::report::TextOptions;
use embedcheck::run::{HostCommand, HostKind, Stop};
use embedcheck::target::{Discovery, Options, Target, discover};
use tempfile::TempDir;

/// The version of cffi whose wheels are taken: any that has them for 3.9 to 3.13.
const CFFI: &str = "cffi==1.17.1";

/// Every CPython of this machine.
pub(crate) fn targets() -> impl Iterator<Item = &'static Target> {
    static HERE: OnceLock<Discovery> = OnceLock::new();
    let here = HERE.get_or_init(|| {
        // A loaded machine must not turn a slow interpreter into a broken one.
        let options = Options { time_limit: Duration::from_secs(60), ..Options::default() };
        discover(&Caller::from_process(), &options)
    });
    here.targets
        .iter()
        .filter(|target| target.executable.is_some() && target.implementation == "cpython")
}

/// Nothing to test with: a word about it, or a failure when skips are failures.
pub(crate) fn skip(reason: &str) {
    let message = format!("SKIPPED: {reason}");
    assert!(!Caller::from_process().require_all, "{message}");
    // Not `eprintln`: the test runner would keep it to itself when the test passes.
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// A usual CPython of this version, whatever is installed for it.
pub(crate) fn any_python(minor: u32) -> Option<&'static Target> {
    let is_it = |target: &&Target| {
        (target.version.major, target.version.minor) == (3, minor)
            && !target.free_threaded
            && !target.debug
            && !target.is_venv
    };
    let found = targets().find(is_it);
    if found.is_none() {
        skip(&format!("there is no CPython 3.{minor} on this machine"));
    }
    found
}

/// The same without any cffi.
pub(crate) fn python(minor: u32) -> Option<&'static Target> {
    let is_it = |target: &&Target| {
        (target.version.major, target.version.minor) == (3, minor)
            && !target.free_threaded
            && !target.debug
            && !target.is_venv
            // Debian's has cffi of its own.
            && target.cffi.is_none()
    };
    let found = targets().find(is_it);
    if found.is_none() {
        skip(&format!("there is no CPython 3.{minor} without cffi on this machine"));
    }
    found
}

/// Any CPython 3.
pub(crate) fn some_python() -> Option<&'static Target> {
    let found = targets()
        .find(|target| target.version.major == 3 && !target.free_threaded && !target.debug);
    if found.is_none() {
        skip("there is no CPython 3 on this machine");
    }
    found
}

/// The unpacked wheel of cffi for a version of CPython and a platform; `None` and a word when it cannot be had.
pub(crate) fn cffi(minor: u32, platform: &str) -> Option<PathBuf> {
    static LOCK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = LOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("wheels")
        .join(format!("{CFFI}-cp3{minor}-{platform}"));
    if folder.join("cffi").is_dir() {
        return Some(folder);
    }
    match download(minor, platform, &folder) {
        Ok(()) => Some(folder),
        Err(reason) => {
            skip(&format!("no wheel of {CFFI} for CPython 3.{minor} on {platform}: {reason}"));
            None
        }
    }
}

fn download(minor: u32, platform: &str, folder: &Path) -> Result<(), String> {
    let pythons = targets().filter(|target| target.version.major == 3 && target.version.minor >= 9);
    let has_pip = |target: &&Target| {
        let python = target.executable.as_ref().unwrap();
        let output = Command::new(python).args(["-m", "pip", "--version"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    let python = pythons.into_iter().find(has_pip).ok_or("no Python here has pip")?;
    let temporary =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(|error| error.to_string())?;
    let caller = Caller::from_process();
    let output = Command::new(python.executable.as_ref().unwrap())
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--implementation",
            "cp",
        ])
        .args(["--python-version", &format!("3.{minor}"), "--platform", platform, "--target"])
        .arg(temporary.path())
        .arg(CFFI)
        .env_clear()
        .envs(caller.pip_environment)
        .env("PATH", "/usr/bin:/bin")
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    fs::create_dir_all(folder.parent().unwrap()).map_err(|error| error.to_string())?;
    fs::rename(temporary.keep(), folder).map_err(|error| error.to_string())
}

/// The `_cffi_backend` of an unpacked wheel.
pub(crate) fn backend(wheel: &Path) -> PathBuf {
    let is_it =
        |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("_cffi_backend");
    fs::read_dir(wheel).unwrap().map(|entry| entry.unwrap().path()).find(is_it).unwrap()
}

/// An extension module of the standard library that every build has as a file, with its name.
pub(crate) fn stdlib_module(target: &Target) -> (String, PathBuf) {
    let wanted = ["_json", "_queue", "_asyncio", "_ctypes", "_multiprocessing"];
    let module = wanted
        .iter()
        .find_map(|name| target.extension_modules.iter().find(|module| module.name == *name));
    let module = module.expect("a CPython without a single extension module");
    (module.name.clone(), module.path.clone())
}

/// One question to the doctor.
pub(crate) struct Question {
    pub(crate) options: ModuleOptions,
    pub(crate) caller: Caller,
    /// `TMPDIR`, in which nothing may be left.
    pub(crate) temporary: TempDir,
}

impl Question {
    pub(crate) fn of(target: &Target, name: &str) -> Self {
        Self::about(Runtime::Installed(Box::new(target.clone())), name)
    }

    pub(crate) fn described(version: (u32, u32), name: &str) -> Self {
        let architecture = "x86_64".to_owned();
        Self::about(Runtime::Described { version, architecture }, name)
    }

    fn about(runtime: Runtime, name: &str) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let variables =
            [("TMPDIR", temporary.path().as_os_str().to_owned()), ("PATH", "/usr/bin:/bin".into())];
        let caller =
            Caller::from_variables(variables.map(|(name, value)| (OsString::from(name), value)));
        let options = ModuleOptions {
            name: name.to_owned(),
            runtime,
            paths: Vec::new(),
            layers: false,
            environment: Vec::new(),
            imports: Vec::new(),
            timeout: Duration::from_secs(60),
            rust_host: HostCommand::new(HostKind::Rust, "/nonexistent/host"),
        };
        Self { options, caller, temporary }
    }

    pub(crate) fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.paths.push(path.into());
        self
    }

    pub(crate) fn layers<const N: usize>(mut self, layers: [&Path; N]) -> Self {
        self.options.layers = true;
        self.options.paths = layers.map(Path::to_owned).to_vec();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.options.environment.push((name.into(), value.into()));
        self
    }

    pub(crate) fn try_ask(&self) -> Result<Answer, DoctorError> {
        let diagnosis = files(&self.caller, &self.options, &Stop::new().unwrap());
        let left: Vec<_> = fs::read_dir(self.temporary.path()).unwrap().flatten().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        diagnosis.map(Answer)
    }

    pub(crate) fn ask(&self) -> Answer {
        self.try_ask().unwrap_or_else(|error| panic!("{error}"))
    }

    /// What is said about an input that makes no sense.
    pub(crate) fn refusal(&self) -> String {
        match self.try_ask() {
            Err(error) => error.to_string(),
            Ok(answer) => panic!("no error, but {}", answer.text()),
        }
    }
}

/// What the doctor says.
pub(crate) struct Answer(pub(crate) Diagnosis);

impl Answer {
    pub(crate) fn facts(&self) -> &ModuleFacts {
        match &self.0.subject {
            Subject::Module(facts) => facts,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn text(&self) -> String {
        to_text(&self.0, &TextOptions { verbose: true, ..TextOptions::default() })
    }

    /// Healthy, and not a word.
    #[track_caller]
    pub(crate) fn assert_healthy(&self) {
        assert!(self.0.findings.is_empty(), "{}", self.text());
    }

    /// The only finding, which is of this kind, and whose summary has all these words.
    #[track_caller]
    pub(crate) fn only(&self, kind: &str, words: &[&str]) -> &Finding {
        let ids: Vec<_> = self.0.findings.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(ids, [kind], "{}", self.text());
        let finding = &self.0.findings[0];
        for word in words {
            assert!(finding.summary.contains(word), "no `{word}` in: {}", finding.summary);
        }
        assert!(!finding.evidence.is_empty(), "no evidence: {finding:?}");
        assert!(!finding.fixes.is_empty(), "nothing to do: {finding:?}");
        // What the doctor itself made and removed again means nothing to anybody.
        let json = to_json(&self.0).unwrap();
        assert!(!json.contains("embedcheck-"), "a scratch path: {json}");
        finding
    }
}

/// All commands of a finding, in their order.
pub(crate) fn commands(finding: &Finding) -> String {
    let commands: Vec<_> = finding.fixes.iter().flat_map(|fix| fix.commands.clone()).collect();
    commands.join("\n")
}

/// A folder for a test.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Copies a tree of files.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Packs a folder as `zip -r` does.
pub(crate) fn pack(folder: &Path, archive: &Path) {
    let mut zip = zip::ZipWriter::new(File::create(archive).unwrap());
    add(&mut zip, folder, "");
    zip.finish().unwrap();
}

fn add(zip: &mut zip::ZipWriter<File>, folder: &Path, below: &str) {
    let options = zip::write::SimpleFileOptions::default();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            zip.add_directory(format!("{name}/"), options).unwrap();
            add(zip, &entry.path(), &format!("{name}/"));
        } else {
            zip.start_file(name, options).unwrap();
            zip.write_all(&fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
