//! Facts about this machine, read from files and system calls.

use std::fs;
use std::path::Path;
use std::thread;

use super::Machine;
use crate::elf::{Elf, LdCache};

/// This machine; compiler and CFFI are left to whoever uses them.
pub fn machine() -> Machine {
    let uname = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    Machine {
        system: pretty_name(&fs::read_to_string("/etc/os-release").unwrap_or_default()),
        kernel: format!("{} {}", text(uname.sysname()), text(uname.release())),
        architecture: text(uname.machine()),
        libc: libc(),
        processors: thread::available_parallelism().map_or(1, Into::into),
        compiler: None,
        cffi: None,
    }
}

/// `PRETTY_NAME` as os-release(5) writes it.
fn pretty_name(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches(['"', '\'']).to_owned())
}

/// The newest `GLIBC_2.N` that libc.so.6 defines: its version, read without running it.
fn libc() -> Option<String> {
    let cache = LdCache::load(Path::new("/etc/ld.so.cache")).ok()?;
    let path = cache.entries("libc.so.6").first()?.path.clone();
    let libc = Elf::read(&path).ok()?;
    let minor = |version: &String| version.strip_prefix("GLIBC_2.")?.parse::<u32>().ok();
    let newest = libc.version_definitions.iter().filter_map(minor).max()?;
    Some(format!("glibc 2.{newest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_quotes_are_removed() {
        assert_eq!(pretty_name("ID=x\nPRETTY_NAME=\"Some Linux 1\"\n").unwrap(), "Some Linux 1");
        assert_eq!(pretty_name("ID=x\n"), None);
    }

    #[test]
    fn this_machine_has_an_architecture() {
        assert!(!machine().architecture.is_empty());
    }
}
