//! Axes: lines, ticks and what they are called.

use maud::{Markup, html};

use super::px;
use crate::bench::html::scale::Scale;

/// An axis along the bottom, with lines across the plot from `top` to `bottom`.
pub(in crate::bench::html) fn across(
    scale: &Scale,
    [top, bottom]: [f64; 2],
    label: impl Fn(f64) -> String,
    title: &str,
) -> Markup {
    let [start, end] = scale.places();
    html! {
        @for tick in scale.ticks() {
            @let x = px(scale.at(tick));
            line.grid x1=(x) x2=(x) y1=(px(top)) y2=(px(bottom)) {}
            text.tick x=(x) y=(px(bottom + 13.0)) text-anchor="middle" data-tick=(tick) { (label(tick)) }
        }
        line.axis x1=(px(start)) x2=(px(end)) y1=(px(bottom)) y2=(px(bottom)) {}
        text.axis-title x=(px(f64::midpoint(start, end))) y=(px(bottom + 28.0)) text-anchor="middle" {
            (title)
        }
    }
}

/// An axis along the left side, with lines across the plot from `left` to `right`.
pub(in crate::bench::html) fn upward(
    scale: &Scale,
    [left, right]: [f64; 2],
    label: impl Fn(f64) -> String,
    title: &str,
) -> Markup {
    let [bottom, top] = scale.places();
    let middle = px(f64::midpoint(bottom, top));
    html! {
        @for tick in scale.ticks() {
            @let y = scale.at(tick);
            line.grid x1=(px(left)) x2=(px(right)) y1=(px(y)) y2=(px(y)) {}
            text.tick x=(px(left - 5.0)) y=(px(y + 4.0)) text-anchor="end" data-tick=(tick) { (label(tick)) }
        }
        line.axis x1=(px(left)) x2=(px(left)) y1=(px(bottom)) y2=(px(top)) {}
        text.axis-title x="12" y=(middle) text-anchor="middle" transform=(format!("rotate(-90 12 {middle})")) {
            (title)
        }
    }
}
