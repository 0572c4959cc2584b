//! Outputs of any size.

use std::fs;
use std::time::{Duration, Instant};

use embedcheck::run::Ended;

use crate::{observe, script};

#[test]
fn both_outputs_are_kept_apart() {
    let seen = observe(&script("echo out; echo err >&2; printf '\\377'"));
    assert_eq!(seen.stdout.text, "out\n\u{fffd}");
    assert_eq!(seen.stderr.text, "err\n");
}

#[test]
fn a_gigabyte_of_output_neither_blocks_nor_fills_memory() {
    let before = resident_kib();
    let mut spec = script("echo first; head -c 1073741824 /dev/zero; echo last; exit 17");
    spec.capture_limit = 64 * 1024;
    let seen = observe(&spec);
    assert_eq!(seen.ended, Ended::Exit { code: 17, from_inside: false });
    assert_eq!(seen.stdout.dropped_bytes, (1 << 30) + "first\nlast\n".len() as u64 - 64 * 1024);
    assert!(seen.stdout.text.starts_with("first\n") && seen.stdout.text.ends_with("last\n"));
    assert!(seen.stdout.text.len() < 65 * 1024);
    // The other tests of this process have their memory in this, too.
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 50 * 1024, "grown by {grown} KiB");
}

#[test]
fn output_without_end_does_not_outlast_the_time_limit() {
    let mut spec = script("exec yes");
    spec.timeout = Duration::from_millis(300);
    let began = Instant::now();
    let seen = observe(&spec);
    assert_eq!(seen.ended, Ended::Timeout { after_ms: 300 });
    assert!(began.elapsed() < Duration::from_secs(20));
    assert!(seen.stdout.text.starts_with("y\ny\n"));
}

#[test]
fn a_child_that_closes_its_outputs_is_waited_for() {
    let seen = observe(&script("exec >&- 2>&-; sleep 0.3; exit 5"));
    assert_eq!(seen.ended, Ended::Exit { code: 5, from_inside: false });
    assert!(seen.duration_ms >= 300);
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
