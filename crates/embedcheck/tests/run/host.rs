//! The C host in the runner: what a plan makes it do, and where it was when it did not come back.

use std::time::Duration;

use embedcheck::run::{
    Ended, Environment, HostCommand, HostKind, Observation, RunSpec, Scratch, ScratchRoot,
};
use embedcheck_plan::{PlanBuilder, ThreadsBuilder};

use crate::observe;

struct Bench {
    host: HostCommand,
    scratch: Scratch,
    // Dropped last.
    _root: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let scratch = ScratchRoot::temporary(root.path()).folder("host").unwrap();
        let host = HostCommand::unpack(HostKind::C, embedcheck_c_harness::HOST, &scratch).unwrap();
        Self { host: host.dying_with_starter(), scratch, _root: root }
    }

    fn spec(&self, build: impl FnOnce(&mut PlanBuilder)) -> RunSpec {
        let mut plan = PlanBuilder::new();
        build(&mut plan);
        let environment = Environment::new("/usr/bin:/bin", self.scratch.path());
        let mut spec = self.host.spec(&plan.finish(), environment, &self.scratch).unwrap();
        spec.timeout = Duration::from_secs(60);
        spec
    }

    fn observe(&self, build: impl FnOnce(&mut PlanBuilder)) -> Observation {
        observe(&self.spec(build))
    }
}

#[test]
fn a_plan_comes_back_with_its_values() {
    let bench = Bench::new();
    let mut step = 0;
    let seen = bench.observe(|plan| step = plan.call("default", "abs", "i(i)", &[(-42).into()]));
    assert!(seen.ended_normally(), "{seen:#?}");
    assert_eq!(seen.value(step).unwrap(), 42);
    assert!(seen.last_begun().is_empty());
    assert!(seen.plan.contains("call default abs"), "{}", seen.plan);
    assert_eq!(seen.event_problems, Vec::<String>::new());
}

#[test]
fn an_exit_inside_a_call_is_not_the_end_of_the_plan() {
    let bench = Bench::new();
    for code in [0, 17] {
        let mut step = 0;
        let seen =
            bench.observe(|plan| step = plan.call("default", "exit", "v(i)", &[code.into()]));
        assert_eq!(seen.ended, Ended::Exit { code, from_inside: true });
        assert_eq!(seen.last_begun()[0].step, step);
    }
}

#[test]
fn a_crash_is_located() {
    let bench = Bench::new();
    let mut step = 0;
    let seen = bench.observe(|plan| {
        plan.sleep(1);
        step = plan.call("default", "abort", "v()", &[]);
    });
    assert!(matches!(&seen.ended, Ended::Signal { name, .. } if name == "SIGABRT"), "{seen:#?}");
    let begun: Vec<_> = seen.last_begun().iter().map(|begun| (begun.step, begun.op)).collect();
    assert_eq!(begun, [(step, "call")]);
}

#[test]
fn a_hang_in_one_thread_of_several_is_located() {
    let bench = Bench::new();
    let build = |threads: &mut ThreadsBuilder<'_>| {
        threads.group(1, |plan| {
            plan.call("default", "abs", "i(i)", &[1.into()]);
        });
        threads.group(1, |plan| {
            plan.call("default", "pause", "i()", &[]);
        });
    };
    let mut spec = bench.spec(|plan| {
        plan.threads(build);
    });
    spec.timeout = Duration::from_millis(1500);
    let seen = observe(&spec);
    assert_eq!(seen.ended, Ended::Timeout { after_ms: 1500 });
    let begun: Vec<_> = seen.last_begun().iter().map(|begun| (begun.thread, begun.op)).collect();
    assert_eq!(begun, [(0, "threads"), (2, "call")], "{seen:#?}");
    // The main thread waits for the other one; the one that came back is gone.
    let places: Vec<_> = seen.threads.iter().map(|thread| thread.syscall.to_string()).collect();
    assert_eq!((places.len(), places[0].as_str()), (2, "in futex"), "{seen:#?}");
    // Newer architectures have no call of that name.
    assert!(["in pause", "in ppoll"].contains(&places[1].as_str()), "{seen:#?}");
}

#[test]
fn what_a_forked_child_leaves_behind_is_killed() {
    let bench = Bench::new();
    let mut step = 0;
    let seen = bench.observe(|plan| {
        step = plan.fork("child", |plan| {
            plan.call("default", "setsid", "i()", &[]);
            plan.sleep(100_000);
        });
        plan.sleep(200);
    });
    assert!(seen.ended_normally(), "{seen:#?}");
    let pid = seen.value(step).unwrap()["pid"].as_u64().unwrap();
    assert!(!crate::is_there(u32::try_from(pid).unwrap()));
    assert_eq!(seen.leftovers, 1);
}
