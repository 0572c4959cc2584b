//! One thread that calls, many times.

use std::thread;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::Error;
use super::dll::Dll;

/// How many calls are timed together: so few that most batches are over before the scheduler takes
/// the processor away, so many that the clock does not count.
pub const BATCH: u32 = 500;

/// Nanoseconds per call of each batch.
fn batches(dll: &Dll, count: usize) -> Result<Vec<f64>, Error> {
    // Caches, and what specialises itself in the interpreter.
    for _ in 0..20 {
        dll.calls(0, BATCH)?;
    }
    let mut times = Vec::with_capacity(count);
    let mut number = 0_u32;
    for _ in 0..count {
        let begin = Instant::now();
        dll.calls(number, BATCH)?;
        times.push(begin.elapsed().as_nanos() as f64 / f64::from(BATCH));
        number = (number + BATCH) & 0xffff;
    }
    Ok(times)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(super) fn measure(dll: &Dll, count: usize) -> Result<Map<String, Value>, Error> {
    let mut answer = Map::new();
    let mut add =
        |place: &str, times: Vec<f64>| answer.insert(place.to_owned(), json!(median(times)));
    add("initialiser", batches(dll, count)?);
    let other = |held: bool| {
        let body = move || match held {
            true => dll.held(|| batches(dll, count)).map_err(|error| error.to_string()),
            false => batches(dll, count).map_err(|error| error.to_string()),
        };
        let joined = thread::scope(|scope| scope.spawn(body).join());
        joined.map_err(|_| "a thread of the host panicked")?.map_err(Error::from)
    };
    add("other", other(false)?);
    if dll.can_hold() {
        add("initialiser_held", dll.held(|| batches(dll, count))?);
        add("other_held", other(true)?);
    }
    Ok(answer)
}
