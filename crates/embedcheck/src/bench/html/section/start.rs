//! From before dlopen to the end of the first call, and what it consists of.

use maud::{Markup, html};

use super::{group, of_figure, unit};
use crate::bench::html::plot::{Plot, legend_of_parts};
use crate::bench::html::svg::{Part, Stacked, part_class, stack};
use crate::bench::html::table::estimates;
use crate::bench::{BenchReport, BenchTarget, Figure, Producer, START_PARTS, Unit};

pub(super) fn section(report: &BenchReport, target: &BenchTarget) -> Markup {
    let plot = plot(report, target);
    html! {
        @if let Some(plot) = plot {
            h3 { "Start-up" }
            div.plots { (plot) }
        }
    }
}

fn plot(report: &BenchReport, target: &BenchTarget) -> Option<Markup> {
    let stacks: Vec<_> =
        Producer::ALL.into_iter().filter_map(|producer| stacked(target, producer)).collect();
    let figures = report.figures.iter().filter(|figure| figure.id.starts_with("start/"));
    let figures = figures.map(|figure| {
        (figure.meaning.replace('`', ""), unit(report, &figure.id), of_figure(target, &figure.id))
    });
    let figures: Vec<_> = figures.filter(|(_, _, measured)| !measured.is_empty()).collect();
    if figures.is_empty() {
        return None;
    }
    let groups: Vec<_> =
        figures.iter().map(|(title, unit, measured)| group(title, *unit, measured)).collect();
    let shown = |number: usize| {
        stacks.iter().flat_map(|stacked| &stacked.parts).any(|part| part.number == Some(number))
    };
    let parts = START_PARTS.iter().enumerate().filter(|(number, _)| shown(*number));
    let names: Vec<_> = parts.map(|(number, id)| (part_class(Some(number)), name(id))).collect();
    let whole = stacks.iter().flat_map(|stacked| &stacked.parts).any(|part| part.number.is_none());
    let whole = whole.then(|| (part_class(None), "not split".to_owned()));
    let names: Vec<_> = names.into_iter().chain(whole).collect();
    let title = "From dlopen to the end of the first call, in a fresh process";
    Some(
        Plot {
            title,
            remark: "The number is the median of the whole; the parts are medians too, and need not \
                     add up to it.",
            legend: legend_of_parts(names.iter().map(|(class, name)| (class.clone(), name.as_str()))),
            picture: stack(title, Unit::Milliseconds, &stacks),
            table: estimates("producer", &groups),
        }
        .render(),
    )
}

/// The bar of a producer; whole if the parts were not measured.
fn stacked(target: &BenchTarget, producer: Producer) -> Option<Stacked> {
    let whole = target.measurement(producer, "start/both");
    let parts = START_PARTS.iter().enumerate().filter_map(|(number, id)| {
        let one = target.measurement(producer, id)?;
        let (figure, value) = (one.figure.clone(), one.estimate.median);
        Some(Part { number: Some(number), figure, name: name(id), value })
    });
    let mut parts: Vec<_> = parts.collect();
    if parts.is_empty() {
        let (figure, value) = (whole?.figure.clone(), whole?.estimate.median);
        parts.push(Part { number: None, figure, name: "not split".to_owned(), value });
    }
    let wide = whole.is_some_and(|one| one.wide);
    Some(Stacked { producer, parts, whole: whole.map(|one| one.estimate), wide })
}

/// What a part is, without what is the same for all.
fn name(id: &str) -> String {
    let meaning = Figure::of(id).map_or_else(|| id.to_owned(), |figure| figure.meaning);
    meaning.trim_start_matches("part of `both`: ").to_owned()
}
