//! What is found, in which order, and what is done with a Python that is in the process already.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use libtest_mimic::Trial;

use crate::case::Case;
use crate::interpreters::{self, Target};
use crate::{Stop, on_each, on_two, skip, trial};

pub(crate) fn trials(targets: &[Target]) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(on_each(targets, "found/by-author", by_author));
    trials.extend(on_each(targets, "found/by-path", by_path));
    trials.extend(on_each(targets, "found/by-ld-so", by_ld_so));
    trials.extend(on_each(targets, "found/loaded-local", loaded_local));
    trials.extend(on_each(targets, "found/loaded-under-another-name", loaded_renamed));
    trials.extend(on_each(targets, "found/initialized", initialized));
    trials.extend(on_each(targets, "modules", modules));
    trials.push(on_two(targets, "found/two-loaded", two_loaded));
    trials.push(on_two(targets, "found/two-loaded-one-initialized", two_loaded_one_initialized));
    trials.push(on_two(targets, "found/bad-candidates", bad_candidates));
    trials.push(on_two(targets, "found/through-a-shim", through_a_shim));
    let newer: Vec<Target> =
        targets.iter().filter(|target| target.loader.is_some()).cloned().collect();
    trials.extend(on_each(&newer, "found/needs-a-newer-c-library", needs_newer));
    trials.push(trial("found/nothing".to_owned(), nothing));
    trials.push(trial("found/too-old".to_owned(), too_old));
    trials
}

const ANSWER: [&str; 3] = ["start", "run", "import json; result = 42"];

/// As a file and as a prefix, absolute and from `$ORIGIN`.
fn by_author(target: &Target) -> Result<(), Stop> {
    let own = std::env::current_exe()?.canonicalize()?;
    let folder = own.parent().ok_or("no folder")?;
    let up = "../".repeat(folder.components().count());
    let origin =
        format!("$ORIGIN/{up}{}", target.library.display().to_string().trim_start_matches('/'));
    let mut places = vec![target.library.display().to_string()];
    // Under its own loader the executable is the loader.
    if target.loader.is_none() {
        places.push(origin);
    }
    for place in places {
        let outcome = Case::under(target).words(&["libpython", &place]).words(&ANSWER).run()?;
        outcome.started_with(&target.library)?;
        outcome.expect("result", "42")?;
    }
    Ok(())
}

/// `python3` on PATH leads to its libpython.
fn by_path(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    symlink(target.python(), folder.path().join("python3"))?;
    let outcome = Case::under(target).env("PATH", folder.path()).words(&ANSWER).run()?;
    outcome.started_with(&target.library)?;
    outcome.expect("result", "42")?;
    Ok(())
}

/// ld.so knows it by its name.
fn by_ld_so(target: &Target) -> Result<(), Stop> {
    if target.loader.is_some() {
        return Err(skip("its loader is told a search path of its own"));
    }
    let folder = tempfile::tempdir()?;
    // Only this one is there, and /usr may have a newer one: it is hidden by a name that fails.
    for minor in 8..16 {
        fs::write(folder.path().join(format!("libpython3.{minor}.so.1.0")), "")?;
    }
    let name = target.library.file_name().unwrap_or_default();
    let link = folder.path().join(name);
    let _ = fs::remove_file(&link);
    symlink(&target.library, link)?;
    let outcome = Case::new().env("LD_LIBRARY_PATH", folder.path()).words(&ANSWER).run()?;
    outcome.started_with(&target.library)?;
    outcome.expect("result", "42")?;
    Ok(())
}

/// The host has loaded it RTLD_LOCAL: it is used, promoted, and modules can be imported.
fn loaded_local(target: &Target) -> Result<(), Stop> {
    let case = Case::under(target).words(&["open", "local"]).word(&target.library);
    let outcome = case.words(&["start", "run", MODULES]).run()?;
    outcome.expect("open", "true")?;
    outcome.started_with(&target.library)?;
    all_imported(&outcome)
}

fn loaded_renamed(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let renamed = folder.path().join("embedded-runtime.bin");
    fs::copy(&target.library, &renamed)?;
    let case = Case::under(target).words(&["open", "local"]).word(&renamed);
    // The name tells nothing, so it is told where its standard library is.
    let outcome = case.word("home").word(&target.prefix).words(&ANSWER).run()?;
    outcome.started_with(&renamed)?;
    outcome.expect("result", "42")?;
    Ok(())
}

