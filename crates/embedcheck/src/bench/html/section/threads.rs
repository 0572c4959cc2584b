//! Several threads at once.

use maud::{Markup, html};

use super::{group, of_figure, producers, unit};
use crate::bench::html::number::{digits, tick};
use crate::bench::html::plot::{Plot, legend};
use crate::bench::html::scale::Scale;
use crate::bench::html::svg::{Axes, Axis, Point, Range, RangePanel, Series, curves, ranges};
use crate::bench::html::table::estimates;
use crate::bench::{BenchReport, BenchTarget, Figure, Measurement, Producer};

pub(super) fn section(report: &BenchReport, target: &BenchTarget) -> Markup {
    let plots = [throughput(report, target), single(report, target)];
    html! {
        @if plots.iter().any(Option::is_some) {
            h3 { "Several threads at once" }
            div.plots { @for plot in plots.into_iter().flatten() { (plot) } }
        }
    }
}

/// The figures of a name, with their numbers of threads.
fn figures<'a>(
    report: &'a BenchReport,
    target: &'a BenchTarget,
    names: &[&str],
) -> Vec<(&'a Figure, u32, Vec<&'a Measurement>)> {
    let found = report.figures.iter().filter_map(|figure| {
        let (threads, name) = figure.id.strip_prefix("threads/")?.split_once('/')?;
        let measured = of_figure(target, &figure.id);
        let threads = threads.parse().ok()?;
        (names.contains(&name) && !measured.is_empty()).then_some((figure, threads, measured))
    });
    found.collect()
}

fn table(report: &BenchReport, target: &BenchTarget, names: &[&str]) -> Markup {
    let figures = figures(report, target, names);
    let groups: Vec<_> = figures
        .iter()
        .map(|(figure, _, measured)| group(&figure.meaning, unit(report, &figure.id), measured))
        .collect();
    estimates("producer", &groups)
}

/// From nanoseconds a call to millions of calls a second.
fn rate(nanoseconds: f64) -> f64 {
    if nanoseconds > 0.0 { 1e3 / nanoseconds } else { 0.0 }
}

fn throughput(report: &BenchReport, target: &BenchTarget) -> Option<Markup> {
    let figures = figures(report, target, &["total"]);
    let numbers: Vec<_> = figures.iter().map(|(_, threads, _)| *threads).collect();
    let series: Vec<_> =
        Producer::ALL.into_iter().filter_map(|producer| line(producer, &figures)).collect();
    if series.is_empty() {
        return None;
    }
    let rates = || series.iter().flat_map(|line| &line.points).flat_map(|point| point.interval);
    let least = rates().map(|[low, _]| low).filter(|low| *low > 0.0).fold(f64::INFINITY, f64::min);
    let most = rates().map(|[_, high]| high).fold(0.0, f64::max);
    // The numbers of threads stand at equal distances, whatever they are.
    let x = |[start, end]: [f64; 2]| Scale::numbered(numbers.len(), [start + 18.0, end - 6.0]);
    let label = |place: f64| numbers.get(place as usize).map_or_else(String::new, u32::to_string);
    let y = |places| Scale::logarithmic([least * 0.85, most * 1.15], places);
    let axes = Axes {
        x: Axis { scale: &x, label: &label, title: "threads at once" },
        y: Axis { scale: &y, label: &tick, title: "million calls a second (logarithmic)" },
    };
    let title = "Throughput of all threads together";
    let said = series.iter().map(|line| format!("{}: {}", line.producer, line.remark));
    let alternative = format!("Lines: {title}. {}.", said.collect::<Vec<_>>().join("; "));
    Some(
        Plot {
            title,
            remark: "More is better; `plain`, which has no Python, is in the table only.",
            legend: legend(series.iter().map(|line| line.producer)),
            picture: curves(&alternative, &axes, &series),
            table: table(report, target, &["total", "cpu", "fairness"]),
        }
        .render(),
    )
}

fn line(producer: Producer, figures: &[(&Figure, u32, Vec<&Measurement>)]) -> Option<Series> {
    if !producer.is_python() {
        return None;
    }
    let measured = figures.iter().enumerate().filter_map(|(place, (_, threads, measured))| {
        let one = measured.iter().find(|one| one.producer == producer)?;
        Some((place, threads, *one))
    });
    let measured: Vec<_> = measured.collect();
    let (_, _, first) = measured.first()?;
    let said = measured.iter().map(|(_, threads, one)| {
        format!("{threads} threads {} M/s", digits(rate(one.estimate.median)))
    });
    let points = measured.iter().map(|(place, _, one)| Point {
        x: *place as f64,
        y: rate(one.estimate.median),
        interval: Some([rate(one.estimate.high), rate(one.estimate.low)]),
    });
    Some(Series {
        producer,
        figure: first.figure.clone(),
        remark: said.collect::<Vec<_>>().join(", ").replace("1 threads", "1 thread"),
        points: points.collect(),
        marked: true,
    })
}

fn single(report: &BenchReport, target: &BenchTarget) -> Option<Markup> {
    let halves = figures(report, target, &["p50"]);
    let measured = |producer, threads, name: &str| {
        let one = target.measurement(producer, &format!("threads/{threads}/{name}"))?;
        Some(one.estimate.median)
    };
    let panels = halves.iter().map(|(_, threads, measurements)| RangePanel {
        title: if *threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") },
        ranges: measurements
            .iter()
            .map(|one| Range {
                producer: one.producer,
                half: one.estimate.median,
                most: measured(one.producer, threads, "p99"),
                largest: measured(one.producer, threads, "max"),
            })
            .collect(),
    });
    let panels: Vec<_> = panels.collect();
    if panels.is_empty() {
        return None;
    }
    let title = "A single call while several threads call";
    Some(
        Plot {
            title,
            remark: "The dot is the median, the bar goes up to 99 % of the calls, the line to the longest.",
            legend: legend(halves.iter().flat_map(|(_, _, measured)| producers(measured))),
            picture: ranges(title, &panels),
            table: table(report, target, &["p50", "p99", "max"]),
        }
        .render(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_reciprocal() {
        assert_eq!([100.0, 1000.0, 0.0, -1.0].map(rate), [10.0, 1.0, 0.0, 0.0]);
    }
}
