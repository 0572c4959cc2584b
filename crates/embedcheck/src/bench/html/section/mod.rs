//! The parts of the page.

mod calls;
mod comparison;
mod distributions;
mod head;
mod memory;
mod ratios;
mod rest;
mod start;
mod summary;
mod target;
mod threads;
mod versions;

pub(super) use comparison::comparison;
pub(super) use head::head;
pub(super) use summary::summary;
pub(super) use target::target;
pub(super) use versions::versions;

use super::svg::{Bar, Panel};
use super::table::Group;
use crate::bench::{BenchReport, BenchTarget, Figure, Measurement, PLACES, Producer, Unit};

/// The measurements of a figure, in the order of producers.
fn of_figure<'a>(target: &'a BenchTarget, figure: &str) -> Vec<&'a Measurement> {
    target.measurements.iter().filter(|one| one.figure == figure).collect()
}

/// The unit of a figure.
fn unit(report: &BenchReport, figure: &str) -> Unit {
    let known = report.figure(figure).map(|figure| figure.unit);
    known.or_else(|| Figure::of(figure).map(|figure| figure.unit)).unwrap_or(Unit::Ratio)
}

/// What a place is called; a place of another version has its id.
fn place(name: &str) -> &str {
    PLACES.iter().find(|place| place.name == name).map_or(name, |place| place.meaning)
}

/// Bars of measurements with a table of the same.
fn panel(title: &str, unit: Unit, per: &'static str, measurements: &[&Measurement]) -> Panel {
    let bars = measurements.iter().map(|one| Bar::of(one)).collect();
    Panel { title: title.to_owned(), unit, per, bars }
}

/// The rows of a table, named for the producers.
fn group<'a>(title: &'a str, unit: Unit, measurements: &[&'a Measurement]) -> Group<'a> {
    let rows = measurements.iter().map(|one| (one.producer.word(), *one)).collect();
    Group { title, unit, rows }
}

/// The producers of some measurements.
fn producers<'a>(
    measurements: impl IntoIterator<Item = &'a &'a Measurement>,
) -> impl Iterator<Item = Producer> {
    measurements.into_iter().map(|one| one.producer)
}
