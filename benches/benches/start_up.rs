//! From loading the DLL to the end of the first call, in fresh processes; and what 100,000 threads
//! leave behind that make one call and end.
//!
//! `cargo bench -p benches --bench start_up [-- --python PYTHON | --all] [--rounds N]`
//!
//! Here `limit` is a bare `Py_InitializeEx` and the same init code. It is linked to the libpython, as
//! `cffi` is, so that loading the DLL loads it; `rust` finds and loads it in the first call. Aims: at
//! most 1.10 times `limit`, and no memory for threads that have ended.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::process::ExitCode;

use benches::{Answer, Arguments, Error, Setting, Table, cell, ratio};

/// Processes a round: one takes some ten milliseconds, and they differ much.
const PROCESSES: usize = 7;

fn main() -> ExitCode {
    benches::main(measure)
}

fn measure(setting: &Setting, arguments: &Arguments) -> Result<(), Error> {
    first_call(setting, arguments)?;
    ended_threads(setting, arguments)
}

fn first_call(setting: &Setting, arguments: &Arguments) -> Result<(), Error> {
    // Fills the page cache.
    setting.rounds(1, &["first"])?;
    let rounds = if arguments.quick { 1 } else { arguments.rounds * PROCESSES };
    let all = setting.rounds(rounds, &["first"])?;
    let total = |answer: &Answer| Some(answer.number("load")? + answer.number("first")?);
    println!("\nstart-up, ms, median of {rounds} processes (least–most)\n");
    let mut table = Table::new(["", "load", "first call", "both", "processor"]);
    for series in &all {
        let of =
            |name: &'static str| cell(series.spread(|answer| Some(answer.number(name)? / 1e6)), 2);
        let both = cell(series.spread(|answer| Some(total(answer)? / 1e6)), 2);
        let name = series.producer.to_owned();
        table.row([name, of("load"), of("first"), both, of("start_cpu")]);
    }
    println!("{table}");
    let cpu = |answer: &Answer| answer.number("start_cpu");
    let mut table = Table::new(["ratio", "rust/limit", "cffi/rust"]);
    let row = |name: &str, of: &dyn Fn(&Answer) -> Option<f64>| {
        let ratio = |above, below| cell(ratio(&all, above, below, of), 2);
        [name.to_owned(), ratio("rust", "limit"), ratio("cffi", "rust")]
    };
    table.row(row("both", &total));
    table.row(row("processor time", &cpu));
    println!("{table}");
    Ok(())
}

fn ended_threads(setting: &Setting, arguments: &Arguments) -> Result<(), Error> {
    let count = if arguments.quick { 1000_u32 } else { 100_000 };
    let all = setting.rounds(1, &["ended", "--count", &count.to_string()])?;
    println!("{count} threads that make one call and end, one after the other\n");
    let mut table =
        Table::new(["", "resident before, KiB", "after, KiB", "bytes a thread", "µs a thread"]);
    for series in &all {
        let number = |name| series.answers.first().and_then(|answer| answer.number(name));
        let (Some(before), Some(after), Some(each)) =
            (number("before"), number("after"), number("each"))
        else {
            return Err("the measuring host did not say what memory it has".into());
        };
        table.row([
            series.producer.to_owned(),
            format!("{before:.0}"),
            format!("{after:.0}"),
            format!("{:.1}", (after - before) * 1024.0 / f64::from(count)),
            format!("{:.1}", each / 1000.0),
        ]);
    }
    println!("{table}");
    Ok(())
}
