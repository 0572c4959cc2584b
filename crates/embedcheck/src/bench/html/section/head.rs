//! What was measured, when, where and how; and what could not be.

use maud::{Markup, html};

use crate::bench::html::plot::{key, prose};
use crate::bench::html::table::facts;
use crate::bench::{BenchReport, Missing};

pub(in crate::bench::html) fn head(report: &BenchReport) -> Markup {
    let machine = &report.machine;
    let system = &machine.system;
    let settings = &report.settings;
    let load = |load: Option<[f64; 3]>| {
        load.map_or_else(
            || "unknown".to_owned(),
            |load| load.map(|one| format!("{one:.2}")).join(", "),
        )
    };
    let environment = settings.environment.iter().map(|(name, value)| format!("{name}={value}"));
    let environment: Vec<_> = environment.collect();
    let threads = settings.threads.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let effort = if settings.quick { "quick, " } else { "" };
    html! {
        p.command { code { (report.command.join(" ")) } }
        (facts(&[
            ("Date", Some(format!("{}, {}", report.date, duration(report.duration_ms)))),
            ("Processor", Some(format!(
                "{}, {} usable, {}",
                machine.processor.as_deref().unwrap_or("unknown"), system.processors, system.architecture
            ))),
            ("System", system.system.clone()),
            ("Kernel", Some(system.kernel.clone())),
            ("C library", system.libc.clone()),
            ("C compiler", system.compiler.clone()),
            ("CFFI", system.cffi.clone()),
            ("Load of 1, 5, 15 min", Some(format!(
                "{} before, {} after", load(machine.load_before), load(machine.load_after)
            ))),
            ("Run", Some(format!("{effort}{} rounds; threads: {threads}", settings.rounds))),
            ("Environment", (!environment.is_empty()).then(|| environment.join(" "))),
            ("embedcheck", Some(report.tool.version.clone())),
        ]))
        @for warning in warnings(report) { p.warning { strong { "Beware: " } (warning) } }
        (missing(report))
    }
}

/// What makes figures doubtful.
fn warnings(report: &BenchReport) -> Vec<String> {
    let mut warnings = Vec::new();
    if !report.settings.optimised {
        warnings.push(
            "the measuring host was compiled without optimisation; its loops cost more than they should."
                .to_owned(),
        );
    }
    if report.settings.quick {
        warnings
            .push("a quick run: few and short measurements, whose intervals are wide.".to_owned());
    }
    let busy = report.machine.load_before.map_or(0.0, |load| load[0]);
    if busy > 0.5 * report.machine.system.processors as f64 {
        warnings.push(format!(
            "the machine was busy with something else when the run began: load {busy:.2} on {} processors.",
            report.machine.system.processors
        ));
    }
    warnings
}

fn missing(report: &BenchReport) -> Markup {
    let mut rows = Vec::new();
    for target in &report.targets {
        for record in &target.producers {
            if let Some(missing) = &record.missing {
                rows.push((target.id.as_str(), record.producer, missing));
            }
        }
    }
    html! {
        @if !rows.is_empty() {
            section.missing {
                h2 { "Not measured" }
                ul {
                    @for (target, producer, missing) in rows {
                        li {
                            (key(producer)) strong { (producer) } " of " (target)
                            @match missing {
                                Missing::Unavailable { reason, advice } => {
                                    ": " (prose(reason))
                                    @if !advice.is_empty() { "; what to do: " (prose(advice)) }
                                }
                                Missing::Failed { reason } => {
                                    " " strong.bad { "failed" } ": " (prose(reason))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// In words.
fn duration(milliseconds: u64) -> String {
    match milliseconds / 1000 {
        seconds if seconds < 120 => format!("took {seconds} s"),
        seconds => format!("took {} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(
            [1999, 119_999, 125_000].map(duration),
            ["took 1 s", "took 119 s", "took 2 min 5 s"]
        );
    }
}
