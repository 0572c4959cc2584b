//! The parser of ld.so.cache, compared with `ldconfig -p` and with what ld.so says of itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck::elf::{LdCache, Platform};

use crate::lab::skip;

#[test]
fn the_entries_are_those_of_ldconfig() {
    let command =
        ["/sbin/ldconfig", "/usr/sbin/ldconfig"].into_iter().find(|path| Path::new(path).exists());
    let (Some(ldconfig), true) = (command, Path::new(LdCache::PATH).exists()) else {
        return skip("there is no ldconfig or no /etc/ld.so.cache");
    };
    let output = Command::new(ldconfig).arg("-p").env("LC_ALL", "C").output().unwrap();
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    let mark = if cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
        "(libc6,x86-64"
    } else {
        "(libc6"
    };
    let expected: BTreeSet<(String, PathBuf)> = listing
        .lines()
        .filter(|line| line.contains(mark))
        .filter_map(|line| {
            let (what, path) = line.trim().split_once(" => ")?;
            Some((what.split_once(" (")?.0.to_owned(), path.into()))
        })
        .collect();
    assert!(expected.len() > 5, "{listing}");
    let cache = LdCache::load(Path::new(LdCache::PATH)).unwrap();
    let mut ours = BTreeSet::new();
    for (name, _) in &expected {
        ours.extend(cache.entries(name).iter().map(|entry| (name.clone(), entry.path.clone())));
    }
    assert_eq!(ours, expected);
    assert_eq!(cache.len(), listing.lines().filter(|line| line.contains(mark)).count());
}

#[test]
fn ld_so_tells_its_default_directories() {
    let own = embedcheck::elf::Elf::read(&std::env::current_exe().unwrap()).unwrap();
    let Some(ld_so) = own.interpreter else {
        return skip("this test program is linked statically");
    };
    let output = Command::new(&ld_so).arg("--help").env_clear().output().unwrap();
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    if !help.contains("(system search path)") {
        return skip("this ld.so is older than glibc 2.33 or not of glibc");
    }
    let dirs: Vec<PathBuf> = help
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" (system search path)"))
        .map(PathBuf::from)
        .collect();
    let hwcaps: Vec<&str> = help
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" (supported, searched)"))
        .filter(|name| name.contains("-v"))
        .collect();
    let platform = Platform::of(Path::new(&ld_so));
    assert_eq!(platform.system_dirs, dirs);
    assert_eq!(platform.hwcaps, hwcaps);
    let guess = Platform::guess();
    assert_eq!((guess.system_dirs, guess.lib), (platform.system_dirs, platform.lib));
}
