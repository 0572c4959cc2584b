//! The extension modules of those who want the module, which have to fit as well as the module does.

use std::fs;
use std::path::Path;

use embedcheck::doctor::Severity;
use embedcheck::doctor::module::Runtime;
use tempfile::TempDir;

use crate::support::{Question, backend, cffi, commands, copy, folder, pack};

/// The file that the distribution `vault` brings.
const RUST: &str = "vault/_rust.abi3.so";

/// A layer with cffi, and with a distribution that wants it and has this file.
fn layer(wheel: &Path, file: &str, bytes: &[u8]) -> TempDir {
    let layer = folder();
    let python = layer.path().join("python");
    copy(wheel, &python);
    fs::create_dir_all(python.join("vault")).unwrap();
    fs::write(python.join("vault/__init__.py"), "").unwrap();
    fs::write(python.join(file), bytes).unwrap();
    let info = python.join("vault-1.0.dist-info");
    fs::create_dir(&info).unwrap();
    fs::write(info.join("METADATA"), "Name: vault\nVersion: 1.0\nRequires-Dist: cffi>=1.12\n")
        .unwrap();
    fs::write(info.join("RECORD"), format!("vault/__init__.py,,\n{file},,\n")).unwrap();
    layer
}

/// A shared library that asks for a glibc after that of Amazon Linux 2.
fn newer(wheel: &Path) -> Vec<u8> {
    let mut bytes = fs::read(backend(wheel)).unwrap();
    let at = bytes.windows(12).position(|window| window == b"GLIBC_2.2.5\0").unwrap();
    bytes[at..at + 12].copy_from_slice(b"GLIBC_2.28\0\0");
    bytes
}

#[test]
fn a_glibc_that_only_the_other_half_needs() {
    let Some(wheel) = cffi(11, "manylinux2014_x86_64") else { return };
    let layer = layer(&wheel, RUST, &newer(&wheel));
    let archives = folder();
    let archive = archives.path().join("layer.zip");
    pack(layer.path(), &archive);
    for given in [layer.path(), &archive] {
        let answer = Question::described((3, 11), "_cffi_backend").layers([given]).ask();
        let finding = answer.only(
            "module-dependent-unfit",
            &["vault 1.0", "layer 1", RUST, "needs glibc 2.28, there is 2.26"],
        );
        assert_eq!(finding.severity, Severity::Problem);
        assert!(!answer.0.is_healthy());
        let same = &finding.fixes[0].commands.join("\n");
        for part in ["--no-deps", "--platform manylinux2014_x86_64", "vault==1.0"] {
            assert!(same.contains(part), "no `{part}` in {same}");
        }
        assert!(!commands(finding).contains("manylinux_2_28"), "{}", commands(finding));
        let extensions = &answer.facts().wanted.extensions;
        assert_eq!(extensions.len(), 1, "{extensions:?}");
        assert_eq!(extensions[0].module, "vault._rust");
    }
    // A system that has it.
    let Some(newer) = cffi(12, "manylinux2014_x86_64") else { return };
    copy(&newer, &layer.path().join("python"));
    Question::described((3, 12), "_cffi_backend").layers([layer.path()]).ask().assert_healthy();
}

/// Without a list of what was installed the folder is looked through.
#[test]
fn what_nobody_lists_is_judged() {
    let Some(wheel) = cffi(11, "manylinux2014_x86_64") else { return };
    let layer = layer(&wheel, RUST, &newer(&wheel));
    fs::remove_file(layer.path().join("python/vault-1.0.dist-info/RECORD")).unwrap();
    let answer = Question::described((3, 11), "_cffi_backend").layers([layer.path()]).ask();
    answer.only("module-dependent-unfit", &["vault 1.0", RUST]);
}

