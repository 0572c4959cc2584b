//! Targets, with the real interpreters of this machine and with broken ones.

mod broken_library;
mod broken_python;
mod places;
mod truth;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use embedcheck::env::Caller;
use embedcheck::target::{Discovery, Options, Target, discover};

fn options() -> Options {
    // A loaded machine must not turn a slow interpreter into a broken one.
    Options { time_limit: Duration::from_secs(60), ..Options::default() }
}

/// Everything that this machine has.
fn here() -> &'static Discovery {
    static HERE: OnceLock<Discovery> = OnceLock::new();
    HERE.get_or_init(|| discover(&Caller::from_process(), &options()))
}

/// The first target for which `wanted` holds. Without one the test cannot say anything: `None`, and
/// a word about it, or a failure when skips are failures.
fn some_target(what: &str, wanted: impl Fn(&Target) -> bool) -> Option<&'static Target> {
    let found = here().targets.iter().find(|target| wanted(target));
    if found.is_none() {
        let message = format!("SKIPPED: there is no {what} on this machine");
        assert!(!Caller::from_process().require_all, "{message}");
        warn(&message);
    }
    found
}

/// Not `eprintln`: the test runner would keep it to itself when the test passes.
fn warn(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// An interpreter of CPython 3 with a shared libpython.
fn python3() -> Option<&'static Target> {
    some_target("CPython 3 with a shared libpython", |target| {
        target.executable.is_some() && target.libpython.is_some() && target.version.major == 3
    })
}

/// A caller who has nothing but these folders on `PATH`.
fn caller_with_path(folders: &[&Path]) -> Caller {
    let path = std::env::join_paths(folders).unwrap();
    let variables = [(OsString::from("PATH"), path)];
    Caller::from_variables(variables)
}

fn write_script(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A venv without pip, made by hand: `python -m venv` is not installed everywhere.
fn make_venv(target: &Target, folder: &Path) -> PathBuf {
    let real = fs::canonicalize(target.executable.as_ref().unwrap()).unwrap();
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let home = real.parent().unwrap().display();
    fs::write(folder.join("pyvenv.cfg"), format!("home = {home}\n")).unwrap();
    let python = bin.join("python3");
    std::os::unix::fs::symlink(&real, &python).unwrap();
    let version = &target.version;
    let site = folder.join(format!("lib/python{}.{}/site-packages", version.major, version.minor));
    fs::create_dir_all(site).unwrap();
    python
}

/// Makes every start of the venv's interpreter run this line.
fn run_at_start(target: &Target, venv: &Path, line: &str) {
    let version = &target.version;
    let site = venv.join(format!("lib/python{}.{}/site-packages", version.major, version.minor));
    fs::write(site.join("start.pth"), format!("import sys; {line}\n")).unwrap();
}

/// What an interpreter prints, asked without this project's own code.
fn ask(target: &Target, script: &str) -> String {
    let mut command = Command::new(target.executable.as_ref().unwrap());
    command.env_clear().args(["-c", script]);
    if let Some(folder) = &target.library_path {
        command.env("LD_LIBRARY_PATH", folder);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}: {}", target.id, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
