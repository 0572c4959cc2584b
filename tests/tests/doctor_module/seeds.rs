//! The stories of two people who were stuck at `No module named '_cffi_backend'`, with real wheels; each
//! ends with the command that the doctor printed, and the program that works after it.

use std::fs;
use std::path::{Path, PathBuf};

use embedcheck::doctor::module::{ModuleOptions, Runtime};
use embedcheck::doctor::{Diagnosis, Finding, Severity, to_text};
use embedcheck::report::TextOptions;
use embedcheck::target::{self, Target};
use embedcheck_tests::{CALLER, required, target};

use crate::support::{finding, options, visit};
use crate::wheels::{
    self, CFFI_311, CFFI_312, CFFI_313, CRYPTOGRAPHY, CRYPTOGRAPHY_NEWER, PYCPARSER, PYMYSQL,
    Wheel, limited, paste, pip, succeeded, unpack,
};

const MODULE: &str = "_cffi_backend";

/// Asks for a token with cryptography's Rust code.
const PROGRAM: &str = "from cryptography.fernet import Fernet; f = Fernet(Fernet.generate_key()); \
                       print(f.decrypt(f.encrypt(b'forty-two')).decode())";

/// A virtual environment with pip and these wheels, and nothing of what the machine has installed.
fn venv(base: &Target, folder: &Path, wheels: &[PathBuf]) -> Option<Target> {
    let python = folder.join("venv/bin/python");
    let mut make = limited(base.executable.as_deref()?, folder);
    let made = succeeded(make.args(["-m", "venv"]).arg(folder.join("venv")));
    required("a Python that makes virtual environments with pip", made.ok())?;
    let mut install = pip(&python, folder);
    install.args(["install", "--no-deps", "--no-index"]).args(wheels);
    succeeded(&mut install).unwrap_or_else(|error| panic!("{error}"));
    let found = target::identify_python(&CALLER, &target::Options::default(), &python);
    Some(found.unwrap_or_else(|error| panic!("{error}")))
}

