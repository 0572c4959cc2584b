//! `sys.prefix`, `sys.executable` and site-packages come from the libpython, or from the virtual
//! environment that is meant, whatever `python3` is first on PATH.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;

use crate::case::{Case, Outcome};
use crate::interpreters::Target;
use crate::{Stop, on_each, on_two, skip};

const WHERE: &str = "import sys; result = '|'.join([sys.prefix, sys.base_prefix, sys.executable, \
     repr(sys.argv), ':'.join(sys.path)])";

pub(crate) fn trials(targets: &[Target]) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(on_each(targets, "prefix", prefix));
    trials.extend(on_each(targets, "venv", venv));
    trials.extend(on_each(targets, "venv/first-on-path", venv_on_path));
    trials.extend(on_each(targets, "venv/named-by-the-variable", venv_by_variable));
    trials.extend(on_each(targets, "venv/that-is-none", no_venv));
    trials.extend(on_each(targets, "venv/of-a-python-without-libpython", static_venv));
    trials.extend(on_each(targets, "home", home));
    trials.extend(on_each(targets, "no-executable", no_executable));
    trials.push(on_two(targets, "prefix/foreign-venv-first-on-path", foreign_venv));
    trials.push(on_two(targets, "venv/of-another-version-is-not-used", other_venv));
    trials
}

/// prefix, base prefix, executable, argv and path of a host that has run [`WHERE`].
fn parts(outcome: &Outcome) -> Result<[String; 5], Stop> {
    let parts: Vec<String> = outcome.line("result")?.split('|').map(str::to_owned).collect();
    parts.try_into().map_err(|_| outcome.fail("not five parts").into())
}

fn is_at(target: &Target, outcome: &Outcome) -> Result<(), Stop> {
    outcome.started_with(&target.library)?;
    let [prefix, base, executable, argv, path] = parts(outcome)?;
    let expected = target.prefix.display().to_string();
    if prefix != expected || base != expected {
        return Err(outcome.fail(&format!("the prefix should be {expected}")).into());
    }
    if Path::new(&executable) != target.python() {
        return Err(outcome.fail(&format!("it should be {}", target.python().display())).into());
    }
    if argv != "['']" {
        return Err(outcome.fail("sys.argv should be ['']").into());
    }
    let site = ["site-packages", "dist-packages"];
    let mut folders = path.split(':').filter(|folder| !folder.is_empty());
    if !folders.all(|folder| folder.starts_with(&expected) || folder.starts_with("/usr/local"))
        || !site.iter().any(|site| path.ends_with(site))
    {
        return Err(outcome.fail("sys.path should be under the prefix").into());
    }
    Ok(())
}

fn prefix(target: &Target) -> Result<(), Stop> {
    is_at(target, &Case::on(target).words(&["start", "run", WHERE]).run()?)
}

/// A virtual environment of a target.
fn make_venv(target: &Target) -> Result<(tempfile::TempDir, PathBuf), Stop> {
    if target.loader.is_some() {
        return Err(skip("its interpreter does not run with this machine's C library"));
    }
    let folder = tempfile::tempdir()?;
    let venv = folder.path().canonicalize()?.join("venv");
    let made = Command::new(target.python())
        .args(["-I", "-m", "venv", "--without-pip"])
        .arg(&venv)
        .env_clear()
        .output()?;
    if !made.status.success() {
        let reason = String::from_utf8_lossy(&made.stderr);
        return Err(skip(&format!("its interpreter makes no virtual environment: {reason}")));
    }
    Ok((folder, venv))
}

fn is_in_venv(venv: &Path, target: &Target, outcome: &Outcome) -> Result<(), Stop> {
    outcome.started_with(&target.library)?;
    let [prefix, base, executable, _, path] = parts(outcome)?;
    let expected = venv.display().to_string();
    if prefix != expected || Path::new(&base) != target.prefix {
        return Err(outcome.fail(&format!("the prefix should be {expected}")).into());
    }
    if Path::new(&executable) != venv.join("bin/python") {
        return Err(outcome.fail("sys.executable should be the environment's").into());
    }
    if !path
        .split(':')
        .any(|folder| folder.starts_with(&expected) && folder.ends_with("site-packages"))
    {
        return Err(outcome.fail("the environment's site-packages should be on sys.path").into());
    }
    Ok(())
}

