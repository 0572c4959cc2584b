//! The two parts of cffi.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Question, backend, cffi, commands, copy, folder, python, skip, targets};

#[test]
fn versions_that_differ() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = folder();
    copy(&wheel, folder.path());
    let path = folder.path().join(backend(&wheel).file_name().unwrap());
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(8).position(|window| window == b"\x001.17.1\0").unwrap();
    bytes[at + 1..at + 7].copy_from_slice(b"1.16.0");
    fs::write(&path, bytes).unwrap();
    let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
    let finding = answer.only("cffi-versions-differ", &["1.17.1", "1.16.0"]);
    // pip replaces both parts, and nowhere else.
    assert!(commands(finding).ends_with(&both_to(folder.path())), "{}", commands(finding));
    assert_eq!(finding.fixes.len(), 1, "{finding:?}");
}

fn both_to(folder: &Path) -> String {
    format!(" -m pip install --upgrade --target {} cffi", folder.display())
}

/// What lies behind the part that does not fit would never be taken, however often it is installed.
#[test]
fn versions_that_differ_in_two_places() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let (front, behind) = (folder(), folder());
    copy(&wheel, behind.path());
    copy(&wheel.join("cffi"), &front.path().join("cffi"));
    let init = front.path().join("cffi/__init__.py");
    let source = fs::read_to_string(&init).unwrap();
    fs::write(&init, source.replace("__version__ = \"1.17.1\"", "__version__ = \"1.16.0\""))
        .unwrap();
    let question = Question::of(target, "_cffi_backend").path(front.path()).path(behind.path());
    let answer = question.ask();
    let finding =
        answer.only("cffi-versions-differ", &["cffi is 1.16.0", "_cffi_backend is 1.17.1"]);
    let [first, second] = finding.fixes.as_slice() else { panic!("{finding:?}") };
    assert!(first.commands[0].ends_with(&both_to(front.path())), "{first:?}");
    assert_eq!(second.commands.len(), 2, "{second:?}");
    assert!(second.commands[0].starts_with("mv "), "{second:?}");
    assert!(second.commands[1].ends_with(&both_to(behind.path())), "{second:?}");
    let moved = Command::new("/bin/sh").args(["-c", &second.commands[0]]).status();
    assert!(moved.unwrap().success());
    question.ask().assert_healthy();
}

/// Who wants it says where it belongs: in the interpreter's own packages a program that is moved would leave it behind.
#[test]
fn what_is_missing_goes_to_who_wants_it() {
    let Some(target) = python(13) else { return };
    let folder = folder();
    let info = folder.path().join("vault-1.0.dist-info");
    fs::create_dir(&info).unwrap();
    fs::write(
        info.join("METADATA"),
        "Name: vault\nVersion: 1.0\nRequires-Dist: cffi; extra == 'keys'\n",
    )
    .unwrap();
    let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
    let finding = answer.only("module-missing", &[]);
    assert!(finding.fixes[0].commands[0].ends_with(&both_to(folder.path())), "{finding:?}");
    let new = finding.fixes.iter().find(|fix| fix.commands[0].contains("-m venv "));
    let new = new.unwrap_or_else(|| panic!("{finding:?}"));
    // A new environment without the program is of no use.
    assert!(new.commands[1].ends_with("install cffi 'vault[keys]'"), "{new:?}");
}

#[test]
fn the_package_without_its_module() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = folder();
    copy(&wheel.join("cffi"), &folder.path().join("cffi"));
    let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
    let finding =
        answer.only("module-missing", &["cffi 1.17.1 is there, without its extension module"]);
    // Elsewhere the package that is there would be found in front of its better half.
    assert!(commands(finding).ends_with(&both_to(folder.path())), "{}", commands(finding));
    assert_eq!(finding.fixes.len(), 1, "{finding:?}");
}

#[test]
fn nothing_at_all() {
    let Some(target) = python(13) else { return };
    let answer = Question::of(target, "_cffi_backend").ask();
    let finding = answer.only("module-missing", &["nowhere on the search path of CPython 3.13"]);
    let python = target.executable.as_ref().unwrap().display();
    assert!(
        commands(finding).starts_with(&format!("{python} -m pip install cffi\n")),
        "{finding:?}"
    );
}

/// K15: Debian's package has the module without the package cffi, which is enough to run a DLL.
#[test]
fn the_module_without_its_package() {
    let with_backend = targets().find(|target| {
        target
            .cffi
            .as_ref()
            .is_some_and(|cffi| cffi.version.is_none() && cffi.backend_version.is_some())
    });
    if let Some(target) = with_backend {
        let answer = Question::of(target, "_cffi_backend").ask();
        answer.assert_healthy();
        let found = answer.facts().cffi.as_ref().unwrap().backend.as_ref().unwrap().version.clone();
        assert_eq!(found, target.cffi.as_ref().unwrap().backend_version);
    }
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = folder();
    let backend = backend(&wheel);
    fs::copy(&backend, folder.path().join(backend.file_name().unwrap())).unwrap();
    Question::of(target, "_cffi_backend").path(folder.path()).ask().assert_healthy();
}

#[test]
fn an_interpreter_that_is_first_on_the_path_is_called_by_its_name() {
    let Some(target) = python(13) else { return };
    let mut question = Question::of(target, "_cffi_backend");
    let folder = target.executable.as_ref().unwrap().parent().unwrap();
    if folder.join("python3.13").is_file() {
        question.caller.path = Some(folder.into());
        let answer = question.ask();
        let finding = answer.only("module-missing", &[]);
        assert!(commands(finding).starts_with("python3.13 -m pip install cffi\n"), "{finding:?}");
    }
}

/// PEP 668: pip refuses to touch what belongs to the distribution, except in a virtual environment.
#[test]
fn packages_that_belong_to_the_distribution_are_left_to_it() {
    let is_marked = |folder: &std::path::PathBuf| folder.join("EXTERNALLY-MANAGED").is_file();
    let marked =
        targets().find(|target| target.stdlib.as_ref().is_some_and(is_marked) && !target.is_venv);
    let Some(target) = marked else {
        return skip("no Python on this machine belongs to a distribution that says so");
    };
    let answer = Question::of(target, "no_such_package.module").ask();
    let finding = answer.only("module-package-missing", &[]);
    for command in commands(finding).lines() {
        assert!(!command.contains("-m pip") || command.starts_with("venv/bin/python"), "{command}");
    }
    assert!(commands(finding).contains("-m venv venv"), "{finding:?}");
}
