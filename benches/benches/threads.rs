//! Calls of `int add1(int, int)` by 1, 2, 4 and 8 threads at once.
//!
//! `cargo bench -p benches --bench threads [-- --python PYTHON | --all] [--rounds N]`
//!
//! The total is wall time over the calls of all threads; the times of single calls are measured
//! apart, because the clock costs a third of a call. Aims: with 4 and 8 threads at least 75 % of the
//! throughput of one, at least 4 times that of `cffi`, and no thread left behind.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::process::ExitCode;

use benches::{Answer, Arguments, Error, Series, Setting, Spread, Table, cell, ratio};

const THREADS: [&str; 4] = ["1", "2", "4", "8"];

fn main() -> ExitCode {
    benches::main(measure)
}

fn measure(setting: &Setting, arguments: &Arguments) -> Result<(), Error> {
    let time = if arguments.quick { "20" } else { "300" };
    let mut single = Vec::new();
    let mut totals = Table::new([
        "threads",
        "producer",
        "ns a call, total",
        "processor",
        "p50",
        "p99",
        "max, µs",
        "least/most",
    ]);
    let mut ratios = Table::new([
        "threads",
        "rust, % of one",
        "limit, % of one",
        "cffi, % of one",
        "cffi/rust",
        "limit/rust",
    ]);
    for threads in THREADS {
        let words = ["threads", "--threads", threads, "--milliseconds", time];
        let all = setting.rounds(arguments.rounds, &words)?;
        for series in &all {
            totals.row(row(threads, series));
        }
        if single.is_empty() {
            single = all;
            continue;
        }
        let of = |above, below| cell(ratio(&all, above, below, total), 2);
        ratios.row([
            threads.to_owned(),
            share(&single, &all, "rust"),
            share(&single, &all, "limit"),
            share(&single, &all, "cffi"),
            of("cffi", "rust"),
            of("limit", "rust"),
        ]);
    }
    println!("\nnanoseconds, median of {} processes (least–most)\n", arguments.rounds);
    println!("{totals}");
    println!("throughput of all threads together\n");
    println!("{ratios}");
    Ok(())
}

fn total(answer: &Answer) -> Option<f64> {
    answer.number("total")
}

fn row(threads: &str, series: &Series) -> [String; 8] {
    let of = |name| series.spread(|answer| answer.number(name));
    let median = |name, unit| cell_of_median(of(name), unit);
    let fair = series.spread(|answer| Some(answer.number("least")? / answer.number("most")?));
    [
        threads.to_owned(),
        series.producer.to_owned(),
        cell(of("total"), 1),
        median("cpu", 1.0),
        median("p50", 1.0),
        median("p99", 1.0),
        median("max", 1000.0),
        fair.map_or_else(|| "–".to_owned(), |fair| format!("{:.2}", fair.median)),
    ]
}

fn cell_of_median(spread: Option<Spread>, unit: f64) -> String {
    spread.map_or_else(|| "–".to_owned(), |spread| format!("{:.0}", spread.median / unit))
}

/// Throughput in per cent of that of one thread, by round.
fn share(single: &[Series], several: &[Series], producer: &str) -> String {
    let find = |all: &[Series]| {
        let series = all.iter().find(|series| series.producer == producer)?;
        Some(series.answers.iter().filter_map(total).collect::<Vec<_>>())
    };
    let shares = find(single).zip(find(several)).map(|(single, several)| {
        single.iter().zip(several).map(|(one, several)| 100.0 * one / several).collect()
    });
    cell(shares.and_then(Spread::of), 0)
}
