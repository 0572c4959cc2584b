//! Figures that no other section shows: a newer embedcheck may have measured more than this one knows.

use maud::{Markup, html};

use super::{group, of_figure, unit};
use crate::bench::html::table::estimates;
use crate::bench::{BenchReport, BenchTarget};

/// Beginnings of the ids that the other sections show.
const SHOWN: [&str; 4] = ["call/", "threads/", "start/", "memory/"];

pub(super) fn section(report: &BenchReport, target: &BenchTarget) -> Markup {
    let rest = report.figures.iter();
    let rest = rest.filter(|figure| !SHOWN.iter().any(|shown| figure.id.starts_with(shown)));
    let rest: Vec<_> = rest.map(|figure| (figure, of_figure(target, &figure.id))).collect();
    let groups: Vec<_> = rest
        .iter()
        .filter(|(_, measured)| !measured.is_empty())
        .map(|(figure, measured)| group(&figure.meaning, unit(report, &figure.id), measured))
        .collect();
    html! {
        @if !groups.is_empty() {
            h3 { "Other figures" }
            div.table { (estimates("producer", &groups)) }
        }
    }
}