/// Somebody has initialised it: attached, not initialised again.
fn initialized(target: &Target) -> Result<(), Stop> {
    for scope in ["local", "global"] {
        let case = Case::under(target).env("PYTHONHOME", &target.prefix);
        let case = case.words(&["open", scope]).word(&target.library);
        let outcome = case.word("initialize").word(&target.library).words(&ANSWER).run()?;
        outcome.started_with(&target.library)?;
        outcome.says("ours=false")?;
        outcome.expect("result", "42")?;
    }
    Ok(())
}

const MODULES: &str = "
import importlib, importlib.machinery, os, sys
folder = next(p for p in sys.path if p.endswith('lib-dynload'))
bad, count = [], 0
for name in sorted(os.listdir(folder)):
    module = name.split('.')[0]
    if not name.endswith('.so') or module.startswith(('_test', '_xx', 'xx', '_ctypes_test')):
        continue
    count += 1
    try:
        importlib.import_module(module)
    except ImportError as error:
        # What was built against a library that this machine lacks tells nothing.
        if 'undefined symbol' in str(error):
            bad.append(str(error))
result = (count, bad)
";

fn all_imported(outcome: &crate::case::Outcome) -> Result<(), Stop> {
    let line = outcome.line("result")?;
    if line.starts_with("(0,") || !line.ends_with(", [])") {
        return Err(outcome.fail("every extension module should find libpython").into());
    }
    Ok(())
}

/// Every extension module of the standard library finds the symbols of libpython, which nobody is
/// linked to.
fn modules(target: &Target) -> Result<(), Stop> {
    all_imported(&Case::on(target).words(&["start", "run", MODULES]).run()?)
}

/// Two that are not initialised: nobody can say which is meant.
fn two_loaded(one: &Target, other: &Target) -> Result<(), Stop> {
    let case = Case::new().words(&["open", "local"]).word(&one.library);
    let outcome = case.words(&["open", "local"]).word(&other.library).word("start").run()?;
    outcome.says("more than one Python is in the process, 0 of them initialised")?;
    outcome.says(&one.library.display().to_string())?;
    outcome.says(&other.library.display().to_string())?;
    Ok(())
}

/// The initialised one is meant; it is not promoted, because the other's modules would see it.
fn two_loaded_one_initialized(one: &Target, other: &Target) -> Result<(), Stop> {
    let case = Case::new().words(&["open", "local"]).word(&one.library);
    let case = case.words(&["open", "local"]).word(&other.library);
    let case = case
        .word("initialize")
        .word(&other.library)
        .env("PATH", other.python().parent().unwrap_or(Path::new("/")));
    let outcome = case
        .env("EMBED_DLL_LOG", "1")
        .words(&["start", "run", "import sys; result = sys.version_info[1]"])
        .run()?;
    outcome.started_with(&other.library)?;
    outcome.expect("result", &other.version.1.to_string())?;
    if !outcome.stderr.contains("no: another Python is in the process") {
        return Err(outcome.fail("the log should say that it is not promoted").into());
    }
    Ok(())
}

/// What cannot be loaded is noted, and the search goes on.
fn bad_candidates(one: &Target, other: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let library = fs::read(&other.library)?;
    fs::write(path("libpython3.15.so.1.0"), &library[..100_000])?;
    fs::write(
        path("libpython3.14.so.1.0"),
        "/* GNU ld script */ INPUT(libpython3.15.so.1.0) /* and more text */",
    )?;
    let mut foreign = library.clone();
    foreign[18] ^= 1;
    fs::write(path("libpython3.13.so.1.0"), foreign)?;
    symlink("/dev/null", path("libpython3.12.so.1.0"))?;
    symlink(std::env::current_exe()?, path("libpython3.11.so.1.0"))?;
    symlink("nowhere", path("libpython3.10.so.1.0"))?;
    symlink(&one.library, path("libpython3.8.so.1.0"))?;
    let outcome = Case::new()
        .env("EMBED_DLL_LIBPYTHON", folder.path())
        .env("EMBED_DLL_LOG", "1")
        .words(&ANSWER)
        .run()?;
    outcome.started_with(&one.library)?;
    for reason in ["is cut off", "is no ELF file", "is for another machine", "is no regular file"] {
        if !outcome.stderr.contains(reason) {
            return Err(outcome.fail(&format!("the log should say: {reason}")).into());
        }
    }
    Ok(())
}

