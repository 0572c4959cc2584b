//! Without `_cffi_backend`, and with one of another Python.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use embedcheck_plan::Flags;

use super::call;
use super::words::{dead_call, import_failure, init_failure};
use crate::check::{Case, Finding, Judgement, Lab, LabError};
use crate::diagnose::{self, Evidence};
use crate::dll::ForeignBackend;
use crate::elf::Elf;
use crate::report::Producer;
use crate::run::HostCommand;

const MODULE: &str = "_add1_cffi";
const FUNCTION: &str = "_add1_cffi.add1";

/// A case with the DLL opened and nothing on PYTHONPATH.
fn bare_case(
    lab: &Lab<'_>,
    label: &str,
    host: &HostCommand,
    folder: &Path,
) -> Result<Case, LabError> {
    let plugin = lab.cffi_plugin("add1", &folder.join("plugin.so"), &lab.absolute())?;
    let mut case = lab.case(format!("{label}, {} host", host.kind), host, folder);
    plugin.open(&mut case, "plugin", Flags::NOW | Flags::GLOBAL);
    case.env.unset("PYTHONPATH");
    Ok(case)
}

/// Adds two calls that must find a dead DLL, with this error.
fn expect_dead(lab: &Lab<'_>, case: &mut Case, error: &str) -> Result<(), LabError> {
    let printed = import_failure(lab, error);
    let block = init_failure(lab, Producer::Cffi, MODULE, &printed, "not loaded")?;
    for _ in 0..2 {
        call(case, "add1", 0);
    }
    case.expect.stdout("");
    case.expect.stderr(&(block + &dead_call(FUNCTION).repeat(2)));
    Ok(())
}

/// Where the right backend is.
fn right_folder(lab: &Lab<'_>) -> Result<PathBuf, LabError> {
    if let Some(site) = &lab.workshop.cffi()?.site_dir {
        return Ok(site.clone());
    }
    let own = lab.target.cffi.as_ref().and_then(|cffi| cffi.backend_path.as_deref());
    let folder = own.and_then(Path::parent).map(Path::to_owned);
    folder.ok_or_else(|| LabError::unavailable("_cffi_backend has no file that could be hidden"))
}

/// A pass if every dead DLL was recognised for what it is, and the remedy works.
fn conclude(
    dead: Vec<Judgement>,
    cause: &str,
    remedy: Judgement,
    words: &str,
) -> Result<Finding, LabError> {
    if !dead.iter().all(Judgement::is_good) || !remedy.is_good() {
        return Ok(Finding::of_cases(dead.into_iter().chain([remedy]).collect()));
    }
    for case in &dead {
        let seen = diagnose::cause(&Evidence::of(&case.record.observation));
        let id = seen.as_ref().map_or("none", |seen| seen.id.as_str());
        if id != cause {
            let detail = format!("{}: the cause was taken to be {id}", case.record.case);
            return Ok(Finding::fail(detail).because(seen).with_cases(dead));
        }
    }
    let mut finding = Finding::pass(format!("silent 0, recognised as {cause}"));
    finding.verified.push(words.to_owned());
    Ok(finding.with_cases(dead).with_cases([remedy]))
}

/// `cffi/missing-backend`: a `python3` of an empty virtual environment comes first on PATH. An
/// embedded CPython then takes that environment's prefix, and with it loses the site-packages of its
/// own installation, where CFFI may be: real absence, in a way that happens to real users.
pub(super) fn missing(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Cffi)?;
    let mut dead = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let mut case = bare_case(lab, "no backend", &host, folder.path())?;
        enter_venv(lab, &mut case)?;
        expect_dead(lab, &mut case, "ModuleNotFoundError: No module named '_cffi_backend'")?;
        dead.push(lab.run(case)?);
    }
    let folder = lab.folder("remedy")?;
    let mut case = bare_case(lab, "backend on PYTHONPATH", &lab.c_host(), folder.path())?;
    enter_venv(lab, &mut case)?;
    case.env.set("PYTHONPATH", right_folder(lab)?);
    call(&mut case, "add1", 42);
    let words = "the folder of _cffi_backend on PYTHONPATH";
    conclude(dead, "backend-missing", lab.run(case)?, words)
}

