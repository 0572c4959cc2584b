//! Files that are wrong in each way.

use std::fs;
use std::process::Command;

use embedcheck::doctor::module::{Fate, Flaw, Form};
use embedcheck::target::Target;

use crate::support::{
    Question, any_python, backend, cffi, commands, copy, folder, pack, python, some_python,
    stdlib_module,
};

/// A copy of an extension module of the standard library, changed, in front of the path.
fn changed(target: &Target, change: impl FnOnce(&mut Vec<u8>)) -> crate::support::Answer {
    let folder = folder();
    let (name, path) = stdlib_module(target);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(folder.path().join(path.file_name().unwrap()), bytes).unwrap();
    Question::of(target, &name).path(folder.path()).ask()
}

#[test]
fn an_unchanged_copy_is_healthy() {
    let Some(target) = some_python() else { return };
    changed(target, |_| {}).assert_healthy();
}

#[test]
fn truncated() {
    let Some(target) = some_python() else { return };
    for length in [0, 10, 64, 1000] {
        let answer = changed(target, |bytes| bytes.truncate(length));
        answer.only("module-damaged", &["damaged"]);
    }
    let answer = changed(target, |bytes| bytes.truncate(bytes.len() / 2));
    answer.only("module-damaged", &["truncated"]);
    let answer =
        changed(target, |bytes| *bytes = b"version https://git-lfs.github.com/spec/v1\n".to_vec());
    answer.only("module-damaged", &["text beginning with"]);
}

#[test]
fn for_another_machine() {
    let Some(target) = some_python() else { return };
    // e_machine, see <elf.h>.
    let answer = changed(target, |bytes| bytes[18..20].copy_from_slice(&183_u16.to_le_bytes()));
    answer.only("module-other-machine", &["aarch64"]);
    let Some(target) = python(12) else { return };
    let Some(wheel) = cffi(12, "manylinux2014_aarch64") else { return };
    let answer = Question::of(target, "_cffi_backend").path(&wheel).ask();
    answer.only("module-other-machine", &["aarch64", "x86_64"]);
    // The same with a name that is looked for.
    let folder = folder();
    fs::copy(backend(&wheel), folder.path().join("_cffi_backend.abi3.so")).unwrap();
    let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
    answer.only("module-other-machine", &["aarch64"]);
}

#[test]
fn for_another_libc() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "musllinux_1_1_x86_64")) else {
        return;
    };
    let answer = Question::of(target, "_cffi_backend").path(&wheel).ask();
    let finding = answer.only("module-other-libc", &["musl"]);
    assert!(commands(finding).contains("--target"), "{}", commands(finding));
    let folder = folder();
    fs::copy(backend(&wheel), folder.path().join("_cffi_backend.so")).unwrap();
    Question::of(target, "_cffi_backend")
        .path(folder.path())
        .ask()
        .only("module-other-libc", &["musl"]);
}

/// A copy of a wheel's `_cffi_backend`, changed, for the Python that it was built for.
fn changed_backend(from: &[u8], to: &[u8]) -> Option<crate::support::Answer> {
    let (target, wheel) = (python(12)?, cffi(12, "manylinux2014_x86_64")?);
    let folder = folder();
    let backend = backend(&wheel);
    let mut bytes = fs::read(&backend).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    fs::write(folder.path().join(backend.file_name().unwrap()), bytes).unwrap();
    Some(Question::of(target, "_cffi_backend").path(folder.path()).ask())
}

#[test]
fn for_a_newer_glibc() {
    let Some(answer) = changed_backend(b"GLIBC_2.2.5\0", b"GLIBC_2.99\0\0") else { return };
    let finding = answer.only("module-newer-glibc", &["needs glibc 2.99"]);
    assert!(finding.summary.contains("there is 2."), "{}", finding.summary);
}

