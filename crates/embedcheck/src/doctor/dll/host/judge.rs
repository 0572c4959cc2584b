//! What is wrong with a host, by itself and for this DLL.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use super::{HostForm, HostPython, HostSeen};
use crate::dll::quote;
use crate::doctor::dll::file::{PythonUse, Seen, name_of, python_of};
use crate::doctor::dll::kinds;
use crate::doctor::dll::options::DllOptions;
use crate::doctor::{Finding, Fix};
use crate::elf::{Elf, Resolved, Rule, expand_entry};
use crate::target::{LibraryName, Version};

/// Variables that ld.so ignores in secure-execution mode, of those that lead to libraries.
const IGNORED: [&str; 2] = ["LD_LIBRARY_PATH", "LD_PRELOAD"];

/// What is wrong with it.
pub(in crate::doctor::dll) fn findings(
    host: &HostSeen,
    seen: &Seen<'_>,
    options: &DllOptions,
) -> Vec<Finding> {
    let name = name_of(Path::new(&host.facts.path));
    if let Some(finding) = form(host, &name) {
        return vec![finding];
    }
    let Some(elf) = &host.elf else { return Vec::new() };
    let mut findings = Vec::new();
    findings.extend(does_not_start(seen, &name));
    findings.extend(python(host, seen, elf, &name));
    match rpath(seen, elf, &name) {
        // What serves the DLL was meant to.
        Some(finding) => findings.push(finding),
        None => findings.extend(dropped(host, seen, elf, &name)),
    }
    findings.extend(privileged(host, seen, options, &name));
    findings
}

/// What keeps it from opening any DLL, or says that another program does.
fn form(host: &HostSeen, name: &str) -> Option<Finding> {
    let facts = &host.facts;
    Some(match &facts.form {
        HostForm::Program => return None,
        HostForm::Script => {
            let line = facts.script_for.as_deref().unwrap_or_default();
            let summary = format!(
                "{name} is a script for `{line}`: the process that opens the DLL is another program's"
            );
            Finding::of(&kinds::HOST_IS_SCRIPT, summary)
                .with_evidence([format!("#!{line}")])
                .with_fix(Fix::advice(
                    "Name the program that the script starts with --host, and what the script sets with --env.",
                ))
        }
        HostForm::Static => {
            let summary =
                format!("{name} is a static executable: it has no ld.so and cannot open a DLL");
            Finding::of(&kinds::HOST_STATIC, summary)
                .with_evidence(["no PT_INTERP".to_owned()])
                .with_fix(Fix::advice(
                    "Link the host dynamically: without -static; in Rust for a -gnu target, or with -C \
                     target-feature=-crt-static.",
                ))
                .with_fix(Fix::advice("Or put the Python part into a process of its own."))
        }
        HostForm::Library => {
            let summary = format!("{name} is no program, but a library or an object file");
            Finding::of(&kinds::HOST_NOT_ELF, summary).with_evidence([facts.path.clone()]).with_fix(
                Fix::advice("Name the program whose process it is loaded into with --host."),
            )
        }
        HostForm::OtherMachine => {
            let machine = facts.machine.as_deref().unwrap_or("another machine");
            let summary = format!("{name} is for {machine}: it cannot load a DLL of this machine");
            Finding::of(&kinds::HOST_OTHER_MACHINE, summary)
                .with_evidence([format!("{}: e_machine of {machine}", facts.path)])
                .with_fix(Fix::advice("Use a host and a DLL of one architecture and word size."))
        }
        HostForm::NotElf { found } => {
            let summary = format!("{name} is no program: {found}");
            Finding::of(&kinds::HOST_NOT_ELF, summary)
                .with_evidence([facts.path.clone()])
                .with_fix(Fix::advice("Name the program that opens the DLL with --host."))
        }
    })
}

/// The program itself lacks a library.
fn does_not_start(seen: &Seen<'_>, name: &str) -> Option<Finding> {
    let started = &seen.loading.as_ref()?.given.started;
    // ld.so goes on without a library that was to be preloaded.
    let missing: Vec<_> =
        started.not_found.iter().filter(|missing| missing.needed_by.is_some()).collect();
    let first = missing.first()?;
    let summary = format!("{name} does not start: {} is found nowhere", first.name);
    let lines = missing.iter().flat_map(|missing| {
        let tried = missing.tried.iter();
        let tried =
            tried.map(|one| format!("{} ({}): {}", one.path.display(), one.rule, one.refusal));
        std::iter::once(missing.to_string()).chain(tried)
    });
    Some(Finding::of(&kinds::HOST_DOES_NOT_START, summary).with_evidence(lines).with_fix(Fix::advice(
        "Install the library, or start the host with the variables that it needs (--env LD_LIBRARY_PATH=…), or give it \
         a search path.",
    )))
}

