//! Lines of several producers over a common pair of axes.

use maud::{Markup, html};

use super::{WIDTH, across, class, picture, px, upward};
use crate::bench::Producer;
use crate::bench::html::scale::Scale;

/// A place on a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::bench::html) struct Point {
    pub(in crate::bench::html) x: f64,
    pub(in crate::bench::html) y: f64,
    /// From where to where `y` may be; an upright line is drawn.
    pub(in crate::bench::html) interval: Option<[f64; 2]>,
}

/// A line.
pub(in crate::bench::html) struct Series {
    pub(in crate::bench::html) producer: Producer,
    pub(in crate::bench::html) figure: String,
    /// Shown when the mouse is over the line.
    pub(in crate::bench::html) remark: String,
    pub(in crate::bench::html) points: Vec<Point>,
    /// Each point has a mark, and the last one the name of the producer next to it.
    pub(in crate::bench::html) marked: bool,
}

/// What the axes have.
pub(in crate::bench::html) struct Axes<'a> {
    pub(in crate::bench::html) x: Axis<'a>,
    pub(in crate::bench::html) y: Axis<'a>,
}

/// One of them.
pub(in crate::bench::html) struct Axis<'a> {
    pub(in crate::bench::html) scale: &'a dyn Fn([f64; 2]) -> Scale,
    pub(in crate::bench::html) label: &'a dyn Fn(f64) -> String,
    pub(in crate::bench::html) title: &'a str,
}

const HEIGHT: f64 = 290.0;
const LEFT: f64 = 78.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = HEIGHT - 38.0;
/// Between the names at the ends of lines.
const NAME: f64 = 13.0;

/// The lines.
pub(in crate::bench::html) fn curves(
    alternative: &str,
    axes: &Axes<'_>,
    series: &[Series],
) -> Markup {
    let marked = series.iter().any(|line| line.marked);
    let right = WIDTH - if marked { 52.0 } else { 18.0 };
    let x = (axes.x.scale)([LEFT, right]);
    let y = (axes.y.scale)([BOTTOM, TOP]);
    let content = html! {
        (upward(&y, [LEFT, right], axes.y.label, axes.y.title))
        (across(&x, [TOP, BOTTOM], axes.x.label, axes.x.title))
        @for line in series { (draw(line, &x, &y)) }
        @for (line, place) in names(series, &y) {
            text class=(class("name", line.producer)) x=(px(right + 9.0)) y=(px(place + 4.0)) {
                (line.producer)
            }
        }
    };
    picture(HEIGHT, alternative, &content)
}

fn draw(line: &Series, x: &Scale, y: &Scale) -> Markup {
    let mut d = String::new();
    for (number, point) in line.points.iter().enumerate() {
        d.push(if number == 0 { 'M' } else { 'L' });
        d.push_str(&format!("{} {}", px(x.at(point.x)), px(y.at(point.y))));
    }
    html! {
        path class=(class("line", line.producer)) d=(d)
            data-figure=(line.figure) data-producer=(line.producer) {
            title { (line.producer) ": " (line.remark) }
        }
        @if line.marked {
            @for point in &line.points {
                @let [at_x, at_y] = [x.at(point.x), y.at(point.y)];
                @if let Some([low, high]) = point.interval {
                    line class=(class("reach", line.producer)) x1=(px(at_x)) x2=(px(at_x))
                        y1=(px(y.at(low))) y2=(px(y.at(high))) {}
                }
                path class=(class("mark", line.producer)) d=(mark(line.producer, at_x, at_y)) {}
            }
        }
    }
}

/// Each producer has another form, for those who cannot tell the colours.
pub(in crate::bench::html) fn mark(producer: Producer, x: f64, y: f64) -> String {
    let corners: &[[f64; 2]] = match producer {
        Producer::Plain => &[[-4.5, -1.5], [4.5, -1.5], [4.5, 1.5], [-4.5, 1.5]],
        Producer::Limit => &[[-3.5, -3.5], [3.5, -3.5], [3.5, 3.5], [-3.5, 3.5]],
        Producer::Naive => &[[-4.5, -3.5], [4.5, -3.5], [0.0, 4.5]],
        Producer::Cffi => &[[0.0, -5.0], [5.0, 0.0], [0.0, 5.0], [-5.0, 0.0]],
        Producer::Rust => &[
            [-1.9, -4.5],
            [1.9, -4.5],
            [4.5, -1.9],
            [4.5, 1.9],
            [1.9, 4.5],
            [-1.9, 4.5],
            [-4.5, 1.9],
            [-4.5, -1.9],
        ],
        Producer::Pyo3 => &[[0.0, -4.5], [4.5, 3.5], [-4.5, 3.5]],
    };
    let mut d = String::new();
    for [right, down] in corners {
        d.push(if d.is_empty() { 'M' } else { 'L' });
        d.push_str(&format!("{} {}", px(x + right), px(y + down)));
    }
    d.push('Z');
    d
}

/// Where the names of the lines go: at their ends, but not over each other.
fn names<'a>(series: &'a [Series], y: &Scale) -> Vec<(&'a Series, f64)> {
    let ends = series.iter().filter(|line| line.marked);
    let mut names: Vec<_> =
        ends.filter_map(|line| Some((line, y.at(line.points.last()?.y)))).collect();
    names.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    for place in 1..names.len() {
        names[place].1 = names[place].1.max(names[place - 1].1 + NAME);
    }
    // Back up from the bottom, if they were pushed out of the plot.
    let mut lowest = BOTTOM;
    for (_, place) in names.iter_mut().rev() {
        *place = place.min(lowest);
        lowest = *place - NAME;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_lie_over_each_other() {
        let line = |y| Series {
            producer: Producer::Rust,
            figure: String::new(),
            remark: String::new(),
            points: vec![Point { x: 1.0, y, interval: None }],
            marked: true,
        };
        let series = [5.0, 0.1, 0.2, 0.0, 5.01].map(line);
        let scale = Scale::linear(10.0, [BOTTOM, TOP]);
        let names = names(&series, &scale);
        let apart = names.windows(2).all(|two| two[1].1 - two[0].1 >= NAME - 1e-9);
        assert!(apart && names.iter().all(|(_, place)| (0.0..=BOTTOM).contains(place)));
        assert_eq!(names[0].0.points[0].y, 5.01, "the upper one is above");
    }
}
