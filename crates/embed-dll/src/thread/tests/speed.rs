//! What a call costs, against the C API itself. Run with
//! `cargo test --release -p embed-dll thread::tests::speed -- --ignored --nocapture`.

#![expect(clippy::print_stdout, reason = "measurements are printed")]

use std::ffi::{CStr, c_char, c_int};
use std::path::Path;
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::python::abi::Object;
use crate::start::Runtime;
use crate::thread::testing::{Python, Ran, on_each, succeeded};
use crate::thread::{attach, enter, leave};

struct Limit {
    add1: unsafe extern "C" fn(c_int, c_int) -> c_int,
    hold: unsafe extern "C" fn() -> c_int,
    release: unsafe extern "C" fn() -> c_int,
}

/// Compiles `limit` and loads it. The interpreter runs already.
fn limit(python: &Python) -> Limit {
    let library = python.runtime.library.as_deref().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = ["limit", "point", "references", "start", "vectorcall"]
        .map(|name| root.join(format!("c-harness/bench/{name}.c")));
    let object = std::env::temp_dir().join(format!("limit-{}.so", std::process::id()));
    let status = Command::new("/usr/bin/cc")
        .args(["-std=c11", "-O2", "-shared", "-fPIC", "-fno-plt", "-fvisibility=hidden"])
        .args(&sources)
        .arg(library)
        .arg("-o")
        .arg(&object)
        .env("PATH", "/usr/bin:/bin")
        .status()
        .unwrap();
    assert!(status.success());
    let file = std::ffi::CString::new(object.to_str().unwrap()).unwrap();
    // SAFETY: the library has no initialisers.
    let handle = unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW) };
    std::fs::remove_file(object).unwrap();
    assert!(!handle.is_null());
    let symbol = |name: &CStr| {
        // SAFETY: an open library.
        let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
        assert!(!address.is_null());
        address
    };
    // SAFETY: the prototypes of limit.c.
    unsafe {
        let start: unsafe extern "C" fn(*const c_char, *const c_char) -> c_int =
            std::mem::transmute(symbol(c"limit_initialise"));
        let init = std::fs::read_to_string(root.join("python-fixtures/bench/init.py")).unwrap();
        let init = std::ffi::CString::new(init).unwrap();
        assert_eq!(start(c"_bench_cffi".as_ptr(), init.as_ptr()), 0);
        Limit {
            add1: std::mem::transmute::<*mut _, unsafe extern "C" fn(c_int, c_int) -> c_int>(
                symbol(c"add1"),
            ),
            hold: std::mem::transmute::<*mut _, unsafe extern "C" fn() -> c_int>(symbol(
                c"limit_hold",
            )),
            release: std::mem::transmute::<*mut _, unsafe extern "C" fn() -> c_int>(symbol(
                c"limit_release",
            )),
        }
    }
}

#[derive(Clone, Copy)]
struct Function(Object);

// SAFETY: only used while attached.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

fn function(python: &Python) -> Function {
    let attachment = attach(python.runtime).unwrap();
    python.run("def add1(x, y):\n    return x + y\n");
    let main = attachment.py().import(c"__main__").unwrap_or_else(|_| panic!("no __main__"));
    let function = main.attr(c"add1").unwrap_or_else(|_| panic!("no add1"));
    Function(function.into_pointer())
}

#[inline(never)]
fn ours(runtime: &'static Runtime, function: Function, x: c_int, y: c_int) -> c_int {
    let Ok(_attachment) = attach(runtime) else { return -1 };
    let abi = runtime.abi;
    // SAFETY: attached; the objects are ours until given back.
    unsafe {
        let stack =
            [std::ptr::null_mut(), abi.PyLong_FromLong(x.into()), abi.PyLong_FromLong(y.into())];
        let Some(vectorcall) = abi.vectorcall() else { return -1 };
        let sum = vectorcall(function.0, stack.as_ptr().add(1), 2 | 1 << 63, std::ptr::null_mut());
        let result = abi.PyLong_AsLong(sum) as c_int;
        abi.Py_DecRef(sum);
        abi.Py_DecRef(stack[1]);
        abi.Py_DecRef(stack[2]);
        result
    }
}

/// Nanoseconds of wall time per call of all threads together, the 99th percentile and the maximum
/// of single calls.
struct Measured {
    total: f64,
    /// Nanoseconds of processor time per call, which other programs do not change much.
    cpu: f64,
    p99: u64,
    max: u64,
    least: u64,
    most: u64,
}

