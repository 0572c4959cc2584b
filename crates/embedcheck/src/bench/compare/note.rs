//! What differs between two runs, apart from their figures.

use crate::bench::BenchReport;

/// In sentences; only what may explain a change, or make a comparison worth less.
pub(super) fn notes(old: &BenchReport, new: &BenchReport) -> Vec<String> {
    let mut notes = Vec::new();
    let mut differs = |what: &str, old: String, new: String| {
        if old != new {
            notes.push(format!("{what}: {old} before, {new} now"));
        }
    };
    let processor = |report: &BenchReport| {
        report.machine.processor.clone().unwrap_or_else(|| "unknown".to_owned())
    };
    differs("processor", processor(old), processor(new));
    let processors = |report: &BenchReport| report.machine.system.processors.to_string();
    differs("processors", processors(old), processors(new));
    let kernel = |report: &BenchReport| report.machine.system.kernel.clone();
    differs("kernel", kernel(old), kernel(new));
    differs("embedcheck", old.tool.version.clone(), new.tool.version.clone());
    let profile = |report: &BenchReport| match report.settings.optimised {
        true => "optimised".to_owned(),
        false => "not optimised".to_owned(),
    };
    differs("measuring host", profile(old), profile(new));
    let environment = |report: &BenchReport| {
        let all = &report.settings.environment;
        let all: Vec<_> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join(" ") }
    };
    differs("set in the environment", environment(old), environment(new));
    for (when, report) in [("before", old), ("now", new)] {
        if let Some(load) = busy(report) {
            notes.push(format!(
                "the machine was busy {when} (load {load:.1}): of starts and of several threads only \
                 large changes can be seen"
            ));
        }
    }
    notes
}

/// The load, if it was more than the processors can do.
pub(super) fn busy(report: &BenchReport) -> Option<f64> {
    let loads = [report.machine.load_before, report.machine.load_after];
    let load = loads.into_iter().flatten().map(|load| load[0]).fold(0.0, f64::max);
    // The measurement itself makes one of about the threads that it has.
    let own = report.settings.threads.iter().max().copied().unwrap_or(1).min(2);
    let most = report.machine.system.processors as f64 + f64::from(own);
    (load > most).then_some(load)
}
