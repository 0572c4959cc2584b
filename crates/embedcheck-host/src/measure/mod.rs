//! The measuring host: a host program that times its calls of a DLL.
//!
//! One process measures one DLL in one way and writes one line of JSON to standard output. The DLLs
//! have the functions of `python-fixtures/bench/api.h`, or at least `int add1(int, int)`. Every result
//! that a DLL returns is checked: one whose start failed returns 0 fast.
//!
//! ```text
//! JOB --dll FILE [--plain] [--preload LIBPYTHON] [--linked FILE] [--function NAME]
//!     [--enter SYMBOL --leave SYMBOL] [--initialise SYMBOL --module NAME --init FILE]
//!     [--threads N] [--milliseconds N] [--batches N] [--count N] [--calls N] [--held]
//! ```
//!
//! | option | meaning |
//! | --- | --- |
//! | `--plain` | the DLL has nothing to do with Python; otherwise exactly one libpython must be mapped after the first call |
//! | `--preload` | a library that is opened before the clock starts |
//! | `--linked` | a library that is linked to the DLL and calls `add1` of it (`embedcheck_c_harness::LINKED`) |
//! | `--function` | what the job calls: `add1` unless said, `nop`, `scale`, `len`, `sum`, `raises` or `round_trip` |
//! | `--enter`, `--leave` | functions of the DLL between which a thread holds the interpreter |
//! | `--initialise` | a function that starts the interpreter before the first call, given the name of the module that the init code in the file imports |
//!
//! Every job but `serve` has in its answer:
//!
//! | name | meaning |
//! | --- | --- |
//! | `load` | ns from before `dlopen` to its end |
//! | `first` | ns from there to the end of the first call of `add1`, with what `--initialise` says |
//! | `second` | ns of the second call |
//! | `start_cpu` | ns of processor time in `load` and `first` |
//! | `init_begin`, `init_end` | ns from before `dlopen` to where the init code began and ended; absent with `--plain`, and for a DLL without `init_time` |
//! | `resident_before`, `resident_loaded`, `resident_called` | resident memory in KiB before `dlopen`, after it, after the two calls |
//! | `libpython` | the file; absent with `--plain` |
//!
//! | job | measures |
//! | --- | --- |
//! | `first` | nothing more |
//! | `calls` | `--batches` batches of [`BATCH`] calls in the thread that made the first call (`initialiser`), in another one (`other`), in both while they hold the interpreter (`initialiser_held`, `other_held`), through a linked symbol (`linked`), and as many threads that make one call, each from its making to its end (`fresh`); fewer in a place where they take more than a second. Of each place ns a call as `{"median", "p10", "p90", "histogram": [[upper end, count], …]}` |
//! | `threads` | `--threads` threads at once. `--milliseconds` for their throughput: `total`, ns a call over all threads; `cpu`, ns of processor time a call; `least` and `most` calls of one thread. The same time again for single calls: `p50`, `p99`, `max` in ns and their `histogram` |
//! | `ended` | resident memory in KiB `before` and `after` `--count` threads that make one call and end, and ns for `each` |
//! | `count` | nothing; makes `--calls` calls, for a program that counts instructions; with `--held` while the thread holds the interpreter |
//! | `serve` | for each line `FUNCTION PLACE ITERATIONS` of standard input, the ns that exactly so many calls take, on a line of its own. `PLACE` is one of those of `calls`, or `threads:N` for N threads that share the calls. There is no other answer |

mod arguments;
mod calls;
mod clock;
mod dll;
mod ended;
mod function;
mod histogram;
mod procfs;
mod series;
mod serve;
mod start;
mod threads;

use std::ffi::OsString;
use std::io::Write;

use arguments::{Arguments, Job};
use serde_json::{Map, Value};

pub use calls::BATCH;

/// What goes wrong: for a person to read.
type Error = Box<dyn std::error::Error>;

/// Runs the host with these arguments (without the program's name) and returns its exit code: 0, or
/// 1 with a message on standard error.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    match Arguments::parse(arguments).and_then(|arguments| run(&arguments)) {
        Ok(()) => 0,
        Err(error) => {
            let mut message = error.to_string();
            let mut source = error.source();
            while let Some(error) = source {
                message.push_str(": ");
                message.push_str(&error.to_string());
                source = error.source();
            }
            // Nobody is left to hear that standard error is closed.
            let _ = writeln!(std::io::stderr(), "{message}");
            1
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    let (dll, mut answer) = start::start(arguments)?;
    let measured = match arguments.job {
        Job::First => Map::new(),
        Job::Calls => calls::measure(&dll, arguments.batches)?,
        Job::Threads => threads::measure(&dll, arguments.threads, arguments.time)?,
        Job::Ended => ended::measure(&dll, arguments.count)?,
        Job::Count => {
            let calls = || Ok(serve::repeat(&dll, arguments.calls)?);
            if arguments.held {
                dll.held(calls)?
            } else {
                calls()?
            };
            Map::new()
        }
        Job::Serve => return serve::serve(&dll),
    };
    answer.extend(measured);
    // On a line of its own, whatever the Python code has printed.
    Ok(writeln!(std::io::stdout(), "\n{}", Value::Object(answer))?)
}
