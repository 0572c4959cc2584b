//! Threads and forks.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Run, Scratch};
use serde_json::{Value, json};

fn with_library(steps: &str) -> Run {
    let scratch = Scratch::new();
    scratch.library("library.c", "lib.so", &[]);
    scratch.run(&format!("open lib \"./lib.so\" NOW|LOCAL\n{steps}")).normal()
}

/// Which threads executed a step.
fn threads(run: &Run, step: u32) -> BTreeSet<u64> {
    run.ends(step).iter().map(|end| end["thread"].as_u64().expect("a number")).collect()
}

#[test]
fn threads_are_numbered_by_the_text_and_run_at_once() {
    let run = with_library(
        "threads\nthread 2\ncall lib meet i(i) 4\nthread 1 stack=65536\ncall lib meet i(i) 4\n\
         call lib stack_size l()\nthread 1\ncall lib meet i(i) 4\nend\n\
         threads\nthread 3\ncall default abs i(i) -1\nthread 1\nend\ncall lib plus i(ii) 1 2\n",
    );
    assert_eq!(*run.value(3), json!({"threads": 4}));
    assert_eq!(threads(&run, 5), [1, 2].into());
    assert_eq!(threads(&run, 7), [3].into());
    assert_eq!(threads(&run, 10), [4].into());
    assert_eq!(*run.value(8), json!(65536));
    assert_eq!(threads(&run, 14), [5, 6, 7].into());
    assert_eq!(*run.value(12), json!({"threads": 4}));
    assert_eq!(threads(&run, 17), [0].into());
}

#[test]
fn first_steps_are_announced_before_the_barrier() {
    for _ in 0..5 {
        let run = with_library("threads\nthread 8\ncall lib count i()\ncall lib count i()\nend\n");
        let of_first = run.events.iter().filter(|event| event["step"] == 5);
        let kinds: Vec<_> =
            of_first.map(|event| event["event"].as_str().expect("a kind")).collect();
        let first_end = kinds.iter().position(|kind| *kind == "end");
        assert_eq!(first_end, Some(8), "an end before the last announcement: {kinds:?}");
    }
}

#[test]
fn threads_that_cannot_start_run_nothing() {
    let run =
        Scratch::new().run("threads\nthread 3\nsleep 0\nthread 1 stack=1\nsleep 0\nend\n").normal();
    assert_eq!(run.error(2), "cannot start thread 4 of 4: Invalid argument");
    assert_eq!(run.end(2)["errno"], 22);
    assert!(run.ends(4).is_empty() && run.all("begin").all(|event| event["step"] != 4));
}

#[test]
fn each_thread_sees_its_own_names_first() {
    let run = with_library(
        "buffer b 8 0:i64=100\nthreads\nthread 4\nbuffer own 8 0:i64=0\nfork c\nexit 5\nend\nwait c\n\
         call default memset p(pil) @own 1 1\npeek own 0:i64\npeek b 0:i64\nopen mine \"./lib.so\" NOW\nend\n\
         call mine plus i(ii) 1 2\npeek own 0:i64\nwait c\n",
    );
    for step in [10, 11, 12, 13] {
        assert_eq!(threads(&run, step), [1, 2, 3, 4].into(), "step {step}");
    }
    for end in run.ends(10) {
        assert_eq!(end["value"], json!({"exit": 5}), "each waits for its own child");
    }
    let pids: BTreeSet<_> = run.ends(7).iter().map(|end| end["value"]["pid"].as_i64()).collect();
    assert_eq!(pids.len(), 4);
    let addresses: BTreeSet<_> = run.ends(11).iter().map(|end| end["value"].as_str()).collect();
    assert_eq!(addresses.len(), 4, "four buffers");
    assert!(run.ends(13).iter().all(|end| end["value"] == 100), "that of the main thread");
    assert_eq!(*run.value(16), json!(3), "what a thread opened stays");
    assert_eq!(*run.value(17), json!(1));
    assert_eq!(run.error(18), "no child \"c\"");
}

