//! A report of the benchmarks as text, with bars.

mod bar;
mod calls;
mod changes;
mod header;
mod number;
mod ratios;
mod start;
mod table;
mod threads;

pub use number::{cell, number};
pub use table::Table;

use super::{BenchReport, BenchTarget, Producer};
use crate::report::{Page, TextOptions};

/// The whole report: each target with its bars and tables, what changed, and for several targets a table
/// of all of them.
#[must_use]
pub fn to_text(report: &BenchReport, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let mut width = options.width;
    // The narrowest that a table of all producers fits in.
    width = width.max(60);
    for target in &report.targets {
        header::header(&mut page, report, target);
        let sheet = Sheet { report, target, width };
        calls::calls(&mut page, &sheet);
        threads::threads(&mut page, &sheet);
        start::start(&mut page, &sheet);
        start::memory(&mut page, &sheet);
        ratios::ratios(&mut page, &sheet);
        page.blank();
    }
    if report.targets.len() > 1 {
        ratios::targets(&mut page, report);
    }
    if let Some(comparison) = &report.comparison {
        changes::changes(&mut page, comparison, report);
    }
    header::last_line(&mut page, report);
    page.into_text()
}

/// One target, and how wide its text may be.
struct Sheet<'a> {
    report: &'a BenchReport,
    target: &'a BenchTarget,
    width: usize,
}

impl Sheet<'_> {
    fn producers(&self) -> Vec<Producer> {
        self.target.measured().collect()
    }

    /// The median of a figure.
    fn median(&self, producer: Producer, figure: &str) -> Option<f64> {
        self.target.measurement(producer, figure).map(|one| one.estimate.median)
    }

    /// The median in words, with a mark if it is not to be trusted.
    fn cell(&self, producer: Producer, figure: &str) -> String {
        match self.target.measurement(producer, figure) {
            Some(one) if one.wide => format!("~{}", number(one.estimate.median)),
            Some(one) => number(one.estimate.median),
            None => "–".to_owned(),
        }
    }

    /// A row of the figure for each producer; `None` if nobody has it.
    fn row(&self, title: &str, figure: &str) -> Option<Vec<String>> {
        let producers = self.producers();
        if !producers.iter().any(|producer| self.median(*producer, figure).is_some()) {
            return None;
        }
        let cells = producers.iter().map(|producer| self.cell(*producer, figure));
        Some(std::iter::once(title.to_owned()).chain(cells).collect())
    }

    /// The heading of such rows.
    fn heading(&self, title: &str) -> Vec<String> {
        let names = self.producers().into_iter().map(|producer| producer.word().to_owned());
        std::iter::once(title.to_owned()).chain(names).collect()
    }
}

/// A heading over a part of the page.
fn heading(page: &mut Page<'_>, text: &str) {
    page.blank();
    let style = page.styles().heading;
    page.line(0, style, text);
}

fn print_table(page: &mut Page<'_>, table: &Table) {
    for line in table.to_string().lines() {
        page.line(0, anstyle::Style::new(), line);
    }
}
