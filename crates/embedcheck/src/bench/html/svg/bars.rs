//! Bars with their intervals, in panels that have an axis each.

use maud::{Markup, html};

use super::{WIDTH, across, class, lines, picture, px, room, shortened};
use crate::bench::html::number::{Handy, tick, with_interval, with_unit};
use crate::bench::html::scale::Scale;
use crate::bench::{Estimate, Measurement, Producer, Unit};

/// One bar.
pub(in crate::bench::html) struct Bar {
    pub(in crate::bench::html) label: String,
    pub(in crate::bench::html) producer: Producer,
    pub(in crate::bench::html) figure: String,
    pub(in crate::bench::html) estimate: Estimate,
    pub(in crate::bench::html) wide: bool,
}

/// Bars that are compared with each other.
pub(in crate::bench::html) struct Panel {
    pub(in crate::bench::html) title: String,
    pub(in crate::bench::html) unit: Unit,
    /// What follows the unit: "a call".
    pub(in crate::bench::html) per: &'static str,
    pub(in crate::bench::html) bars: Vec<Bar>,
}

impl Bar {
    /// Named for its producer.
    pub(in crate::bench::html) fn of(measurement: &Measurement) -> Self {
        Self {
            label: measurement.producer.word().to_owned(),
            producer: measurement.producer,
            figure: measurement.figure.clone(),
            estimate: measurement.estimate,
            wide: measurement.wide,
        }
    }
}

/// How many times the smaller bars one has to be to go on beyond the axis.
const BREAK: f64 = 4.0;
/// Height of a bar, and of a row.
const BAR: f64 = 13.0;
const ROW: f64 = 18.0;
const LINE: f64 = 15.0;
const TITLE: f64 = 5.0;
const AXIS: f64 = 36.0;
const GAP: f64 = 10.0;
/// Room for the value behind a bar.
const VALUE: f64 = 116.0;

impl Panel {
    /// The largest value that the axis has. Bars that are many times as long as the others would leave
    /// nothing to see of them; they are drawn with a gap.
    fn limit(&self) -> f64 {
        let furthest = |bars: &[&Bar]| bars.iter().map(|bar| bar.end()).fold(0.0, f64::max);
        let (mut python, plain): (Vec<_>, Vec<_>) =
            self.bars.iter().partition(|bar| bar.producer.is_python());
        if python.is_empty() {
            return furthest(&plain);
        }
        python.sort_by(|one, other| one.estimate.median.total_cmp(&other.estimate.median));
        // One alone is compared with nothing, so that two at least are drawn in full.
        let gap = (2..python.len())
            .find(|place| python[*place].estimate.median > BREAK * furthest(&python[..*place]));
        furthest(&python[..gap.unwrap_or(python.len())])
    }

    /// Of the lines of its title.
    fn title_height(&self) -> f64 {
        LINE * lines(&self.title).len() as f64 + TITLE
    }

    fn height(&self) -> f64 {
        self.title_height() + ROW * self.bars.len() as f64 + AXIS
    }
}

impl Bar {
    fn end(&self) -> f64 {
        self.estimate.high.max(self.estimate.median)
    }
}

/// Whether a bar goes on beyond its axis, which is to be explained.
pub(in crate::bench::html) fn has_broken(panels: &[Panel]) -> bool {
    panels.iter().any(|panel| {
        let limit = panel.limit();
        panel.bars.iter().any(|bar| bar.estimate.median > limit)
    })
}

/// The panels, one below the other.
pub(in crate::bench::html) fn bars(title: &str, panels: &[Panel]) -> Markup {
    let left = room(panels.iter().flat_map(|panel| &panel.bars).map(|bar| bar.label.as_str()));
    let mut top = 0.0;
    let mut content = html! {};
    for panel in panels {
        content.0.push_str(&draw(panel, left, top).0);
        top += panel.height() + GAP;
    }
    picture(top - GAP, &alternative(title, panels), &content)
}

fn draw(panel: &Panel, left: f64, top: f64) -> Markup {
    let limit = panel.limit();
    let scale = Scale::linear(limit, [left, WIDTH - VALUE]);
    let handy = Handy::of(panel.unit, limit);
    let first = top + panel.title_height();
    let bottom = first + ROW * panel.bars.len() as f64;
    // Ticks are round in the unit that is shown.
    let shown = Scale::linear(limit * handy.factor, [left, WIDTH - VALUE]);
    html! {
        g {
            @for (number, line) in lines(&panel.title).iter().enumerate() {
                text.panel x="2" y=(px(top + 13.0 + LINE * number as f64)) { (line) }
            }
            (across(&shown, [first, bottom], tick, format!("{} {}", handy.word, panel.per).trim()))
            @for (place, bar) in panel.bars.iter().enumerate() {
                (draw_bar(bar, panel.unit, limit, handy, &scale, first + ROW * place as f64))
            }
        }
    }
}

