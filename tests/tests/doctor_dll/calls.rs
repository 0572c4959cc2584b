//! `--call` with every kind of type, in real hosts, against a DLL that a C compiler made.

use std::fs;

use embedcheck::doctor::DoctorError;
use embedcheck::doctor::dll::{DllOptions, Scope};
use embedcheck::run::{HostKind, Stop};
use embedcheck_tests::{CALLER, RUST_HOST};

use crate::shop::Shop;

const CODE: &str = r#"
#include <string.h>
typedef struct { int x, y; } point_t;
point_t swap(point_t p) { return (point_t){p.y, p.x}; }
const char *text(int which) { return which ? "a \"b\"" : NULL; }
unsigned char last(const char *text) { return (unsigned char)text[strlen(text) - 1]; }
double mean(const float *numbers, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += numbers[i];
    return sum / count;
}
"#;

#[test]
fn results_are_shown_by_their_type_in_both_hosts() {
    let Some(shop) = Shop::new() else { return };
    fs::write(shop.path("plain.c"), CODE).expect("it can be written");
    shop.sh("cc -shared -fPIC -o libplain.so plain.c");
    let dll = shop.path("libplain.so");
    for (call, both, expected) in [
        (
            &["typedef struct { int x, y; } point_t; point_t swap(point_t)", "{1, -2}"][..],
            false,
            "swap({1, -2}) = {x=-2, y=1}",
        ),
        (&["const char *text(int)", "1"], true, "text(1) = \"a \\\"b\\\"\""),
        (&["const char *text(int)", "0"], true, "text(0) = NULL"),
        (&["unsigned char last(const char *)", "ab\u{ff}"], true, "last(\"ab\u{ff}\") = 191"),
        (&["double mean(const float *, int)", "{1, 2.5}", "2"], true, "mean({1, 2.5}, 2) = 1.75"),
    ] {
        let seen = shop.doctor(&dll, call);
        assert!(seen.works(Scope::Local) && seen.works(Scope::Global), "{seen:#?}");
        for run in &seen.runs().runs {
            let made = both || run.host == HostKind::Rust;
            assert_eq!(run.steps.contains(&expected.to_owned()), made, "{expected}: {run:#?}");
            assert_eq!(run.not_called.is_empty(), made, "{run:#?}");
        }
    }
}

const BAD: &str = r#"
#include <stdlib.h>
#include <unistd.h>
void crash(void) { *(volatile int *)0 = 1; }
void hang(void) { for (;;) pause(); }
void leave(int code) { exit(code); }
"#;

/// Whatever it does is a result: the step, the way in which it ended, in every host.
#[test]
fn crashes_hangs_and_exits_are_results() {
    let Some(shop) = Shop::new() else { return };
    fs::write(shop.path("bad.c"), BAD).expect("it can be written");
    shop.sh("cc -shared -fPIC -w -o libbad.so bad.c");
    for (call, id, what) in [
        (&["void crash(void)"][..], "crash", "crash(): the process ended early: SIGSEGV"),
        (&["void hang(void)"], "hang", "hang(): the process ended early: killed after 3000 ms"),
        (
            &["void leave(int)", "17"],
            "exit-inside",
            "leave(17): the process ended early: exit 17 from inside the DLL",
        ),
        (&["void gone(void)"], "no-symbol", "no symbol \"gone\""),
    ] {
        let seen = shop.doctor(&shop.path("libbad.so"), call);
        assert_eq!(seen.problems(), [id], "{seen:#?}");
        let finding = seen.finding(id);
        assert!(finding.evidence.iter().any(|line| line.starts_with(what)), "{seen:#?}");
        assert!(finding.summary.contains("it fails in RTLD_LOCAL hosts, RTLD_GLOBAL hosts and"));
        assert!(seen.runs().runs.iter().all(|run| !run.works && !run.plan.is_empty()), "{seen:#?}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_runs() {
    let Some(shop) = Shop::new() else { return };
    let options = DllOptions {
        // There is no such file: the call is looked at first.
        dll: shop.path("nothing.so"),
        host: None,
        environment: Vec::new(),
        calls: vec![vec!["int printf(const char *, ...)".to_owned(), "x".to_owned()]],
        timeout: std::time::Duration::from_secs(5),
        rust_host: RUST_HOST.clone(),
    };
    let stop = Stop::new().expect("a descriptor is left");
    let error = embedcheck::doctor::dll(shop.target, &CALLER, &options, &stop);
    match error {
        Err(DoctorError::Input(text)) => assert!(text.contains("printf"), "{text}"),
        other => panic!("{other:?}"),
    }
}
