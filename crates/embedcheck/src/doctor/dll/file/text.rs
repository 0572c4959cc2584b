//! The facts about a DLL for people.

use std::collections::BTreeSet;

use super::facts::{FileFacts, PythonUse, Resolution, Role, SearchPath};
use crate::report::Page;

/// Columns of the longest label.
const LABEL: usize = 9;
/// Exports that are shown without `--verbose`.
const SHOWN: usize = 8;

/// What matters in a few lines; everything if the page is verbose.
pub(in crate::doctor::dll) fn write(page: &mut Page<'_>, facts: &FileFacts) {
    let line = |page: &mut Page<'_>, label: &str, text: &str| page.labelled(2, label, LABEL, text);
    page.line(0, page.styles().heading, "file");
    let producer = &facts.producer;
    let version = producer.version.as_ref().map_or_else(String::new, |text| format!(" {text}"));
    line(page, "made with", &format!("{}{version}", producer.kind.name()));
    let verbose = page.is_verbose();
    for evidence in producer.evidence.iter().filter(|_| verbose) {
        line(page, "", evidence);
    }
    line(page, "is", role(facts.role));
    if !facts.modules.is_empty() {
        line(page, "module", &facts.modules.join(", "));
    }
    line(page, "exports", &exports(page, &facts.exports));
    line(page, "libpython", &python(facts));
    for path in &facts.search {
        search(page, path);
    }
    if let Some(given) = &facts.given {
        needed(page, "needs", given);
    }
    let differs = facts.given != facts.empty;
    if let Some(empty) = facts.empty.as_ref().filter(|_| differs) {
        needed(page, "without", empty);
    }
    if page.is_verbose() {
        rest(page, facts);
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Embedding => "an embedding DLL: hosts call it, Python is inside or comes along",
        Role::Extension => "an extension module: Python imports it",
        Role::Other => "nothing that has to do with Python",
    }
}

fn exports(page: &Page<'_>, exports: &[String]) -> String {
    let number = if page.is_verbose() { exports.len() } else { SHOWN };
    let shown = exports.iter().take(number).map(String::as_str).collect::<Vec<_>>().join(", ");
    match exports.len().saturating_sub(number) {
        0 if exports.is_empty() => "nothing for a host".to_owned(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn python(facts: &FileFacts) -> String {
    let how = match &facts.python {
        PythonUse::Named { name } => name.clone(),
        PythonUse::Contained => "is inside".to_owned(),
        PythonUse::FromProcess => "none named: the process has to have one".to_owned(),
        PythonUse::Opened => "found and opened at run time".to_owned(),
        PythonUse::None => "none".to_owned(),
    };
    let Some(got) = &facts.libpython else { return how };
    let version = got.version.as_ref().map_or_else(String::new, |text| format!(" (Python {text})"));
    let whose = if got.is_hosts { ", that of the host" } else { "" };
    format!("{how} => {}{version}{whose}", got.path)
}

fn search(page: &mut Page<'_>, path: &SearchPath) {
    page.labelled(2, path.tag.name(), LABEL, &format!("`{}`", path.text));
    for entry in &path.entries {
        let state = if entry.exists { "" } else { ", not there" };
        if page.is_verbose() || !entry.exists || entry.text != entry.expanded {
            page.labelled(2, "", LABEL, &format!("`{}` is {}{state}", entry.text, entry.expanded));
        }
    }
}

fn needed(page: &mut Page<'_>, label: &str, resolution: &Resolution) {
    let mut label = label;
    let verbose = page.is_verbose();
    let mut shown = BTreeSet::new();
    for found in &resolution.found {
        let text = format!("{} => {} ({})", found.name, found.path, found.rule);
        // Where a name led first says it all; the host may have brought it.
        if !shown.insert(&found.name) && !verbose {
            continue;
        }
        page.labelled(2, std::mem::take(&mut label), LABEL, &text);
        for tried in found.tried.iter().filter(|_| verbose) {
            page.labelled(4, "", LABEL, tried);
        }
    }
    for missing in &resolution.not_found {
        let text = format!("{} => not found, needed by {}", missing.name, missing.needed_by);
        page.labelled(2, std::mem::take(&mut label), LABEL, &text);
        for tried in missing.tried.iter().filter(|_| verbose) {
            page.labelled(4, "", LABEL, tried);
        }
    }
}

fn rest(page: &mut Page<'_>, facts: &FileFacts) {
    let mut line = |label: &str, text: &str| page.labelled(2, label, LABEL, text);
    line("machine", &facts.machine);
    if let Some(soname) = &facts.soname {
        line("SONAME", soname);
    }
    if let Some(start) = &facts.start {
        line("start", &format!("{start}()"));
    }
    if let Some(id) = &facts.build_id {
        line("build-id", id);
    }
    let tls = match (facts.tls.size, facts.tls.is_static) {
        (0, _) => "none".to_owned(),
        (size, true) => format!("{size} bytes, static (initial-exec)"),
        (size, false) => format!("{size} bytes, allocated when used"),
    };
    line("TLS", &tls);
    let unload =
        if facts.no_delete { "dlclose leaves it (NODELETE)" } else { "dlclose unloads it" };
    line("unloading", unload);
    let stack = if facts.executable_stack { "executable" } else { "not executable" };
    line("stack", stack);
    let binding = if facts.bind_now { "at once" } else { "as the host wants it" };
    line("binding", binding);
    if !facts.versions.is_empty() {
        line("versions", &facts.versions.join(", "));
    }
}
