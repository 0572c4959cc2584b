//! Several threads that call at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::Error;
use super::clock::cpu_time;
use super::dll::Dll;
use super::histogram::Histogram;
use super::serve::repeat;

/// How many calls a thread makes between two looks whether the time is over.
const LOOK: u32 = 16;

/// What one thread did between the common start and its own end.
struct Share<T> {
    begin: Instant,
    end: Instant,
    value: T,
}

/// Runs `body` with the number of the thread in that many threads at once, and `meanwhile` beside
/// them: all have made calls before the clock starts.
fn at_once<T: Send>(
    dll: &Dll,
    threads: usize,
    meanwhile: impl FnOnce(),
    body: impl Fn(usize) -> Result<T, Error> + Sync,
) -> Result<Vec<Share<T>>, Error> {
    let barrier = Barrier::new(threads + 1);
    let one = |number| -> Result<Share<T>, String> {
        let warm = dll.calls(0, 1000);
        barrier.wait();
        warm.map_err(|error| error.to_string())?;
        let begin = Instant::now();
        let value = body(number).map_err(|error| error.to_string())?;
        Ok(Share { begin, end: Instant::now(), value })
    };
    let one = &one;
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|number| scope.spawn(move || one(number))).collect();
        barrier.wait();
        meanwhile();
        let join = |handle: thread::ScopedJoinHandle<'_, Result<Share<T>, String>>| {
            handle.join().map_err(|_| "a thread of the host panicked")?.map_err(Error::from)
        };
        handles.into_iter().map(join).collect()
    })
}

/// From the begin of the first thread to the end of the last.
fn elapsed<T>(shares: &[Share<T>]) -> Duration {
    let begin = shares.iter().map(|share| share.begin).min();
    let end = shares.iter().map(|share| share.end).max();
    begin.zip(end).map_or(Duration::ZERO, |(begin, end)| end - begin)
}

/// What that many calls take, divided over that many threads.
pub(super) fn exactly(dll: &Dll, threads: usize, iterations: u64) -> Result<Duration, Error> {
    let (each, rest) = (iterations / threads as u64, iterations % threads as u64);
    let body = |number| {
        let more = u64::from((number as u64) < rest);
        Ok(repeat(dll, each + more).map(drop)?)
    };
    Ok(elapsed(&at_once(dll, threads, || (), body)?))
}

pub(super) fn measure(
    dll: &Dll,
    threads: usize,
    time: Duration,
) -> Result<Map<String, Value>, Error> {
    let over = AtomicBool::new(false);
    let sleep = || {
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
    };
    // The clock costs a third of a call: throughput is measured without it.
    let cpu = cpu_time();
    let shares = at_once(dll, threads, sleep, |_| {
        let mut number = 0_u64;
        while !over.load(Ordering::Relaxed) {
            dll.calls((number & 0xffff) as u32, LOOK)?;
            number += u64::from(LOOK);
        }
        Ok(number)
    })?;
    let cpu = cpu_time() - cpu;
    let calls: u64 = shares.iter().map(|share| share.value).sum();
    over.store(false, Ordering::Relaxed);
    let timed = at_once(dll, threads, sleep, |_| {
        let mut times = Histogram::new();
        let mut number = 0_u32;
        let mut last = Instant::now();
        while !over.load(Ordering::Relaxed) {
            dll.calls(number & 0xffff, 1)?;
            number = number.wrapping_add(1);
            let now = Instant::now();
            times.add(u64::try_from((now - last).as_nanos()).unwrap_or(u64::MAX));
            last = now;
        }
        Ok(times)
    })?;
    let mut times = Histogram::new();
    timed.iter().for_each(|share| times.merge(&share.value));
    let all = [
        ("total", json!(elapsed(&shares).as_nanos() as f64 / calls as f64)),
        ("cpu", json!(cpu / calls as f64)),
        ("least", json!(shares.iter().map(|share| share.value).min())),
        ("most", json!(shares.iter().map(|share| share.value).max())),
        ("p50", json!(times.percentile(0.5))),
        ("p99", json!(times.percentile(0.99))),
        ("max", json!(times.largest())),
        ("histogram", json!(times.pairs(1.0))),
    ];
    Ok(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
