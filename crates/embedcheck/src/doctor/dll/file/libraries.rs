//! What the DLL needs: not found, found only thanks to a variable, or without the versions that are demanded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::python::joined;
use super::resolve::tried;
use super::{Loading, Seen, is_libpython, name_of, search};
use crate::dll::quote;
use crate::doctor::dll::kinds;
use crate::doctor::{Finding, Fix};
use crate::elf::{Elf, NotFound, Refusal, Rule};
use crate::target::LibraryName;

pub(super) fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    let Some(both) = &seen.loading else { return Vec::new() };
    let mut findings = Vec::new();
    let mut told = BTreeSet::new();
    for missing in &both.given.opened.not_found {
        // What the search path was to lead to is told with the search path.
        if told.insert(&missing.name) && !search::is_told(seen, missing) {
            findings.push(not_found(seen, missing));
        }
    }
    findings.extend(only_by_environment(seen, &both.given, &both.empty));
    findings.extend(decided_by_environment(&both.given, &both.empty));
    findings.extend(versions(seen, &both.given));
    findings
}

fn not_found(seen: &Seen<'_>, missing: &NotFound) -> Finding {
    let whose = missing.needed_by.as_deref().map_or_else(|| seen.name(), name_of);
    let unusable = missing.tried.last().and_then(|last| match &last.refusal {
        Refusal::Unusable(reason) => Some(format!("{}: {reason}", last.path.display())),
        _ => None,
    });
    let kind = if is_libpython(&missing.name) {
        &kinds::LIBPYTHON_NOT_FOUND
    } else {
        &kinds::LIBRARY_NOT_FOUND
    };
    let gone = search::gone(seen);
    let hint = if gone.is_empty() {
        String::new()
    } else {
        format!("; its search path names {}, which is not here", gone.join(", "))
    };
    let summary = match &unusable {
        Some(reason) => {
            format!("{whose} needs {}, and what is there cannot be used ({reason})", missing.name)
        }
        None => format!("{whose} needs {}, which ld.so finds nowhere{hint}", missing.name),
    };
    let mut evidence = vec![missing.to_string()];
    evidence.extend(tried(&missing.tried));
    let mut finding = Finding::of(kind, summary).with_evidence(evidence);
    if unusable.is_some() {
        return finding.with_fix(Fix::advice(
            "Replace that file: ld.so does not search on behind a file that it cannot use.",
        ));
    }
    finding.fixes.extend(leading(seen, &missing.name));
    finding
}

/// What to do so that a library is found, where it is at hand or not.
pub(super) fn leading(seen: &Seen<'_>, name: &str) -> Vec<Fix> {
    let Some(folder) = folder_with(seen, name) else {
        return vec![Fix::advice(elsewhere(seen, name))];
    };
    let text = search_text(seen, &folder);
    let mut fixes = vec![
        Fix::command(format!("Lead the DLL to the {name} that is here"), seen.set_search(&text)),
        seen.link_with(&format!("-Wl,-rpath,{text}")),
    ];
    // ld.so takes these apart or expands them, and knows no quotes.
    if !folder.as_os_str().as_encoded_bytes().iter().any(|byte| b":;$".contains(byte)) {
        let folder = quote(folder.as_os_str());
        let trial = format!("For a trial: start the host with LD_LIBRARY_PATH={folder}.");
        fixes.push(Fix::advice(trial));
    }
    fixes
}

/// A folder that has the library: of the Python that was named, or of the bundle.
fn folder_with(seen: &Seen<'_>, name: &str) -> Option<PathBuf> {
    let has = |folder: &PathBuf| folder.join(name).is_file();
    let own = seen.target.libpython.as_ref().and_then(|own| own.path.parent());
    let bundle =
        [seen.folder().to_owned(), seen.folder().join("lib"), seen.folder().join("../lib")];
    let bundle = bundle.into_iter().find(|folder| !name.contains('/') && has(folder));
    let bundle = bundle.and_then(|folder| fs::canonicalize(folder).ok());
    bundle.or_else(|| own.map(Path::to_owned).filter(|folder| !name.contains('/') && has(folder)))
}

/// The search path with the folder: relative to the DLL if both are in one bundle.
fn search_text(seen: &Seen<'_>, folder: &Path) -> String {
    let kept: Vec<_> = seen
        .search_text()
        .into_iter()
        .flat_map(|text| text.split(':'))
        .filter(|entry| search::is_worth_keeping(seen, entry))
        .collect();
    let kept = kept.join(":");
    let kept = (!kept.is_empty()).then_some(kept.as_str());
    match search::from_origin(seen, folder) {
        Some(relative) => joined(kept, Path::new(&relative)),
        None => joined(kept, folder),
    }
}

/// What to do about a library that is not at hand.
fn elsewhere(seen: &Seen<'_>, name: &str) -> String {
    match LibraryName::parse(name.rsplit('/').next().unwrap_or_default()) {
        Some(python) => format!(
            "Install the shared libpython of Python {tag} (Debian: libpython{tag}; pyenv: \
             PYTHON_CONFIGURE_OPTS=--enable-shared), name it with --python if it is somewhere, or build the DLL anew \
             for {}.",
            seen.target.id,
            tag = python.tag()
        ),
        None => format!(
            "Install the package that has {name}, or put the file beside the DLL and give the DLL the search path \
             $ORIGIN."
        ),
    }
}

