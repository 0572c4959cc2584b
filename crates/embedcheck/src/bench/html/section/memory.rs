//! Resident memory.

use maud::{Markup, html};

use super::{group, of_figure, panel, producers, unit};
use crate::bench::html::plot::{Plot, legend};
use crate::bench::html::svg::{bars, has_broken};
use crate::bench::html::table::estimates;
use crate::bench::{BenchReport, BenchTarget};

pub(super) fn section(report: &BenchReport, target: &BenchTarget) -> Markup {
    let figures = report.figures.iter().filter(|figure| figure.id.starts_with("memory/"));
    let figures: Vec<_> = figures
        .map(|figure| (figure, unit(report, &figure.id), of_figure(target, &figure.id)))
        .filter(|(_, _, measured)| !measured.is_empty())
        .collect();
    let panels: Vec<_> = figures
        .iter()
        .map(|(figure, unit, measured)| {
            let per = if figure.id == "memory/thread" { "a thread" } else { "" };
            panel(&figure.meaning, *unit, per, measured)
        })
        .collect();
    let groups: Vec<_> = figures
        .iter()
        .map(|(figure, unit, measured)| group(&figure.meaning, *unit, measured))
        .collect();
    let title = "Resident memory";
    html! {
        @if !panels.is_empty() {
            h3 { "Memory" }
            div.plots {
                (Plot {
                    title,
                    remark: if has_broken(&panels) { "A bar with a gap goes on beyond its axis." } else { "" },
                    legend: legend(figures.iter().flat_map(|(_, _, measured)| producers(measured))),
                    picture: bars(title, &panels),
                    table: estimates("producer", &groups),
                }.render())
            }
        }
    }
}
