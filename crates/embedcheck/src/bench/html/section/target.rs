//! All of one Python.

use maud::{Markup, html};

use super::{calls, distributions, memory, ratios, rest, start, threads};
use crate::bench::html::number::digits;
use crate::bench::html::plot::key;
use crate::bench::html::table::facts;
use crate::bench::{BenchReport, BenchTarget, Estimate};

pub(in crate::bench::html) fn target(
    report: &BenchReport,
    target: &BenchTarget,
    number: usize,
) -> Markup {
    let abi_flags = (!target.abi_flags.is_empty()).then(|| target.abi_flags.clone());
    let build = match (target.free_threaded, target.debug) {
        (true, true) => Some("without the GIL, with --with-pydebug"),
        (true, false) => Some("without the GIL"),
        (false, true) => Some("with --with-pydebug"),
        (false, false) => None,
    };
    let speed = Estimate::of(&target.calibration).map(|speed| {
        let Estimate { median, low, high } = speed;
        format!(
            "a fixed piece of work took {} ns ({} to {})",
            digits(median),
            digits(low),
            digits(high)
        )
    });
    html! {
        section.target id=(format!("target-{number}")) data-target=(target.id) {
            h2 { (target.id) }
            (facts(&[
                ("Python", Some(format!("{} {}", target.implementation, target.version))),
                ("Build", build.map(str::to_owned)),
                ("ABI flags", abi_flags),
                ("Interpreter", target.executable.clone()),
                ("libpython", Some(target.libpython.clone())),
                ("Build id", target.build_id.clone()),
                ("Rounds", Some(rounds(report, target))),
                ("Machine meanwhile", speed),
            ]))
            ul.producers {
                @for record in &target.producers {
                    li {
                        (key(record.producer)) strong { (record.producer) }
                        @if record.missing.is_some() { " (not measured, see above)" }
                        @if let Some(made_by) = &record.made_by { ": " (made_by) }
                    }
                }
            }
            (calls::section(report, target))
            (distributions::section(report, target))
            (threads::section(report, target))
            (start::section(report, target))
            (memory::section(report, target))
            (ratios::section(report, target))
            (rest::section(report, target))
        }
    }
}

/// How many were made, and how many were wanted if that is something else.
fn rounds(report: &BenchReport, target: &BenchTarget) -> String {
    match report.settings.rounds {
        wanted if wanted == target.rounds => wanted.to_string(),
        wanted => format!("{} of {wanted}", target.rounds),
    }
}
