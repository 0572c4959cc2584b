//! From the median to the 99th percentile and the largest value, on a logarithmic axis.

use maud::{Markup, html};

use super::{SPAN, WIDTH, across, class, picture, px, room};
use crate::bench::html::number::{Handy, tick, with_unit};
use crate::bench::html::scale::Scale;
use crate::bench::{Producer, Unit};

/// One producer.
pub(in crate::bench::html) struct Range {
    pub(in crate::bench::html) producer: Producer,
    /// Half of the values are at most this.
    pub(in crate::bench::html) half: f64,
    /// 99 % are.
    pub(in crate::bench::html) most: Option<f64>,
    /// All are.
    pub(in crate::bench::html) largest: Option<f64>,
}

/// Those that are compared with each other.
pub(in crate::bench::html) struct RangePanel {
    pub(in crate::bench::html) title: String,
    pub(in crate::bench::html) ranges: Vec<Range>,
}

const ROW: f64 = 16.0;
const TITLE: f64 = 22.0;

/// The panels, one below the other, over one axis; values in nanoseconds.
pub(in crate::bench::html) fn ranges(title: &str, panels: &[RangePanel]) -> Markup {
    let all = || panels.iter().flat_map(|panel| &panel.ranges);
    let left = room(all().map(|range| range.producer.word()));
    let values = || {
        let values = all().flat_map(|range| [Some(range.half), range.most, range.largest]);
        values.flatten().filter(|value| *value > 0.0)
    };
    let [least, largest] = [values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max)];
    let handy = Handy::of(Unit::Nanoseconds, largest / SPAN);
    let rows: f64 = panels.iter().map(|panel| TITLE + ROW * panel.ranges.len() as f64).sum();
    let ends = [least * 0.8, largest * 1.1].map(|value| value * handy.factor);
    let scale = Scale::logarithmic(ends, [left, WIDTH - 22.0]);
    let axis = format!("{} a call: median, 99 %, longest (logarithmic)", handy.word);
    let mut content = across(&scale, [4.0, rows + 4.0], tick, &axis);
    let mut top = 0.0;
    for panel in panels {
        let title = html! { text.panel x="2" y=(px(top + 15.0)) { (panel.title) } };
        content.0.push_str(&title.0);
        top += TITLE;
        for range in &panel.ranges {
            content.0.push_str(&draw(range, &scale, handy, top).0);
            top += ROW;
        }
    }
    picture(rows + 42.0, &alternative(title, panels), &content)
}

fn draw(range: &Range, scale: &Scale, handy: Handy, top: f64) -> Markup {
    let middle = top + ROW / 2.0;
    let at = |value: f64| scale.at(value * handy.factor);
    let half = at(range.half);
    html! {
        text.label x=(px(scale.places()[0] - 6.0)) y=(px(middle + 4.0)) text-anchor="end" { (range.producer) }
        g {
            title { (range.producer) ": " (said(range)) }
            @if let Some(largest) = range.largest {
                @let x = px(at(largest));
                line class=(class("reach", range.producer)) x1=(px(half)) x2=(x) y1=(px(middle)) y2=(px(middle)) {}
                line class=(class("reach", range.producer)) x1=(x) x2=(x) y1=(px(middle - 4.0)) y2=(px(middle + 4.0)) {}
            }
            @if let Some(most) = range.most {
                rect class=(class("bar", range.producer)) x=(px(half)) y=(px(middle - 2.5))
                    width=(px((at(most) - half).max(0.0))) height="5" {}
            }
            circle class=(class("bar", range.producer)) cx=(px(half)) cy=(px(middle)) r="5" {}
        }
    }
}

fn said(range: &Range) -> String {
    let mut text = with_unit(range.half, Unit::Nanoseconds);
    for (name, value) in [("99 %", range.most), ("longest", range.largest)] {
        if let Some(value) = value {
            text.push_str(&format!(", {name} {}", with_unit(value, Unit::Nanoseconds)));
        }
    }
    text
}

fn alternative(title: &str, panels: &[RangePanel]) -> String {
    let mut text = format!("Ranges: {title}.");
    for panel in panels {
        let ranges = panel.ranges.iter().map(|range| format!("{} {}", range.producer, said(range)));
        text.push_str(&format!(" {}: {}.", panel.title, ranges.collect::<Vec<_>>().join("; ")));
    }
    text
}