#[test]
fn a_name_that_says_another_python() {
    let (Some(target), Some(wheel)) = (python(13), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let answer = Question::of(target, "_cffi_backend").path(&wheel).ask();
    let finding = answer.only("module-other-python", &["CPython 3.12", "CPython 3.13", "--path 1"]);
    let interpreter = target.executable.as_ref().unwrap().display().to_string();
    let commands = commands(finding);
    let expected =
        format!("{interpreter} -m pip install --upgrade --target {} cffi", wheel.display());
    assert!(commands.starts_with(&expected), "{commands}");
    assert!(
        commands.contains(&format!("{interpreter} -m pip install --force-reinstall cffi")),
        "{commands}"
    );
    assert!(!commands.contains("libffi-dev"), "{commands}");
    assert_eq!(answer.facts().candidates[0].fate, Fate::PassedBy);
}

/// K03: the tag is right, the contents are not.
#[test]
fn renamed_to_the_tag_of_another_python() {
    let (Some(target), Some(wheel)) = (python(13), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = folder();
    let name = format!("_cffi_backend{}", target.ext_suffix.as_deref().unwrap());
    fs::copy(backend(&wheel), folder.path().join(name)).unwrap();
    let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
    let words =
        ["_PyErr_WriteUnraisableMsg", "built for CPython 3.12", "CPython 3.13 does not have"];
    let finding = answer.only("module-symbol-missing", &words);
    assert!(
        finding.evidence.iter().any(|line| line == "undefined symbol: _PyThreadState_UncheckedGet")
    );
}

/// K04 and K05: no tag, and Python loads it without a word or crashes.
#[test]
fn without_a_tag_for_another_python() {
    for (built, run) in [(9, 10), (10, 11), (11, 12), (12, 11)] {
        let (Some(target), Some(wheel)) = (any_python(run), cffi(built, "manylinux2014_x86_64"))
        else {
            return;
        };
        let folder = folder();
        // With the package of the same version, whatever cffi the interpreter has.
        copy(&wheel.join("cffi"), &folder.path().join("cffi"));
        fs::copy(backend(&wheel), folder.path().join("_cffi_backend.so")).unwrap();
        let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
        let finding = &answer.0.findings[0];
        let ids = ["module-built-for-other", "module-symbol-missing"];
        assert!(ids.contains(&finding.id.as_str()), "{}", answer.text());
        assert!(
            finding.summary.contains(&format!("built for CPython 3.{built}")),
            "{}",
            finding.summary
        );
        assert_eq!(answer.0.findings.len(), 1, "{}", answer.text());
    }
}

#[test]
fn nothing_says_for_which_python() {
    let Some(target) = some_python() else { return };
    let (name, path) = stdlib_module(target);
    let folder = folder();
    // A build without debug information and its paths.
    let plain = folder.path().join(format!("{name}.so"));
    fs::copy(&path, &plain).unwrap();
    let mut bytes = fs::read(&plain).unwrap();
    for at in 0..bytes.len().saturating_sub(14) {
        if bytes[at..].starts_with(b"include/python") {
            bytes[at] = b'x';
        }
    }
    fs::write(&plain, bytes).unwrap();
    let answer = Question::of(target, &name).path(folder.path()).ask();
    answer.only("module-untagged", &["no ABI tag"]);
    assert!(answer.0.is_healthy());
}

#[test]
fn a_file_of_another_module() {
    let Some(target) = some_python() else { return };
    let (name, path) = stdlib_module(target);
    let folder = folder();
    let suffix = target.ext_suffix.as_deref().unwrap();
    fs::copy(&path, folder.path().join(format!("_renamed{suffix}"))).unwrap();
    let answer = Question::of(target, "_renamed").path(folder.path()).ask();
    answer.only("module-misnamed", &["PyInit__renamed", &format!("PyInit_{name}")]);
}

#[test]
fn a_missing_library() {
    let Some(answer) = changed_backend(b"libpthread.so.0\0", b"libpthread.so.9\0") else { return };
    let finding = answer.only("module-library-missing", &["libpthread.so.9"]);
    assert!(finding.evidence.iter().any(|line| line.contains("not there")), "{finding:?}");
}

/// K07.
#[test]
fn a_source_in_the_way() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = folder();
    fs::write(folder.path().join("_cffi_backend.py"), "").unwrap();
    let question = Question::of(target, "_cffi_backend").path(folder.path()).path(&wheel);
    let answer = question.ask();
    let finding = answer.only("module-shadowed", &["_cffi_backend.py"]);
    let away = commands(finding);
    assert!(away.starts_with("mv ") && away.lines().count() == 1, "{away}");
    let shadowed = &answer.facts().candidates[1];
    assert!(matches!(&shadowed.fate, Fate::Shadowed(by) if by.ends_with("_cffi_backend.py")));
    // The printed fix is the right one.
    assert!(Command::new("/bin/sh").args(["-c", &away]).status().unwrap().success());
    question.ask().assert_healthy();
}

#[test]
fn a_folder_in_the_way() {
    let Some(target) = python(12) else { return };
    let folder = folder();
    fs::create_dir(folder.path().join("_cffi_backend")).unwrap();
    let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
    answer.only("module-shadowed", &["empty package"]);
    assert_eq!(answer.facts().candidates[0].form, Form::Namespace);
    fs::write(folder.path().join("_cffi_backend/__init__.py"), "").unwrap();
    let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
    answer.only("module-shadowed", &["__init__.py", "package"]);
}

#[test]
fn in_an_archive() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = folder();
    let archive = folder.path().join("cffi.zip");
    pack(&wheel, &archive);
    let answer = Question::of(target, "_cffi_backend").path(&archive).ask();
    let finding = answer.only("module-in-archive", &["cffi.zip/_cffi_backend.cpython-312"]);
    assert!(commands(finding).starts_with("unzip "), "{finding:?}");
    // Where it lies is all that is wrong about it.
    assert_eq!(answer.facts().candidates[0].flaws, [Flaw::InArchive]);
    // Python passes it by, and takes what lies behind.
    Question::of(target, "_cffi_backend").path(&archive).path(&wheel).ask().assert_healthy();
    // What is in Python can be imported from there.
    let answer = Question::of(target, "cffi.api").path(&archive).ask();
    assert_eq!(answer.facts().candidates[0].fate, Fate::Taken);
}

