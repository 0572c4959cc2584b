//! What is around a picture: its title, its legend and its figures as a table.

use maud::{Markup, html};

use super::svg;
use crate::bench::Producer;

/// A picture as it stands on the page.
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    /// What a reader has to know to read it; may be empty.
    pub(super) remark: &'a str,
    pub(super) legend: Markup,
    pub(super) picture: Markup,
    pub(super) table: Markup,
}

impl Plot<'_> {
    pub(super) fn render(&self) -> Markup {
        html! {
            figure.plot {
                figcaption {
                    strong { (prose(self.title)) }
                    @if !self.remark.is_empty() { p.remark { (prose(self.remark)) } }
                }
                (self.legend)
                (self.picture)
                details {
                    summary { "Figures of this plot" }
                    div.table { (self.table) }
                }
            }
        }
    }
}

/// The colours, marks and strokes of producers.
pub(super) fn legend(producers: impl IntoIterator<Item = Producer>) -> Markup {
    let mut producers: Vec<_> = producers.into_iter().collect();
    producers.sort_unstable();
    producers.dedup();
    html! {
        ul.legend {
            @for producer in producers {
                li { (key(producer)) (producer) }
            }
        }
    }
}

/// The sign of a producer: its stroke with its mark.
pub(super) fn key(producer: Producer) -> Markup {
    html! {
        svg.key viewBox="0 0 26 12" width="26" height="12" aria-hidden="true" {
            path class=(svg::class("line", producer)) d="M0 6H26" {}
            path class=(svg::class("mark", producer)) d=(svg::mark(producer, 13.0, 6.0)) {}
        }
    }
}

/// A text of our own; what is between backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The figures of a group, for which the pictures have no legend of producers.
pub(super) fn legend_of_parts<'a>(parts: impl IntoIterator<Item = (String, &'a str)>) -> Markup {
    html! {
        ul.legend {
            @for (class, name) in parts {
                li {
                    svg.key viewBox="0 0 14 12" width="14" height="12" aria-hidden="true" {
                        rect class=(class) x="0" y="0" width="14" height="12" {}
                    }
                    (name)
                }
            }
        }
    }
}
