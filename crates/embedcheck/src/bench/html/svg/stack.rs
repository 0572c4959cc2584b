//! Bars that are made of parts.

use maud::{Markup, html};

use super::{WIDTH, across, picture, px, room};
use crate::bench::html::number::{Handy, tick, with_unit};
use crate::bench::html::scale::Scale;
use crate::bench::{Estimate, Producer, Unit};

/// A part of a bar.
pub(in crate::bench::html) struct Part {
    /// Its place among all parts, from which its colour comes; `None` for a whole that has no parts.
    pub(in crate::bench::html) number: Option<usize>,
    pub(in crate::bench::html) figure: String,
    pub(in crate::bench::html) name: String,
    pub(in crate::bench::html) value: f64,
}

/// One bar.
pub(in crate::bench::html) struct Stacked {
    pub(in crate::bench::html) producer: Producer,
    pub(in crate::bench::html) parts: Vec<Part>,
    pub(in crate::bench::html) whole: Option<Estimate>,
    /// The interval of the whole is.
    pub(in crate::bench::html) wide: bool,
}

impl Stacked {
    /// Noise can make a small difference of two times negative; such a part has no length.
    fn length(&self) -> f64 {
        self.parts.iter().map(|part| part.value.max(0.0)).sum()
    }
}

const BAR: f64 = 20.0;
const ROW: f64 = 28.0;
const VALUE: f64 = 120.0;

/// The bars over one axis.
pub(in crate::bench::html) fn stack(title: &str, unit: Unit, stacks: &[Stacked]) -> Markup {
    let left = room(stacks.iter().map(|stacked| stacked.producer.word()));
    let largest = stacks.iter().map(Stacked::length).fold(0.0, f64::max);
    let handy = Handy::of(unit, largest);
    let scale = Scale::linear(largest * handy.factor, [left, WIDTH - VALUE]);
    let bottom = 4.0 + ROW * stacks.len() as f64;
    let content = html! {
        (across(&scale, [4.0, bottom], tick, handy.word))
        @for (place, stacked) in stacks.iter().enumerate() {
            (draw(stacked, unit, handy, &scale, 4.0 + ROW * place as f64))
        }
    };
    picture(bottom + 38.0, &alternative(title, unit, stacks), &content)
}

fn draw(stacked: &Stacked, unit: Unit, handy: Handy, scale: &Scale, top: f64) -> Markup {
    let middle = top + ROW / 2.0;
    let mut sum = 0.0;
    let segments: Vec<_> = stacked
        .parts
        .iter()
        .map(|part| {
            let from = scale.at(sum * handy.factor);
            sum += part.value.max(0.0);
            (part, from, scale.at(sum * handy.factor))
        })
        .collect();
    html! {
        text.label x=(px(scale.places()[0] - 6.0)) y=(px(middle + 4.0)) text-anchor="end" { (stacked.producer) }
        @for (part, from, to) in segments {
            rect class=(part_class(part.number)) x=(px(from)) y=(px(middle - BAR / 2.0))
                width=(px(to - from)) height=(px(BAR))
                data-figure=(part.figure) data-producer=(stacked.producer) {
                title { (stacked.producer) ", " (part.name) ": " (with_unit(part.value, unit)) }
            }
        }
        @if let Some(whole) = stacked.whole {
            text.value x=(px(scale.at(sum * handy.factor) + 6.0)) y=(px(middle + 4.0)) {
                (with_unit(whole.median, unit))
                @if stacked.wide { tspan.wide { " too wide" } }
            }
        }
    }
}

/// The class that gives a part its colour.
pub(in crate::bench::html) fn part_class(number: Option<usize>) -> String {
    number.map_or_else(|| "part".to_owned(), |number| format!("part part-{}", number % 5))
}

fn alternative(title: &str, unit: Unit, stacks: &[Stacked]) -> String {
    let mut text = format!("Stacked bars: {title}.");
    for stacked in stacks {
        let whole = stacked.whole.map_or_else(String::new, |whole| with_unit(whole.median, unit));
        text.push_str(&format!(" {} {whole}:", stacked.producer));
        let parts = stacked.parts.iter();
        let parts = parts.map(|part| format!(" {} {}", part.name, with_unit(part.value, unit)));
        text.push_str(&parts.collect::<Vec<_>>().join(","));
        text.push('.');
    }
    text
}
