//! What a call of `int add1(int, int)` costs: from the thread that initialised, from another one, and
//! while the thread holds the interpreter.
//!
//! `cargo bench -p benches --bench call [-- --python PYTHON | --all] [--rounds N]`
//!
//! Aims: at most 1.05 times `limit` from any thread, at most 1.10 times while held, at least 1.8 times
//! faster than `cffi`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::process::ExitCode;

use benches::{Arguments, Error, Setting, Table, cell, ratio};

/// Name of the figure, and what it is.
const PLACES: [(&str, &str); 4] = [
    ("initialiser", "thread that initialised"),
    ("other", "another thread"),
    ("initialiser_held", "thread that initialised, held"),
    ("other_held", "another thread, held"),
];

fn main() -> ExitCode {
    benches::main(measure)
}

fn measure(setting: &Setting, arguments: &Arguments) -> Result<(), Error> {
    let batches = if arguments.quick { "50" } else { "1500" };
    let all = setting.rounds(arguments.rounds, &["calls", "--batches", batches])?;
    println!("\nns per call, median of {} processes (least–most)\n", arguments.rounds);
    let heading = || {
        let names = all.iter().map(|series| series.producer);
        std::iter::once("").chain(names)
    };
    let mut table = Table::new(heading());
    for (name, place) in PLACES {
        let cells = all.iter().map(|series| cell(series.spread(|answer| answer.number(name)), 1));
        table.row(std::iter::once(place.to_owned()).chain(cells));
    }
    println!("{table}");
    let mut table = Table::new(["ratio", "rust/limit", "cffi/rust"]);
    for (name, place) in PLACES {
        let of = |above, below| cell(ratio(&all, above, below, |answer| answer.number(name)), 2);
        table.row([place.to_owned(), of("rust", "limit"), of("cffi", "rust")]);
    }
    println!("{table}");
    Ok(())
}
