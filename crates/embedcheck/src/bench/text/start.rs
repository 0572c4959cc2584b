//! Where the time of a start goes, and what memory it takes.

use super::bar::{PARTS, divided};
use super::{Sheet, heading, number, print_table};
use crate::bench::START_PARTS;
use crate::bench::text::Table;
use crate::report::{Label, Page};

/// The parts in words, in the order of [`START_PARTS`].
const WORDS: [&str; 5] = ["libpython", "the DLL", "Py_Initialize", "init code", "the rest"];

pub(super) fn start(page: &mut Page<'_>, sheet: &Sheet<'_>) {
    let all = sheet.producers().into_iter().filter(|producer| producer.is_python());
    let rows: Vec<_> =
        all.filter_map(|one| Some((one, sheet.median(one, "start/both")?))).collect();
    let Some(most) = rows.iter().map(|(_, both)| *both).reduce(f64::max) else { return };
    heading(page, "from dlopen to the end of the first call, ms, in fresh processes");
    let (plain, style) = (anstyle::Style::new(), page.styles().bar);
    for (producer, both) in rows {
        let parts: Vec<_> =
            START_PARTS.iter().filter_map(|part| sheet.median(producer, part)).collect();
        // The medians of the parts do not quite add up to the median of the whole.
        let sum: f64 = parts.iter().map(|part| part.max(0.0)).sum();
        let parts: Vec<_> = parts.iter().map(|part| part * both / sum).collect();
        let value = format!("{:>8}", number(both));
        let text = divided(&parts, most, sheet.width.saturating_sub(21).min(60));
        let labels = [
            Label { text: producer.word(), style: plain, width: 5 },
            Label { text: &value, style: plain, width: 8 },
            Label { text: &text, style, width: 0 },
        ];
        page.item(2, &labels, "");
    }
    let legend: Vec<_> =
        PARTS.iter().zip(WORDS).map(|(sign, word)| format!("{sign} {word}")).collect();
    let faint = page.styles().faint;
    page.line(2, faint, &legend.join("  "));
    let mut table = Table::new(sheet.heading("ms"));
    let parts = START_PARTS.iter().zip(WORDS).map(|(part, word)| (*part, word));
    let rest = [
        ("start/both", "in all"),
        ("start/cpu", "processor time"),
        ("start/load", "dlopen alone"),
        ("start/second", "second call"),
    ];
    for (figure, words) in parts.chain(rest) {
        if let Some(row) = sheet.row(words, figure) {
            table.row(row);
        }
    }
    print_table(page, &table);
}

pub(super) fn memory(page: &mut Page<'_>, sheet: &Sheet<'_>) {
    let mut table = Table::new(sheet.heading(""));
    for (figure, words) in [
        ("memory/loaded", "by dlopen, KiB"),
        ("memory/called", "by dlopen and the first call, KiB"),
        ("memory/thread", "by a thread that has called and ended, bytes"),
    ] {
        if let Some(row) = sheet.row(words, figure) {
            table.row(row);
        }
    }
    if !table.is_empty() {
        heading(page, "growth of the resident memory");
        print_table(page, &table);
    }
}
