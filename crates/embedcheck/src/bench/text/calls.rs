//! Calls of one thread.

use super::bar::bar;
use super::{Sheet, heading, number, print_table};
use crate::bench::text::Table;
use crate::bench::{FUNCTIONS, PLACES};
use crate::report::{Label, Page};

pub(super) fn calls(page: &mut Page<'_>, sheet: &Sheet<'_>) {
    for place in &PLACES[..2] {
        let figure = format!("call/add1/{}", place.name);
        bars(page, sheet, &format!("add1, {}, ns a call", place.meaning), &figure);
    }
    for place in PLACES {
        let mut table = Table::new(sheet.heading(place.short));
        for function in FUNCTIONS {
            let figure = format!("call/{}/{}", function.name, place.name);
            if let Some(row) = sheet.row(function.declaration, &figure) {
                table.row(row);
            }
        }
        if !table.is_empty() {
            heading(page, &format!("calls {}, ns", place.meaning));
            print_table(page, &table);
        }
    }
}

/// A bar for each producer.
fn bars(page: &mut Page<'_>, sheet: &Sheet<'_>, title: &str, figure: &str) {
    let values: Vec<_> = sheet
        .producers()
        .into_iter()
        .filter_map(|producer| Some((producer, sheet.median(producer, figure)?)))
        .collect();
    let Some(most) = values.iter().map(|(_, value)| *value).reduce(f64::max) else { return };
    heading(page, title);
    let (plain, style) = (anstyle::Style::new(), page.styles().bar);
    for (producer, value) in values {
        let value_text = format!("{:>8}", number(value));
        let text = bar(value, most, sheet.width.saturating_sub(21).min(60));
        let labels = [
            Label { text: producer.word(), style: plain, width: 5 },
            Label { text: &value_text, style: plain, width: 8 },
            Label { text: &text, style, width: 0 },
        ];
        page.item(2, &labels, "");
    }
}
