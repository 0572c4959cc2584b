//! Several threads that call at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::dll::Dll;
use super::histogram::Histogram;
use super::{Error, cpu_time};

/// How many calls a thread makes between two looks whether the time is over.
const LOOK: u32 = 16;

/// What one thread did between the common start and its own end.
struct Share {
    calls: u64,
    begin: Instant,
    end: Instant,
    times: Histogram,
}

/// Runs `body` in that many threads at once: all have made a call before the clock starts.
fn at_once(
    dll: &Dll,
    threads: usize,
    time: Duration,
    body: impl Fn(&AtomicBool) -> Result<(u64, Histogram), Error> + Sync,
) -> Result<Vec<Share>, Error> {
    let barrier = Barrier::new(threads + 1);
    let over = AtomicBool::new(false);
    let one = || -> Result<Share, String> {
        let warm = dll.calls(0, 1000);
        barrier.wait();
        warm.map_err(|error| error.to_string())?;
        let begin = Instant::now();
        let (calls, times) = body(&over).map_err(|error| error.to_string())?;
        Ok(Share { calls, begin, end: Instant::now(), times })
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        barrier.wait();
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        let join = |handle: thread::ScopedJoinHandle<'_, Result<Share, String>>| {
            handle.join().map_err(|_| "a thread of the host panicked")?.map_err(Error::from)
        };
        handles.into_iter().map(join).collect()
    })
}

pub(super) fn measure(
    dll: &Dll,
    threads: usize,
    time: Duration,
) -> Result<Map<String, Value>, Error> {
    // The clock costs a third of a call: throughput is measured without it.
    let cpu = cpu_time();
    let shares = at_once(dll, threads, time, |over| {
        let mut number = 0_u64;
        while !over.load(Ordering::Relaxed) {
            dll.calls((number & 0xffff) as u32, LOOK)?;
            number += u64::from(LOOK);
        }
        Ok((number, Histogram::new()))
    })?;
    let cpu = cpu_time() - cpu;
    let calls: u64 = shares.iter().map(|share| share.calls).sum();
    let begin = shares.iter().map(|share| share.begin).min();
    let end = shares.iter().map(|share| share.end).max();
    let elapsed = begin.zip(end).map_or(Duration::ZERO, |(begin, end)| end - begin);
    let timed = at_once(dll, threads, time, |over| {
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
        Ok((u64::from(number), times))
    })?;
    let mut times = Histogram::new();
    timed.iter().for_each(|share| times.merge(&share.times));
    let all = [
        ("total", json!(elapsed.as_nanos() as f64 / calls as f64)),
        ("cpu", json!(cpu / calls as f64)),
        ("least", json!(shares.iter().map(|share| share.calls).min())),
        ("most", json!(shares.iter().map(|share| share.calls).max())),
        ("p50", json!(times.percentile(0.5))),
        ("p99", json!(times.percentile(0.99))),
        ("max", json!(times.largest())),
    ];
    Ok(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
