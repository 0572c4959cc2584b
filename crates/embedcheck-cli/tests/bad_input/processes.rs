//! Host processes that do everything but end quietly.

use crate::common::{Place, Seen};
use crate::support::{processes_with, wait_until};

/// Runs shell commands inside a host: the C library's own `system` needs no DLL.
fn shell(place: &Place, host: &str, script: &str, timeout: &str) -> Seen {
    let text =
        format!("embedcheck-plan 1\nopen c self NOW\ncall c system i(s) \"{script}\"\nsleep 200\n");
    let file = place.file("plan.txt", text);
    place.run(["run", file.to_str().unwrap(), "--host", host, "--timeout", timeout])
}

/// A number of seconds that only this test and process sleeps for.
fn nap(test: u32) -> String {
    format!("{}.{}", 7000 + test, std::process::id())
}

#[test]
fn nobody_survives_the_program() {
    for (number, escape) in [
        "sleep NAP &",
        "setsid sleep NAP &",
        // No group, no mark, no parent: no run can claim it.
        "setsid env -i sleep NAP &",
        "trap '' TERM HUP INT; sleep NAP",
        "kill -STOP $PPID; sleep NAP",
    ]
    .into_iter()
    .enumerate()
    {
        let nap = nap(u32::try_from(number).unwrap());
        let place = Place::new();
        for host in ["c", "rust"] {
            let seen = shell(&place, host, &escape.replace("NAP", &nap), "1");
            assert!(matches!(seen.code, 0 | 1), "{}", seen.all());
            assert_eq!(
                processes_with(&format!("sleep {nap}")),
                [""; 0],
                "{escape}: {}",
                seen.all()
            );
        }
    }
}

#[test]
fn a_storm_of_processes_ends() {
    let place = Place::new();
    let nap = nap(100);
    let storm = format!("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do setsid sleep {nap} & done; wait");
    shell(&place, "c", &storm, "1").expect_code(1);
    wait_until("the storm is over", || processes_with(&format!("sleep {nap}")).is_empty());
}

#[test]
fn a_gigabyte_of_output_is_bounded() {
    let place = Place::new();
    let seen = shell(&place, "c", "head -c 1000000000 /dev/zero; echo end", "25");
    seen.expect_code(0);
    assert!(
        seen.stdout.len() < 4 << 20 && seen.stdout.contains("bytes dropped"),
        "{}",
        seen.stdout.len()
    );
}

#[test]
fn a_group_that_is_killed_from_inside_is_a_result() {
    let place = Place::new();
    let seen = shell(&place, "rust", "kill -KILL 0", "10");
    assert!(seen.expect_code(1).stdout.contains("SIGKILL"), "{}", seen.all());
}
