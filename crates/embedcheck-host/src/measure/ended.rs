//! What threads that have called leave behind when they end.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::Error;
use super::calls::fresh;
use super::dll::Dll;
use super::procfs::resident;

/// Threads before the first look at the memory: the C library and the interpreter keep some of what
/// they were given.
const WARM: u64 = 1000;

/// One after the other.
fn threads(dll: &Dll, count: u64) -> Result<(), Error> {
    for number in 0..count {
        fresh(dll, number as u32)?;
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
