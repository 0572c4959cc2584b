//! The producers by each other.

use maud::{Markup, html};

use crate::bench::html::number::digits;
use crate::bench::html::plot::prose;
use crate::bench::html::table::{interval, wide};
use crate::bench::{BenchReport, BenchTarget, Producer, Ratio};

pub(super) fn section(report: &BenchReport, target: &BenchTarget) -> Markup {
    // Calls and starts are compared by different pairs, so that each group has a table of its own.
    let mut figures: Vec<&str> = target.ratios.iter().map(|ratio| ratio.figure.as_str()).collect();
    figures.dedup();
    let tables: Vec<_> = figures.chunk_by(|one, other| group(one) == group(other)).collect();
    html! {
        @if !tables.is_empty() {
            h3 { "Ratios" }
            p.remark {
                "How many times as long the first takes as the second, with the 95 % interval. "
                (wide()) ": the interval reaches further than 10 % from the median."
            }
            @for figures in tables { div.table { (table(report, target, figures)) } }
        }
    }
}

/// What an id begins with.
fn group(figure: &str) -> &str {
    figure.split('/').next().unwrap_or(figure)
}

/// The pairs that occur for these figures.
fn pairs(target: &BenchTarget, figures: &[&str]) -> Vec<(Producer, Producer)> {
    let mut pairs = Vec::new();
    for ratio in target.ratios.iter().filter(|ratio| figures.contains(&ratio.figure.as_str())) {
        let pair = (ratio.above, ratio.below);
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

fn table(report: &BenchReport, target: &BenchTarget, figures: &[&str]) -> Markup {
    let pairs = pairs(target, figures);
    html! {
        table.ratios.folding {
            thead { tr {
                th scope="col" { "figure" }
                @for (above, below) in &pairs { th.number scope="col" { (above) " / " (below) } }
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
                        @for (above, below) in &pairs {
                            td.number data-label=(format!("{above} / {below}")) { (cell(target.ratio(figure, *above, *below))) }
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
