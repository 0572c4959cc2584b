//! Makes the plugin of CFFI's documentation, well or badly, and lets the doctor see it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use embedcheck::diagnose::{self, Evidence};
use embedcheck::dll::{
    Cache, CffiInstall, CffiProducer, Compiler, Fixture, PythonFacts, Surroundings, ensure_cffi,
};
use embedcheck::doctor::dll::{DllFacts, DllOptions, RunFacts, Scope};
use embedcheck::doctor::{self, Diagnosis, Finding, Severity, Subject};
use embedcheck::run::Stop;
use embedcheck::target::{Support, Target};
use embedcheck_tests::{CALLER, RUST_HOST, TARGETS, required};

/// The call of the documentation's example.
pub(crate) const DO_STUFF: &[&str] =
    &["typedef struct { int x, y; } point_t; int do_stuff(point_t *)", "{20, 22}"];

/// A workbench for one Python.
pub(crate) struct Shop {
    pub(crate) target: &'static Target,
    pub(crate) folder: tempfile::TempDir,
    python: PythonFacts,
    install: CffiInstall,
    surroundings: Surroundings,
    compiler: Compiler,
    cache: Cache,
}

impl Shop {
    /// For a Python whose libpython ld.so does not find by itself; `None`, said aloud, if there is none, or
    /// no CFFI for it.
    pub(crate) fn new() -> Option<Self> {
        let is_apart = |target: &&Target| {
            let libpython = target.libpython.as_ref();
            let system = ["/lib", "/usr/lib", "/usr/local/lib"];
            target.support == Support::Full
                && target.has_headers
                && !target.free_threaded
                && libpython.is_some_and(|libpython| {
                    !system.iter().any(|folder| libpython.real_path.starts_with(folder))
                })
        };
        // Not the newest, for which CFFI may have no wheel yet.
        let mut apart = TARGETS.iter().filter(is_apart);
        let target =
            apart.clone().find(|target| target.version.minor == 12).or_else(|| apart.next());
        let what = "a CPython whose libpython lies outside of the system's folders, with headers";
        let target = required(what, target)?;
        let made = Self::for_target(target);
        made.map_err(|reason| required::<()>(&reason, None)).ok()
    }

    fn for_target(target: &'static Target) -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Beside what the tests make, which is to be the only thing in its folder.
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor");
        fs::create_dir_all(&scratch).expect("cargo's own folder can be written to");
        let surroundings = Surroundings {
            path: CALLER.path.clone().unwrap_or_default(),
            scratch: scratch.clone(),
            pip_environment: CALLER.pip_environment.clone(),
            offline: false,
            stop: Stop::new().expect("a descriptor is left"),
        };
        let cache = Cache::open(CALLER.cache_folder().as_deref(), &scratch);
        let compiler = Compiler::find(CALLER.cc.as_deref(), &surroundings)
            .map_err(|error| error.to_string())?;
        let libpython = target.embeddable().expect("it was chosen so");
        let python = PythonFacts::of(target, libpython).ok_or("an interpreter")?;
        let install =
            ensure_cffi(&python, &surroundings, &cache).map_err(|error| error.to_string())?;
        Ok(Self { target, folder, python, install, surroundings, compiler, cache })
    }

    fn producer(&self) -> CffiProducer<'_> {
        let Self { python, install, surroundings, compiler, cache, .. } = self;
        CffiProducer::new(python, install, surroundings, compiler, cache)
    }

    pub(crate) fn libpython(&self) -> &Path {
        &self.target.embeddable().expect("it was chosen so").real_path
    }

    pub(crate) fn libdir(&self) -> &Path {
        self.libpython().parent().expect("a file lies in a folder")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The C code that CFFI makes of a fixture.
    pub(crate) fn code(&self, fixture: &str) -> String {
        let file = self.producer().c_file(known(fixture)).unwrap_or_else(|error| panic!("{error}"));
        fs::read_to_string(file).expect("CFFI writes text")
    }

    /// `NAME.o` in the folder, of a fixture.
    pub(crate) fn object(&self, fixture: &str, name: &str) -> PathBuf {
        let object =
            self.producer().object(known(fixture)).unwrap_or_else(|error| panic!("{error}"));
        let to = self.path(name);
        fs::copy(object, &to).expect("the object can be copied");
        to
    }

    /// The words that link objects to this libpython, for `sh` and `make`.
    pub(crate) fn link_words(&self, object: &str, out: &str) -> String {
        let libpython = self.libpython().display();
        format!("cc -shared -pthread -o {out} {object} -Wl,--no-as-needed {libpython}")
    }

    /// A DLL of a fixture that finds its libpython.
    pub(crate) fn good(&self, fixture: &str, out: &str) -> PathBuf {
        self.object(fixture, "plugin.o");
        let words = self.link_words("plugin.o", out);
        self.sh(&format!("{words} -Wl,-rpath,{}", self.libdir().display()));
        self.path(out)
    }

    /// Runs a line in the folder; it must succeed.
    pub(crate) fn sh(&self, line: &str) {
        let output = self.try_sh(line);
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs a line in the folder.
    pub(crate) fn try_sh(&self, line: &str) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.folder.path());
        // What CI exports for cc would change what is shown.
        for name in ["LD_LIBRARY_PATH", "LD_RUN_PATH", "LIBRARY_PATH"] {
            command.env_remove(name);
        }
        command.output().expect("there is a shell")
    }

    /// Where CFFI is, for DLLs of a Python that does not have it.
    pub(crate) fn site(&self) -> Vec<(OsString, OsString)> {
        let site = self.install.site_dir.iter();
        site.map(|site| ("PYTHONPATH".into(), site.clone().into())).collect()
    }

    /// Lets the doctor see a DLL, with CFFI on PYTHONPATH.
    pub(crate) fn doctor(&self, dll: &Path, call: &[&str]) -> Seen {
        self.doctor_with(dll, call, self.site())
    }

    /// Lets the doctor see a DLL with these variables.
    pub(crate) fn doctor_with(
        &self,
        dll: &Path,
        call: &[&str],
        environment: Vec<(OsString, OsString)>,
    ) -> Seen {
        see(self.target, dll, call, environment)
    }
}

