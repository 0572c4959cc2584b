//! The load group on real builds: the truth table, and every check broken once.

use embedcheck::report::Verdict;
use embedcheck_tests::{explain, run_one, target};

/// What `load/local` must say of each version: up to 3.7 extension modules name libpython
/// (cpython#21536 took that away in 3.8).
#[test]
fn local_is_a_limit_since_3_8() {
    for minor in ["3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"] {
        let Some(target) = target(minor) else { continue };
        let result = run_one(target, "load/local");
        let old = matches!(minor, "3.6" | "3.7");
        let expected = if old { Verdict::Pass } else { Verdict::Limit };
        assert_eq!(result.verdict, expected, "{minor}: {}", explain(&result));
        if !old {
            let cause = result.cause.as_ref().expect("a limit has a cause");
            assert_eq!(cause.id, "libpython-local");
            assert!(cause.summary.contains(" needs Py"), "{}", cause.summary);
            assert_eq!(result.verified.len(), 2, "{}", explain(&result));
        }
    }
}
