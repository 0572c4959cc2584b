//! Ratios of producers, and a table of all targets.

use super::{Sheet, cell, heading, number, print_table};
use crate::bench::text::Table;
use crate::bench::{BenchReport, BenchTarget, Producer};
use crate::report::Page;

use Producer::{Cffi, Limit, Naive, Pyo3, Rust};

const OF_CALLS: [(Producer, Producer); 4] =
    [(Rust, Limit), (Cffi, Rust), (Pyo3, Rust), (Naive, Rust)];
const OF_STARTS: [(Producer, Producer); 4] =
    [(Rust, Limit), (Cffi, Limit), (Pyo3, Limit), (Naive, Limit)];

pub(super) fn ratios(page: &mut Page<'_>, sheet: &Sheet<'_>) {
    let threads = several(sheet.report);
    let figure = format!("threads/{threads}/total");
    let calls = [
        ("first thread".to_owned(), "call/add1/initialiser"),
        ("another thread".to_owned(), "call/add1/other"),
        (format!("{threads} threads"), figure.as_str()),
    ];
    table(page, sheet.target, "ratios of calls of add1", OF_CALLS, &calls);
    let starts = [("in all".to_owned(), "start/both"), ("processor time".to_owned(), "start/cpu")];
    let title = "ratios of starts to a bare Py_InitializeEx with the same init code";
    table(page, sheet.target, title, OF_STARTS, &starts);
}

/// Four threads, or the number nearest to it that was measured.
fn several(report: &BenchReport) -> u32 {
    let threads = report.settings.threads.iter();
    threads.copied().min_by_key(|threads| threads.abs_diff(4)).unwrap_or(4)
}

fn table(
    page: &mut Page<'_>,
    target: &BenchTarget,
    title: &str,
    pairs: [(Producer, Producer); 4],
    rows: &[(String, &str)],
) {
    let heading_of = |(above, below): &(Producer, Producer)| format!("{above}/{below}");
    let pairs: Vec<_> = pairs
        .into_iter()
        .filter(|(above, below)| {
            rows.iter().any(|(_, figure)| target.ratio(figure, *above, *below).is_some())
        })
        .collect();
    if pairs.is_empty() {
        return;
    }
    let mut table = Table::new(std::iter::once(String::new()).chain(pairs.iter().map(heading_of)));
    for (words, figure) in rows {
        let cells = pairs.iter().map(|(above, below)| {
            cell(target.ratio(figure, *above, *below).map(|ratio| ratio.estimate))
        });
        table.row(std::iter::once(words.clone()).chain(cells));
    }
    heading(page, title);
    print_table(page, &table);
}

/// The figure that matters most, for every target.
pub(super) fn targets(page: &mut Page<'_>, report: &BenchReport) {
    let style = page.styles().heading;
    page.line(0, style, "all Pythons: add1 in another long-lived thread, ns a call; start, ms");
    let python = || Producer::ALL.into_iter().filter(|producer| producer.is_python());
    let headings = python().map(|producer| producer.word().to_owned());
    let starts = python().map(|producer| format!("{producer}, start"));
    let first = std::iter::once(String::new());
    let mut table = Table::new(first.chain(headings).chain(starts));
    for target in &report.targets {
        let of = |figure: &'static str| {
            python().map(move |producer| match target.measurement(producer, figure) {
                Some(one) => number(one.estimate.median),
                None => "–".to_owned(),
            })
        };
        let cells = of("call/add1/other").chain(of("start/both"));
        table.row(std::iter::once(target.id.clone()).chain(cells));
    }
    print_table(page, &table);
    page.blank();
}
