//! Things under a name that are not what the name says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::common::Place;
use crate::support::{is_root, put_program, quick, skip, target};

#[test]
fn pipes_and_devices_are_refused_without_reading_them() {
    let place = Place::new();
    let pipe = place.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for file in [pipe.to_str().unwrap(), "/dev/zero", "/dev/full", "/dev/null"] {
        place.run(["check", "--libpython", file]).expect_error(2, &[file, "regular file"]);
        place.run(["check", "--python", file]).expect_error(2, &[file, "not executable"]);
    }
}

#[test]
fn a_circle_of_links_is_refused() {
    let place = Place::new();
    std::os::unix::fs::symlink("b", place.path().join("a")).unwrap();
    std::os::unix::fs::symlink("a", place.path().join("b")).unwrap();
    for option in ["--python", "--libpython"] {
        place.run(["check", option, "./a"]).expect_error(2, &["/a`"]);
    }
}

#[test]
fn other_libraries_are_no_libpython() {
    let place = Place::new();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps
        .lines()
        .find_map(|line| Some(&line[line.find('/')?..]).filter(|path| path.contains("/libc")));
    let Some(libc) = libc else { return skip("the tests are not linked to a shared libc") };
    place.run(["check", "--libpython", libc]).expect_error(2, &[libc, "Py_Initialize"]);
}

#[test]
fn an_empty_name_is_wrong_usage() {
    let place = Place::new();
    place.run(["check", "--python", ""]).expect_error(2, &["--python", "empty"]);
    place.run(["check", "--libpython", ""]).expect_error(2, &["--libpython"]);
    place.run(["check", "--only", ""]).expect_error(2, &["--only", "matches no check"]);
}

#[test]
fn a_message_does_not_command_the_terminal() {
    let place = Place::new();
    let seen = place.run(["check", "--python", "/x\u{1b}[31m\u{7}"]);
    seen.expect_error(2, &["/x\\u{1b}[31m\\u{7}"]);
    assert!(!seen.stderr.contains('\u{1b}'), "{}", seen.all());
}

#[test]
fn somebody_elses_files_are_unreadable() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let file = place.file("libpython3.11.so.1.0", "secret");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // The program lies in a folder that nobody else may enter.
    let program = place.path().join("embedcheck");
    put_program(&program);
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    command.args(["check", "--libpython"]).arg(&file);
    place.scrub(&mut command);
    place.finish(&mut command).expect_error(2, &["libpython3.11.so.1.0", "Permission denied"]);
}

/// Linkers name such a library by its file.
#[test]
fn a_libpython_without_soname_is_as_good() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let library = &target.libpython.as_ref().unwrap().real_path;
    let copy = place.path().join(library.file_name().unwrap());
    fs::write(&copy, without_soname(fs::read(library).unwrap())).unwrap();
    let mut command = place.command(["check", "--offline", "--only", "load/global", "--libpython"]);
    command.arg(&copy).env("PATH", "/nonexistent");
    let seen = place.finish(&mut command);
    assert!(seen.expect_code(0).stdout.contains("  pass   load/global"), "{}", seen.all());
    assert!(!seen.stdout.contains("soname"), "{}", seen.all());
}

/// Lets DT_SONAME (14) point to the empty name at the beginning of the string table.
fn without_soname(mut bytes: Vec<u8>) -> Vec<u8> {
    let number = |at: usize| {
        usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap()
    };
    let table = number(32);
    let mut headers = (0..usize::from(bytes[56])).map(|index| table + 56 * index);
    let dynamic = number(headers.find(|&at| bytes[at] == 2).unwrap() + 8);
    let entry = (0..).map(|index| dynamic + 16 * index).find(|&at| number(at) == 14).unwrap();
    bytes[entry + 8..entry + 16].fill(0);
    bytes
}

#[test]
fn a_folder_to_keep_files_in_that_is_none_is_named() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let file = place.file("file", "precious");
    let seen = place.finish(quick(&place, target).arg("--keep").arg(&file));
    seen.expect_error(2, &["/file", "name a folder to keep files in"]);
    assert_eq!(fs::read_to_string(file).unwrap(), "precious");
}
