//! Nothing of a child is left, whatever it started.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use embedcheck::run::{Ended, Environment, Stop, run};

use crate::{is_there, observe, printed_pids, script, wait_until};

#[test]
fn a_grandchild_that_holds_the_output_is_killed() {
    let began = Instant::now();
    let seen = observe(&script("sleep 1000 & echo $!; exit 17"));
    assert_eq!(seen.ended, Ended::Exit { code: 17, from_inside: false });
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(!is_there(printed_pids(&seen, 1)[0]));
    assert_eq!(seen.leftovers, 1);
}

#[test]
fn a_grandchild_that_left_the_group_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = script(
        "setsid sh -c 'echo $$; touch ready; exec sleep 1000' & \
         until [ -e ready ]; do sleep 0.02; done; exit 17",
    );
    spec.cwd = folder.path().to_owned();
    let seen = observe(&spec);
    assert!(!is_there(printed_pids(&seen, 1)[0]), "{seen:#?}");
    assert_eq!(seen.leftovers, 1, "{seen:#?}");
}

#[test]
fn a_daemon_with_closed_outputs_and_children_is_killed() {
    // Nothing in common with the child but the mark; the daemon's own child leaves its session,
    // too.
    let daemon = "setsid sleep 1000 & echo $$ > new; echo $! >> new; mv new ready; wait";
    let folder = tempfile::tempdir().unwrap();
    let mut spec = script(&format!(
        "(setsid sh -c '{daemon}' </dev/null >/dev/null 2>&1 &); \
         until [ -e ready ]; do sleep 0.02; done; cat ready; exit 17",
    ));
    spec.cwd = folder.path().to_owned();
    let began = Instant::now();
    let seen = observe(&spec);
    let pids = printed_pids(&seen, 2);
    assert!(pids.iter().all(|pid| !is_there(*pid)), "{seen:#?}");
    assert_eq!(seen.leftovers, 2, "{seen:#?}");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn after_a_time_out_even_one_without_the_mark_is_killed() {
    let mut spec = script("setsid env -i sleep 1000 & echo $!; wait");
    spec.timeout = Duration::from_millis(500);
    let seen = observe(&spec);
    assert_eq!(seen.ended, Ended::Timeout { after_ms: 500 });
    assert!(!is_there(printed_pids(&seen, 1)[0]));
}

#[test]
fn grandchildren_that_ended_by_themselves_are_reaped_and_not_counted() {
    let seen = observe(&script(
        "(sh -c 'echo $$' &); (sh -c 'echo $$; kill -KILL $$' &); sleep 0.3; exit 17",
    ));
    assert_eq!(seen.leftovers, 0, "{seen:#?}");
    assert!(printed_pids(&seen, 2).iter().all(|pid| !is_there(*pid)), "{seen:#?}");
}

#[test]
fn a_process_that_hops_from_number_to_number_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    // Each copy starts the next one and ends: killing them one by one easily comes too late.
    fs::write(folder.path().join("hop"), "echo >> hops; sh hop & exit").unwrap();
    let mut spec = script("sh hop & until [ -s hops ]; do :; done; exit 17");
    spec.cwd = folder.path().to_owned();
    observe(&spec);
    let hops = || fs::metadata(folder.path().join("hops")).unwrap().len();
    let before = hops();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(hops(), before);
}

#[test]
fn a_run_comes_back_from_a_process_that_got_away_with_the_output() {
    // Without the group, the mark and its parent this is any process of the machine.
    let mut spec = script(
        "(setsid env -i /bin/sh -c 'echo $$; echo > ready; exec /bin/sleep 60' &) ; \
         until [ -s ready ]; do sleep 0.02; done; exit 17",
    );
    let folder = tempfile::tempdir().unwrap();
    spec.cwd = folder.path().to_owned();
    let began = Instant::now();
    let seen = observe(&spec);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(seen.ended, Ended::Exit { code: 17, from_inside: false });
    let pid = printed_pids(&seen, 1)[0].to_string();
    assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
}

#[test]
fn other_children_of_this_process_are_left_alone() {
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let mut in_own_session = Command::new("setsid").args(["sleep", "1000"]).spawn().unwrap();
    observe(&script("sleep 1000 & exit 17"));
    assert!(other.try_wait().unwrap().is_none());
    assert!(in_own_session.try_wait().unwrap().is_none());
    for child in [&mut other, &mut in_own_session] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn fifty_runs_at_once_do_not_touch_each_other() {
    let stop = Stop::new().unwrap();
    std::thread::scope(|scope| {
        for number in 0..50_u64 {
            let stop = &stop;
            scope.spawn(move || {
                // Half of them leave a daemon behind while the others still need theirs.
                let text = match number % 2 {
                    0 => "setsid sleep 1000 & echo $!; exit 17",
                    _ => "setsid sleep 0.8 & echo $!; wait $! && exit 17",
                };
                let seen = run(&script(text), stop).unwrap();
                assert_eq!(seen.ended, Ended::Exit { code: 17, from_inside: false }, "{seen:#?}");
                assert!(!is_there(printed_pids(&seen, 1)[0]), "{seen:#?}");
            });
        }
    });
}

#[test]
fn a_run_inside_a_run_keeps_its_own_mark() {
    // As when embedcheck tests itself: the variable of the outer run must not be taken for that of
    // the inner one.
    let mut spec = script("echo \"$EMBEDCHECK_RUN\"");
    spec.environment = Environment::new("/usr/bin:/bin", "/");
    spec.environment.set("EMBEDCHECK_RUN", "outer");
    assert_ne!(observe(&spec).stdout.text, "outer\n");
}

#[test]
fn a_stopped_child_is_killed() {
    let mut spec = script("echo $$; kill -STOP $$");
    spec.timeout = Duration::from_millis(300);
    let seen = observe(&spec);
    let pid = printed_pids(&seen, 1)[0];
    wait_until("the stopped child is gone", || !is_there(pid));
}
