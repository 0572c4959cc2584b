//! How calls are distributed: a median hides that a few calls are slow.

use maud::{Markup, html};

use super::{of_figure, place};
use crate::bench::html::number::{Handy, digits, percent, tick, with_unit};
use crate::bench::html::plot::{Plot, legend};
use crate::bench::html::scale::Scale;
use crate::bench::html::svg::{Axes, Axis, Point, SPAN, Series, curves};
use crate::bench::{BenchReport, BenchTarget, Bin, Measurement, Unit};

/// The distribution of a figure of a producer.
struct Curve<'a> {
    measurement: &'a Measurement,
    bins: &'a [Bin],
    count: u64,
}

pub(super) fn section(report: &BenchReport, target: &BenchTarget) -> Markup {
    let plots: Vec<_> =
        report.figures.iter().filter_map(|figure| plot(target, &figure.id)).collect();
    html! {
        @if !plots.is_empty() {
            h3 { "How calls are distributed" }
            div.plots { @for plot in plots { (plot) } }
        }
    }
}

fn plot(target: &BenchTarget, figure: &str) -> Option<Markup> {
    let curves: Vec<_> = of_figure(target, figure).into_iter().filter_map(Curve::of).collect();
    if curves.is_empty() {
        return None;
    }
    Some(match figure.split('/').collect::<Vec<_>>().as_slice() {
        ["threads", threads, ..] => {
            let title = match *threads {
                "1" => "Single calls of 1 thread: the slow ones".to_owned(),
                threads => format!("Single calls of {threads} threads at once: the slow ones"),
            };
            tail(&title, &curves)
        }
        ["call", function, "fresh"] => {
            let title = format!("Calls of `{function}`, {}", place("fresh"));
            cumulative(&title, "Single calls.", &curves)
        }
        ["call", function, at] => {
            let title = format!("Calls of `{function}` {}", place(at));
            cumulative(&title, "Means of short batches of calls.", &curves)
        }
        _ => cumulative(figure, "", &curves),
    })
}

impl<'a> Curve<'a> {
    fn of(measurement: &'a Measurement) -> Option<Self> {
        let bins = measurement.distribution.as_deref()?;
        let count = bins.iter().map(|bin| bin.count).sum();
        let usable = count > 0 && bins.iter().all(|bin| bin.upper.is_finite());
        usable.then_some(Self { measurement, bins, count })
    }

    /// Upper ends of the classes, and the share of values up to there.
    fn cumulative(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let mut sum = 0;
        self.bins.iter().map(move |bin| {
            sum += bin.count;
            (bin.upper, sum as f64 / self.count as f64)
        })
    }

    /// The upper end of the class in which this share is reached.
    fn quantile(&self, share: f64) -> f64 {
        let mut cumulative = self.cumulative();
        let found = cumulative.find(|(_, sum)| *sum >= share - 1e-12);
        found.map_or_else(|| self.bins.last().map_or(0.0, |bin| bin.upper), |(upper, _)| upper)
    }

    fn remark(&self) -> String {
        let quantiles = [(0.5, "half"), (0.99, "99 %"), (1.0, "all")];
        let quantiles = quantiles.map(|(share, name)| {
            format!("{name} {}", with_unit(self.quantile(share), Unit::Nanoseconds))
        });
        quantiles.join(", ")
    }

    fn series(&self, points: Vec<Point>) -> Series {
        Series {
            producer: self.measurement.producer,
            figure: self.measurement.figure.clone(),
            remark: self.remark(),
            points,
            marked: false,
        }
    }
}

