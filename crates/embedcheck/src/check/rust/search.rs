//! Which Python a DLL takes that is not told one.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use embedcheck_plan::{Flags, PythonAction};

use super::opened;
use crate::check::plugin::NAMED_LIBPYTHON;
use crate::check::{Case, Finding, Judgement, Lab, LabError};
use crate::dll::HostLink;
use crate::report::Producer;
use crate::run::HostCommand;

/// The DLL is told nothing; everything else is told of the target.
pub(super) fn search(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut missing = Vec::new();
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        cases.push(of_the_host(lab, &host)?);
        if lab.target.executable.is_some() {
            cases.push(of_path(lab, &host)?);
            cases.push(of_venv(lab, &host)?);
        }
    }
    if lab.target.executable.is_none() {
        missing
            .push(format!("PATH and virtual environments: {} has no interpreter", lab.target.id));
    }
    match of_linked_host(lab) {
        Ok(case) => cases.push(case),
        Err(LabError::Unavailable { reason, .. }) => {
            missing.push(format!("a host linked to libpython: {reason}"));
        }
        Err(error) => return Err(error),
    }
    Ok(Finding::of_cases(cases).without(missing))
}

/// A libpython that the host has opened under a name of its own and initialised, with nothing else
/// that leads to it.
fn of_the_host(lab: &Lab<'_>, host: &HostCommand) -> Result<Judgement, LabError> {
    let folder = lab.folder("host")?;
    let (mut case, plugin) = opened(lab, "perf", "Python of the host", host, folder.path())?;
    untold(&mut case);
    let file = lab.libpython.real_path.as_path();
    let step = case.plan.open("libpython", file, Flags::NOW | Flags::LOCAL);
    case.expect.done(step);
    case.plan.python("libpython", PythonAction::Initialize(0));
    plugin.call(&mut case, "plugin");
    case.plan.python("libpython", PythonAction::SaveThread);
    plugin.call(&mut case, "plugin");
    lab.run(case)
}

/// A host that names libpython itself.
fn of_linked_host(lab: &Lab<'_>) -> Result<Judgement, LabError> {
    let folder = lab.folder("linked")?;
    let link = HostLink::to_libpython(&lab.libpython.real_path, false).with_rpath(lab.libdir());
    let host = lab.linked_host(&folder.path().join("host"), &link)?;
    let label = "libpython that the host is linked to";
    let (mut case, plugin) = opened(lab, "perf", label, &host, folder.path())?;
    untold(&mut case);
    plugin.call(&mut case, "plugin");
    lab.run(case)
}

/// The case's own PATH: its first `python3` is the target's.
fn of_path(lab: &Lab<'_>, host: &HostCommand) -> Result<Judgement, LabError> {
    let folder = lab.folder("path")?;
    let (mut case, plugin) = opened(lab, "perf", "python3 on PATH", host, folder.path())?;
    untold(&mut case);
    plugin.call(&mut case, "plugin");
    lab.run(case)
}

/// A virtual environment that is active and not on PATH.
fn of_venv(lab: &Lab<'_>, host: &HostCommand) -> Result<Judgement, LabError> {
    let folder = lab.folder("venv")?;
    let venv = folder.path().join("venv");
    make_venv(lab, &venv)?;
    let (mut case, plugin) = opened(lab, "perf", "virtual environment", host, folder.path())?;
    untold(&mut case);
    case.env.set("VIRTUAL_ENV", &venv).set("PATH", "/nonexistent");
    plugin.call(&mut case, "plugin");
    lab.run(case)
}

fn untold(case: &mut Case) {
    case.env.unset(NAMED_LIBPYTHON);
}

/// What `python -m venv --without-pip` makes, as far as it is looked at.
fn make_venv(lab: &Lab<'_>, venv: &Path) -> Result<(), LabError> {
    let executable = lab.target.executable.as_deref().unwrap_or(Path::new("/nonexistent"));
    let home = executable.parent().unwrap_or(Path::new("/"));
    let version = &lab.target.version;
    let (major, minor) = (version.major, version.minor);
    let settings = format!(
        "home = {}\ninclude-system-site-packages = false\nversion = {version}\n",
        home.to_string_lossy()
    );
    let bin = venv.join("bin");
    let site = venv.join(format!("lib/python{major}.{minor}/site-packages"));
    fs::create_dir_all(&bin)
        .and_then(|()| fs::create_dir_all(site))
        .and_then(|()| symlink(executable, bin.join("python3")))
        .and_then(|()| fs::write(venv.join("pyvenv.cfg"), settings))
        .map_err(LabError::internal("make a virtual environment"))
}

/// A `python3` first on PATH that is none, with a standard library beside it that is none: an
/// embedded CPython that is left to itself takes its prefix from there, and dies of it.
pub(super) fn prefix(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let decoy = folder.path().join("decoy");
        make_decoy(lab, &decoy)?;
        let (mut case, _) =
            opened(lab, "facts", "another python3 first on PATH", &host, folder.path())?;
        let mut path: OsString = decoy.join("bin").into_os_string();
        path.push(":");
        path.push(case.env.get("PATH").unwrap_or_default());
        case.env.set("PATH", path);
        let prefix = case.plan.call("plugin", "facts_prefix", "s()", &[]);
        let own = lab.target.base_prefix.as_ref().or(lab.target.prefix.as_ref());
        match own {
            Some(own) => case.expect.value(prefix, own.to_string_lossy()),
            // Without an interpreter nothing but the libpython itself knows.
            None => case.expect.done(prefix),
        }
        let executable = case.plan.call("plugin", "facts_executable", "s()", &[]);
        case.expect.done(executable);
        let add = case.plan.call("plugin", "facts_add", "i(ii)", &[40.into(), 2.into()]);
        case.expect.value(add, 42);
        let mut judged = lab.run(case)?;
        for step in [prefix, executable] {
            let seen = judged.record.observation.value(step).and_then(|value| value.as_str());
            if let Some(seen) = seen.filter(|seen| Path::new(seen).starts_with(&decoy)) {
                let text = format!("line {step}: {seen} is of the other python3");
                judged.deviate(text);
            }
        }
        // Where there is an interpreter, it is named, and not left empty.
        let named = judged.record.observation.value(executable).and_then(|value| value.as_str());
        if let (Some(own), Some(named), Some(_)) = (own, named, &lab.target.executable)
            && !Path::new(named).starts_with(own)
        {
            let own = own.display();
            judged.deviate(format!("line {executable}: sys.executable is {named:?}, not in {own}"));
        }
        cases.push(judged);
    }
    Ok(Finding::of_cases(cases))
}

fn make_decoy(lab: &Lab<'_>, decoy: &Path) -> Result<(), LabError> {
    let version = &lab.target.version;
    let library = decoy.join(format!("lib/python{}.{}", version.major, version.minor));
    let bin = decoy.join("bin");
    fs::create_dir_all(&bin)
        .and_then(|()| fs::create_dir_all(library.join("lib-dynload")))
        .and_then(|()| fs::write(library.join("os.py"), ""))
        .and_then(|()| symlink("/bin/true", bin.join("python3")))
        .map_err(LabError::internal("make another python3"))
}
