//! A diagnosis for people: the verdict, the findings with what to do, then what was seen.

use super::{Diagnosis, Finding, Fix, Severity, Subject};
use crate::report::{Label, Page, TextOptions};

/// Columns of the longest severity.
const SEVERITY: usize = 7;
/// Where the lines below a finding's first line begin.
const BELOW: usize = SEVERITY + 2;
/// Columns of the longest label below.
const LABEL: usize = 5;

/// The whole diagnosis. With `verbose` all that was seen, otherwise what matters for the findings.
#[must_use]
pub fn to_text(diagnosis: &Diagnosis, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    head(&mut page, diagnosis);
    for finding in &diagnosis.findings {
        page.blank();
        one(&mut page, finding);
    }
    page.blank();
    match &diagnosis.subject {
        Subject::Dll(facts) => facts.write(&mut page),
        Subject::Module(facts) => facts.write(&mut page),
        Subject::Log(facts) => {
            facts.write(&mut page);
            if diagnosis.findings.is_empty() {
                facts.write_next(&mut page);
            }
        }
    }
    page.blank();
    page.line(0, page.styles().heading, &last_line(diagnosis));
    page.into_text()
}

fn head(page: &mut Page<'_>, diagnosis: &Diagnosis) {
    let name = match &diagnosis.subject {
        Subject::Dll(facts) => facts.title(),
        Subject::Module(facts) => facts.title(),
        Subject::Log(facts) => facts.title(),
    };
    page.line(0, page.styles().heading, &name);
    if let Some(target) = &diagnosis.target {
        page.labelled(2, "python", 9, &format!("{} ({})", target.id, target.version));
        let paths = [("run by", &target.interpreter), ("libpython", &target.libpython)];
        for (label, path) in paths {
            if let Some(path) = path {
                page.labelled(2, label, 9, path);
            }
        }
    }
}

fn one(page: &mut Page<'_>, finding: &Finding) {
    let styles = *page.styles();
    let style = match finding.severity {
        Severity::Problem => styles.fail,
        Severity::Warning => styles.limit,
        Severity::Note => styles.skip,
    };
    let severity = Label { text: finding.severity.word(), style, width: SEVERITY };
    page.item(0, &[severity], &finding.summary);
    for line in &finding.evidence {
        page.quote(BELOW, line);
    }
    for (index, fix) in finding.fixes.iter().enumerate() {
        let label = if index == 0 { "to do" } else { "or" };
        self::fix(page, label, fix);
    }
    if !finding.source.is_empty() {
        page.labelled(BELOW, "see", LABEL, &finding.source);
    }
    page.line(BELOW, styles.faint, &format!("[{}]", finding.id));
}

fn fix(page: &mut Page<'_>, label: &str, fix: &Fix) {
    let tried = if fix.verified { " (tried in this visit: it works)" } else { "" };
    page.labelled(BELOW, label, LABEL, &format!("{}{tried}", fix.what));
    for command in &fix.commands {
        page.line(BELOW + LABEL + 2, page.styles().pass, &format!("$ {command}"));
    }
}

fn last_line(diagnosis: &Diagnosis) -> String {
    let count = |severity| diagnosis.findings.iter().filter(|f| f.severity == severity).count();
    let some = |severity: Severity| match count(severity) {
        1 => format!("1 {}", severity.word()),
        number => format!("{number} {}s", severity.word()),
    };
    let counts = format!("{}, {}", some(Severity::Problem), some(Severity::Warning));
    match &diagnosis.subject {
        Subject::Log(facts) => facts.last_line(diagnosis.findings.len()),
        _ if diagnosis.is_healthy() => format!("healthy: {counts}"),
        _ => counts,
    }
}
