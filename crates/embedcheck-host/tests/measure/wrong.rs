//! DLLs that do not do what they should, and command lines that say so.

use embedcheck_c_harness::LINKED;
use libtest_mimic::{Completion, Failed, Trial};

use crate::environment::skip;
use crate::files::Scratch;
use crate::{complaint, host};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("wrong/plain_or_not", plain_or_not),
        Trial::ignorable_test("wrong/results", results),
    ]
}

fn plain_or_not() -> Result<(), Failed> {
    let scratch = Scratch::new();
    let plain = scratch.plain();
    // Its init_time() says 0.
    let message = complaint(host("first", &plain, &[]));
    assert!(message.contains("init code ran from 0 to 0, not within"), "{message}");
    let message = complaint(host("first", &plain, &[&"--plain", &"--preload", &"/nonexistent"]));
    assert!(message.contains("/nonexistent"), "{message}");
    let message = complaint(host("calls", &plain, &[&"--plain", &"--function", &"sub1"]));
    assert!(message.contains("there is no function sub1"), "{message}");
    Ok(())
}

fn results() -> Result<Completion, Failed> {
    let scratch = Scratch::new();
    let [never, once, twice, later] = match [0, 1, 2, 5000].map(|calls| scratch.failing(calls)) {
        [Ok(never), Ok(once), Ok(twice), Ok(later)] => [never, once, twice, later],
        [Err(reason), ..] | [_, Err(reason), ..] | [.., Err(reason), _] | [.., Err(reason)] => {
            return skip(&reason);
        }
    };
    let message = complaint(host("first", &never, &[&"--plain"]));
    assert_eq!(message, "the first call returned 0, not 42\n");
    let message = complaint(host("first", &once, &[&"--plain"]));
    assert_eq!(message, "the second call returned 0, not 4002\n");
    let message = complaint(host("first", &twice, &[]));
    assert!(message.contains("init code ran from 5 to 6, not within"), "{message}");

    for job in ["calls", "threads", "ended", "count"] {
        let message = complaint(host(job, &twice, &[&"--plain"]));
        assert!(message.contains("add1() returned 0 when it was called for"), "{job}: {message}");
    }
    for place in ["initialiser", "other", "fresh", "linked", "threads:2"] {
        let linked = scratch.pointed("linked.so", LINKED, &later);
        let orders = scratch.write("orders", format!("add1 {place} 6000\n"));
        let mut command = host("serve", &later, &[&"--plain", &"--linked", &linked]);
        command.stdin(std::fs::File::open(orders)?);
        let message = complaint(command);
        assert!(message.contains("add1() returned 0 when it was called for"), "{place}: {message}");
    }
    Ok(Completion::Completed)
}
