//! What a warm call costs, by function and place.

use maud::{Markup, html};

use super::{group, of_figure, panel, place, producers, unit};
use crate::bench::html::plot::{Plot, legend};
use crate::bench::html::svg::{bars, has_broken};
use crate::bench::html::table::estimates;
use crate::bench::{BenchReport, BenchTarget, FUNCTIONS};

pub(super) fn section(report: &BenchReport, target: &BenchTarget) -> Markup {
    let mut functions: Vec<&str> = Vec::new();
    for figure in &report.figures {
        let Some((function, _)) = parts(&figure.id) else { continue };
        if !functions.contains(&function) {
            functions.push(function);
        }
    }
    let plots: Vec<_> = functions.iter().filter_map(|name| plot(report, target, name)).collect();
    html! {
        @if !plots.is_empty() {
            h3 { "A warm call" }
            div.plots { @for plot in plots { (plot) } }
        }
    }
}

/// Function and place.
fn parts(figure: &str) -> Option<(&str, &str)> {
    figure.strip_prefix("call/")?.split_once('/')
}

fn plot(report: &BenchReport, target: &BenchTarget, function: &str) -> Option<Markup> {
    let figures = report.figures.iter().filter_map(|figure| {
        let (_, at) = parts(&figure.id).filter(|(name, _)| *name == function)?;
        let measured = of_figure(target, &figure.id);
        (!measured.is_empty()).then(|| (place(at), unit(report, &figure.id), measured))
    });
    let figures: Vec<_> = figures.collect();
    if figures.is_empty() {
        return None;
    }
    let known = FUNCTIONS.iter().find(|known| known.name == function);
    let title = known.map_or_else(
        || format!("A call of `{function}`"),
        |known| format!("A call of `{}`{}", known.declaration, known.remark),
    );
    let panels: Vec<_> = figures
        .iter()
        .map(|(title, unit, measured)| panel(title, *unit, "a call", measured))
        .collect();
    let groups: Vec<_> =
        figures.iter().map(|(title, unit, measured)| group(title, *unit, measured)).collect();
    let remark = match has_broken(&panels) {
        true => "A bar with a gap goes on beyond its axis. Each place has its own axis.",
        false => "Each place has its own axis.",
    };
    Some(
        Plot {
            title: &title,
            remark,
            legend: legend(figures.iter().flat_map(|(_, _, measured)| producers(measured))),
            picture: bars(&title.replace('`', ""), &panels),
            table: estimates("producer", &groups),
        }
        .render(),
    )
}
