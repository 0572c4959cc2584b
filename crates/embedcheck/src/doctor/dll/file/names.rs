//! Names: of the modules in a DLL, and of its file; who else has them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Seen;
use super::contents::role;
use super::facts::Role;
use super::name_of;
use crate::dll::quote;
use crate::doctor::dll::kinds;
use crate::doctor::{Finding, Fix};
use crate::elf::Elf;
use crate::target::{Origin, Target};

/// Files beside the DLL that are looked at.
const MAX_NEIGHBOURS: usize = 200;

/// Full names, as far as they are known: CFFI's init code tells the whole, `PyInit_` the last part.
pub(super) fn modules(seen: &Seen<'_>) -> Vec<String> {
    let full = &seen.texts.cffi_module;
    let of = |short: &str| match full {
        Some(full) if full.rsplit('.').next() == Some(short) => full.clone(),
        _ => short.to_owned(),
    };
    initialisers(&seen.elf).iter().map(|short| of(short)).collect()
}

/// The last parts of module names.
pub(super) fn short(modules: &[String]) -> Vec<String> {
    let last = |module: &String| module.rsplit('.').next().unwrap_or(module).to_owned();
    modules.iter().map(last).collect()
}

/// The modules that the file defines `PyInit_` functions of; a libpython inside brings many of its own.
fn initialisers(elf: &Elf) -> BTreeSet<String> {
    if elf.defines("Py_InitializeEx") {
        return BTreeSet::new();
    }
    let names = elf.definitions().iter().filter_map(|one| one.name.strip_prefix("PyInit_"));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

pub(super) fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    let modules = modules(seen);
    let mut findings: Vec<_> = modules.iter().filter_map(|module| taken(seen, module)).collect();
    findings.extend(collision(seen));
    findings.extend(file_name(seen, &short(&modules)));
    findings
}

/// Another module of this Python has the name.
fn taken(seen: &Seen<'_>, module: &str) -> Option<Finding> {
    let target = seen.target;
    let own = fs::canonicalize(&seen.path).ok();
    let other = if target.builtin_modules.iter().any(|name| name == module) {
        format!("{module} is built into {}", target.id)
    } else {
        let files =
            homes(target, role(seen)).into_iter().flat_map(|home| candidates(&home, module));
        let is_other = |file: &PathBuf| fs::canonicalize(file).ok() != own;
        let extension = target.extension_modules.iter().find(|one| one.name == module);
        let extension = extension.map(|one| one.path.clone()).into_iter();
        let file = extension.chain(files).find(is_other)?;
        file.display().to_string()
    };
    let summary = format!(
        "{} holds a module {module}, and {} has another one of that name: whichever comes first into sys.modules serves \
         both",
        seen.name(),
        target.id
    );
    Some(Finding::of(&kinds::MODULE_NAME_TAKEN, summary).with_evidence([other]).with_fix(
        Fix::advice(
            "Give the module of the DLL a name of its own (CFFI: set_source(); PyO3: #[pymodule])",
        ),
    ))
}

/// Folders of the target in which modules lie, without asking the interpreter. An extension module stands in
/// for an installed one of its name, mostly on purpose; for one of the standard library never.
fn homes(target: &Target, role: Role) -> Vec<PathBuf> {
    let mut homes: Vec<_> = target.stdlib.iter().cloned().collect();
    if role == Role::Extension {
        return homes;
    }
    homes.extend(target.stdlib.iter().map(|stdlib| stdlib.join("site-packages")));
    let series =
        format!("lib/python{}.{}/site-packages", target.version.major, target.version.minor);
    homes.extend(target.prefix.iter().map(|prefix| prefix.join(&series)));
    if target.origin == Origin::System {
        homes.push(PathBuf::from("/usr/lib/python3/dist-packages"));
    }
    homes.dedup();
    homes
}

/// The files that `import module` could mean in one folder.
fn candidates(home: &Path, module: &str) -> Vec<PathBuf> {
    let base = module.split('.').fold(home.to_owned(), |path, part| path.join(part));
    let mut files = vec![base.join("__init__.py"), base.with_extension("py")];
    let folder = base.parent().unwrap_or(home);
    let short = base.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut extensions: Vec<_> = listed(folder)
        .into_iter()
        .filter(|path| {
            let name = name_of(path);
            name.strip_prefix(&short)
                .is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".so"))
        })
        .collect();
    files.append(&mut extensions);
    files.retain(|file| file.is_file());
    files
}

/// The files of a folder in the order of their names.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Another file beside it, or the host, defines the same `PyInit_` function.
fn collision(seen: &Seen<'_>) -> Option<Finding> {
    let own = initialisers(&seen.elf);
    if own.is_empty() {
        return None;
    }
    let host = seen.host.and_then(|host| host.program());
    let others = neighbours(seen).into_iter().chain(host.cloned());
    let mut lines = Vec::new();
    let mut names = BTreeSet::new();
    for other in others {
        for name in own.iter().filter(|name| other.defines(&format!("PyInit_{name}"))) {
            lines.push(format!("{} defines PyInit_{name}, too", other.path.display()));
            names.insert(name.as_str());
        }
    }
    let names: Vec<_> = names.into_iter().collect();
    let first = names.first()?;
    let summary = format!(
        "{} is not the only one with a module {first}: in a process with both, opened with RTLD_GLOBAL, the first one's \
         PyInit_{first} answers for the other",
        seen.name()
    );
    Some(
        Finding::of(&kinds::PYINIT_COLLISION, summary)
            .with_evidence(lines)
            .with_fix(Fix::advice(
                "Give each DLL a module name of its own; or open them with RTLD_LOCAL and only libpython with RTLD_GLOBAL.",
            ))
            .with_fix(seen.link_with("-Wl,-Bsymbolic-functions")),
    )
}