#[test]
fn beside_the_version_in_python() {
    let Some(target) = python(12) else { return };
    let folder = folder();
    fs::write(folder.path().join("speedups.py"), "").unwrap();
    fs::write(folder.path().join("speedups.cpython-311-x86_64-linux-gnu.so"), "").unwrap();
    let answer = Question::of(target, "speedups").path(folder.path()).ask();
    answer.only("module-fallback", &["speedups.py", "CPython 3.11"]);
}

#[test]
fn the_first_that_fits_is_taken_and_the_rest_is_told() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let Some(other) = cffi(13, "manylinux2014_x86_64") else { return };
    let folder = folder();
    copy(&wheel, folder.path());
    let answer =
        Question::of(target, "_cffi_backend").path(&other).path(&wheel).path(folder.path()).ask();
    // The package cffi is that of the first folder, in the same version: nothing is wrong.
    answer.assert_healthy();
    let fates: Vec<_> = answer.facts().candidates.iter().map(|one| one.fate.clone()).collect();
    let behind = backend(&wheel).display().to_string();
    assert_eq!(fates, [Fate::PassedBy, Fate::Taken, Fate::Shadowed(behind)]);
}

/// What lies in the user site is mended there: it comes before the interpreter's own packages.
#[test]
fn in_the_user_site() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let base = folder();
    let site = base.path().join("lib/python3.12/site-packages");
    copy(&wheel, &site);
    fs::write(site.join(backend(&wheel).file_name().unwrap()), "").unwrap();
    let question = Question::of(target, "_cffi_backend").env("PYTHONUSERBASE", base.path());
    let answer = question.ask();
    let finding = answer.only("module-damaged", &["user site", "it is empty"]);
    let commands = commands(finding);
    assert!(commands.contains("pip install --user --force-reinstall cffi"), "{commands}");
}

/// What is taken from a folder that was named has to go, before anything behind it can be taken.
#[test]
fn what_is_taken_is_replaced_or_moved() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = folder();
    fs::write(folder.path().join("_cffi_backend.so"), "").unwrap();
    let question = Question::of(target, "_cffi_backend").path(folder.path()).path(&wheel);
    let answer = question.ask();
    let finding = answer.only("module-damaged", &["--path 1"]);
    let behind = &finding.fixes[1];
    assert!(behind.commands[0].starts_with("mv "), "{behind:?}");
    let status = Command::new("/bin/sh").args(["-c", &behind.commands[0]]).status();
    assert!(status.unwrap().success());
    question.ask().assert_healthy();
}

