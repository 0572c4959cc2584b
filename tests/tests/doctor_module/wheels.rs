//! Real wheels of the package index, fetched once into a folder below cargo's own, and then used from
//! there without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use embedcheck::dll::cffi::is_pip_variable;
use embedcheck_tests::{CALLER, TARGETS, required};

/// A distribution in one version, for one Python.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wheel {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// `3.11`.
    pub(crate) python: &'static str,
    /// `manylinux2014`: for which glibc (PEP 600).
    pub(crate) system: &'static str,
}

/// Amazon Linux 2 has them, too.
const OLD: &str = "manylinux2014";

pub(crate) const CRYPTOGRAPHY: Wheel =
    Wheel { name: "cryptography", version: "41.0.7", python: "3.11", system: OLD };
/// The same for newer systems: its Rust code needs glibc 2.28.
pub(crate) const CRYPTOGRAPHY_NEWER: Wheel = Wheel { system: "manylinux_2_28", ..CRYPTOGRAPHY };
pub(crate) const CFFI_311: Wheel =
    Wheel { name: "cffi", version: "1.16.0", python: "3.11", system: OLD };
pub(crate) const CFFI_312: Wheel =
    Wheel { name: "cffi", version: "1.16.0", python: "3.12", system: OLD };
pub(crate) const CFFI_313: Wheel =
    Wheel { name: "cffi", version: "1.17.1", python: "3.13", system: OLD };
pub(crate) const PYCPARSER: Wheel =
    Wheel { name: "pycparser", version: "2.22", python: "3.11", system: OLD };
pub(crate) const PYMYSQL: Wheel =
    Wheel { name: "pymysql", version: "1.1.1", python: "3.11", system: OLD };

/// `target/wheels`.
fn cache() -> PathBuf {
    let this = std::env::current_exe().expect("a test knows its own path");
    // target/PROFILE/deps/this
    this.ancestors().nth(3).expect("tests lie below the folder of cargo").join("wheels")
}

/// All of them, each in a folder of its own; `None`, said aloud, if one cannot be had. With
/// `EMBEDCHECK_REQUIRE_ALL=1` that is a failure.
pub(crate) fn all(wheels: &[Wheel]) -> Option<Vec<PathBuf>> {
    wheels.iter().map(|wheel| one(*wheel)).collect()
}

fn one(wheel: Wheel) -> Option<PathBuf> {
    let Wheel { name, version, python, system } = wheel;
    let folder = cache().join(format!("{name}-{version}-for-{python}-{system}"));
    let what = format!("the wheel of {name} {version} for Python {python} on {system}");
    if let Some(file) = in_folder(&folder) {
        return Some(file);
    }
    match fetch(wheel, &folder) {
        Ok(file) => Some(file),
        Err(reason) => required(&format!("{what}: {reason}"), None),
    }
}

fn in_folder(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
}

fn fetch(wheel: Wheel, folder: &Path) -> Result<PathBuf, String> {
    let made = fs::create_dir_all(cache()).and_then(|()| tempfile::tempdir_in(cache()));
    let scratch = made.map_err(|error| error.to_string())?;
    let mut newest = TARGETS.iter().filter(|target| target.version.major == 3).rev();
    let python =
        newest.find_map(|target| target.executable.as_ref()).ok_or("no Python to fetch it with")?;
    let mut command = pip(python, scratch.path());
    command
        .args(["download", "--no-deps", "--only-binary=:all:", "--implementation=cp"])
        .arg(format!("--python-version={}", wheel.python))
        .arg(format!("--platform={}_{}", wheel.system, std::env::consts::ARCH))
        .arg("--dest")
        .arg(scratch.path())
        .arg(format!("{}=={}", wheel.name, wheel.version));
    succeeded(&mut command)?;
    // Another test may have been faster; then the scratch folder goes.
    if fs::rename(scratch.path(), folder).is_ok() {
        let _ = scratch.keep();
    }
    in_folder(folder).ok_or_else(|| "pip fetched something else".to_owned())
}

/// pip with what the caller has set for it, and nothing else of the caller's.
pub(crate) fn pip(python: &Path, home: &Path) -> Command {
    let mut command = limited(python, home);
    command.args(["-m", "pip", "--disable-pip-version-check", "--no-input"]);
    let ours = CALLER.pip_environment.iter().filter(|(name, _)| is_pip_variable(name));
    command.envs(ours.map(|(name, value)| (name, value)));
    command
}

/// A program with an environment built from nothing and a time limit.
pub(crate) fn limited(program: &Path, home: &Path) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--signal=KILL", "180"])
        .arg(program)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("HOME", home)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    command
}

/// Runs it; what it said if it failed.
pub(crate) fn succeeded(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<_> = said.lines().rev().take(12).collect();
    let last: Vec<_> = last.into_iter().rev().collect();
    Err(format!("{command:?}: {}\n{}", output.status, last.join("\n")))
}

/// Unpacks wheels into a folder, as `pip install --target` lays them.
pub(crate) fn unpack(python: &Path, wheels: &[PathBuf], folder: &Path) {
    for wheel in wheels {
        let mut command = limited(python, folder.parent().expect("it is no root"));
        command.args(["-m", "zipfile", "-e"]).arg(wheel).arg(folder);
        succeeded(&mut command).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Runs a command that the doctor printed, in a shell, as somebody does who pastes it. pip finds these wheels
/// and nothing else.
pub(crate) fn paste(line: &str, wheels: &[PathBuf], home: &Path) {
    let folders: Vec<_> = wheels
        .iter()
        .filter_map(|wheel| wheel.parent())
        .map(|it| it.display().to_string())
        .collect();
    let mut command = limited(Path::new("/bin/sh"), home);
    command
        .args(["-ec", line])
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", folders.join(" "))
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    succeeded(&mut command).unwrap_or_else(|error| panic!("{error}"));
}
