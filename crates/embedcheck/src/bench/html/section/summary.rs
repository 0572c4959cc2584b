//! The few figures that people choose by, first on the page.

use maud::{Markup, html};

use crate::bench::html::number::Handy;
use crate::bench::html::plot::{key, prose};
use crate::bench::html::table::{interval, wide};
use crate::bench::{BenchReport, BenchTarget, Figure, Producer};

pub(in crate::bench::html) fn summary(report: &BenchReport) -> Markup {
    let measured = |producer: &Producer| {
        report.targets.iter().any(|target| target.measured().any(|one| one == *producer))
    };
    let producers: Vec<_> = Producer::ALL.into_iter().filter(measured).collect();
    let most = report.settings.threads.iter().filter(|threads| **threads > 1).max();
    let mut figures = vec!["call/add1/initialiser".to_owned(), "call/add1/other".to_owned()];
    figures.extend(most.map(|threads| format!("threads/{threads}/total")));
    figures.extend(["start/both".to_owned(), "memory/called".to_owned()]);
    let figures: Vec<_> = figures.iter().filter_map(|id| report.figure(id)).collect();
    html! {
        @if !producers.is_empty() {
            section {
                h2 { "In short" }
                div.table {
                    table.summary.folding {
                        thead {
                            tr {
                                th scope="col" { "median" }
                                @for producer in &producers {
                                    th.number scope="col" { (key(*producer)) (producer) }
                                }
                            }
                        }
                        @for target in &report.targets {
                            tbody {
                                @if report.targets.len() > 1 {
                                    tr { th.group scope="rowgroup" colspan=(producers.len() + 1) { (target.id) } }
                                }
                                @for figure in &figures {
                                    @let handy = handy(target, figure);
                                    tr {
                                        th scope="row" title=(figure.id) { (prose(&figure.meaning)) }
                                        @for producer in &producers {
                                            td.number data-label=(producer) {
                                                @if let Some(one) = target.measurement(*producer, &figure.id) {
                                                    span title=(interval(&one.estimate)) {
                                                        (handy.with_word(one.estimate.median))
                                                    }
                                                    @if one.wide { " " (wide()) }
                                                } @else { "–" }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                ul.producers {
                    @for producer in &producers {
                        li { (key(*producer)) strong { (producer) } ": " (producer.meaning()) }
                    }
                }
            }
        }
    }
}

/// One unit for a row, by the least of those that are to be compared.
fn handy(target: &BenchTarget, figure: &Figure) -> Handy {
    let of_figure = target.measurements.iter().filter(|one| one.figure == figure.id);
    let python = of_figure.filter(|one| one.producer.is_python());
    let least = python.map(|one| one.estimate.median).fold(f64::INFINITY, f64::min);
    Handy::of(figure.unit, if least.is_finite() { least } else { 1.0 })
}
