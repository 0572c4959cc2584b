//! What changed since another report.

use maud::{Markup, html};

use crate::bench::Figure;
use crate::bench::compare::{ChangeVerdict, Comparison};
use crate::bench::html::number::digits;
use crate::bench::html::plot::{key, prose};
use crate::bench::html::table::interval;

pub(in crate::bench::html) fn comparison(comparison: &Comparison) -> Markup {
    let old = &comparison.old;
    let changes = comparison.changes();
    let compared: usize = comparison.targets.iter().map(|target| target.figures.len()).sum();
    html! {
        section.comparison {
            h2 { "What changed" }
            p {
                "Compared with " code { (old.file) } " of " (old.date) ", written by embedcheck "
                (old.version) ": " (compared) " figures, of which " (changes.len())
                " changed beyond the noise."
            }
            @if !comparison.notes.is_empty() {
                ul { @for note in &comparison.notes { li { (note) } } }
            }
            @if !changes.is_empty() {
                div.table { table {
                    thead { tr {
                        th scope="col" { "verdict" } th scope="col" { "Python" }
                        th scope="col" { "producer" } th scope="col" { "figure" }
                        th.number scope="col" { "before" } th.number scope="col" { "now" }
                        th.number scope="col" { "times, at least" } th.number scope="col" { "noise" }
                    } }
                    tbody {
                        @for (target, one) in changes {
                            tr {
                                td { (verdict(one.verdict)) }
                                td { (target) }
                                td { (key(one.producer)) (one.producer) }
                                th scope="row" { (meaning(&one.figure)) }
                                td.number { (digits(one.old.median)) " " span.interval { (interval(&one.old)) } }
                                td.number { (digits(one.new.median)) " " span.interval { (interval(&one.new)) } }
                                td.number { (digits(one.factor)) }
                                td.number { (digits(one.noise)) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

fn verdict(verdict: ChangeVerdict) -> Markup {
    html! {
        @match verdict {
            ChangeVerdict::Worse => { strong.bad { "worse" } }
            ChangeVerdict::Better => { strong.good { "better" } }
            ChangeVerdict::Same => { "same" }
        }
    }
}

fn meaning(id: &str) -> Markup {
    match Figure::of(id) {
        Some(Figure { unit, meaning, .. }) => html! { (prose(&meaning)) ", " (unit.word()) },
        None => html! { (id) },
    }
}
