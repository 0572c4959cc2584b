//! The gate alone, without Python, and what it must never do with Python.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::on_each_python;
use crate::thread::gate::{Gate, own, share_in};
use crate::thread::{attach, detached};

const THREADS: u32 = if cfg!(miri) { 3 } else { 8 };

/// Something that takes about as long as a short call.
fn work(state: &AtomicU64) {
    for _ in 0..20 {
        state.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn whoever_is_alone_passes_at_once() {
    let gate = Gate::new();
    for _ in 0..1000 {
        assert!(gate.enter(7));
        // Again, through another DLL of the same process.
        assert!(gate.enter(7));
        assert!(gate.leave(7));
        assert!(!gate.leave(7));
    }
}

#[test]
fn memory_that_is_shared_is_used_if_it_means_the_same() {
    static WORDS: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];
    static OTHERS: [AtomicU64; 64] = [const { AtomicU64::new(2) }; 64];
    let alone = std::ptr::from_ref(own()).addr();
    share_in(&OTHERS);
    assert_eq!(std::ptr::from_ref(own()).addr(), alone);
    share_in(&WORDS);
    let shared = std::ptr::from_ref(own()).addr();
    assert!((WORDS.as_ptr().addr() + 8..WORDS.as_ptr().addr() + 448).contains(&shared));
    assert_eq!(shared % 64, 0);
    // Another DLL of the process.
    share_in(&WORDS);
    assert_eq!(std::ptr::from_ref(own()).addr(), shared);
    assert!(own().enter(7) && own().leave(7));
}

#[test]
fn nobody_is_starved_and_few_meet_at_the_lock_behind_it() {
    let gate = &Gate::new();
    let lock = &Mutex::new(());
    let state = &AtomicU64::new(0);
    let stop = &AtomicBool::new(false);
    let begin = Instant::now();
    let length = Duration::from_millis(if cfg!(miri) { 300 } else { 1500 });
    let results: Vec<(u64, u64, Duration)> = thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|id| {
                scope.spawn(move || {
                    let (mut calls, mut together, mut longest) = (0, 0, Duration::ZERO);
                    while !stop.load(Ordering::Relaxed) {
                        let asked = Instant::now();
                        let held = gate.enter(id);
                        longest = longest.max(asked.elapsed());
                        let locked = lock.try_lock();
                        together += u64::from(locked.is_err());
                        let locked = locked.or_else(|_| lock.lock());
                        work(state);
                        drop(locked);
                        if held {
                            gate.leave(id);
                        }
                        calls += 1;
                        if begin.elapsed() > length {
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                    (calls, together, longest)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let calls: u64 = results.iter().map(|(calls, ..)| calls).sum();
    let together: u64 = results.iter().map(|(_, together, _)| together).sum();
    for (own, _, longest) in &results {
        assert!(*own > 0, "{results:?}");
        assert!(*longest < Duration::from_secs(1), "{results:?}");
    }
    // That two pass at once is allowed, and must be rare to be worth anything.
    assert!(cfg!(miri) || together * 10 < calls, "{together} of {calls} were not alone");
}

#[test]
fn a_thread_that_stays_inside_or_ends_there_keeps_nobody_out() {
    let gate = &Gate::new();
    assert!(gate.enter(1));
    thread::scope(|scope| {
        for id in 2..2 + THREADS {
            scope.spawn(move || {
                let begin = Instant::now();
                for _ in 0..20 {
                    if gate.enter(id) {
                        gate.leave(id);
                    }
                }
                assert!(begin.elapsed() < Duration::from_secs(if cfg!(miri) { 60 } else { 2 }));
            });
        }
    });
}

on_each_python! {
    fn code_that_waits_for_another_caller_is_not_kept_waiting(python) {
        let runtime = python.runtime;
        {
            let _attachment = attach(runtime).unwrap();
            python.run("import threading; event = threading.Event(); done = threading.Event()");
        }
        let method = |object: &'static std::ffi::CStr, name: &'static std::ffi::CStr| move || {
            let attachment = attach(runtime).unwrap();
            let py = attachment.py();
            let main = py.import(c"__main__");
            let called = main.and_then(|main| main.attr(object)?.attr(name)?.call(&[])?.truth());
            called.is_ok()
        };
        for _ in 0..5 {
            let begin = Instant::now();
            let waiter = thread::spawn(method(c"event", c"wait"));
            thread::sleep(Duration::from_millis(5));
            let begun = Instant::now();
            assert!(thread::spawn(method(c"event", c"set")).join().unwrap());
            assert!(waiter.join().unwrap());
            assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
            assert!(method(c"event", c"clear")());
        }
    }

    fn callers_share_the_interpreter_with_everybody(python) {
        let runtime = python.runtime;
        static STOP: AtomicBool = AtomicBool::new(false);
        let ready = &Barrier::new(9);
        thread::scope(|scope| {
            let mut callers = Vec::new();
            for number in 0..8 {
                callers.push(scope.spawn(move || {
                    ready.wait();
                    let mut calls = 0;
                    while !STOP.load(Ordering::Relaxed) {
                        let attachment = attach(runtime).unwrap();
                        let py = attachment.py();
                        match number {
                            // Some give the GIL up inside, some compute, most are short.
                            0 => detached(py, || thread::sleep(Duration::from_millis(1))),
                            1 => {
                                let sum = py.import(c"builtins").and_then(|builtins| {
                                    let range = builtins.attr(c"range")?;
                                    let range = range.call(&[*py.int(20_000)?])?;
                                    builtins.attr(c"sum")?.call(&[*range])?.truth()
                                });
                                assert!(sum.is_ok_and(|sum| sum));
                            }
                            2 => {
                                let slept = py.import(c"time").and_then(|time| {
                                    time.attr(c"sleep")?.call(&[*py.float(0.001)?])?.truth()
                                });
                                assert!(slept.is_ok());
                            }
                            _ => assert!(py.int(42).is_ok()),
                        }
                        calls += 1;
                    }
                    calls
                }));
            }
            ready.wait();
            thread::sleep(Duration::from_millis(700));
            STOP.store(true, Ordering::Relaxed);
            for caller in callers {
                assert!(caller.join().unwrap() > 0);
            }
        });
    }
}