/// A Python of its own, inside or linked.
fn python(host: &HostSeen, seen: &Seen<'_>, elf: &Elf, name: &str) -> Option<Finding> {
    let used = python_of(seen);
    let series = |name: &str| LibraryName::parse(name.rsplit('/').next()?);
    match &host.facts.python {
        HostPython::None => None,
        HostPython::Hidden => {
            let second = match &used {
                PythonUse::Named { name } => {
                    format!(", and the DLL brings {name} into the process as a second Python")
                }
                _ => String::new(),
            };
            let summary = format!(
                "{name} has a libpython inside and exports none of it: extension modules miss its symbols{second}"
            );
            let evidence = "its bytes hold an interpreter, its dynamic symbols no Py_InitializeEx";
            Some(
                Finding::of(&kinds::HOST_PYTHON_HIDDEN, summary)
                    .with_evidence([evidence.to_owned()])
                    .with_fix(Fix::advice(
                        "Link the host with -rdynamic (LINKFORSHARED of sysconfig; in Rust \
                         cargo:rustc-link-arg=-rdynamic), and the DLL without a libpython.",
                    ))
                    .with_fix(Fix::advice("Or link the host with the shared libpython.")),
            )
        }
        HostPython::Exported => {
            let version = host.facts.python_version.as_deref();
            let named = match &used {
                PythonUse::Named { name } => Some(name),
                _ => None,
            };
            let parts = version.and_then(Version::parse).zip(named.and_then(|name| series(name)));
            let is_other = parts.is_some_and(|(version, named)| {
                (version.major, version.minor) != (named.major, named.minor)
            });
            let what =
                version.map_or_else(|| "a libpython".to_owned(), |text| format!("Python {text}"));
            let then = match named {
                Some(named) if is_other => {
                    format!(
                        "the DLL was built for {named}, and runs in the host's Python without a word"
                    )
                }
                Some(named) => format!("{named} is loaded beside it and serves nobody"),
                None => "the DLL runs in that".to_owned(),
            };
            let kind =
                if is_other { &kinds::HOST_OTHER_PYTHON } else { &kinds::HOST_PYTHON_INSIDE };
            let summary = format!("{name} has {what} inside and exports it: {then}");
            let evidence =
                format!("{name} exports {} symbols of the C API", host.facts.exports_c_api);
            Some(Finding::of(kind, summary).with_evidence([evidence]).with_fix(Fix::advice(
                "Build the DLL for exactly the Python of the host, without naming a libpython, and never open it with \
                 RTLD_DEEPBIND.",
            )))
        }
        HostPython::Linked { name: linked } => {
            let PythonUse::Named { name: wanted } = used else { return None };
            let (theirs, ours) = (series(linked)?, series(&wanted)?);
            if theirs == ours {
                return None;
            }
            let summary = format!(
                "{name} is linked with {linked}, and {} was built for {wanted}: the host's symbols come first, so the DLL \
                 runs in Python {} without a word",
                seen.name(),
                theirs.tag()
            );
            let evidence = [
                format!("DT_NEEDED of {}: {linked}", elf.path.display()),
                format!("DT_NEEDED of {}: {wanted}", seen.path.display()),
            ];
            Some(
                Finding::of(&kinds::HOST_OTHER_PYTHON, summary)
                    .with_evidence(evidence)
                    .with_fix(Fix::advice(format!(
                        "Build the DLL for Python {}, or the host for Python {}.",
                        theirs.tag(),
                        ours.tag()
                    )))
                    .with_fix(Fix::advice(
                        "Or open the DLL with dlmopen(LM_ID_NEWLM), in a namespace of its own.",
                    )),
            )
        }
    }
}

