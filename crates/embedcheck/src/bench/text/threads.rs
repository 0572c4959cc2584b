//! Calls of several threads at once.

use super::bar::bar;
use super::{Sheet, heading, number};
use crate::report::{Label, Page};

pub(super) fn threads(page: &mut Page<'_>, sheet: &Sheet<'_>) {
    let figure = |threads: u32, name: &str| format!("threads/{threads}/{name}");
    let producers: Vec<_> =
        sheet.producers().into_iter().filter(|producer| producer.is_python()).collect();
    // Million calls a second.
    let rate =
        |producer, threads| Some(1000.0 / sheet.median(producer, &figure(threads, "total"))?);
    let all = sheet.report.settings.threads.iter();
    let rates = all.flat_map(|threads| producers.iter().filter_map(|one| rate(*one, *threads)));
    let Some(most) = rates.reduce(f64::max) else { return };
    heading(page, "add1 by several threads at once: million calls a second; single calls, µs");
    let (plain, faint, style) = (anstyle::Style::new(), page.styles().faint, page.styles().bar);
    let line = |page: &mut Page<'_>, cells: [&str; 7], bar: &str, shade| {
        let widths = [7, 5, 7, 7, 7, 8, 8];
        let texts: Vec<_> = cells
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, (cell, width))| match column {
                1 => format!("{cell:width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        let mut labels: Vec<_> =
            texts.iter().map(|text| Label { text, style: shade, width: 0 }).collect();
        labels.push(Label { text: bar, style, width: 0 });
        page.item(0, &labels, "");
    };
    line(page, ["threads", "", "M/s", "p50", "p99", "max", "least/most"], "", faint);
    for &threads in &sheet.report.settings.threads {
        for producer in &producers {
            let Some(rate) = rate(*producer, threads) else { continue };
            let micro = |name| {
                let value = sheet.median(*producer, &figure(threads, name));
                value.map_or("–".to_owned(), |value| number(value / 1000.0))
            };
            let fair = sheet.median(*producer, &figure(threads, "fairness"));
            let fair = fair.map_or("–".to_owned(), number);
            let is_wide = sheet.target.measurement(*producer, &figure(threads, "total"));
            let mark = if is_wide.is_some_and(|one| one.wide) { "~" } else { "" };
            let rate_text = format!("{mark}{}", number(rate));
            let cells = [
                &*threads.to_string(),
                producer.word(),
                &rate_text,
                &micro("p50"),
                &micro("p99"),
                &micro("max"),
                &fair,
            ];
            line(page, cells, &bar(rate, most, sheet.width.saturating_sub(68).min(30)), plain);
        }
    }
}
