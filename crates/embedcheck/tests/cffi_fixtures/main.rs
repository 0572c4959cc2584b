//! Every fixture, built by CFFI for real interpreters and run by a C program that is linked to it.
//!
//! What the program prints is compared with `python-fixtures/<name>/expected.txt`, byte for byte. CFFI is fetched
//! by pip once and then kept below the target folder. An interpreter that is not on the machine, or a network that
//! is not there, skips its tests with the reason; with `EMBEDCHECK_REQUIRE_ALL=1` that is a failure.

mod compiled;
mod hosts;
mod pythons;
mod unavailable;

use std::process::ExitCode;

use embedcheck::dll::{BuildError, FIXTURES};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use pythons::{Lab, Wanted};

/// What a test ends with: a skip has a reason.
enum Outcome {
    Done,
    Skipped(String),
}

type TestResult = Result<Outcome, Failed>;

fn trial(
    name: String,
    test: impl FnOnce(&Lab) -> TestResult + Send + 'static,
    lab: &'static Lab,
) -> Trial {
    Trial::ignorable_test(name, move || match test(lab)? {
        Outcome::Done => Ok(Completion::Completed),
        Outcome::Skipped(reason) if lab.require_all => Err(format!("skipped: {reason}").into()),
        Outcome::Skipped(reason) => Ok(Completion::ignored_with(reason)),
    })
}

/// Something that the machine lacks is a skip, all else a failure.
fn skip_or_fail(error: BuildError) -> TestResult {
    match error {
        BuildError::Unavailable(missing) => Ok(Outcome::Skipped(missing.to_string())),
        error => Err(error.to_string().into()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Lives as long as the process: its scratch folder is removed below, when no test runs any more.
    let lab: &'static Lab = Box::leak(Box::new(Lab::new()));
    let mut trials = Vec::new();
    for wanted in Wanted::ALL {
        for fixture in FIXTURES {
            let name = format!("prints::{}::{}", fixture.name, wanted.name());
            trials.push(trial(name, move |lab| hosts::prints(lab, wanted, fixture), lab));
        }
        let name = format!("exports::{}", wanted.name());
        trials.push(trial(name, move |lab| hosts::exports(lab, wanted), lab));
    }
    trials.push(trial("link_options".to_owned(), hosts::link_options, lab));
    trials.extend(compiled::trials(lab));
    trials.extend(unavailable::trials(lab));
    let conclusion = libtest_mimic::run(&arguments, trials);
    lab.clean_up();
    conclusion.exit_code()
}