/// A search path for a libpython that is not named.
fn dropped(host: &HostSeen, seen: &Seen<'_>, elf: &Elf, name: &str) -> Option<Finding> {
    if host.facts.python != HostPython::None {
        return None;
    }
    let both = seen.loading.as_ref()?;
    let text = elf.runpath.as_deref().or(elf.rpath.as_deref())?;
    let origin = elf.path.parent().unwrap_or(Path::new("/"));
    let mut found = BTreeSet::new();
    for entry in text.split(':').filter(|entry| !entry.is_empty()) {
        let folder = expand_entry(entry, origin, &both.platform);
        let serves = |found: &Resolved| found.path.parent() == Some(&folder);
        if both.empty.started.resolved.iter().any(serves) {
            continue;
        }
        let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
        let libpythons = names.filter(|name| LibraryName::parse(name).is_some());
        found.extend(libpythons.map(|name| folder.join(name).display().to_string()));
    }
    // A folder of the system has libpythons of everybody.
    let found: Vec<_> = found.into_iter().filter(|path| !path.starts_with("/usr/lib")).collect();
    let first = found.first()?;
    let summary = format!(
        "{name} has a search path to {first} and does not name it in DT_NEEDED: without a reference to the C API the linker \
         drops -lpythonX.Y (--as-needed), and extension modules miss its symbols"
    );
    let line = format!("search path: {text}; DT_NEEDED: {}", elf.needed.join(", "));
    let soname = Elf::read(Path::new(first)).ok().and_then(|elf| elf.soname);
    let mut finding = Finding::of(&kinds::HOST_DROPPED_LIBPYTHON, summary)
        .with_evidence([line, first.clone()])
        .with_fix(Fix::advice("Link the host with -Wl,--no-as-needed in front of -lpythonX.Y."));
    if let Some(soname) = soname {
        let host = quote(elf.path.as_os_str());
        finding = finding.with_fix(Fix::command(
            "Name it without linking anew",
            format!("patchelf --add-needed {} {host}", quote(OsStr::new(&soname))),
        ));
    }
    Some(finding)
}

/// Libraries of the DLL that only this host leads to.
fn rpath(seen: &Seen<'_>, elf: &Elf, name: &str) -> Option<Finding> {
    let loading = &seen.loading.as_ref()?.given;
    let own = std::fs::canonicalize(&elf.path).unwrap_or_else(|_| elf.path.clone());
    let is_hosts =
        |rule: &Rule| matches!(rule, Rule::RPath { of, .. } if *of == own || *of == elf.path);
    let found: Vec<_> =
        loading.opened.resolved.iter().filter(|found| is_hosts(&found.rule)).collect();
    let first = found.first()?;
    let summary = format!(
        "{} is found only by the DT_RPATH of {name}, which {} inherits: in another host it is not",
        first.name,
        seen.name()
    );
    let lines = found
        .iter()
        .map(|found| format!("{} => {} ({})", found.name, found.path.display(), found.rule));
    let folder = first.path.parent().unwrap_or(Path::new("/")).display().to_string();
    Some(
        Finding::of(&kinds::HOST_RPATH, summary)
            .with_evidence(lines)
            .with_fix(Fix::command(
                "Give the DLL a search path of its own",
                seen.set_search(&folder),
            ))
            .with_fix(seen.link_with(&format!("-Wl,-rpath,{folder}"))),
    )
}

/// The environment does not count.
fn privileged(
    host: &HostSeen,
    seen: &Seen<'_>,
    options: &DllOptions,
    name: &str,
) -> Option<Finding> {
    if host.facts.privileges.is_empty() {
        return None;
    }
    let whys: Vec<_> = host.facts.privileges.iter().map(|one| one.name()).collect();
    let evidence = format!("{}: {}", host.facts.path, whys.join(", "));
    let is_ignored = |name: &OsStr| IGNORED.iter().any(|ignored| name == *ignored);
    let given: Vec<_> = options
        .environment
        .iter()
        .filter(|(name, _)| is_ignored(name))
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    let advice = "Let the DLL find what it needs by itself: an absolute search path, or $ORIGIN at the beginning of one.";
    let loading = &seen.loading.as_ref()?.given;
    if given.is_empty() || loading.opened.not_found.is_empty() {
        let summary =
            format!("{name} has {}: ld.so ignores LD_LIBRARY_PATH and LD_PRELOAD", whys.join(", "));
        let finding = Finding::of(&kinds::HOST_PRIVILEGED, summary).with_evidence([evidence]);
        return Some(finding.with_fix(Fix::advice(advice)));
    }
    let missing: Vec<_> = loading.names_not_found().into_iter().collect();
    let summary = format!(
        "{name} has {}: ld.so ignores {}, and {} is not found",
        whys.join(", "),
        given.join(" "),
        missing.join(", ")
    );
    Some(
        Finding::of(&kinds::HOST_IGNORED_VARIABLES, summary)
            .with_evidence([evidence])
            .with_fix(Fix::advice(advice)),
    )
}
