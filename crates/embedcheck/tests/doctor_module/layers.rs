//! Layers of AWS Lambda: the second document that the project was started from.

use std::fs;
use std::path::Path;

use embedcheck::doctor::module::{Fate, Origin};
use tempfile::TempDir;

use crate::support::{Question, any_python, cffi, commands, copy, folder, pack};

/// A layer with cffi for 3.11 below a folder, and one with a package in Python.
fn two(below: &str) -> Option<(TempDir, TempDir)> {
    let wheel = cffi(11, "manylinux2014_x86_64")?;
    let (first, second) = (folder(), folder());
    fs::create_dir_all(first.path().join("python/pymysql")).unwrap();
    fs::write(first.path().join("python/pymysql/__init__.py"), "").unwrap();
    copy(&wheel, &second.path().join(below));
    Some((first, second))
}

#[test]
fn built_for_another_runtime() {
    let Some((first, second)) = two("python") else { return };
    let layers = [first.path(), second.path()];
    let answer = Question::described((3, 12), "_cffi_backend").layers(layers).ask();
    let finding =
        answer.only("module-other-python", &["present, but built for CPython 3.11", "layer 2"]);
    let commands = commands(finding);
    for part in [
        "--platform manylinux2014_x86_64",
        "--python-version 3.12",
        "--only-binary=:all:",
        "--implementation cp",
        &format!("--target {}", second.path().join("python").display()),
        " cffi",
    ] {
        assert!(commands.contains(part), "no `{part}` in {commands}");
    }
    Question::described((3, 11), "_cffi_backend").layers(layers).ask().assert_healthy();
}

#[test]
fn the_same_with_the_runtime_installed() {
    let Some((first, second)) = two("python") else { return };
    let layers = [first.path(), second.path()];
    if let Some(target) = any_python(12) {
        let answer = Question::of(target, "_cffi_backend").layers(layers).ask();
        answer.only("module-other-python", &["CPython 3.11", "layer 2"]);
    }
    if let Some(target) = any_python(11) {
        let answer = Question::of(target, "_cffi_backend").layers(layers).ask();
        answer.assert_healthy();
        // A function has the standard library and its layers, not what is installed here.
        let others = answer.facts().path.iter().filter(|entry| {
            !matches!(entry.origin, Origin::Layer(_) | Origin::Stdlib | Origin::Dynload)
        });
        assert_eq!(others.count(), 0, "{}", answer.text());
    }
}

#[test]
fn archives_are_the_same() {
    let Some((first, second)) = two("python/lib/python3.11/site-packages") else { return };
    let archives = folder();
    let (one, two) = (archives.path().join("one.zip"), archives.path().join("two.zip"));
    pack(first.path(), &one);
    pack(second.path(), &two);
    let answer = Question::described((3, 11), "_cffi_backend").layers([&one, &two]).ask();
    answer.assert_healthy();
    let taken = &answer.facts().candidates[0];
    let shown = two
        .join("python/lib/python3.11/site-packages/_cffi_backend.cpython-311-x86_64-linux-gnu.so");
    assert_eq!(Path::new(&taken.path), shown);
    let finding = Question::described((3, 12), "_cffi_backend").layers([&one, &two]).ask();
    let finding = finding.only(
        "module-off-path",
        &["python/lib/python3.11/site-packages", "built for CPython 3.11"],
    );
    let commands = commands(finding);
    assert!(commands.starts_with("unzip -q "), "{commands}");
    assert!(commands.contains("two.unpacked/python cffi"), "{commands}");
}

#[test]
fn the_last_layer_wins_file_by_file() {
    let Some((_, second)) = two("python") else { return };
    let last = folder();
    let name = "_cffi_backend.cpython-311-x86_64-linux-gnu.so";
    fs::create_dir(last.path().join("python")).unwrap();
    fs::write(last.path().join("python").join(name), "").unwrap();
    let answer =
        Question::described((3, 11), "_cffi_backend").layers([second.path(), last.path()]).ask();
    answer.only("module-damaged", &["empty", "layer 2"]);
    let replaced = &answer.facts().candidates[1];
    assert!(
        matches!(&replaced.fate, Fate::Overwritten(by) if Path::new(by).starts_with(last.path())),
        "{replaced:?}"
    );
    // The other way round the damaged file is gone.
    let answer =
        Question::described((3, 11), "_cffi_backend").layers([last.path(), second.path()]).ask();
    answer.assert_healthy();
}