/// The package cffi would stay in front, and refuse the module of another version that lies behind.
#[test]
fn both_parts_of_cffi_keep_one_version() {
    let (Some(target), Some(wheel)) = (python(12), cffi(12, "manylinux2014_x86_64")) else {
        return;
    };
    let folder = folder();
    copy(&wheel, folder.path());
    fs::write(backend(folder.path()), "").unwrap();
    let answer = Question::of(target, "_cffi_backend").path(folder.path()).ask();
    let finding = answer.only("module-damaged", &["is empty"]);
    assert!(finding.fixes[0].commands[0].contains("--upgrade --target"), "{finding:?}");
    for other in &finding.fixes[1..] {
        let last = other.commands.last().unwrap();
        assert!(last.ends_with("cffi==1.17.1"), "{last}");
    }
}

#[test]
fn in_an_archive_and_for_another_python() {
    let Some(wheel) = cffi(11, "manylinux2014_x86_64") else { return };
    let folder = folder();
    let archive = folder.path().join("packages.zip");
    pack(&wheel, &archive);
    let answer = Question::described((3, 12), "_cffi_backend").path(&archive).ask();
    let finding = answer.only("module-in-archive", &["no extension module can be imported"]);
    // It would not work in a folder, either.
    assert!(!commands(finding).contains("unzip"), "{}", answer.text());
}

#[test]
fn a_command_stays_one_command() {
    let Some(wheel) = cffi(12, "manylinux2014_x86_64") else { return };
    let folder = folder();
    let odd = folder.path().join("a'b\nreboot\x1b[2K $(reboot)");
    copy(&wheel, &odd);
    fs::write(odd.join("_cffi_backend.cpython-312-x86_64-linux-gnu.so"), "").unwrap();
    let answer = Question::described((3, 12), "_cffi_backend").path(&odd).ask();
    let commands = commands(answer.only("module-damaged", &["is empty"]));
    assert!(!commands.contains(char::is_control), "{commands:?}");
    let quoted = r"a\'b\012reboot\033[2K $(reboot)'";
    assert!(commands.contains(quoted), "{commands:?}");
}

#[test]
fn links_that_lead_nowhere_and_in_a_circle() {
    for to in ["gone.so", "_cffi_backend.so"] {
        let folder = folder();
        std::os::unix::fs::symlink(to, folder.path().join("_cffi_backend.so")).unwrap();
        let answer = Question::described((3, 12), "_cffi_backend").path(folder.path()).ask();
        let commands = commands(answer.only("module-damaged", &["_cffi_backend.so"]));
        assert!(commands.contains("pip install"), "{commands}");
    }
}

/// What somebody has built for himself is at no package index; a distribution of that name is somebody else's.
#[test]
fn a_file_that_no_distribution_owns() {
    let Some(wheel) = cffi(12, "manylinux2014_x86_64") else { return };
    let folder = folder();
    let package = folder.path().join("plugin");
    fs::create_dir(&package).unwrap();
    fs::write(package.join("__init__.py"), "").unwrap();
    for place in [folder.path(), &package] {
        fs::copy(backend(&wheel), place.join("ex.cpython-312-x86_64-linux-gnu.so")).unwrap();
    }
    for name in ["ex", "plugin.ex"] {
        let answer = Question::described((3, 11), name).path(folder.path()).ask();
        let finding = answer.only("module-other-python", &["CPython 3.12"]);
        assert_eq!(commands(finding), "", "{}", answer.text());
        assert!(finding.fixes[0].what.contains("Build it again with CPython 3.11"), "{finding:?}");
    }
    // It has the name of another module.
    let question = Question::described((3, 12), "ex").path(folder.path());
    let answer = question.ask();
    let finding = answer.only("module-misnamed", &["PyInit__cffi_backend"]);
    let status = Command::new("/bin/sh").args(["-c", &commands(finding)]).status();
    assert!(status.unwrap().success());
    Question::described((3, 12), "_cffi_backend").path(folder.path()).ask().assert_healthy();
    // Now the name is taken.
    fs::copy(backend(&wheel), folder.path().join("ex.cpython-312-x86_64-linux-gnu.so")).unwrap();
    let answer = question.ask();
    assert_eq!(commands(answer.only("module-misnamed", &[])), "", "{}", answer.text());
}