/// By `VIRTUAL_ENV`, which leads to the libpython as well; by `VIRTUAL_ENV` and a libpython that
/// is named; by the author.
fn venv(target: &Target) -> Result<(), Stop> {
    let (_folder, venv) = make_venv(target)?;
    let alone = Case::under(target).env("VIRTUAL_ENV", &venv).words(&["start", "run", WHERE]);
    is_in_venv(&venv, target, &alone.run()?)?;
    let both = Case::on(target).env("VIRTUAL_ENV", &venv).words(&["start", "run", WHERE]);
    is_in_venv(&venv, target, &both.run()?)?;
    let author = Case::under(target).word("venv").word(&venv).words(&["start", "run", WHERE]);
    is_in_venv(&venv, target, &author.run()?)
}

/// An environment that is only first on PATH, as in images of containers: it is meant if it leads to
/// the libpython, and no file of it is looked at otherwise.
fn venv_on_path(target: &Target) -> Result<(), Stop> {
    let (_folder, venv) = make_venv(target)?;
    let on_path = |case: Case| case.env("PATH", venv.join("bin")).words(&["start", "run", WHERE]);
    is_in_venv(&venv, target, &on_path(Case::under(target)).run()?)?;
    is_at(target, &on_path(Case::on(target)).run()?)?;
    let author = Case::under(target).word("libpython").word(&target.library);
    is_at(target, &on_path(author).run()?)?;
    // VIRTUAL_ENV is the more explicit of the two.
    let (_other_folder, active) = make_venv(target)?;
    let both = on_path(Case::under(target).env("VIRTUAL_ENV", &active));
    is_in_venv(&active, target, &both.run()?)
}

/// `EMBED_DLL_LIBPYTHON` may be an environment or its interpreter, and counts more than others.
fn venv_by_variable(target: &Target) -> Result<(), Stop> {
    let (_folder, venv) = make_venv(target)?;
    let (_other_folder, active) = make_venv(target)?;
    for value in [venv.clone(), venv.join("bin/python"), venv.join("bin/python3")] {
        let case = || Case::under(target).env("EMBED_DLL_LIBPYTHON", &value);
        is_in_venv(&venv, target, &case().words(&["start", "run", WHERE]).run()?)?;
        let both = case().env("VIRTUAL_ENV", &active).env("PATH", active.join("bin"));
        is_in_venv(&venv, target, &both.words(&["start", "run", WHERE]).run()?)?;
    }
    Ok(())
}

/// The environment of another version is first on PATH, which decides everything for a plain
/// `Py_InitializeEx`.
fn foreign_venv(one: &Target, other: &Target) -> Result<(), Stop> {
    for (target, foreign) in [(one, other), (other, one)] {
        let (_folder, venv) = make_venv(foreign)?;
        let case = Case::on(target).env("PATH", venv.join("bin"));
        is_at(target, &case.words(&["start", "run", WHERE]).run()?)?;
    }
    Ok(())
}

fn other_venv(one: &Target, other: &Target) -> Result<(), Stop> {
    let (_folder, venv) = make_venv(other)?;
    let case = Case::on(one).env("VIRTUAL_ENV", &venv).env("EMBED_DLL_LOG", "1");
    let outcome = case.words(&["start", "run", WHERE]).run()?;
    is_at(one, &outcome)?;
    if !outcome.stderr.contains("is for Python") {
        return Err(outcome.fail("the log should say why the environment is not used").into());
    }
    let case = Case::on(one).env("VIRTUAL_ENV", &venv).words(&["start", "start", "run", WHERE]);
    let reason = format!("is for Python 3.{}, not for the 3.{}", other.version.1, one.version.1);
    warns_once(&case.run()?, &venv, &reason)
}

/// One line says that the packages of the environment are missing.
fn warns_once(outcome: &Outcome, venv: &Path, reason: &str) -> Result<(), Stop> {
    warns_once_of(outcome, "VIRTUAL_ENV", venv, reason)
}

/// The same of an environment that somebody else names.
fn warns_once_of(outcome: &Outcome, who: &str, venv: &Path, reason: &str) -> Result<(), Stop> {
    let begin = format!("embed-dll: {who}: {}: {reason}", venv.display());
    let line = outcome.stderr.strip_suffix("; its packages are not used\n");
    if line.is_none_or(|line| !line.starts_with(&begin) || line.contains('\n')) {
        return Err(outcome.fail(&format!("stderr should be one line: {begin} …")).into());
    }
    Ok(())
}