#[test]
fn a_layer_without_the_folder_for_python() {
    let Some((first, second)) = two("") else { return };
    let answer =
        Question::described((3, 11), "_cffi_backend").layers([first.path(), second.path()]).ask();
    answer.only("module-off-path", &["lies at its top", "`python`"]);
    let other = folder();
    fs::write(other.path().join("x.py"), "").unwrap();
    let Some((_, good)) = two("python") else { return };
    let answer =
        Question::described((3, 11), "_cffi_backend").layers([other.path(), good.path()]).ask();
    answer.only("layer-not-searched", &["layer 1"]);
    assert!(answer.0.is_healthy());
}

#[test]
fn a_glibc_that_the_runtime_does_not_have() {
    let wheel = cffi(11, "manylinux2014_x86_64");
    let Some(wheel) = wheel else { return };
    let layer = folder();
    copy(&wheel, &layer.path().join("python"));
    let path = crate::support::backend(&layer.path().join("python"));
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(12).position(|window| window == b"GLIBC_2.2.5\0").unwrap();
    bytes[at..at + 12].copy_from_slice(b"GLIBC_2.30\0\0");
    fs::write(&path, bytes).unwrap();
    let answer = Question::described((3, 11), "_cffi_backend").layers([layer.path()]).ask();
    let finding = answer.only("module-newer-glibc", &["needs glibc 2.30", "there is 2.26"]);
    let commands = commands(finding);
    assert!(
        commands.contains("--platform manylinux2014_x86_64")
            && !commands.contains("manylinux_2_28"),
        "{commands}"
    );
}

#[test]
fn nothing_of_the_standard_library_is_missed_where_it_cannot_be_seen() {
    Question::described((3, 12), "_ssl").ask().assert_healthy();
    Question::described((3, 12), "_cffi_backend").ask().only("module-missing", &["CPython 3.12"]);
}

/// The file of a distribution leaves libffi to the distribution; that of a wheel does not.
#[test]
fn a_library_that_no_layer_brings() {
    let Some(wheel) = cffi(11, "manylinux2014_x86_64") else { return };
    let layer = folder();
    copy(&wheel, &layer.path().join("python"));
    let path = crate::support::backend(&layer.path().join("python"));
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(16).position(|window| window == b"libpthread.so.0\0").unwrap();
    bytes[at..at + 16].copy_from_slice(b"libabcdef.so.8\0\0");
    fs::write(&path, bytes).unwrap();
    let question = Question::described((3, 11), "_cffi_backend").layers([layer.path()]);
    let answer = question.ask();
    answer.only("module-library-not-in-layer", &["libabcdef.so.8", "layer 1"]);
    assert!(answer.0.is_healthy());
    fs::create_dir(layer.path().join("lib")).unwrap();
    fs::write(layer.path().join("lib/libabcdef.so.8"), "").unwrap();
    question.ask().assert_healthy();
}

/// What the runtime finds first has to be replaced where it lies.
#[test]
fn a_fix_goes_where_the_file_is_taken_from() {
    let site = "python/lib/python3.11/site-packages";
    let Some((_, second)) = two(site) else { return };
    let name = "_cffi_backend.cpython-311-x86_64-linux-gnu.so";
    fs::write(second.path().join(site).join(name), "").unwrap();
    let answer = Question::described((3, 11), "_cffi_backend").layers([second.path()]).ask();
    let commands = commands(answer.only("module-damaged", &["layer 1"]));
    let target = format!("--target {} ", second.path().join(site).display());
    assert!(commands.contains(&target), "{commands}");
}
