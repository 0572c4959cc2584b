//! What the kernel says of this process.

use std::fs;

use super::Error;

/// Resident memory in KiB.
///
/// Counted page by page: `VmRSS` in `/proc/self/status` is off by a few hundred KiB in some kernels
/// (Linux 6.2 to 6.16, which count by processor). It is asked only where there is nothing better.
pub(super) fn resident() -> Result<u64, Error> {
    let exact = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    if let Some(number) = field(&exact, "Rss:") {
        return Ok(number);
    }
    let status = fs::read_to_string("/proc/self/status")?;
    Ok(field(&status, "VmRSS:").ok_or("/proc/self/status has no VmRSS")?)
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The files that are mapped and named like a libpython.
pub(super) fn mapped_libpythons() -> Result<Vec<String>, Error> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let is_libpython = |path: &&str| {
        path.rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("libpython3.") && name.contains(".so"))
    };
    let mut found: Vec<_> = maps
        .lines()
        .filter_map(|line| line.find('/').map(|start| &line[start..]))
        .filter(is_libpython)
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read() {
        let text =
            "00400000-7ffc0000 ---p 00000000 00:00 0    [rollup]\nRss:     884 kB\nPss: 1 kB\n";
        assert_eq!(field(text, "Rss:"), Some(884));
        assert_eq!(field(text, "Pss_Dirty:"), None);
    }

    #[test]
    fn more_memory_is_seen() {
        let before = resident().unwrap();
        let block = std::hint::black_box(vec![1_u8; 32 << 20]);
        let after = resident().unwrap();
        // Other tests allocate beside this one.
        assert!((31 << 10..64 << 10).contains(&(after - before)), "{before} {after}");
        drop(block);
    }
}
