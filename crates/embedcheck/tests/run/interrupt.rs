//! Ctrl-C in the middle.

use std::fs;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use embedcheck::run::{Interrupted, Job, NoProgress, RunError, ScratchRoot, Stop, run, run_all};

use crate::{is_there, script, wait_until};

#[test]
fn an_interrupt_leaves_no_process_and_no_folder() {
    let root = tempfile::tempdir().unwrap();
    let pids = tempfile::tempdir().unwrap();
    let scratch = ScratchRoot::temporary(root.path());
    let stop = Stop::new().unwrap();
    let jobs = (0..100).map(|input| Job { label: String::new(), input }).collect();
    let work = |number: u32| {
        let folder = scratch.folder("interrupted").unwrap();
        // Each writes the numbers of itself and of a daemon, and never ends.
        let file = pids.path().join(number.to_string());
        let mut spec = script(&format!(
            "setsid sleep 1000 & printf '%s\\n%s\\n' $$ $! > '{0}.new' && mv '{0}.new' '{0}'; sleep 1000",
            file.display()
        ));
        spec.cwd = folder.path().to_owned();
        run(&spec, &stop)
    };
    let written = || {
        fs::read_dir(pids.path())
            .unwrap()
            .flatten()
            .filter(|file| file.path().extension().is_none())
            .count()
    };
    let began = std::thread::scope(|scope| {
        let all =
            scope.spawn(|| run_all(jobs, NonZeroUsize::new(8).unwrap(), &stop, work, &NoProgress));
        wait_until("eight children run", || written() == 8);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 8);
        let began = Instant::now();
        stop.request();
        assert_eq!(all.join().unwrap().map(|results| results.len()), Err(Interrupted));
        began
    });
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(written(), 8, "no further job began");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    for file in fs::read_dir(pids.path()).unwrap() {
        for pid in fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            assert!(!is_there(pid.parse().unwrap()), "process {pid}");
        }
    }
}

#[test]
fn nothing_is_started_after_a_stop() {
    let stop = Stop::new().unwrap();
    stop.request();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("started");
    let ended = run(&script(&format!("touch {}", file.display())), &stop);
    assert!(matches!(ended, Err(RunError::Interrupted)));
    assert!(!file.exists());
}