/// The share that took at most a time.
fn cumulative(title: &str, remark: &str, all: &[Curve<'_>]) -> Markup {
    let drawn = drawn(all);
    let (ends, handy) = ends(&drawn);
    let point = |x: f64, y| Point { x: x * handy.factor, y, interval: None };
    let series = drawn.iter().map(|curve| {
        let from = curve.bins.first().map(|bin| point(bin.upper, 0.0));
        let points = curve.cumulative().map(|(upper, share)| point(upper, share));
        curve.series(from.into_iter().chain(points).collect())
    });
    let series: Vec<_> = series.collect();
    let x = |places| Scale::logarithmic(ends, places);
    let y = |places| Scale::linear(1.0, places);
    let axes = Axes {
        x: Axis { scale: &x, label: &tick, title: &format!("{} a call (logarithmic)", handy.word) },
        y: Axis { scale: &y, label: &percent, title: "share that took at most this" },
    };
    render(title, remark, "Cumulative curves", all, &axes, &series)
}

/// The share that took longer than a time, on a logarithmic axis, which shows the rare ones.
fn tail(title: &str, all: &[Curve<'_>]) -> Markup {
    let drawn = drawn(all);
    let (ends, handy) = ends(&drawn);
    let rarest = drawn.iter().map(|curve| 1.0 / curve.count as f64).fold(1.0, f64::min);
    let floor = 10_f64.powf(rarest.max(1e-7).log10().floor()).min(0.1);
    let point = |x: f64, y| Point { x: x * handy.factor, y, interval: None };
    let series = drawn.iter().map(|curve| {
        let from = curve.bins.first().map(|bin| point(bin.upper, 1.0));
        let points =
            curve.cumulative().map(|(upper, share)| point(upper, (1.0 - share).max(floor)));
        curve.series(from.into_iter().chain(points).collect())
    });
    let series: Vec<_> = series.collect();
    let x = |places| Scale::logarithmic(ends, places);
    let y = |places| Scale::logarithmic([floor, 1.0], places);
    let axes = Axes {
        x: Axis { scale: &x, label: &tick, title: &format!("{} a call (logarithmic)", handy.word) },
        y: Axis { scale: &y, label: &percent, title: "share that took longer (logarithmic)" },
    };
    let remark = "Where a curve ends is the longest call of all.";
    render(title, remark, "Curves of the share that took longer", all, &axes, &series)
}

/// A function without Python takes so little that it would leave no room for the others.
fn drawn<'a, 'b>(all: &'a [Curve<'b>]) -> Vec<&'a Curve<'b>> {
    let python = |curve: &&Curve<'_>| curve.measurement.producer.is_python();
    let drawn: Vec<_> = all.iter().filter(python).collect();
    if drawn.is_empty() { all.iter().collect() } else { drawn }
}

/// The least and the largest value, in the unit of the axis.
fn ends(all: &[&Curve<'_>]) -> ([f64; 2], Handy) {
    let uppers = || all.iter().flat_map(|curve| curve.bins).map(|bin| bin.upper);
    let largest = uppers().fold(0.0, f64::max);
    let least = uppers().filter(|upper| *upper > 0.0).fold(f64::INFINITY, f64::min);
    let handy = Handy::of(Unit::Nanoseconds, largest / SPAN);
    ([least * 0.9 * handy.factor, largest * 1.1 * handy.factor], handy)
}

fn render(
    title: &str,
    remark: &str,
    kind: &str,
    all: &[Curve<'_>],
    axes: &Axes<'_>,
    series: &[Series],
) -> Markup {
    let said =
        all.iter().map(|curve| format!("{}: {}", curve.measurement.producer, curve.remark()));
    let said: Vec<_> = said.collect();
    let alternative = format!("{kind}: {}. {}.", title.replace('`', ""), said.join("; "));
    let remark = match series.len() < all.len() {
        true => format!("{remark} `plain`, which has no Python, is in the table only."),
        false => remark.to_owned(),
    };
    Plot {
        title,
        remark: &remark,
        legend: legend(series.iter().map(|line| line.producer)),
        picture: curves(&alternative, axes, series),
        table: table(all),
    }
    .render()
}

const QUANTILES: [(f64, &str); 6] =
    [(0.1, "10 %"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (1.0, "all")];

fn table(all: &[Curve<'_>]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "ns, at most" }
                @for (_, name) in QUANTILES { th.number scope="col" { (name) } }
                th.number scope="col" { "of" }
            } }
            tbody {
                @for curve in all {
                    tr {
                        th scope="row" { (curve.measurement.producer) }
                        @for (share, _) in QUANTILES { td.number { (digits(curve.quantile(share))) } }
                        td.number { (digits(curve.count as f64)) }
                    }
                }
            }
        }
    }
}
