//! What was measured, where and how; and what was not.

use crate::bench::{BenchReport, BenchTarget, Missing};
use crate::report::{Label, Page};

const LABEL: usize = 11;

pub(super) fn header(page: &mut Page<'_>, report: &BenchReport, target: &BenchTarget) {
    let mut features =
        vec![format!("{} {}{}", target.implementation, target.version, target.abi_flags)];
    features.extend(target.free_threaded.then(|| "free-threaded".to_owned()));
    features.extend(target.debug.then(|| "debug build".to_owned()));
    let tool = &report.tool;
    let title =
        format!("{} {} bench: {} ({})", tool.name, tool.version, target.id, features.join(", "));
    let style = page.styles().heading;
    page.line(0, style, &title);
    let mut libpython = target.libpython.clone();
    if let Some(build_id) = &target.build_id {
        libpython += &format!(", build-id {}", build_id.get(..12).unwrap_or(build_id));
    }
    page.labelled(2, "libpython", LABEL, &libpython);
    page.labelled(2, "machine", LABEL, &machine(report));
    page.labelled(2, "run", LABEL, &run(report, target));
    page.blank();
    for record in &target.producers {
        let (style, text) = match (&record.missing, &record.made_by) {
            (None, made_by) => {
                let made_by = made_by.as_deref().unwrap_or("unknown");
                (page.styles().pass, format!("{} ({made_by})", record.producer.meaning()))
            }
            (Some(Missing::Unavailable { reason, advice }), _) => {
                (page.styles().skip, format!("not measured: {reason}; {advice}"))
            }
            (Some(Missing::Failed { reason }), _) => {
                (page.styles().fail, format!("failed: {reason}"))
            }
        };
        let label = Label { text: record.producer.word(), style, width: LABEL };
        page.item(2, &[label], &text);
    }
}

fn machine(report: &BenchReport) -> String {
    let machine = &report.machine;
    let mut parts = Vec::new();
    parts.extend(machine.processor.clone());
    parts.push(match machine.system.processors {
        1 => "1 processor".to_owned(),
        several => format!("{several} processors"),
    });
    parts.push(machine.system.kernel.clone());
    parts.extend(machine.system.libc.clone());
    let load =
        |load: Option<[f64; 3]>| load.map_or("?".to_owned(), |load| format!("{:.1}", load[0]));
    parts.push(format!(
        "load {} before, {} after",
        load(machine.load_before),
        load(machine.load_after)
    ));
    parts.join(", ")
}

fn run(report: &BenchReport, target: &BenchTarget) -> String {
    let settings = &report.settings;
    let mut parts = vec![report.date.clone()];
    parts.extend(settings.quick.then(|| "quick".to_owned()));
    parts.push(match (target.rounds, settings.rounds) {
        (made, wanted) if made < wanted => {
            format!("{made} of {wanted} rounds, since the machine was busy")
        }
        (1, _) => "1 round".to_owned(),
        (several, _) => format!("{several} rounds"),
    });
    parts.extend(settings.environment.iter().map(|(name, value)| format!("{name}={value}")));
    if !settings.optimised {
        parts.push("measured by a program without optimisation".to_owned());
    }
    parts.join(", ")
}

pub(super) fn last_line(page: &mut Page<'_>, report: &BenchReport) {
    let targets = match report.targets.len() {
        1 => "1 Python".to_owned(),
        several => format!("{several} Pythons"),
    };
    let failed = report.targets.iter().flat_map(|target| &target.producers);
    let failed = failed.filter(|record| matches!(record.missing, Some(Missing::Failed { .. })));
    let failed = match failed.count() {
        0 => String::new(),
        1 => "; 1 producer failed".to_owned(),
        several => format!("; {several} producers failed"),
    };
    // Exact below 2^52 ms.
    let seconds = report.duration_ms as f64 / 1000.0;
    let style = page.styles().faint;
    let mark = "~: the 95 % confidence interval reaches further than 10 % from the median";
    page.line(0, style, mark);
    page.line(0, anstyle::Style::new(), &format!("{targets} in {seconds:.1} s{failed}"));
}
