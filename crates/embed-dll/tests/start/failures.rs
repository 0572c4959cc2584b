//! What ends the process in `Py_InitializeEx` comes back as an error, and may be repeated when it is
//! mended, as far as CPython allows it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use libtest_mimic::Trial;

use crate::case::Case;
use crate::interpreters::{self, Target};
use crate::{Stop, on_each, on_two};

pub(crate) fn trials(targets: &[Target]) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(on_each(targets, "fails/home", home));
    trials.extend(on_each(targets, "fails/home-late", home_late));
    trials.extend(on_each(targets, "fails/stdio-encoding", stdio_encoding));
    trials.extend(on_each(targets, "fails/stdio-encoding-late", stdio_encoding_late));
    trials.extend(on_each(targets, "fails/hash-seed", hash_seed));
    trials.extend(on_each(targets, "fails/utf8-mode", utf8_mode));
    trials.extend(on_each(targets, "fails/variable", variable));
    trials.extend(on_each(targets, "fails/site", site));
    trials.extend(on_each(targets, "fails/sitecustomize", sitecustomize));
    trials.push(on_two(targets, "fails/home-then-another-version", another_version));
    trials
}

const ANSWER: [&str; 3] = ["start", "run", "import json; result = 42"];

/// Sets a variable to something wrong, starts, unsets it, starts.
fn mended(target: &Target, name: &str, value: &str, text: &str) -> Result<(), Stop> {
    let case = Case::on(target).env(name, value).words(&["start", "start", "unsetenv", name]);
    let outcome = case.words(&ANSWER).run()?;
    for index in [0, 1] {
        let line = outcome.nth("failed", index)?;
        if !line.starts_with("retry=true") || !line.contains(text) {
            return Err(outcome.fail(&format!("it should fail for now with: {text}")).into());
        }
    }
    outcome.expect("result", "42")?;
    Ok(())
}

/// Fails for good: twice, with the same text, and the host lives.
fn final_failure(case: Case, text: &str, exception: &str) -> Result<(), Stop> {
    let outcome = case.words(&["start", "start", "threads", "2"]).run()?;
    for index in [0, 1] {
        let line = outcome.nth("failed", index)?;
        if !line.starts_with("retry=false") || !line.contains(text) {
            return Err(outcome.fail(&format!("it should fail for good with: {text}")).into());
        }
    }
    outcome.says(exception)?;
    Ok(())
}

fn home(target: &Target) -> Result<(), Stop> {
    mended(
        target,
        "PYTHONHOME",
        "/nonexistent",
        "Failed to import encodings module: PYTHONHOME is",
    )?;
    // The home of another version is no better.
    let folder = tempfile::tempdir()?;
    fs::create_dir_all(folder.path().join("lib/python3.7"))?;
    let home = folder.path().display().to_string();
    mended(target, "PYTHONHOME", &home, "there is no standard library of Python 3.")
}

/// What was opened in vain is closed again, so that the second attempt may find another.
fn another_version(one: &Target, other: &Target) -> Result<(), Stop> {
    let case = Case::on(one).env("PYTHONHOME", "/nonexistent");
    let case = case.words(&["start", "unsetenv", "PYTHONHOME", "setenv", "EMBED_DLL_LIBPYTHON"]);
    let outcome = case.word(&other.library).words(&ANSWER).run()?;
    outcome.line("failed")?;
    outcome.started_with(&other.library)?;
    outcome.expect("result", "42")?;
    Ok(())
}

/// Where it cannot be told beforehand, CPython itself fails.
fn home_late(target: &Target) -> Result<(), Stop> {
    let text = if target.version >= (3, 13) {
        "Failed to import encodings module"
    } else {
        "init_fs_encoding: failed to get the Python codec of the filesystem encoding"
    };
    let case = Case::on(target).env("PYTHONHOME", "/nonexistent").env("PYTHONPATH", "/nonexistent");
    final_failure(case, text, "ModuleNotFoundError: No module named 'encodings'")
}

fn stdio_encoding(target: &Target) -> Result<(), Stop> {
    let text = "failed to get the Python codec name of the stdio encoding: unknown encoding: bogus";
    mended(target, "PYTHONIOENCODING", "bogus:strict", text)?;
    // Names as people write them are known.
    for name in ["latin-1", "UTF8", "iso8859-15", "cp1252:replace"] {
        let outcome = Case::on(target).env("PYTHONIOENCODING", name).words(&ANSWER).run()?;
        outcome.expect("result", "42")?;
    }
    Ok(())
}

fn stdio_encoding_late(target: &Target) -> Result<(), Stop> {
    let case = Case::on(target).env("PYTHONHOME", &target.prefix).env("PYTHONIOENCODING", "bogus");
    let text = "failed to get the Python codec name of the stdio encoding";
    final_failure(case, text, "LookupError: unknown encoding: bogus")
}