fn draw_bar(bar: &Bar, unit: Unit, limit: f64, handy: Handy, scale: &Scale, top: f64) -> Markup {
    let Estimate { median, low, high } = bar.estimate;
    let [start, end] = scale.places();
    let middle = top + ROW / 2.0;
    let broken = median > limit;
    let [x, from, to] = [median, low, high].map(|value| scale.at(value));
    // Those of a panel in the same unit, as far as that shows something of them.
    let own = broken || (median * handy.factor).abs() < 0.01;
    let value = if own { with_unit(median, unit) } else { handy.with_word(median) };
    let behind = if broken { end } else { x.max(to) } + 5.0;
    html! {
        text.label x=(px(start - 6.0)) y=(px(middle + 4.0)) text-anchor="end" {
            title { (bar.label) }
            (shortened(&bar.label))
        }
        rect class=(class("bar", bar.producer)) x=(px(start)) y=(px(top + (ROW - BAR) / 2.0))
            width=(px(x - start)) height=(px(BAR))
            data-figure=(bar.figure) data-producer=(bar.producer) data-broken=[broken.then_some("true")] {
            title { (bar.label) ": " (with_interval(&bar.estimate, unit)) }
        }
        @if broken {
            @let x = end - 22.0;
            @let [y1, y2] = [middle + BAR / 2.0 + 2.0, middle - BAR / 2.0 - 2.0].map(px);
            line.gap x1=(px(x)) y1=(y1) x2=(px(x + 8.0)) y2=(y2) {}
        } @else if to - from >= 1.0 {
            @let d = format!(
                "M{0} {2}H{1}M{0} {3}V{4}M{1} {3}V{4}",
                px(from), px(to), px(middle), px(middle - 3.5), px(middle + 3.5)
            );
            path.halo d=(d) {}
            path.whisker d=(d) {}
        }
        text.value x=(px(behind)) y=(px(middle + 4.0)) {
            (value)
            @if bar.wide { tspan.wide { " too wide" } }
        }
    }
}

fn alternative(title: &str, panels: &[Panel]) -> String {
    let mut text = format!("Bars: {title}.");
    for panel in panels {
        let values = panel.bars.iter().map(|bar| {
            let wide = if bar.wide { ", too wide" } else { "" };
            format!("{} {}{wide}", bar.label, with_unit(bar.estimate.median, panel.unit))
        });
        let values: Vec<_> = values.collect();
        text.push_str(&format!(" {}: {}.", panel.title, values.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(ends: &[(Producer, f64)]) -> Panel {
        let bar = |&(producer, median): &(Producer, f64)| Bar {
            label: producer.to_string(),
            producer,
            figure: "call/add1/other".to_owned(),
            estimate: Estimate { median, low: median, high: median },
            wide: false,
        };
        let bars = ends.iter().map(bar).collect();
        Panel { title: "elsewhere".to_owned(), unit: Unit::Nanoseconds, per: "a call", bars }
    }

    #[test]
    fn only_what_dwarfs_all_others_is_broken() {
        use Producer::{Cffi, Limit, Naive, Plain, Pyo3, Rust};
        let limit = |ends: &[_]| panel(ends).limit();
        assert_eq!(limit(&[(Plain, 2.0), (Limit, 80.0), (Rust, 83.0), (Naive, 8000.0)]), 83.0);
        assert_eq!(limit(&[(Limit, 80.0), (Naive, 8000.0), (Rust, 83.0), (Pyo3, 9000.0)]), 83.0);
        assert_eq!(limit(&[(Limit, 80.0), (Rust, 83.0), (Cffi, 184.0)]), 184.0);
        assert_eq!(limit(&[(Plain, 2.0), (Limit, 80.0)]), 80.0);
        assert_eq!(limit(&[(Limit, 1.0), (Rust, 1000.0)]), 1000.0);
        assert_eq!(limit(&[(Plain, 2.0)]), 2.0);
        assert!(has_broken(&[panel(&[(Limit, 1.0), (Rust, 1.0), (Naive, 9.0)])]));
        assert!(!has_broken(&[panel(&[(Limit, 1.0), (Rust, 1.0), (Naive, 3.0)])]));
    }

    #[test]
    fn the_alternative_has_the_values() {
        let text = alternative("add1", &[panel(&[(Producer::Limit, 81.0)])]);
        assert_eq!(text, "Bars: add1. elsewhere: limit 81.0 ns.");
    }
}
