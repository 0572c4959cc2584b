//! Figures as tables.

use maud::{Markup, html};

use super::number::digits;
use crate::bench::{Estimate, Measurement, Unit};

/// Rows of a table that belong together.
pub(super) struct Group<'a> {
    pub(super) title: &'a str,
    pub(super) unit: Unit,
    /// A name and the figure that it has.
    pub(super) rows: Vec<(&'a str, &'a Measurement)>,
}

/// Medians with their intervals, in the units of the figures, so that they can be compared.
pub(super) fn estimates(first: &str, groups: &[Group<'_>]) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { (first) }
                    th.number scope="col" { "median" }
                    th.number scope="col" { "95 % interval" }
                    th.number scope="col" { "values" }
                    th scope="col" { "remark" }
                }
            }
            @for group in groups {
                tbody {
                    tr { th.group scope="rowgroup" colspan="5" {
                        (group.title)
                        @if !group.unit.word().is_empty() { ", " (group.unit.word()) }
                    } }
                    @for (name, measurement) in &group.rows {
                        tr data-figure=(measurement.figure) data-producer=(measurement.producer) {
                            th scope="row" { (name) }
                            td.number { (digits(measurement.estimate.median)) }
                            td.number { (interval(&measurement.estimate)) }
                            td.number { (measurement.values.len()) }
                            td { @if measurement.wide { (wide()) } }
                        }
                    }
                }
            }
        }
    }
}

/// From where to where the median lies.
pub(super) fn interval(estimate: &Estimate) -> String {
    format!("{} to {}", digits(estimate.low), digits(estimate.high))
}

/// The mark of a figure that is not to be trusted.
pub(super) fn wide() -> Markup {
    html! { span.wide { "too wide" } }
}

/// Names with texts, without those that there is no text of.
pub(super) fn facts(facts: &[(&str, Option<String>)]) -> Markup {
    html! {
        dl.facts {
            @for (name, text) in facts {
                @if let Some(text) = text {
                    div { dt { (name) } dd { (text) } }
                }
            }
        }
    }
}
