//! A cache that is damaged, cannot be written, or is shared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::common::Place;
use crate::support::{skip, target};

/// The files of all entries, without what the cache keeps for itself.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files.extend(self::files(&entry.path()));
        } else if !entry.file_name().to_string_lossy().starts_with('.') {
            files.push(entry.path());
        }
    }
    files
}

fn check(place: &Place, cache: &Path) -> Option<std::process::Command> {
    let target = target()?;
    let mut command = place.command(["check", "--offline", "--only", "load/global", "--python"]);
    command.arg(target.executable.as_ref().unwrap()).env("EMBEDCHECK_CACHE", cache);
    Some(command)
}

/// A build is not blamed for what happened to the files that were made from it.
#[test]
fn damaged_entries_are_made_again() {
    let place = Place::new();
    let cache = place.path().join("cache");
    let Some(mut command) = check(&place, &cache) else { return };
    let clean = place.finish(&mut command);
    clean.expect_code(0);
    if files(&cache).is_empty() {
        return skip("nothing was cached: no compiler or no CFFI");
    }
    for damage in ["garbage", "half", "gone"] {
        for file in files(&cache) {
            let bytes = fs::read(&file).unwrap();
            match damage {
                "garbage" => fs::write(file, "garbage").unwrap(),
                "half" => fs::write(file, &bytes[..bytes.len() / 2]).unwrap(),
                _ => fs::remove_file(file).unwrap(),
            }
        }
        let seen = place.finish(&mut command);
        assert!(
            seen.expect_code(0).stdout.contains("  pass   load/global"),
            "{damage}: {}",
            seen.all()
        );
        assert!(!seen.stdout.contains("producer cffi"), "{damage}: {}", seen.all());
    }
}

#[test]
fn a_cache_that_cannot_be_made_is_done_without() {
    let place = Place::new();
    let Some(mut command) = check(&place, Path::new("/dev/null/cache")) else { return };
    place.finish(&mut command).expect_code(0);
}

#[test]
fn two_at_once_do_not_disturb_each_other() {
    let place = Place::new();
    let cache = place.path().join("cache");
    let Some(mut command) = check(&place, &cache) else { return };
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut both = [(); 2].map(|()| command.spawn().unwrap());
    for child in &mut both {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    place.assert_nothing_left();
    let unfinished = fs::read_dir(&cache).into_iter().flatten().flatten();
    let unfinished =
        unfinished.filter(|entry| entry.file_name().to_string_lossy().starts_with(".new-"));
    assert_eq!(unfinished.count(), 0);
}