/// A shim as pyenv makes them is followed without running it; any other script is not.
fn through_a_shim(one: &Target, other: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let root = folder.path().canonicalize()?;
    for name in ["shims", "versions", "scripts", "bin"] {
        fs::create_dir(root.join(name))?;
    }
    for name in ["shims/python3", "scripts/python3"] {
        let script = root.join(name);
        fs::write(&script, "#!/bin/sh\ntouch \"$0.was-run\"\n")?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    }
    symlink(&one.prefix, root.join("versions/mine"))?;
    symlink(other.python(), root.join("bin/python3"))?;
    let search = format!("{0}/scripts:{0}/shims:{0}/bin", root.display());
    let case = Case::new().env("PATH", &search).env("PYENV_VERSION", "mine");
    let has_python3 = one.prefix.join("bin/python3").exists();
    let outcome = case.env("EMBED_DLL_LOG", "1").words(&ANSWER).run()?;
    outcome.started_with(if has_python3 { &one.library } else { &other.library })?;
    if !outcome.stderr.contains("is a script, and no program is run") {
        return Err(outcome.fail("the log should say that a script is not run").into());
    }
    if root.join("shims/python3.was-run").exists() || root.join("scripts/python3.was-run").exists()
    {
        return Err(outcome.fail("a program was run").into());
    }
    Ok(())
}

/// A libpython that needs a newer C library is noted with what ld.so says.
fn needs_newer(target: &Target) -> Result<(), Stop> {
    let outcome = Case::new()
        .env("EMBED_DLL_LIBPYTHON", &target.library)
        .env("EMBED_DLL_LOG", "1")
        .word("start")
        .run()?;
    let name = target.library.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let line = outcome
        .stderr
        .lines()
        .find(|line| line.contains("EMBED_DLL_LIBPYTHON") && line.contains(&name));
    if line.is_none_or(|line| !line.contains("not found") && !line.contains("cannot open")) {
        return Err(outcome.fail("the log should say what ld.so says").into());
    }
    Ok(())
}

/// A Python that is too old is in the process: nothing else can be, and this is said. The same file
/// is passed over when it is not loaded yet.
fn too_old() -> Result<(), Stop> {
    let old = interpreters::old();
    if old.is_empty() {
        return Err(skip("this machine has no libpython that is too old"));
    }
    for library in old {
        let outcome = Case::new().words(&["open", "local"]).word(&library).word("start").run()?;
        outcome.says("is in the process already")?;
        outcome.says("this DLL needs 3.8 or later")?;
        let case = Case::new().words(&["libpython"]).word(&library).env("EMBED_DLL_LOG", "1");
        let outcome = case.word("start").run()?;
        if !outcome.stderr.contains("and 3.8 or later is needed") {
            return Err(outcome.fail("the log should say that it is too old").into());
        }
    }
    Ok(())
}

/// None at all: the text names every place that was looked at, shortly, and ends with what to do.
fn nothing() -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let system = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"].map(Path::new);
    let mut hidden = 0;
    // What ld.so finds by itself is hidden.
    for flags in ["", "t", "d", "td"] {
        for minor in 8..16 {
            let name = format!("libpython3.{minor}{flags}.so.1.0");
            let multiarch = format!("{}-linux-gnu/{name}", std::env::consts::ARCH);
            if system.iter().any(|lib| lib.join(&name).exists() || lib.join(&multiarch).exists()) {
                fs::write(folder.path().join(name), "")?;
                hidden += 1;
            }
        }
    }
    let case = || {
        let case = Case::new().env("VIRTUAL_ENV", "/nonexistent");
        case.env("LD_LIBRARY_PATH", folder.path()).word("start")
    };
    let outcome = case().words(&["run", ""]).run()?;
    let line = outcome.line("failed")?;
    if line.contains("started") || !line.starts_with("retry=true no libpython of 3.8 or later") {
        return Err(outcome.fail("nothing should be found").into());
    }
    let count = 32 - hidden;
    for text in [
        "already in the process: none",
        "VIRTUAL_ENV: /nonexistent: is no virtual environment",
        "python3 on PATH: none",
        &format!("({count} names, of 3.15 down to 3.8, each also with t, d and td): cannot open"),
        "\nWhat to do: install one",
        "set EMBED_DLL_LIBPYTHON",
    ] {
        outcome.says(text)?;
    }
    let by_name = |text: &str| text.lines().filter(|line| line.contains("ld.so: ")).count();
    if by_name(&outcome.stdout) != 1 + hidden {
        return Err(outcome.fail("the names that ld.so does not know should be one line").into());
    }
    let outcome = case().env("EMBED_DLL_LOG", "1").run()?;
    if by_name(&outcome.stderr) != 32 || by_name(&outcome.stdout) != 1 + hidden {
        return Err(outcome.fail("the log should say each name").into());
    }
    Ok(())
}
