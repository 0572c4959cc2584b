//! What a DLL offers and demands: exports, thread-local storage, stack, versions.

use std::collections::BTreeSet;
use std::path::Path;

use super::facts::{FileFacts, PythonUse, Role, Tls};
use super::producer::ProducerKind;
use super::{PYPY_INIT, Seen, is_c_api, is_libpython, name_of, names, search};
use crate::doctor::dll::kinds;
use crate::doctor::{Finding, Fix};
use crate::elf::Elf;
use crate::target::LibraryName;

/// Functions one of which everybody who starts Python calls.
const STARTERS: [&str; 8] = [
    "Py_Initialize",
    "Py_InitializeEx",
    "Py_InitializeFromConfig",
    "Py_InitializeFromInitConfig",
    "Py_Main",
    "Py_BytesMain",
    "Py_RunMain",
    PYPY_INIT,
];

/// What glibc keeps free for the static thread-local storage of libraries that come late, in bytes:
/// 4 namespaces with 144 each, 1 spare, and 512 of the tunable `glibc.rtld.optional_static_tls`, rounded
/// up (`_dl_tls_static_surplus_init` in elf/dl-tls.c; 1664 in all).
const TLS_SURPLUS: u64 = 1664;

/// Libraries that are in every process before anything is opened.
const EARLY: [&str; 4] = ["libc.so.", "ld-linux", "libpthread.so.", "libm.so."];

/// All that is said about the file.
pub(in crate::doctor::dll) fn facts(seen: &Seen<'_>) -> FileFacts {
    let elf = &seen.elf;
    let modules = names::modules(seen);
    let given = seen.loading.as_ref().map(|both| &both.given);
    FileFacts {
        path: seen.path.display().to_string(),
        machine: elf.machine.to_string(),
        producer: seen.producer.clone(),
        role: role(seen),
        start: start(seen, &names::short(&modules)),
        modules,
        exports: exports(elf),
        python: python(seen),
        libpython: given.and_then(|loading| loading.libpython.clone()),
        soname: elf.soname.clone(),
        build_id: elf.build_id.clone(),
        needed: elf.needed.clone(),
        search: seen.loading.as_ref().map_or_else(Vec::new, |_| search::facts(seen)),
        given: given.map(super::Loading::facts),
        empty: seen.loading.as_ref().map(|both| both.empty.facts()),
        tls: Tls { size: elf.tls_size, is_static: elf.flags.static_tls },
        no_delete: elf.flags.no_delete,
        executable_stack: elf.executable_stack,
        bind_now: elf.flags.bind_now,
        versions: elf
            .version_needs
            .iter()
            .map(|need| format!("{} {}", need.file, need.version))
            .collect(),
    }
}

/// What it is for: who can start Python embeds it.
pub(super) fn role(seen: &Seen<'_>) -> Role {
    let starts = seen.elf.undefined.iter().any(|symbol| STARTERS.contains(&symbol.name.as_str()));
    let is_embed_dll = seen.producer.kind == ProducerKind::EmbedDll;
    if starts || is_embed_dll || contains_python(seen) {
        return Role::Embedding;
    }
    if !names::modules(seen).is_empty() {
        return Role::Extension;
    }
    if seen.uses_python() { Role::Embedding } else { Role::Other }
}

/// Whether an interpreter is inside.
pub(super) fn contains_python(seen: &Seen<'_>) -> bool {
    seen.elf.defines("Py_InitializeEx") || seen.texts.has_interpreter
}

/// Which libpython serves it.
pub(in crate::doctor::dll) fn python(seen: &Seen<'_>) -> PythonUse {
    if let Some(name) = seen.elf.needed.iter().find(|name| is_libpython(name)) {
        return PythonUse::Named { name: name.clone() };
    }
    if contains_python(seen) {
        return PythonUse::Contained;
    }
    if seen.producer.kind == ProducerKind::EmbedDll {
        return PythonUse::Opened;
    }
    if seen.uses_python() { PythonUse::FromProcess } else { PythonUse::None }
}

/// The series of the libpython that it is for: that which it would get, or names.
pub(super) fn series(seen: &Seen<'_>) -> Option<LibraryName> {
    let both = seen.loading.as_ref()?;
    let got = both.given.libpython.as_ref().and_then(|libpython| libpython.soname.as_deref());
    let named = match python(seen) {
        PythonUse::Named { name } => LibraryName::parse(name.rsplit('/').next()?),
        _ => None,
    };
    got.and_then(LibraryName::parse).or(named)
}