#[test]
fn fork_and_wait_tell_how_the_child_ended() {
    let run = with_library(
        "fork normal\ncall lib count i()\nend\nfork code\nexit 9\nend\nfork dead\ncall lib crash v()\nend\n\
         fork slow\nsleep 60000\nend\nfork quick\nexit 255 now\nend\n\
         wait normal\nwait code\nwait dead\nwait slow timeout=50\nwait quick\nwait quick\ncall lib count i()\n",
    );
    let results: Vec<_> = (18..23).map(|step| run.value(step).clone()).collect();
    assert_eq!(
        json!(results),
        json!([{"exit": 17}, {"exit": 9}, {"signal": 11}, {"timeout": true}, {"exit": 255}])
    );
    assert_eq!(run.error(23), "no child \"quick\"");
    assert_eq!(*run.value(24), json!(1), "the child counted in its own memory");
    let child = run.value(3)["pid"].clone();
    assert_eq!(run.end(4)["pid"], child);
    assert_eq!(run.end(4)["thread"], 0);
    let finishes: Vec<_> = run.all("finish").collect();
    assert_eq!(finishes.len(), 1, "children write none");
    assert_ne!(finishes[0]["pid"], child);
}

#[test]
fn a_child_has_threads_and_children_of_its_own() {
    let run = with_library(
        "threads\nthread 2\nfork c\nthreads\nthread 2\ncall lib plus i(ii) 1 1\nend\ncall lib plus i(ii) 2 2\n\
         fork grandchild\nend\nwait grandchild\nend\nwait c\nend\nfork d\nwait e\nend\nfork e\nend\nwait d\nwait e\n",
    );
    let mut by_pid: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for end in run.ends(8) {
        let number = |key: &str| end[key].as_u64().expect("a number");
        by_pid.entry(number("pid")).or_default().insert(number("thread"));
    }
    assert_eq!(by_pid.len(), 2);
    assert!(by_pid.values().all(|numbers| *numbers == [3, 4].into()), "{by_pid:?}");
    assert_eq!(threads(&run, 10), [1, 2].into(), "the number of the thread that forked");
    assert!(run.ends(13).iter().all(|end| end["value"] == json!({"exit": 17})));
    assert!(run.ends(15).iter().all(|end| end["value"] == json!({"exit": 17})));
    // `e` has no meaning yet where `d` waits for it.
    assert_eq!(run.error(18), "no child \"e\"");
}

#[test]
fn a_child_cannot_wait_for_its_sibling() {
    let run =
        Scratch::new().run("fork a\nsleep 1\nend\nfork b\nwait a\nend\nwait a\nwait b\n").normal();
    assert_eq!(run.error(6), "No child processes");
    assert_eq!(run.end(6)["errno"], 10);
    assert_eq!(*run.value(8), json!({"exit": 17}));
    assert_eq!(*run.value(9), json!({"exit": 17}));
}

/// As when Python code calls os.fork() and forgets to leave.
#[test]
fn a_fork_inside_a_library_ends_like_a_child() {
    let run = with_library("call lib fork_inside i()\ncall default getpid i()\nsleep 100\n");
    let start = run.events[0]["pid"].clone();
    assert_eq!(run.ends(4).len(), 2);
    let finishes: Vec<&Value> = run.all("finish").map(|event| &event["pid"]).collect();
    assert_eq!(finishes, [&start]);
}

#[test]
fn many_threads_write_whole_lines() {
    let long = "x".repeat(20_000);
    let run = with_library(&format!(
        "threads\nthread 16\ncall lib echo s(s) \"{long}\"\ncall lib echo s(s) \"{long}\"\nend\n"
    ));
    assert_eq!(run.ends(5).len() + run.ends(6).len(), 32);
    assert!(run.ends(5).iter().all(|end| end["value"] == *long));
}

#[test]
fn exit_in_a_thread_ends_the_process() {
    let run = Scratch::new().run("threads\nthread 1\nexit 4\nend\nsleep 60000\n");
    assert_eq!(run.code, Some(4));
    assert_eq!(run.events.last().expect("events")["code"], 4);
}
