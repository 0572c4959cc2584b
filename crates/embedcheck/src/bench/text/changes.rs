//! What changed since an older report.

use super::{heading, number};
use crate::bench::compare::{ChangeVerdict, Compared, Comparison};
use crate::bench::{BenchReport, Unit};
use crate::report::{Label, Page};

pub(super) fn changes(page: &mut Page<'_>, comparison: &Comparison, report: &BenchReport) {
    let old = &comparison.old;
    heading(page, &format!("changes since {} ({})", old.file, old.date));
    for note in &comparison.notes {
        page.labelled(2, "note", 4, note);
    }
    for target in &comparison.targets {
        let id = match target.id == target.old_id {
            true => target.id.clone(),
            false => format!("{} (before: {})", target.id, target.old_id),
        };
        let count = |verdict| target.figures.iter().filter(|one| one.verdict == verdict).count();
        let (worse, better) = (count(ChangeVerdict::Worse), count(ChangeVerdict::Better));
        let summary = match (worse, better) {
            (0, 0) => "no change beyond the noise".to_owned(),
            (worse, better) => format!("{worse} worse, {better} better"),
        };
        let machine = format!(
            "{} figures compared; the machine took {} times as long for the same work",
            target.figures.len(),
            number(target.slowdown)
        );
        page.labelled(2, &id, 0, &format!("{summary} ({machine})"));
    }
    let several = comparison.targets.len() > 1;
    for (target, one) in comparison.changes() {
        change(page, if several { target } else { "" }, one, report);
    }
    page.blank();
}

fn change(page: &mut Page<'_>, target: &str, one: &Compared, report: &BenchReport) {
    let (word, style) = match one.verdict {
        ChangeVerdict::Worse => ("worse", page.styles().fail),
        _ => ("better", page.styles().pass),
    };
    let percent = format!("{:>+6.0} %", (one.factor - 1.0) * 100.0);
    let unit = report.figure(&one.figure).map_or("", |figure| Unit::word(figure.unit));
    let what = [target, one.producer.word(), &*one.figure].join(" ");
    let labels = [
        Label { text: word, style, width: 6 },
        Label { text: &percent, style, width: 8 },
        Label { text: what.trim_start(), style: anstyle::Style::new(), width: 30 },
    ];
    let values = format!(
        "{} → {} {unit} (noise: {:.0} %)",
        number(one.old.median),
        number(one.new.median),
        (one.noise - 1.0) * 100.0
    );
    page.item(2, &labels, &values);
}
