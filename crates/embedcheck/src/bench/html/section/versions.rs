//! Several Pythons next to each other, one plot for each producer.

use maud::{Markup, html};

use super::unit;
use crate::bench::html::plot::{Plot, key, prose};
use crate::bench::html::svg::{Bar, Panel, bars, has_broken};
use crate::bench::html::table::{Group, estimates};
use crate::bench::{BenchReport, Figure, Producer, Unit};

pub(in crate::bench::html) fn versions(report: &BenchReport) -> Markup {
    let plots: Vec<_> =
        Producer::ALL.into_iter().filter_map(|producer| plot(report, producer)).collect();
    html! {
        @if report.targets.len() > 1 {
            section {
                h2 { "Python by Python" }
                nav { ul {
                    @for (number, target) in report.targets.iter().enumerate() {
                        li { a href=(format!("#target-{number}")) { (target.id) } }
                    }
                } }
                div.plots { @for plot in plots { (plot) } }
            }
        }
    }
}

/// The figures that are compared: one of each kind.
fn figures(report: &BenchReport) -> Vec<&Figure> {
    let most = report.settings.threads.iter().filter(|threads| **threads > 1).max();
    let mut ids = vec!["call/add1/initialiser".to_owned(), "call/add1/other".to_owned()];
    ids.push("call/raises/initialiser".to_owned());
    ids.extend(most.map(|threads| format!("threads/{threads}/total")));
    ids.extend(["start/both".to_owned(), "memory/called".to_owned()]);
    ids.iter().filter_map(|id| report.figure(id)).collect()
}

fn plot(report: &BenchReport, producer: Producer) -> Option<Markup> {
    let rows: Vec<_> = figures(report)
        .into_iter()
        .map(|figure| {
            let targets = report.targets.iter();
            let rows = targets.filter_map(|target| {
                Some((target.id.as_str(), target.measurement(producer, &figure.id)?))
            });
            (figure, unit(report, &figure.id), rows.collect::<Vec<_>>())
        })
        .filter(|(_, _, rows)| !rows.is_empty())
        .collect();
    if rows.is_empty() {
        return None;
    }
    let panel = |(figure, unit, rows): &(&Figure, Unit, Vec<(&str, &_)>)| {
        let bars = rows.iter().map(|(id, one)| Bar { label: (*id).to_owned(), ..Bar::of(one) });
        let per = if figure.id.starts_with("call/") { "a call" } else { "" };
        Panel { title: figure.meaning.replace('`', ""), unit: *unit, per, bars: bars.collect() }
    };
    let panels: Vec<_> = rows.iter().map(panel).collect();
    let groups: Vec<_> = rows
        .into_iter()
        .map(|(figure, unit, rows)| Group { title: &figure.meaning, unit, rows })
        .collect();
    let title = format!("{producer}: {}", producer.meaning());
    Some(
        Plot {
            title: &title,
            remark: if has_broken(&panels) {
                "A bar with a gap goes on beyond its axis."
            } else {
                ""
            },
            legend: html! { ul.legend { li { (key(producer)) (prose(producer.word())) } } },
            picture: bars(&title, &panels),
            table: estimates("Python", &groups),
        }
        .render(),
    )
}
