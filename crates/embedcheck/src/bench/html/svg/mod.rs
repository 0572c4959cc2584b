//! The kinds of plots, as inline SVG.
//!
//! All are as wide as [`WIDTH`], so that their texts are as large as the page's on a narrow screen too;
//! the page puts several side by side where there is room. Colours and strokes come from the style sheet.

mod axis;
mod bars;
mod curves;
mod ranges;
mod stack;

use maud::{Markup, html};

use axis::{across, upward};
pub(super) use bars::{Bar, Panel, bars, has_broken};
pub(super) use curves::{Axes, Axis, Point, Series, curves, mark};
pub(super) use ranges::{Range, RangePanel, ranges};
pub(super) use stack::{Part, Stacked, part_class, stack};

/// Of every plot, in pixels.
pub(super) const WIDTH: f64 = 460.0;

/// A logarithmic axis has the unit that is handy for the largest value by this, which is nearer to the
/// middle of the axis: labels of seven digits would lie over each other.
pub(super) const SPAN: f64 = 100.0;

/// The picture with its text alternative.
fn picture(height: f64, alternative: &str, content: &Markup) -> Markup {
    html! {
        svg viewBox=(format!("0 0 {} {}", px(WIDTH), px(height))) width=(px(WIDTH)) height=(px(height))
            role="img" aria-label=(alternative) { (content) }
    }
}

/// A coordinate: hundredths of a pixel are enough.
fn px(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The longest label that has room next to a plot.
const LABEL: usize = 24;

/// The text, or its beginning with an ellipsis.
fn shortened(text: &str) -> String {
    match text.chars().count() > LABEL {
        true => text.chars().take(LABEL - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// Characters of a heading that have room beside each other.
const HEADING: usize = 62;

/// A heading in lines that are not cut off at the edge of the picture.
fn lines(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > HEADING {
            lines.push(word.to_owned());
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

/// Room for the longest of some labels; a guess on the safe side, as the font is the reader's.
fn room<'a>(labels: impl Iterator<Item = &'a str>) -> f64 {
    let longest = labels.map(|label| label.chars().count().min(LABEL)).max().unwrap_or(0);
    longest as f64 * 7.2 + 14.0
}

/// The class that gives a mark the colour of a producer.
pub(super) fn class(kind: &str, producer: crate::bench::Producer) -> String {
    format!("{kind} of-{}", producer.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shortened_or_broken() {
        assert_eq!(shortened("cpython-3.13.0"), "cpython-3.13.0");
        assert_eq!(shortened(&"x".repeat(30)).chars().count(), LABEL);
        let text = "resident memory that a thread leaves behind that has called and ended";
        assert_eq!(lines(text), [&text[..59], "and ended"]);
        assert_eq!(lines(""), [""]);
        assert_eq!([1.0, 0.126, 2.5, -0.001].map(px), ["1", "0.13", "2.5", "-0"]);
    }
}
