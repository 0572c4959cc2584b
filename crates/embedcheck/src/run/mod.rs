//! Runs one program in a child process and brings back all the evidence of it.
//!
//! A child is a process group of its own with an environment built from nothing, bounded in time
//! and in what is kept of its output. Whatever it does (crash, hang, write gigabytes, leave daemons
//! behind), [`run()`] comes back in time with an
//! [`Observation`], and no process of it is left.
//!
//! ```no_run
//! use embedcheck::run::{Environment, RunSpec, Stop, run};
//!
//! let environment = Environment::new("/usr/bin:/bin", "/tmp/scratch");
//! let spec = RunSpec::new("/tmp/scratch/host", environment, "/tmp/scratch");
//! let observation = run(&spec, &Stop::new()?)?;
//! println!("{}, {} events", observation.ended, observation.events.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backtrace;
mod capture;
mod ended;
mod environment;
mod error;
mod evidence;
mod facts;
mod host;
mod observation;
mod pool;
mod procfs;
mod scratch;
mod snapshot;
mod spec;
mod start;
mod stop;
mod supervise;
mod sweep;
mod sys;
mod syscalls;

pub use capture::Captured;
pub use ended::Ended;
pub use environment::Environment;
pub use error::RunError;
pub use evidence::{Image, Imports};
pub use host::{HostCommand, HostKind};
pub use observation::{EndEvent, Observation, Unfinished};
pub use pool::{Interrupted, Job, NoProgress, Progress, run_all};
pub use scratch::{Scratch, ScratchError, ScratchRoot};
pub use snapshot::{SyscallState, ThreadSnapshot};
pub use spec::{RunSpec, run};
pub use stop::Stop;
pub use sweep::{end_strays, prepare_process};