#[test]
fn another_processor() {
    let (Some(here), Some(arm)) =
        (cffi(12, "manylinux2014_x86_64"), cffi(12, "manylinux2014_aarch64"))
    else {
        return;
    };
    let of_arm = |layer: &TempDir| {
        let mut question = Question::described((3, 12), "_cffi_backend").layers([layer.path()]);
        question.options.runtime =
            Runtime::Described { version: (3, 12), architecture: "aarch64".to_owned() };
        question.ask()
    };
    let unfit = layer(&arm, RUST, &fs::read(backend(&here)).unwrap());
    let answer = of_arm(&unfit);
    let finding = answer.only("module-dependent-unfit", &["is for x86_64", "on aarch64"]);
    assert!(commands(finding).contains("manylinux2014_aarch64"), "{}", commands(finding));
    // Without the layer, too.
    let site = unfit.path().join("python");
    let mut question = Question::described((3, 12), "_cffi_backend").path(&site);
    question.options.runtime =
        Runtime::Described { version: (3, 12), architecture: "aarch64".to_owned() };
    let answer = question.ask();
    let commands = commands(answer.only("module-dependent-unfit", &["is for x86_64"]));
    assert!(commands.contains(&format!("--target {} ", site.display())), "{commands}");
    of_arm(&layer(&arm, RUST, &fs::read(backend(&arm)).unwrap())).assert_healthy();
    // A library that is no module: some bring one for each processor.
    let library = layer(&arm, "vault/libvault_x86.so", &fs::read(backend(&here)).unwrap());
    of_arm(&library).assert_healthy();
}

#[test]
fn another_python() {
    let Some(wheel) = cffi(12, "manylinux2014_x86_64") else { return };
    let bytes = fs::read(backend(&wheel)).unwrap();
    let file = "vault/_fast.cpython-311-x86_64-linux-gnu.so";
    let layer = layer(&wheel, file, &bytes);
    let question = Question::described((3, 12), "_cffi_backend").layers([layer.path()]);
    let answer = question.ask();
    let finding = answer.only("module-dependent-unfit", &["is for CPython 3.11", file]);
    // The version that is there is older than the Python.
    assert!(!commands(finding).contains("vault==1.0"), "{}", commands(finding));
    // One for each of several Pythons.
    fs::write(layer.path().join("python/vault/_fast.cpython-312-x86_64-linux-gnu.so"), &bytes)
        .unwrap();
    question.ask().assert_healthy();
}

#[test]
fn what_is_written_in_python_as_well_may_be_for_another() {
    let Some(wheel) = cffi(12, "manylinux2014_x86_64") else { return };
    let file = "vault/_fast.cpython-311-x86_64-linux-gnu.so";
    let layer = layer(&wheel, file, &fs::read(backend(&wheel)).unwrap());
    fs::write(layer.path().join("python/vault/_fast.py"), "").unwrap();
    Question::described((3, 12), "_cffi_backend").layers([layer.path()]).ask().assert_healthy();
}

/// The name of a distribution is whatever somebody wrote, and pip takes options and addresses for what they are.
#[test]
fn names_that_pip_would_obey_are_not_printed_as_commands() {
    let Some(wheel) = cffi(11, "manylinux2014_x86_64") else { return };
    let layer = layer(&wheel, RUST, &newer(&wheel));
    let metadata = layer.path().join("python/vault-1.0.dist-info/METADATA");
    for (name, version) in [("--index-url=http://e", "1.0"), ("vault", "1 --pre")] {
        let text = format!("Name: {name}\nVersion: {version}\nRequires-Dist: cffi\n");
        fs::write(&metadata, text).unwrap();
        let answer = Question::described((3, 11), "_cffi_backend").layers([layer.path()]).ask();
        let commands = commands(answer.only("module-dependent-unfit", &[]));
        let is_name = name == "vault";
        assert_eq!(commands.lines().count(), usize::from(is_name), "{commands}");
        assert_eq!(commands.ends_with(" vault"), is_name, "{commands}");
    }
}

#[test]
fn what_lies_in_an_archive_is_told_once() {
    let Some(wheel) = cffi(12, "manylinux2014_x86_64") else { return };
    let layer = layer(&wheel, RUST, &fs::read(backend(&wheel)).unwrap());
    let archives = folder();
    let archive = archives.path().join("packages.zip");
    pack(&layer.path().join("python"), &archive);
    let question = Question::described((3, 12), "_cffi_backend").path(&archive);
    question.ask().only("module-in-archive", &[]);
    // The module itself lies in a folder in front.
    let mut question = Question::described((3, 12), "_cffi_backend").path(&wheel);
    question.options.paths.push(archive);
    question.ask().only("module-dependent-unfit", &[RUST, "archive"]);
}