/// Found with the variables that were given, and not without.
fn only_by_environment(seen: &Seen<'_>, given: &Loading, empty: &Loading) -> Option<Finding> {
    let lost = empty.names_not_found();
    let found: Vec<_> = given
        .opened
        .resolved
        .iter()
        .filter(|found| lost.contains(found.name.as_str()))
        .filter(|found| matches!(found.rule, Rule::LibraryPath { .. }))
        .collect();
    let first = found.first()?;
    let names: Vec<_> = found.iter().map(|found| found.name.clone()).collect();
    let summary = format!(
        "{} is found only thanks to LD_LIBRARY_PATH: not in a host that is started without it, by a desktop, by \
         systemd or with sudo",
        names.join(", ")
    );
    let line = |found: &&crate::elf::Resolved| {
        format!("{} => {} ({})", found.name, found.path.display(), found.rule)
    };
    let folder = first.path.parent().unwrap_or(Path::new("/"));
    let text = search_text(seen, folder);
    Some(
        Finding::of(&kinds::ONLY_BY_ENVIRONMENT, summary)
            .with_evidence(found.iter().map(line))
            .with_fix(Fix::command("Lead the DLL to it", seen.set_search(&text)))
            .with_fix(seen.link_with(&format!("-Wl,-rpath,{text}"))),
    )
}

/// Found with and without the variables, and not the same file.
fn decided_by_environment(given: &Loading, empty: &Loading) -> Option<Finding> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let without: BTreeMap<_, _> = empty
        .opened
        .resolved
        .iter()
        .map(|found| ((&found.name, &found.needed_by), found.path.as_path()))
        .collect();
    let mut lines = Vec::new();
    let mut names = BTreeSet::new();
    for found in &given.opened.resolved {
        let Some(other) = without.get(&(&found.name, &found.needed_by)) else { continue };
        let is_led = matches!(found.rule, Rule::LibraryPath { .. });
        if is_led && real(&found.path) != real(other) && names.insert(found.name.clone()) {
            lines.push(format!("{} => {} ({})", found.name, found.path.display(), found.rule));
            lines.push(format!("{} => {} without the variable", found.name, other.display()));
        }
    }
    let all: Vec<_> = names.into_iter().collect();
    let summary = format!(
        "LD_LIBRARY_PATH decides which file of {} is loaded; it also reaches every program that the host starts",
        all.join(", ")
    );
    (!all.is_empty()).then(|| {
        Finding::of(&kinds::ENVIRONMENT_DECIDES, summary).with_evidence(lines).with_fix(Fix::advice(
            "Start the host without LD_LIBRARY_PATH; if the DLL has to win against it, give it a DT_RPATH \
             (-Wl,--disable-new-dtags) instead of a DT_RUNPATH.",
        ))
    })
}

/// Versions that are demanded and not there: of the DLL itself, and of what it needs.
fn versions(seen: &Seen<'_>, loading: &Loading) -> Vec<Finding> {
    let mut lines: BTreeMap<bool, Vec<(String, String)>> = BTreeMap::new();
    let mut note = |version: &str, provider: &Path, by: &Path| {
        let line = format!(
            "{}: version `{version}' not found (required by {})",
            provider.display(),
            by.display()
        );
        let lines = lines.entry(version.starts_with("GLIBC_")).or_default();
        if !lines.iter().any(|(_, known)| *known == line) {
            lines.push((version.to_owned(), line));
        }
    };
    for need in seen.elf.version_needs.iter().filter(|need| !need.weak) {
        let Some(provider) = loading.file(&need.file, &seen.path) else { continue };
        let Ok(elf) = Elf::read(provider) else { continue };
        if !elf.version_definitions.is_empty() && !elf.version_definitions.contains(&need.version) {
            note(&need.version, provider, &seen.path);
        }
    }
    for missing in &loading.missing.versions {
        note(&missing.version, &missing.provider, &missing.required_by);
    }
    let finding = |(is_glibc, lines): (bool, Vec<(String, String)>)| {
        let versions: BTreeSet<_> = lines.iter().map(|(version, _)| version.as_str()).collect();
        let versions = versions.into_iter().collect::<Vec<_>>().join(", ");
        let (kind, summary, advice) = if is_glibc {
            (
                &kinds::NEWER_GLIBC,
                format!("{} demands {versions}, which the glibc that is here lacks", seen.name()),
                "Build it on the oldest system that it is to run on (a manylinux image), or with a sysroot of it; or run \
                 it on a newer system. A second glibc cannot be put beside the first.",
            )
        } else {
            (
                &kinds::VERSION_MISSING,
                format!(
                    "{} demands {versions}, which the library that is found lacks",
                    seen.name()
                ),
                "Lead the DLL to the library that it was linked against (a search path, or the host's own library in front), \
                 or link it anew against the one that is found.",
            )
        };
        let lines = lines.into_iter().map(|(_, line)| line);
        Finding::of(kind, summary).with_evidence(lines).with_fix(Fix::advice(advice))
    };
    lines.into_iter().map(finding).collect()
}
