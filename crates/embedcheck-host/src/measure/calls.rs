//! One thread that calls, many times.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::Error;
use super::dll::Dll;
use super::series::Series;

/// How many calls are timed together: so few that most batches are over before the scheduler takes
/// the processor away, so many that the clock does not count.
pub const BATCH: u32 = 500;

/// After this time there are samples enough: what makes a thread state for each call takes a thousand
/// times as long as what keeps one.
const ENOUGH: Duration = Duration::from_secs(1);

/// Nanoseconds per call of each batch.
fn batches(dll: &Dll, count: usize) -> Result<Series, Error> {
    // Caches, and what specialises itself in the interpreter.
    for _ in 0..20 {
        dll.calls(0, BATCH)?;
    }
    let mut series = Series::with_capacity(count);
    let mut number = 0_u32;
    let all = Instant::now();
    for _ in 0..count {
        if all.elapsed() > ENOUGH {
            break;
        }
        let begin = Instant::now();
        dll.calls(number, BATCH)?;
        series.add(begin.elapsed(), BATCH);
        number = (number + BATCH) & 0xffff;
    }
    Ok(series)
}

/// Runs `body` in a thread of its own.
pub(super) fn in_thread<T: Send>(
    body: impl FnOnce() -> Result<T, Error> + Send,
) -> Result<T, Error> {
    let body = || body().map_err(|error| error.to_string());
    let joined = thread::scope(|scope| scope.spawn(body).join());
    joined.map_err(|_| "a thread of the host panicked")?.map_err(Error::from)
}

/// A thread from its start to its end, with one call in it.
pub(super) fn fresh(dll: &Dll, number: u32) -> Result<(), Error> {
    in_thread(|| Ok(dll.calls(number & 0xffff, 1)?))
}

fn fresh_threads(dll: &Dll, count: usize) -> Result<Series, Error> {
    for number in 0..20 {
        fresh(dll, number)?;
    }
    let mut series = Series::default();
    let mut number = 0_u32;
    let all = Instant::now();
    while (number as usize) < count && all.elapsed() < ENOUGH {
        let begin = Instant::now();
        fresh(dll, number)?;
        series.add(begin.elapsed(), 1);
        number += 1;
    }
    Ok(series)
}

pub(super) fn measure(dll: &Dll, count: usize) -> Result<Map<String, Value>, Error> {
    let mut answer = Map::new();
    let mut add = |place: &str, series: Series| answer.insert(place.to_owned(), series.summary());
    add("initialiser", batches(dll, count)?);
    add("other", in_thread(|| batches(dll, count))?);
    if dll.can_hold() {
        add("initialiser_held", dll.held(|| batches(dll, count))?);
        add("other_held", in_thread(|| dll.held(|| batches(dll, count)))?);
    }
    if let Some(linked) = dll.linked() {
        add("linked", batches(&dll.with(linked), count)?);
    }
    add("fresh", fresh_threads(dll, count)?);
    Ok(answer)
}
