//! The measuring host: a host program that times its calls of `int add1(int, int)`.
//!
//! One process measures one DLL in one way and writes one line of JSON to standard output. Every
//! result that the DLL returns is checked: a DLL whose start failed returns 0 fast.
//!
//! ```text
//! JOB --dll FILE [--enter SYMBOL --leave SYMBOL] [--initialise SYMBOL --module NAME --init FILE]
//!     [--threads N] [--milliseconds N] [--batches N] [--count N]
//! ```
//!
//! | job | measures |
//! | --- | --- |
//! | `first` | nothing more than what every job does |
//! | `calls` | `--batches` batches of [`BATCH`] calls in the thread that made the first call, in another one, and in both while they hold the interpreter |
//! | `threads` | `--threads` threads at once, `--milliseconds` for their throughput and again for the time of each call |
//! | `ended` | resident memory before and after `--count` threads that make one call and end |
//!
//! Each also has the time of loading and of the first call, the processor time that both took, and
//! the libpython that is then mapped. Times are in nanoseconds, memory in KiB.

mod arguments;
mod calls;
mod dll;
mod ended;
mod histogram;
mod threads;

use std::ffi::OsString;
use std::io::Write;

use arguments::{Arguments, Job};
use dll::Dll;
use serde_json::{Map, Value, json};

pub use calls::BATCH;

/// What goes wrong: for a person to read.
type Error = Box<dyn std::error::Error>;

/// Runs the host with these arguments (without the program's name) and returns its exit code: 0, or
/// 1 with a message on standard error.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let line = Arguments::parse(arguments).and_then(|arguments| run(&arguments));
    let written = line.and_then(|line| Ok(writeln!(std::io::stdout(), "{line}")?));
    match written {
        Ok(()) => 0,
        Err(error) => {
            // Nobody is left to hear that standard error is closed.
            let _ = writeln!(std::io::stderr(), "{error}");
            1
        }
    }
}

fn run(arguments: &Arguments) -> Result<Value, Error> {
    let (dll, started) = Dll::open(arguments)?;
    let mut answer = Map::new();
    answer.insert("load".to_owned(), json!(started.load));
    answer.insert("first".to_owned(), json!(started.first));
    answer.insert("start_cpu".to_owned(), json!(started.cpu));
    answer.insert("libpython".to_owned(), json!(mapped_libpython()?));
    let measured = match arguments.job {
        Job::First => Map::new(),
        Job::Calls => calls::measure(&dll, arguments.batches)?,
        Job::Threads => threads::measure(&dll, arguments.threads, arguments.time)?,
        Job::Ended => ended::measure(&dll, arguments.count)?,
    };
    answer.extend(measured);
    Ok(Value::Object(answer))
}

/// Processor time of this process, in nanoseconds: other programs on the machine change it less than
/// they change what a clock shows.
fn cpu_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the time; every process has this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The libpython of this process.
fn mapped_libpython() -> Result<String, Error> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let path = maps.lines().filter_map(|line| line.split_once('/')).map(|(_, path)| path);
    let is_libpython = |path: &&str| {
        path.rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("libpython3.") && name.contains(".so"))
    };
    let mut found: Vec<_> = path.filter(is_libpython).collect();
    found.dedup();
    match found.as_slice() {
        [one] => Ok(format!("/{one}")),
        other => Err(format!("one libpython should be mapped, not {other:?}").into()),
    }
}