/// Lets the doctor see a DLL.
pub(crate) fn see(
    target: &Target,
    dll: &Path,
    call: &[&str],
    environment: Vec<(OsString, OsString)>,
) -> Seen {
    let timeout = Duration::from_secs(if call == ["void hang(void)"] { 3 } else { 60 });
    let call: Vec<_> = call.iter().map(|word| (*word).to_owned()).collect();
    let options = DllOptions {
        dll: dll.to_owned(),
        host: None,
        environment,
        calls: if call.is_empty() { Vec::new() } else { vec![call] },
        timeout,
        rust_host: RUST_HOST.clone(),
    };
    let stop = Stop::new().expect("a descriptor is left");
    let diagnosis = doctor::dll(target, &CALLER, &options, &stop);
    Seen(diagnosis.unwrap_or_else(|error| panic!("{}: {error}", dll.display())))
}

pub(crate) fn known(fixture: &str) -> &'static Fixture {
    Fixture::named(fixture).expect("the fixture is there")
}

/// A diagnosis, for assertions that show all of it.
#[derive(Debug)]
pub(crate) struct Seen(pub(crate) Diagnosis);

impl Seen {
    /// The finding of that id.
    pub(crate) fn finding(&self, id: &str) -> &Finding {
        let mut findings = self.0.findings.iter();
        findings.find(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id} in {self:#?}"))
    }

    /// The ids of all problems.
    pub(crate) fn problems(&self) -> Vec<&str> {
        let problems = self.0.findings.iter().filter(|one| one.severity == Severity::Problem);
        problems.map(|finding| &*finding.id).collect()
    }

    pub(crate) fn facts(&self) -> &DllFacts {
        match &self.0.subject {
            Subject::Dll(facts) => facts,
            other => panic!("{other:#?}"),
        }
    }

    pub(crate) fn runs(&self) -> &RunFacts {
        self.facts().runs.as_ref().unwrap_or_else(|| panic!("it was not run: {self:#?}"))
    }

    /// Whether each host in that scope works; they must agree.
    pub(crate) fn works(&self, scope: Scope) -> bool {
        let runs: Vec<_> = self.runs().runs.iter().filter(|run| run.scope == scope).collect();
        let works = runs.iter().filter(|run| run.works).count();
        assert!(!runs.is_empty() && (works == 0 || works == runs.len()), "{scope:?}: {self:#?}");
        works > 0
    }

    /// The commands of a finding that were tried and work.
    pub(crate) fn verified(&self, id: &str) -> Vec<&str> {
        let fixes = self.finding(id).fixes.iter().filter(|fix| fix.verified);
        fixes.flat_map(|fix| fix.commands.iter().map(String::as_str)).collect()
    }
}

/// What the rules make of messages of a compiler.
pub(crate) fn build_cause(output: &Output) -> Option<String> {
    let messages = String::from_utf8_lossy(&output.stderr);
    diagnose::cause(&Evidence::of_build(&messages)).map(|cause| cause.id)
}

/// One more variable.
pub(crate) fn with(
    mut environment: Vec<(OsString, OsString)>,
    name: &str,
    value: impl AsRef<OsStr>,
) -> Vec<(OsString, OsString)> {
    environment.push((name.into(), value.as_ref().to_owned()));
    environment
}