fn works(target: &Target, program: &str, folder: &Path) -> Result<String, String> {
    let python = target.executable.as_deref().expect("it can be run");
    let output = succeeded(limited(python, folder).args(["-c", program]))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn problems(diagnosis: &Diagnosis) -> Vec<&Finding> {
    diagnosis.findings.iter().filter(|finding| finding.severity == Severity::Problem).collect()
}

/// The only problem that was found.
fn problem(diagnosis: &Diagnosis) -> &Finding {
    match problems(diagnosis).as_slice() {
        [problem] => problem,
        _ => panic!("{:#?}", diagnosis.findings),
    }
}

/// Runs the commands of the first fix.
fn mend(problem: &Finding, wheels: &[PathBuf], folder: &Path) {
    let fix = problem.fixes.iter().find(|fix| !fix.commands.is_empty());
    let fix = fix.unwrap_or_else(|| panic!("{problem:#?}"));
    for command in &fix.commands {
        paste(command, wheels, folder);
    }
}

fn has_line(finding: &Finding, part: &str) -> bool {
    finding.evidence.iter().any(|line| line.contains(part))
}

/// cryptography 41 on Python 3.13 without cffi: the import panics, and no `except` catches it.
#[test]
fn seed_000_without_cffi() {
    let Some(base) = target("3.13") else { return };
    let Some(wheels) = wheels::all(&[CRYPTOGRAPHY, CFFI_313, PYCPARSER]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(target) = venv(base, folder.path(), &wheels[..1]) else { return };
    let error = works(&target, PROGRAM, folder.path()).expect_err("it has no cffi");
    assert!(error.contains("PanicException"), "{error}");

    let mut options = options(&target, MODULE, &[]);
    options.imports = vec!["cryptography.fernet".to_owned()];
    let diagnosis = visit(&options);
    let missing = problem(&diagnosis);
    assert_eq!(missing.id, "module-missing", "{missing:#?}");
    assert!(has_line(missing, "cryptography 41.0.7"), "{missing:#?}");
    assert!(has_line(missing, "import cryptography.fernet ends with pyo3_runtime.PanicException"));
    let panic = finding(&diagnosis, "module-pyo3-panic");
    assert!(panic.summary.contains("cannot import _cffi_backend"), "{}", panic.summary);
    assert!(panic.summary.contains("(cryptography 41.0.7, "), "{}", panic.summary);
    assert!(has_line(panic, "ModuleNotFoundError: No module named '_cffi_backend'"), "{panic:#?}");

    // The way there is told once, by the finding; more of it is to be asked for.
    let told = |verbose| {
        let text = to_text(&diagnosis, &TextOptions { verbose, ..TextOptions::default() });
        text.matches(".py:").count()
    };
    assert_eq!(told(false), 1);
    assert!(told(true) > 1);

    // What the seed says of libffi-dev is about building from source: a wheel needs none.
    let said = format!("{:?}", missing.fixes);
    assert!(!said.contains("libffi-dev"), "{said}");
    mend(missing, &wheels[1..], folder.path());
    assert_eq!(works(&target, PROGRAM, folder.path()).as_deref(), Ok("forty-two"));
    let diagnosis = visit(&options);
    assert!(diagnosis.is_healthy(), "{:#?}", diagnosis.findings);
}

/// The same with a `_cffi_backend` on the path that was built for another Python: the error is the same,
/// and the cause is not.
#[test]
fn seed_000_with_the_cffi_of_another_python() {
    let Some(base) = target("3.13") else { return };
    let Some(wheels) = wheels::all(&[CRYPTOGRAPHY, CFFI_311, PYCPARSER, CFFI_313]) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(target) = venv(base, folder.path(), &wheels[..1]) else { return };
    let old = folder.path().join("old packages");
    fs::create_dir(&old).expect("a new folder");
    unpack(target.executable.as_deref().expect("it can be run"), &wheels[1..3], &old);

    let mut options = options(&target, MODULE, &[&old]);
    options.imports = vec!["cryptography.fernet".to_owned()];
    let diagnosis = visit(&options);
    let other = problem(&diagnosis);
    assert_eq!(other.id, "module-other-python", "{other:#?}");
    assert!(other.summary.contains("3.11"), "{}", other.summary);
    finding(&diagnosis, "module-pyo3-panic");
    mend(other, &wheels[2..], folder.path());
    let diagnosis = visit(&options);
    assert!(diagnosis.is_healthy(), "{:#?}", diagnosis.findings);
}

/// Two layers of AWS Lambda: one with pymysql, one with cryptography and cffi for 3.11.
struct Layers {
    folder: tempfile::TempDir,
    wheels: Vec<PathBuf>,
}

impl Layers {
    fn new() -> Option<Self> {
        Self::with(CRYPTOGRAPHY)
    }

    fn with(cryptography: Wheel) -> Option<Self> {
        let python = target("3.12")?.executable.as_deref()?;
        let wheels = wheels::all(&[PYMYSQL, cryptography, CFFI_311, PYCPARSER, CFFI_312])?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, range) in [("mysql", 0..1), ("crypto", 1..4)] {
            let layer = folder.path().join(name).join("python");
            fs::create_dir_all(&layer).expect("a new folder");
            unpack(python, &wheels[range], &layer);
        }
        Some(Self { folder, wheels })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(&self, target: &Target) -> ModuleOptions {
        let paths = [self.at("mysql"), self.at("crypto")];
        let mut options = options(target, MODULE, &paths.each_ref().map(PathBuf::as_path));
        options.layers = true;
        options
    }

    /// The layer as an archive.
    fn zip(&self, name: &str) -> PathBuf {
        let python = target("3.12").and_then(|it| it.executable.as_deref()).expect("it was there");
        let archive = self.at(&format!("{name}.zip"));
        let mut command = limited(python, self.folder.path());
        command.args(["-m", "zipfile", "-c"]).arg(&archive).arg(self.at(name).join("python"));
        succeeded(&mut command).unwrap_or_else(|error| panic!("{error}"));
        archive
    }
}

const CHAIN: &str =
    "PyMySQL[rsa] 1.1.1 (layer 1) -> cryptography 41.0.7 (layer 2) -> cffi 1.16.0 (layer 2)";

fn told(diagnosis: &Diagnosis) -> &Finding {
    let problem = problem(diagnosis);
    assert_eq!(problem.id, "module-other-python", "{problem:#?}");
    assert!(problem.summary.contains("CPython 3.11"), "{}", problem.summary);
    assert!(problem.summary.contains("layer 2"), "{}", problem.summary);
    assert!(has_line(problem, CHAIN), "{problem:#?}");
    problem
}

#[test]
fn seed_001_on_another_runtime() {
    let (Some(newer), Some(older)) = (target("3.12"), target("3.11")) else { return };
    let Some(layers) = Layers::new() else { return };

    let diagnosis = visit(&layers.options(older));
    assert!(diagnosis.is_healthy(), "{:#?}", diagnosis.findings);

    let diagnosis = visit(&layers.options(newer));
    let problem = told(&diagnosis);
    assert!(
        has_line(problem, "import pymysql ends with pyo3_runtime.PanicException"),
        "{problem:#?}"
    );
    // The native code of cryptography is what imports it, from the line that imports that.
    assert!(
        has_line(problem, "cryptography.hazmat.bindings._rust -> _cffi_backend"),
        "{problem:#?}"
    );
    assert!(
        has_line(problem, "from /opt/python/cryptography/hazmat/primitives/hashes.py:10"),
        "{problem:#?}"
    );
    mend(problem, &layers.wheels[3..], layers.folder.path());
    let diagnosis = visit(&layers.options(newer));
    assert!(diagnosis.is_healthy(), "{:#?}", diagnosis.findings);
}

/// The files alone tell as much, of archives, for a Python that is not installed.
#[test]
fn seed_001_without_the_runtime() {
    let Some(layers) = Layers::new() else { return };
    let mut options = layers.options(target("3.12").expect("it was there"));
    options.paths = vec![layers.zip("mysql"), layers.zip("crypto")];
    let described =
        |version| Runtime::Described { version, architecture: std::env::consts::ARCH.to_owned() };
    options.runtime = described((3, 12));
    told(&visit(&options));
    options.runtime = described((3, 11));
    let diagnosis = visit(&options);
    assert!(diagnosis.is_healthy(), "{:#?}", diagnosis.findings);
}

/// cffi fits Python 3.11, and the function cannot start all the same: Amazon Linux 2 has not the glibc that the Rust code of
/// cryptography needs, whatever this machine has.
#[test]
fn seed_001_with_the_cryptography_of_a_newer_system() {
    let Some(older) = target("3.11") else { return };
    let (Some(layers), Some(good)) =
        (Layers::with(CRYPTOGRAPHY_NEWER), wheels::all(&[CRYPTOGRAPHY]))
    else {
        return;
    };
    let mut options = layers.options(older);
    let installed = visit(&options);
    options.runtime =
        Runtime::Described { version: (3, 11), architecture: std::env::consts::ARCH.to_owned() };
    for diagnosis in [&installed, &visit(&options)] {
        let unfit = problem(diagnosis);
        assert_eq!(unfit.id, "module-dependent-unfit", "{unfit:#?}");
        for words in ["cryptography 41.0.7", "layer 2", "_rust.abi3.so", "needs glibc 2.28"] {
            assert!(unfit.summary.contains(words), "no `{words}` in: {}", unfit.summary);
        }
        assert!(has_line(unfit, CHAIN), "{unfit:#?}");
    }
    mend(problem(&installed), &good, layers.folder.path());
    let diagnosis = visit(&options);
    assert!(diagnosis.is_healthy(), "{:#?}", diagnosis.findings);
}
