//! Runs the steps of a plan.

use std::time::Duration;

use embedcheck_plan::{NORMAL_EXIT, Op, Plan, Step};

use crate::events::{self, Outcome};
use crate::python::ThreadState;
use crate::state::Host;
use crate::{buffers, call, facts, foreign, fork, hook, library, process, python, sys, threads};

/// Runs a plan to its end, which is the end of the process.
pub(crate) fn run(plan: Plan, events_fd: i32) -> ! {
    sys::restore_signals();
    // A DLL's threads and exit handlers may outlive every frame of this one.
    let plan: &'static Plan = Box::leak(Box::new(plan));
    let Some(host) = Host::start(plan) else { events::lost() };
    let worker: &'static Worker = Box::leak(Box::new(Worker::new(host, 0)));
    events::open(events_fd);
    worker.run(&plan.steps);
    // A DLL may fork, and its child come back to here.
    if !host.is_first_process() {
        process::leave(NORMAL_EXIT);
    }
    process::exit(host, NORMAL_EXIT, false)
}

/// One thread of the plan.
pub(crate) struct Worker {
    host: &'static Host,
    number: u32,
    python: ThreadState,
}

impl Worker {
    pub(crate) fn new(host: &'static Host, number: u32) -> Self {
        Self { host, number, python: ThreadState::default() }
    }

    pub(crate) fn host(&self) -> &'static Host {
        self.host
    }

    /// Number in events.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Runs steps in order. One that fails does not stop the others.
    pub(crate) fn run(&self, steps: &'static [Step]) {
        for step in steps {
            self.announce(step);
            self.act_and_report(step);
        }
    }

    /// Writes the begin event.
    pub(crate) fn announce(&self, step: &Step) {
        events::begin(step.line, step.op.word());
    }

    /// Does the step and writes its end event.
    pub(crate) fn act_and_report(&self, step: &'static Step) {
        sys::set_errno(0);
        let outcome = self.act(step);
        events::end(step.line, step.op.word(), outcome);
    }

    fn act(&self, step: &'static Step) -> Outcome {
        let host = self.host;
        match &step.op {
            Op::Open { handle, library, flags, space } => {
                library::open(host, handle, library, *flags, space)
            }
            Op::Promote { path, flags } => library::promote(path, *flags),
            Op::Close { handle } => library::close(host, handle),
            Op::Resolve(callee) => library::resolve(host, callee),
            Op::Call { callee, signature, arguments, errno } => {
                call::call(host, callee, signature, arguments, *errno)
            }
            Op::Ffi { callee, signature, arguments } => {
                foreign::call(host, callee, signature, arguments)
            }
            Op::Buffer { name, size, fields } => buffers::make(host, name, *size, fields),
            Op::Peek { name, offset, number } => buffers::peek(host, name, *offset, *number),
            Op::Hook { handle, variable, symbol, argument } => {
                hook::set(host, handle, variable, symbol, *argument)
            }
            Op::Threads(groups) => threads::run(host, step.line, groups),
            Op::Fork { name, steps } => fork::fork(self, name, steps),
            Op::Wait { name, timeout_ms } => fork::wait(host, name, *timeout_ms),
            Op::Chdir(path) => process::chdir(path),
            Op::Setenv { name, value } => process::setenv(name, value),
            Op::Unsetenv(name) => process::unsetenv(name),
            Op::Sleep(ms) => {
                process::sleep(Duration::from_millis(*ms));
                Outcome::done(())
            }
            Op::Python { handle, action } => python::act(host, &self.python, handle, action),
            Op::Facts(kinds) => facts::facts(host, kinds),
            Op::Exit { code, now } => process::exit(host, *code, *now),
        }
    }
}
