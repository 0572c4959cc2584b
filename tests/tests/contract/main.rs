//! The contract between an embedding DLL, its host and its Python code, one promise at a time.
//!
//! The folder `tests/contract/` holds DLLs and hosts, as data; its README says what they are made of.
//! Each case is one host with its DLLs, and what must be printed. Both producers make every DLL, from
//! the same header and the same Python code, and both are held to the same file; where embed-dll is
//! deliberately better than CFFI, the file is a diff that shows how. The table of all promises
//! (`table/`) says which case proves which, and `docs/embed-dll/contract.md` is written from it.
//!
//! What the machine lacks (an interpreter, a network to fetch CFFI from) skips trials with the reason;
//! with `EMBEDCHECK_REQUIRE_ALL=1` that is a failure.

mod bench;
mod document;
mod expect;
mod suite;
mod table;
mod twins;

use std::num::NonZero;
use std::process::ExitCode;

use embedcheck::target::{Support, Target};
use embedcheck_tests::{TARGETS, lacking};
use libtest_mimic::{Arguments, Completion, Trial};

use bench::{Bench, Outcome};
use suite::{Case, Producer, Suite};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Hosts mostly sleep and wait: with one trial for each processor the machine would, too.
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    arguments.test_threads.get_or_insert(3 * processors);
    // Both live as long as the process; the bench removes its files when no trial runs any more.
    let suite: &'static Suite = Box::leak(Box::new(Suite::read()));
    let bench: &'static Bench = Box::leak(Box::new(Bench::new(suite)));
    let mut trials = document::trials(suite);
    trials.extend(expect::trials());
    let targets = targets();
    if targets.is_empty() {
        trials
            .push(Trial::ignorable_test("targets", || lacking("no CPython that can be embedded")));
    }
    for target in targets {
        for case in &suite.cases {
            for producer in Producer::ALL {
                if case.is_for(producer, target) {
                    trials.push(trial(bench, case, producer, target));
                }
            }
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    bench.clean_up();
    conclusion.exit_code()
}

/// `EMBEDCHECK_BLESS=1`: what is seen is written down.
#[expect(
    clippy::disallowed_methods,
    reason = "a choice of whoever runs this test, as its filters are"
)]
fn blesses() -> bool {
    std::env::var_os("EMBEDCHECK_BLESS").is_some_and(|value| value == "1")
}

/// The targets that the contract speaks of: CPython 3.8 and later.
fn targets() -> Vec<&'static Target> {
    TARGETS.iter().filter(|target| target.support == Support::Full).collect()
}

fn trial(
    bench: &'static Bench,
    case: &'static Case,
    producer: Producer,
    target: &'static Target,
) -> Trial {
    let name = format!("{}::{}::{}", producer.name(), case.name, target.id);
    Trial::ignorable_test(name, move || match bench.try_case(case, producer, target)? {
        Outcome::AsExpected => Ok(Completion::Completed),
        Outcome::Lacking(reason) => lacking(&reason),
    })
}