/// An environment of a Python that has no libpython, while ld.so knows one of the same version and
/// another installation: the two are not mixed, whoever names the environment.
fn static_venv(target: &Target) -> Result<(), Stop> {
    if target.loader.is_some() {
        return Err(skip("its libpython cannot be found by ld.so of this machine"));
    }
    let folder = tempfile::tempdir()?;
    let root = folder.path().canonicalize()?;
    let (base, venv) = (root.join("base"), root.join("venv"));
    for folder in [base.join("bin"), base.join("lib"), venv.join("bin")] {
        fs::create_dir_all(folder)?;
    }
    let python = target.python();
    let name = python.file_name().unwrap_or_default();
    // A copy, which has its place in `base` for good.
    fs::copy(&python, base.join("bin").join(name))?;
    let stdlib = target.stdlib();
    symlink(&stdlib, base.join("lib").join(stdlib.file_name().unwrap_or_default()))?;
    symlink(base.join("bin").join(name), venv.join("bin/python"))?;
    let (major, minor) = target.version;
    let home = base.join("bin");
    let lines = format!("home = {}\nversion = {major}.{minor}.0\n", home.display());
    fs::write(venv.join("pyvenv.cfg"), lines)?;

    let known = target.library.parent().unwrap_or(Path::new("/"));
    let case = || Case::new().env("LD_LIBRARY_PATH", known);
    let reason = format!("was made from {}, not from the Python that is used", base.display());
    let active = case().env("VIRTUAL_ENV", &venv).words(&["start", "run", WHERE]).run()?;
    let author = case().word("venv").word(&venv).words(&["start", "run", WHERE]).run()?;
    for (outcome, who) in [(active, "VIRTUAL_ENV"), (author, "virtual environment")] {
        let [prefix, base_prefix, ..] = parts(&outcome)?;
        if prefix != base_prefix || Path::new(&prefix).starts_with(&root) {
            return Err(outcome.fail("nothing of the other installation should be used").into());
        }
        warns_once_of(&outcome, who, &venv, &reason)?;
    }
    Ok(())
}

/// `VIRTUAL_ENV` names a folder that is none, or that is gone: said once, also when the first
/// attempts fail.
fn no_venv(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    for value in [folder.path(), Path::new("/nonexistent")] {
        let case = Case::on(target).env("VIRTUAL_ENV", value).env("PYTHONHOME", "/nonexistent");
        let case = case.words(&["start", "start", "unsetenv", "PYTHONHOME"]);
        let outcome = case.words(&["start", "run", WHERE]).run()?;
        is_at(target, &outcome)?;
        warns_once(&outcome, value, "is no virtual environment: ")?;
    }
    Ok(())
}

/// `PYTHONHOME` and the author's `home` are honoured: a copy of the prefix made of links.
fn home(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let home = folder.path().canonicalize()?.join("home");
    fs::create_dir_all(home.join("lib"))?;
    let name = target.stdlib();
    symlink(&name, home.join("lib").join(name.file_name().unwrap_or_default()))?;
    for case in [
        Case::on(target).env("PYTHONHOME", &home),
        Case::on(target).word("home").word(&home),
        Case::on(target)
            .env("PYTHONHOME", "/nonexistent")
            .words(&["no-environment", "home"])
            .word(&home),
    ] {
        let outcome = case.words(&["start", "run", WHERE]).run()?;
        let [prefix, ..] = parts(&outcome)?;
        if Path::new(&prefix) != home {
            return Err(outcome.fail(&format!("the prefix should be {}", home.display())).into());
        }
    }
    Ok(())
}

/// A tree with a libpython and a standard library but no interpreter, found through `$ORIGIN` of
/// nothing but its place: `sys.executable` is empty, never what is on PATH.
fn no_executable(target: &Target) -> Result<(), Stop> {
    if target.loader.is_some() {
        return Err(skip("its C library would have to be copied as well"));
    }
    let folder = tempfile::tempdir()?;
    let prefix = folder.path().canonicalize()?.join("bundle");
    let lib = prefix.join("lib");
    fs::create_dir_all(&lib)?;
    let stdlib = target.stdlib();
    symlink(&stdlib, lib.join(stdlib.file_name().unwrap_or_default()))?;
    let library = lib.join(target.library.file_name().unwrap_or_default());
    fs::copy(&target.library, &library)?;
    let case = Case::new().env("PATH", target.python().parent().unwrap_or(Path::new("/")));
    let outcome = case.word("libpython").word(&prefix).words(&["start", "run", WHERE]).run()?;
    outcome.started_with(&library)?;
    let [actual, _, executable, ..] = parts(&outcome)?;
    if Path::new(&actual) != prefix || !executable.is_empty() {
        return Err(outcome
            .fail("the prefix should be the bundle, and the executable empty")
            .into());
    }
    Ok(())
}
