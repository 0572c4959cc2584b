//! What threads that have called leave behind when they end.

use std::fs;
use std::thread;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::Error;
use super::dll::Dll;

/// Threads before the first look at the memory: the C library and the interpreter keep some of what
/// they were given.
const WARM: u64 = 1000;

/// Resident memory of this process in KiB.
fn resident() -> Result<u64, Error> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(number.ok_or("/proc/self/status has no VmRSS")?.parse()?)
}

/// One after the other.
fn threads(dll: &Dll, count: u64) -> Result<(), Error> {
    for _ in 0..count {
        let joined = thread::scope(|scope| scope.spawn(|| dll.calls(0, 1)).join());
        joined.map_err(|_| "a thread of the host panicked")??;
    }
    Ok(())
}

pub(super) fn measure(dll: &Dll, count: u64) -> Result<Map<String, Value>, Error> {
    threads(dll, WARM)?;
    let before = resident()?;
    let begin = Instant::now();
    threads(dll, count)?;
    let each = begin.elapsed().as_nanos() as f64 / count as f64;
    let after = resident()?;
    let all = [("before", json!(before)), ("after", json!(after)), ("each", json!(each))];
    Ok(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
