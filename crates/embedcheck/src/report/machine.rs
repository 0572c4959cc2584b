//! Facts about this machine, read from files and system calls.

use std::path::Path;
use std::thread;

use super::Machine;
use crate::distribution::Distribution;
use crate::elf::{Elf, LdCache};

/// This machine; compiler and CFFI are left to whoever uses them.
pub fn machine() -> Machine {
    let uname = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    Machine {
        system: Distribution::here().pretty_name().map(str::to_owned),
        kernel: format!("{} {}", text(uname.sysname()), text(uname.release())),
        architecture: text(uname.machine()),
        libc: libc(),
        processors: thread::available_parallelism().map_or(1, Into::into),
        compiler: None,
        cffi: None,
    }
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
    fn this_machine_has_an_architecture() {
        assert!(!machine().architecture.is_empty());
    }
}
