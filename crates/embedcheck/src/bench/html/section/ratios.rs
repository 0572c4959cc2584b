//! The producers by each other.

use maud::{Markup, html};

use crate::bench::html::number::digits;
use crate::bench::html::plot::prose;
use crate::bench::html::table::{interval, wide};
use crate::bench::{BenchReport, BenchTarget, Producer, Ratio};

pub(super) fn section(report: &BenchReport, target: &BenchTarget) -> Markup {
    // Starts are compared with another producer than calls, so that they have a table of their own.
    let mut tables: Vec<(Vec<Pair>, Vec<&str>)> = Vec::new();
    let mut figures: Vec<&str> = target.ratios.iter().map(|ratio| ratio.figure.as_str()).collect();
    figures.dedup();
    for figure in figures {
        let pairs: Vec<_> =
            of_figure(target, figure).map(|ratio| (ratio.above, ratio.below)).collect();
        match tables.iter_mut().find(|(known, _)| group(known) == group(&pairs)) {
            Some((known, figures)) => {
                known.extend(
                    pairs.iter().filter(|pair| !known.contains(pair)).copied().collect::<Vec<_>>(),
                );
                figures.push(figure);
            }
            None => tables.push((pairs, vec![figure])),
        }
    }
    html! {
        @if !tables.is_empty() {
            h3 { "Ratios" }
            p.remark {
                "How many times as long the first takes as the second, with the 95 % interval. "
                (wide()) ": the interval reaches further than 10 % from the median."
            }
            @for (pairs, figures) in &tables { div.table { (table(report, target, pairs, figures)) } }
        }
    }
}

type Pair = (Producer, Producer);

fn of_figure<'a>(target: &'a BenchTarget, figure: &str) -> impl Iterator<Item = &'a Ratio> {
    target.ratios.iter().filter(move |ratio| ratio.figure == figure)
}

/// What figures of a table have in common: by whom the last is divided.
fn group(pairs: &[Pair]) -> Option<Producer> {
    pairs.iter().map(|(_, below)| *below).max()
}

fn table(report: &BenchReport, target: &BenchTarget, pairs: &[Pair], figures: &[&str]) -> Markup {
    html! {
        table.ratios {
            thead { tr {
                th scope="col" { "figure" }
                @for (above, below) in pairs { th.number scope="col" { (above) " / " (below) } }
            } }
            tbody {
                @for figure in figures {
                    tr {
                        th scope="row" title=(figure) {
                            @match report.figure(figure) {
                                Some(known) => { (prose(&known.meaning)) }
                                None => { (figure) }
                            }
                        }
                        @for (above, below) in pairs {
                            td.number { (cell(target.ratio(figure, *above, *below))) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(ratio: Option<&Ratio>) -> Markup {
    html! {
        @match ratio {
            Some(ratio) => {
                span data-ratio=(ratio.figure) data-above=(ratio.above) data-below=(ratio.below) {
                    strong { (digits(ratio.estimate.median)) }
                }
                " " span.interval { (interval(&ratio.estimate)) }
                @if ratio.wide { " " (wide()) }
            }
            None => { "–" }
        }
    }
}