/// Makes an empty virtual environment in the case's folder, and puts its `python3` first on PATH.
fn enter_venv(lab: &Lab<'_>, case: &mut Case) -> Result<(), LabError> {
    let executable =
        lab.target.executable.as_deref().ok_or_else(|| {
            LabError::unavailable("the target has no interpreter to make a venv of")
        })?;
    let venv = case.folder.join("venv");
    let bin = venv.join("bin");
    let home = executable.parent().unwrap_or(Path::new("/"));
    let settings =
        format!("home = {}\ninclude-system-site-packages = false\n", home.to_string_lossy());
    fs::create_dir_all(&bin)
        .and_then(|()| symlink(executable, bin.join("python3")))
        .and_then(|()| fs::write(venv.join("pyvenv.cfg"), settings))
        .map_err(LabError::internal("make a virtual environment"))?;
    let path = case.env.get("PATH").unwrap_or_default().to_owned();
    case.env.set("PATH", joined(bin.as_os_str(), &path));
    Ok(())
}

fn joined(first: &OsStr, rest: &OsStr) -> OsString {
    let mut path = first.to_owned();
    path.push(":");
    path.push(rest);
    path
}

/// `cffi/wrong-abi-backend`: the file of another version under this version's name, first on
/// `sys.path`. What its import says is predicted from the ELF files.
pub(super) fn wrong_abi(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Cffi)?;
    let foreign = lab.workshop.foreign_backend()?;
    let missing = missing_symbols(lab, &foreign.path)?;
    let mut dead = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let mut case = bare_case(lab, "backend of another version", &host, folder.path())?;
        let site = folder.path().join("site");
        let file = plant(lab, &foreign, &site)?;
        case.env.set("PYTHONPATH", &site);
        let error = if missing.is_empty() {
            // CFFI compares three characters of the version, and says no more of its own.
            let version = format!("{}.{}", foreign.version.0, foreign.version.1);
            format!("ImportError: this module was compiled for Python {}", &version[..3])
        } else {
            format!("ImportError: {}: undefined symbol: …", file.display())
        };
        expect_dead(lab, &mut case, &error)?;
        dead.push(lab.run(case)?);
    }
    let unpredicted = dead.iter().filter_map(|case| {
        let (_, rest) = case.record.observation.stderr.text.split_once("undefined symbol: ")?;
        let symbol = rest.lines().next()?;
        (!missing.iter().any(|predicted| predicted == symbol)).then(|| symbol.to_owned())
    });
    let unpredicted: Vec<_> = unpredicted.collect();
    if !unpredicted.is_empty() {
        let detail = "the backend was refused for a symbol that the ELF files do not predict";
        return Ok(Finding::fail(detail).with_evidence(unpredicted).with_cases(dead));
    }
    let folder = lab.folder("remedy")?;
    let mut case = bare_case(lab, "right backend first", &lab.c_host(), folder.path())?;
    let site = folder.path().join("site");
    plant(lab, &foreign, &site)?;
    case.env.set("PYTHONPATH", joined(right_folder(lab)?.as_os_str(), site.as_os_str()));
    call(&mut case, "add1", 42);
    let cause = if missing.is_empty() { "backend-version" } else { "backend-abi" };
    let words = "the _cffi_backend of this version earlier on sys.path";
    let finding = conclude(dead, cause, lab.run(case)?, words)?;
    let (major, minor) = foreign.version;
    Ok(finding.with_evidence([format!("the backend is that of CPython {major}.{minor}")]))
}

/// Functions and objects of CPython that the backend needs and this libpython does not have.
fn missing_symbols(lab: &Lab<'_>, backend: &Path) -> Result<Vec<String>, LabError> {
    let read = |path: &Path| {
        Elf::read(path).map_err(LabError::internal(&format!("read {}", path.display())))
    };
    let (backend, libpython) = (read(backend)?, read(&lab.libpython.real_path)?);
    let python = |name: &str| name.starts_with("Py") || name.starts_with("_Py");
    let missing = backend
        .undefined
        .iter()
        .filter(|symbol| !symbol.weak && python(&symbol.name) && !libpython.provides(symbol));
    Ok(missing.map(|symbol| symbol.name.clone()).collect())
}

/// Puts the backend into a folder under the name by which this version looks for it.
fn plant(lab: &Lab<'_>, foreign: &ForeignBackend, site: &Path) -> Result<PathBuf, LabError> {
    let suffix = lab.target.ext_suffix.as_deref().unwrap_or(".so");
    let file = site.join(format!("_cffi_backend{suffix}"));
    fs::create_dir_all(site)
        .and_then(|()| fs::copy(&foreign.path, &file))
        .map_err(LabError::internal("put the backend of another version in its place"))?;
    Ok(file)
}