/// Shared libraries in the same folder that are no copies of it.
fn neighbours(seen: &Seen<'_>) -> Vec<Elf> {
    let own = fs::canonicalize(&seen.path).ok();
    let is_library = |path: &PathBuf| {
        let name = name_of(path);
        name.ends_with(".so") || name.contains(".so.")
    };
    let is_other = |path: &PathBuf| fs::canonicalize(path).ok() != own;
    let mut seen_files = BTreeSet::new();
    let files = listed(seen.folder()).into_iter().filter(is_library).filter(is_other);
    let files = files.filter(|path| seen_files.insert(fs::canonicalize(path).ok()));
    let elves = files.take(MAX_NEIGHBOURS).filter_map(|path| Elf::read(&path).ok());
    elves.filter(|elf| !is_copy(elf, &seen.elf)).collect()
}

/// Whether two files hold the same build, as after `cp plugin.so libplugin.so`.
fn is_copy(one: &Elf, other: &Elf) -> bool {
    match (&one.build_id, &other.build_id) {
        (Some(one), Some(other)) => one == other,
        _ => {
            let same_exports = || one.definitions() == other.definitions();
            one.needed == other.needed && one.undefined == other.undefined && same_exports()
        }
    }
}

/// The file's name, for those who link with it and those who import it.
fn file_name(seen: &Seen<'_>, modules: &[String]) -> Option<Finding> {
    let name = seen.name();
    let role = role(seen);
    let folder = seen.folder();
    let evidence = format!(
        "{name}, modules: {}",
        if modules.is_empty() { "none".into() } else { modules.join(", ") }
    );
    let link = |new: &str| {
        let words = [seen.path.as_os_str(), folder.join(new).as_os_str()].map(quote);
        format!("ln -s {} {}", words[0], words[1])
    };
    for (suffix, system) in [(".pyd", "Windows"), (".dll", "Windows"), (".dylib", "macOS")] {
        let Some(stem) = name.strip_suffix(suffix) else { continue };
        let stem = stem.strip_prefix("lib").unwrap_or(stem);
        let new = match (role, modules.first()) {
            (Role::Extension, Some(module)) => format!("{module}.so"),
            _ => format!("lib{stem}.so"),
        };
        let summary = format!(
            "{name} is named as on {system}: here neither Python nor the linker takes it for a library ({new} would be right)"
        );
        let words = [seen.path.as_os_str(), folder.join(&new).as_os_str()].map(quote);
        return Some(
            Finding::of(&kinds::NAME_OF_OTHER_SYSTEM, summary)
                .with_evidence([evidence])
                .with_fix(Fix::command("Rename it", format!("mv -n {} {}", words[0], words[1]))),
        );
    }
    let stem = name.split(".so").next().unwrap_or(&name);
    // `plugin.cpython-313-x86_64-linux-gnu.so`
    let stem = stem
        .split_once(".cpython-")
        .or_else(|| stem.split_once(".abi3"))
        .map_or(stem, |(stem, _)| stem);
    let has_lib = name.starts_with("lib") && name.contains(".so");
    let is_module = modules.iter().any(|module| module == stem);
    if role == Role::Embedding && !has_lib {
        let plain = modules.first().map_or(stem, String::as_str);
        let summary = format!(
            "{name} is not named lib{plain}.so: a host that is linked with it needs -l:{name} instead of -l{plain}; for \
             dlopen any name will do"
        );
        if is_module || modules.is_empty() {
            let fix = Fix::command(
                "For the linker, give it a second name",
                link(&format!("lib{plain}.so")),
            );
            let finding = Finding::of(&kinds::NAME_NOT_LINKABLE, summary);
            return Some(finding.with_evidence([evidence]).with_fix(fix));
        }
    }
    if has_lib && role != Role::Extension || is_module {
        return None;
    }
    let module = modules.first()?;
    let why = if is_identifier(stem) {
        format!("the module in it is {module}")
    } else {
        format!("`{stem}` is no name that can be imported, and the module in it is {module}")
    };
    let summary = format!("{name} cannot be imported by its name: {why}");
    Some(Finding::of(&kinds::NAME_NOT_IMPORTABLE, summary).with_evidence([evidence]).with_fix(
        Fix::command("To import it, give it a second name", link(&format!("{module}.so"))),
    ))
}

/// Whether Python's `import` takes the word, as far as ASCII goes.
fn is_identifier(word: &str) -> bool {
    let is_start = |c: char| c == '_' || c.is_alphabetic();
    word.starts_with(is_start) && word.chars().all(|c| is_start(c) || c.is_numeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_identifiers_can_be_imported() {
        for word in ["plugin", "_x", "a1"] {
            assert!(is_identifier(word), "{word}");
        }
        for word in ["plugin-1.5", "1a", "", "a b"] {
            assert!(!is_identifier(word), "{word}");
        }
    }

    #[test]
    fn the_last_part_of_a_module_name_is_in_pyinit() {
        assert_eq!(short(&["pkg.sub.mod".to_owned(), "plain".to_owned()]), ["mod", "plain"]);
    }
}
