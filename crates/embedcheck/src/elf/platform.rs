//! What is compiled into an ld.so: its default directories and the values of `$LIB` and `$PLATFORM`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::trace::{TraceError, is_glibc, run};

/// What an ld.so knows by itself, without files or environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// The directories it searches last.
    pub system_dirs: Vec<PathBuf>,
    /// What it puts for `$LIB`, such as `lib64`.
    pub lib: String,
    /// What it puts for `$PLATFORM`, such as `x86_64`.
    pub platform: String,
    /// The `glibc-hwcaps` subdirectories that this processor can use, best first.
    pub hwcaps: Vec<String>,
}

impl Platform {
    /// Asks `ld_so` itself (`--list-diagnostics`, glibc 2.33 and later), and guesses when it does not
    /// answer: an older glibc, or none.
    pub fn of(ld_so: &Path) -> Platform {
        Self::ask(ld_so).ok().flatten().unwrap_or_else(Self::guess)
    }

    fn ask(ld_so: &Path) -> Result<Option<Platform>, TraceError> {
        if !is_glibc(ld_so)? {
            return Ok(None);
        }
        let output = run(ld_so, &["--list-diagnostics".as_ref()], &[], Duration::from_secs(10))?;
        Ok(Self::parse(&output))
    }

    /// Reads the output of `ld.so --list-diagnostics`.
    fn parse(diagnostics: &str) -> Option<Platform> {
        let value = |key: &str| {
            let line = diagnostics.lines().find_map(|line| line.strip_prefix(key))?;
            line.strip_prefix('=').map(|value| value.trim_matches('"'))
        };
        let system_dirs: Vec<PathBuf> = diagnostics
            .lines()
            .filter_map(|line| line.strip_prefix("path.system_dirs[")?.split_once("]="))
            .map(|(_, dir)| PathBuf::from(dir.trim_matches('"')))
            .collect();
        let active = value("dl_hwcaps_subdirs_active")
            .and_then(|mask| u64::from_str_radix(mask.strip_prefix("0x")?, 16).ok())
            .unwrap_or(0);
        let hwcaps = value("dl_hwcaps_subdirs").unwrap_or_default();
        let hwcaps = hwcaps.split(':').filter(|name| !name.is_empty()).take(64).enumerate();
        if system_dirs.is_empty() {
            return None;
        }
        Some(Platform {
            system_dirs,
            lib: value("dl_dst_lib")?.to_owned(),
            platform: value("dl_platform").unwrap_or_default().to_owned(),
            hwcaps: hwcaps
                .filter(|(bit, _)| active >> bit & 1 != 0)
                .map(|(_, name)| name.to_owned())
                .collect(),
        })
    }

    /// What the usual distributions compile in: Debian's multi-arch directories where they exist, else
    /// `lib64` on the machines that have it.
    pub fn guess() -> Platform {
        let arch = std::env::consts::ARCH;
        let multi_arch = format!("{arch}-linux-gnu");
        let has_lib64 = cfg!(all(
            target_pointer_width = "64",
            any(target_arch = "x86_64", target_arch = "powerpc64", target_arch = "s390x")
        )) || cfg!(target_arch = "aarch64");
        let lib = if Path::new("/usr/lib").join(&multi_arch).is_dir() {
            format!("lib/{multi_arch}")
        } else if has_lib64 && Path::new("/usr/lib64").is_dir() {
            "lib64".to_owned()
        } else {
            "lib".to_owned()
        };
        let mut system_dirs = Vec::new();
        for lib in [lib.as_str(), "lib"] {
            for root in ["/", "/usr/"] {
                let dir = PathBuf::from(format!("{root}{lib}/"));
                if !system_dirs.contains(&dir) {
                    system_dirs.push(dir);
                }
            }
        }
        Platform { system_dirs, lib, platform: arch.to_owned(), hwcaps: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_are_read() {
        let platform = Platform::parse(
            "dl_dst_lib=\"lib64\"\n\
             dl_hwcaps_subdirs=\"x86-64-v4:x86-64-v3:x86-64-v2\"\n\
             dl_hwcaps_subdirs_active=0x6\n\
             dl_platform=\"haswell\"\n\
             path.system_dirs[0x0]=\"/lib64/\"\n\
             path.system_dirs[0x1]=\"/usr/lib64/\"\n",
        )
        .unwrap();
        assert_eq!(platform.hwcaps, ["x86-64-v3", "x86-64-v2"]);
        assert_eq!(platform.system_dirs, [Path::new("/lib64/"), Path::new("/usr/lib64/")]);
        assert_eq!((platform.lib.as_str(), platform.platform.as_str()), ("lib64", "haswell"));
        assert_eq!(Platform::parse("usage: ld.so"), None);
    }
}