/// What it offers to a host.
fn exports(elf: &Elf) -> Vec<String> {
    let contains_python = elf.defines("Py_InitializeEx");
    let is_foreign = |name: &str| {
        name.starts_with("PyInit")
            || name.starts_with("_cffi")
            || name.starts_with("__")
            || name.starts_with("_Z")
            || contains_python && is_c_api(name)
            || ["_init", "_fini", "_edata", "_end", "_start"].contains(&name)
    };
    // `dlsym` finds no superseded version, and the name of a version is a symbol of the linker's own.
    let found = elf.definitions().iter().filter(|one| !one.hidden).map(|one| &*one.name);
    let is_version = |name: &str| elf.version_definitions.iter().any(|version| *version == *name);
    let names: BTreeSet<_> = found.filter(|name| !is_foreign(name) && !is_version(name)).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// embed-dll calls it after the last part of the module's name.
fn start(seen: &Seen<'_>, modules: &[String]) -> Option<String> {
    if seen.producer.kind != ProducerKind::EmbedDll {
        return None;
    }
    let names = modules.iter().map(|module| format!("{module}_start"));
    names.into_iter().find(|name| seen.elf.defines(name))
}

pub(super) fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    [static_tls(seen), executable_stack(seen)].into_iter().flatten().collect()
}

/// `DF_STATIC_TLS` of the DLL and of what comes along with it.
fn static_tls(seen: &Seen<'_>) -> Option<Finding> {
    let loading = &seen.loading.as_ref()?.given;
    let is_early = |path: &Path| {
        let name = name_of(path);
        EARLY.iter().any(|early| name.starts_with(early))
            || loading.started.resolved.iter().any(|found| found.path == path)
    };
    let comes_late = loading.opened.resolved.iter().filter(|found| !is_early(&found.path));
    let mut paths: Vec<_> = comes_late.map(|found| found.path.as_path()).collect();
    paths.extend(Some(&*seen.path).filter(|own| !is_early(own)));
    paths.sort();
    paths.dedup();
    let late: Vec<_> = paths
        .into_iter()
        .filter_map(|path| Elf::read(path).ok())
        .filter(|elf| elf.flags.static_tls && elf.tls_size > 0)
        .collect();
    let sum: u64 = late.iter().map(|elf| elf.tls_size).fold(0, u64::saturating_add);
    if late.is_empty() {
        return None;
    }
    let lines = late.iter().map(|elf| {
        format!("{}: DF_STATIC_TLS, PT_TLS of {} bytes", elf.path.display(), elf.tls_size)
    });
    let whose = |elf: &Elf| name_of(&elf.path);
    let names: Vec<_> = late.iter().map(whose).collect();
    let (kind, summary) = if sum > TLS_SURPLUS {
        (
            &kinds::STATIC_TLS_TOO_LARGE,
            format!(
                "{} takes {sum} bytes of static thread-local storage; glibc keeps {TLS_SURPLUS} for all that \
                 is opened late, so dlopen fails: cannot allocate memory in static TLS block",
                names.join(", ")
            ),
        )
    } else {
        (
            &kinds::STATIC_TLS,
            format!(
                "{} takes {sum} of the {TLS_SURPLUS} bytes of static thread-local storage that glibc keeps for \
                 all that is opened late: dlopen fails in a process where others took them",
                names.join(", ")
            ),
        )
    };
    let room = (sum + TLS_SURPLUS).next_power_of_two();
    Some(
        Finding::of(kind, summary)
            .with_evidence(lines)
            .with_fix(Fix::advice(
                "Compile it without -ftls-model=initial-exec (with -fPIC and -ftls-model=global-dynamic), \
                 also the static libraries that go into it.",
            ))
            .with_fix(Fix::advice(format!(
                "Without a new build: start the host with GLIBC_TUNABLES=glibc.rtld.optional_static_tls={room}, \
                 or with the library in LD_PRELOAD."
            ))),
    )
}

fn executable_stack(seen: &Seen<'_>) -> Option<Finding> {
    if !seen.elf.executable_stack {
        return None;
    }
    let summary = format!(
        "{} demands executable stacks: glibc 2.41 and later refuse to open it (cannot enable executable stack), \
         and so do hardened systems",
        seen.name()
    );
    Some(
        Finding::of(&kinds::EXECUTABLE_STACK, summary)
            .with_evidence(["PT_GNU_STACK is executable, or missing".to_owned()])
            .with_fix(Fix::command(
                "Take the mark off with patchelf 0.16 or later, unless its code really runs on the stack (nested functions of C)",
                format!("patchelf --clear-execstack {}", seen.word()),
            ))
            .with_fix(seen.link_with("-Wl,-z,noexecstack")),
    )
}