/// Nanoseconds of processor time of this process.
fn cpu_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the time.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn measure(threads: usize, time: Duration, call: impl Fn() + Sync) -> Measured {
    let barrier = Barrier::new(threads);
    let cpu = cpu_time();
    let each: Vec<(u64, Vec<u64>, Duration)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..100 {
                        call();
                    }
                    barrier.wait();
                    let begin = Instant::now();
                    let (mut count, mut slow, mut last) = (0, Vec::new(), begin);
                    loop {
                        // One clock for a few calls: the clock costs a third of a call.
                        for _ in 0..8 {
                            call();
                        }
                        count += 8;
                        let now = Instant::now();
                        let took = (now - last).as_nanos() as u64;
                        slow.push(took);
                        last = now;
                        if now - begin > time {
                            return (count, slow, now - begin);
                        }
                    }
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let cpu = cpu_time() - cpu;
    let calls: u64 = each.iter().map(|(count, ..)| count).sum();
    let longest = each.iter().map(|(.., time)| *time).max().unwrap();
    let mut slow: Vec<u64> = each.iter().flat_map(|(_, slow, _)| slow.iter().copied()).collect();
    slow.sort_unstable();
    Measured {
        total: longest.as_nanos() as f64 / calls as f64,
        cpu: cpu / calls as f64,
        p99: slow[slow.len() * 99 / 100],
        max: *slow.last().unwrap(),
        least: each.iter().map(|(count, ..)| *count).min().unwrap(),
        most: each.iter().map(|(count, ..)| *count).max().unwrap(),
    }
}

fn body(python: &Python) {
    let runtime = python.runtime;
    let limit = limit(python);
    let function = function(python);
    // SAFETY: limit.c was started.
    let theirs = || assert_eq!(unsafe { (limit.add1)(40, 2) }, 42);
    let own = || assert_eq!(ours(runtime, function, 40, 2), 42);
    let bare = || {
        drop(attach(runtime).unwrap());
    };
    println!("{}", runtime.library.as_ref().unwrap().display());
    let abi = runtime.abi;
    // Short batches, the best of many: other programs run on this machine too.
    let rounds = 500;
    let per_call = |call: &dyn Fn()| {
        let begin = Instant::now();
        for _ in 0..1000 {
            call();
        }
        begin.elapsed().as_nanos() as f64 / 1000.0
    };
    let single = |place: &str| {
        bare();
        // SAFETY: may be called by any thread.
        let state = unsafe { abi.PyGILState_GetThisThreadState() };
        // SAFETY: the state of the calling thread, which has attached before.
        let pair = || unsafe {
            abi.PyEval_RestoreThread(state);
            abi.PyEval_SaveThread();
        };
        let mut best = [f64::MAX; 6];
        for _ in 0..rounds {
            best[0] = best[0].min(per_call(&theirs));
            best[1] = best[1].min(per_call(&own));
            best[2] = best[2].min(per_call(&bare));
            // SAFETY: paired below.
            unsafe { (limit.hold)() };
            best[3] = best[3].min(per_call(&theirs));
            // SAFETY: paired above.
            unsafe { (limit.release)() };
            enter(runtime).unwrap();
            best[4] = best[4].min(per_call(&own));
            leave().unwrap();
            best[5] = best[5].min(per_call(&pair));
        }
        println!(
            "  {place:12} limit {:6.1} ns  ours {:6.1} ns  ratio {:.3}  attach alone {:5.1} ns \
             of {:5.1} ns  held: limit {:5.1} ns  ours {:5.1} ns  ratio {:.3}",
            best[0],
            best[1],
            best[1] / best[0],
            best[2],
            best[5],
            best[3],
            best[4],
            best[4] / best[3]
        );
    };
    single("main");
    thread::scope(|scope| {
        scope.spawn(|| single("host thread"));
    });
    let time = Duration::from_millis(100);
    let one = measure(1, time, own).total;
    for threads in [1, 2, 4, 8] {
        thread::sleep(2 * time);
        let limit = measure(threads, time, theirs);
        thread::sleep(2 * time);
        let own = measure(threads, time, own);
        println!(
            "  {threads} threads    limit {:6.1} ns (cpu {:.0}, p99 of 8 {:.1} us, max {:.1} ms)  ours \
             {:6.1} ns (cpu {:.0}, p99 of 8 {:.1} us, max {:.1} ms, calls {}..{})  of one thread \
             {:.0} %",
            limit.total,
            limit.cpu,
            limit.p99 as f64 / 1e3,
            limit.max as f64 / 1e6,
            own.total,
            own.cpu,
            own.p99 as f64 / 1e3,
            own.max as f64 / 1e6,
            own.least,
            own.most,
            100.0 * one / own.total
        );
    }
}

#[test]
#[ignore = "measures for half a minute"]
fn speed() {
    on_each("thread::tests::speed::speed", body, |ran: &Ran| {
        succeeded(ran);
        for line in String::from_utf8_lossy(&ran.output.stdout).lines() {
            if line.starts_with(['/', ' ']) {
                println!("{line}");
            }
        }
    });
}