fn hash_seed(target: &Target) -> Result<(), Stop> {
    let text = "PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]";
    mended(target, "PYTHONHASHSEED", "bogus", text)?;
    let code = "import sys; result = sys.flags.hash_randomization, hash('a')";
    let seeded =
        || Case::on(target).env("PYTHONHASHSEED", "7").words(&["start", "run", code]).run();
    let (one, other) = (seeded()?, seeded()?);
    if one.line("result")? != other.line("result")? {
        return Err(one.fail("PYTHONHASHSEED should count").into());
    }
    Ok(())
}

fn utf8_mode(target: &Target) -> Result<(), Stop> {
    let text = "preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value";
    mended(target, "PYTHONUTF8", "bogus", text)
}

/// `EMBED_DLL_LIBPYTHON` names what cannot be used: no other Python takes its place, though there is
/// one on PATH and one that the author names.
fn variable(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("python3");
    fs::write(&script, "#!/bin/sh\n")?;
    let mut wrong = vec![
        (Path::new("/nonexistent/libpython3.so").to_owned(), "No such file or directory"),
        (Path::new("/etc/passwd").to_owned(), "is no ELF file"),
        (Path::new("libpython-of-nobody.so").to_owned(), "cannot open shared object file"),
        (script, "is a script, and no program is run"),
        (folder.path().to_owned(), "has no libpython"),
    ];
    wrong.extend(interpreters::old().into_iter().map(|old| (old, "and 3.8 or later is needed")));
    let on_path = tempfile::tempdir()?;
    symlink(target.python(), on_path.path().join("python3"))?;
    for (value, reason) in wrong {
        let case = Case::under(target).env("EMBED_DLL_LIBPYTHON", &value);
        let case = case.env("PATH", on_path.path()).word("libpython").word(&target.library);
        let case = case.words(&["start", "start", "unsetenv", "EMBED_DLL_LIBPYTHON"]);
        let outcome = case.words(&ANSWER).run()?;
        for index in [0, 1] {
            let line = outcome.nth("failed", index)?;
            let begin = format!("retry=true EMBED_DLL_LIBPYTHON is {}", value.display());
            if !line.starts_with(&begin) || !line.contains(reason) || !line.contains("unset it") {
                return Err(outcome.fail(&format!("it should fail for now with: {reason}")).into());
            }
        }
        // The value is said once, and the search goes its way without it.
        if outcome.nth("failed", 0)?.matches(&value.display().to_string()).count() != 1 {
            return Err(outcome.fail("the value should be said once").into());
        }
        outcome.started_with(&target.library)?;
        outcome.expect("result", "42")?;
    }
    // A Python that is there already is used.
    let case = Case::under(target).env("EMBED_DLL_LIBPYTHON", "/etc/passwd");
    let case = case.words(&["open", "local"]).word(&target.library);
    case.words(&ANSWER).run()?.started_with(&target.library)?;
    Ok(())
}

/// A `site` that cannot be imported: frozen since 3.11, so that another is not looked at, but not in
/// debug builds.
fn site(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("site.py"), "raise RuntimeError('broken site')\n")?;
    let case = || Case::on(target).env("PYTHONPATH", folder.path());
    if target.version >= (3, 11) && !target.flags.contains('d') {
        case().words(&ANSWER).run()?.expect("result", "42")?;
        return Ok(());
    }
    let outcome = case().words(&["start", "start"]).words(&["run", "result = 1"]).run()?;
    outcome.says("Failed to import the site module")?;
    outcome.says("RuntimeError: broken site")?;
    outcome.expect("exception", "nothing has been started")?;
    Ok(())
}

/// `sitecustomize` ends the process, as it thinks; when it is mended, the second attempt imports
/// `site` again.
fn sitecustomize(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("sitecustomize.py");
    let code = "import os, sys\nif os.environ.get('BROKEN'):\n    sys.exit(9)\nsys.mended = True\n";
    fs::write(&file, code)?;
    let case = Case::on(target).env("PYTHONPATH", folder.path()).env("BROKEN", "1");
    let text = "Failed to import the site module";
    // From 3.15 on the interpreter does not count as initialised before `site` is imported.
    if target.version >= (3, 15) {
        return final_failure(case, text, "SystemExit: 9");
    }
    let outcome = case.words(&["start", "start"]).run()?;
    for index in [0, 1] {
        let line = outcome.nth("failed", index)?;
        if !line.starts_with("retry=true") || !line.contains(text) {
            return Err(outcome.fail(text).into());
        }
    }
    outcome.says("SystemExit: 9")?;
    // `os.environ` is a copy of the start, so the file is what is mended.
    mended_file(target, folder.path(), &file)
}

fn mended_file(target: &Target, folder: &Path, file: &Path) -> Result<(), Stop> {
    let flag = folder.join("flag");
    fs::write(&flag, "")?;
    let code = format!(
        "import os, sys\nif os.path.exists({0:?}):\n    os.remove({0:?})\n    sys.exit(9)\nsys.mended = True\n",
        flag.display().to_string()
    );
    fs::write(file, code)?;
    let case = Case::on(target).env("PYTHONPATH", folder);
    let code = "import sys, site; result = sys.mended, any('-packages' in p for p in sys.path)";
    let outcome = case.words(&["start", "start", "run", code]).run()?;
    outcome.line("failed")?;
    outcome.expect("result", "(True, True)")?;
    Ok(())
}
