//! Too little of everything: descriptors, space, permissions, streams.

use std::fs;

use crate::common::Place;
use crate::support::{Mount, put_program, quick, quick_after, target};

/// The verdict must not depend on it: hosts need high descriptors.
#[test]
fn a_low_soft_limit_of_open_files_is_raised() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let seen = place.finish(&mut quick_after(&place, target, "ulimit -S -n 32"));
    assert!(seen.expect_code(0).stdout.contains("  pass   load/global"), "{}", seen.all());
}

#[test]
fn a_low_hard_limit_of_open_files_is_an_error() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let seen = place.finish(&mut quick_after(&place, target, "ulimit -n 32"));
    seen.expect_error(2, &["32 open files", "ulimit -n"]);
}

/// SIGXFSZ would end the program before it has cleaned up.
#[test]
fn a_limit_of_file_sizes_is_an_error() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let seen = place.finish(&mut quick_after(&place, target, "ulimit -f 8"));
    seen.expect_error(2, &["File too large", "ulimit -f"]);
}

#[test]
fn a_scratch_folder_that_cannot_be_used_is_an_error() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let file = place.file("file", "");
    for folder in ["/nonexistent", file.to_str().unwrap(), "/proc"] {
        let seen = place.finish(quick(&place, target).env("TMPDIR", folder));
        seen.expect_error(2, &[folder, "set TMPDIR"]);
        assert!(!seen.stderr.contains("embedcheck-"), "{}", seen.all());
    }
}

#[test]
fn a_scratch_folder_that_is_full_or_forbids_programs_is_an_error() {
    let Some(target) = target() else { return };
    let place = Place::new();
    for (options, reason) in
        [("size=64k", "No space left"), ("size=1m,noexec", "`noexec`"), ("size=1m,ro", "read-only")]
    {
        let Some(mount) = Mount::new(&place, options) else { return };
        let seen = place.finish(quick(&place, target).env("TMPDIR", mount.path()));
        seen.expect_error(2, &[mount.path().to_str().unwrap(), reason, "TMPDIR"]);
        mount.assert_empty();
    }
}

#[test]
fn a_full_disk_leaves_no_half_report() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let Some(mount) = Mount::new(&place, "size=16k") else { return };
    let report = mount.path().join("report.json");
    let seen =
        place.finish(quick(&place, target).args(["--format", "json", "--output"]).arg(&report));
    seen.expect_error(2, &["report.json", "free some space"]);
    mount.assert_empty();
}

#[test]
fn streams_that_are_closed_do_not_matter() {
    let Some(target) = target() else { return };
    let place = Place::new();
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let seen = place.finish(&mut quick_after(&place, target, &format!("exec {closed}")));
        seen.expect_code(0);
        assert_eq!(seen.stderr, "", "{}", seen.all());
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let seen = place.finish(&mut quick_after(&place, target, "exec >/dev/full"));
    seen.expect_error(2, &["standard output", "No space left"]);
}

#[test]
fn odd_environments_change_nothing() {
    let Some(target) = target() else { return };
    let place = Place::new();
    let long = "/nonexistent/folder:".repeat(5_000);
    let odd = "d\u{e9} :x";
    fs::create_dir(place.path().join(odd)).unwrap();
    for (name, value) in [
        ("PATH", &*long),
        ("PATH", ""),
        ("PATH", ".:relative"),
        ("COLUMNS", "1"),
        ("LANG", "C"),
        ("TMPDIR", odd),
    ] {
        let seen = place.finish(quick(&place, target).env(name, value));
        assert!(seen.expect_code(0).stdout.contains("  pass   load/global"), "{}", seen.all());
    }
    let seen = place.finish(quick(&place, target).env_remove("HOME").env_remove("PATH"));
    seen.expect_code(0);
    assert_eq!(fs::read_dir(place.path().join(odd)).unwrap().count(), 0);
}

#[test]
fn names_that_are_not_utf8_are_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let Some(target) = target() else { return };
    let place = Place::new();
    let folder = place.path().join(OsStr::from_bytes(b"\xff\xfe"));
    fs::create_dir(&folder).unwrap();
    let program = folder.join("embedcheck");
    put_program(&program);
    let mut command = std::process::Command::new(&program);
    command.args(["check", "--offline", "--only", "load/global", "--python"]);
    command.arg(target.executable.as_ref().unwrap());
    place.scrub(&mut command);
    place.finish(command.env("PATH", "/nonexistent").env("TMPDIR", &folder)).expect_code(0);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}
