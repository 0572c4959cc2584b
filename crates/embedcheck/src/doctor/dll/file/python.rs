//! The libpython that a DLL would get: is there one, is it the right one, has it what the DLL refers to.

use std::collections::BTreeSet;
use std::path::Path;

use super::contents::{contains_python, python, role, series};
use super::facts::{LibpythonFacts, PythonUse, Role};
use super::producer::ProducerKind;
use super::{Loading, Seen, is_c_api, name_of};
use crate::dll::quote;
use crate::doctor::dll::kinds;
use crate::doctor::dll::runs::before;
use crate::doctor::{Finding, Fix};
use crate::elf::{Elf, MissingSymbol};
use crate::target::{LibraryName, Target};

/// Symbols that are named before the rest is only counted.
const SHOWN: usize = 10;

pub(super) fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    let Some(both) = &seen.loading else { return Vec::new() };
    let mut findings = Vec::new();
    findings.extend(none(seen, &both.given));
    findings.extend(contained(seen));
    findings.extend(hangs(seen));
    match renamed(seen, &both.given) {
        Some(finding) => findings.push(finding),
        None => findings.extend(another(seen, both.given.libpython.as_ref())),
    }
    findings.extend(homeless(both.given.libpython.as_ref()));
    findings.extend(symbols(seen, &both.given));
    findings
}

/// PyPy looks for its standard library in the folders above the file of its library, links followed.
fn homeless(libpython: Option<&LibpythonFacts>) -> Option<Finding> {
    let libpython = libpython.filter(|one| is_libpypy(&one.path))?;
    let file = std::fs::canonicalize(&libpython.path).ok()?;
    let is_home = |folder: &Path| {
        let old = folder.join("lib-python").is_dir() && folder.join("lib_pypy").is_dir();
        let has_new = || {
            let entries = std::fs::read_dir(folder.join("lib")).into_iter().flatten().flatten();
            let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
            names.any(|name| name.starts_with("pypy3.") || name.starts_with("pypy2."))
        };
        old || has_new()
    };
    if file.ancestors().skip(1).any(is_home) {
        return None;
    }
    let name = name_of(&file);
    let summary = format!(
        "{name} lies apart from its standard library: no folder above {} has lib-python and lib_pypy, or lib/pypy3.X, and \
         PyPy will not start",
        file.display()
    );
    Some(
        Finding::of(&kinds::PYPY_HOME, summary)
            .with_evidence([format!("{} => {}", libpython.path, file.display())])
            .with_fix(Fix::advice(format!(
                "Leave {name} in the bin folder of the unpacked PyPy, and lead to it there with a search path, or by a \
                 symbolic link instead of a copy."
            ))),
    )
}

/// It refers to the C API, names no libpython, and the process has none.
fn none(seen: &Seen<'_>, loading: &Loading) -> Option<Finding> {
    if python(seen) != PythonUse::FromProcess || loading.libpython.is_some() {
        return None;
    }
    let symbols: Vec<_> = c_api_of(&seen.elf).into_iter().collect();
    let evidence = [
        format!("DT_NEEDED: {}", seen.elf.needed.join(", ")),
        format!("undefined: {}", shortened(&symbols)),
    ];
    let preload = seen.target.libpython.as_ref().map(|libpython| before(&libpython.real_path));
    if role(seen) == Role::Extension {
        let modules = super::names::modules(seen);
        let summary = format!(
            "{} is the extension module {}: it names no libpython and cannot start Python; a host can only open it \
             when a libpython is in its global scope, and Python imports it",
            seen.name(),
            modules.join(", ")
        );
        let finding = Finding::of(&kinds::EXTENSION_ONLY, summary).with_evidence(evidence);
        return Some(match preload {
            Some(fix) => finding.with_fix(fix),
            None => finding.with_fix(Fix::advice("Import it from Python code that the host runs.")),
        });
    }
    let summary = format!(
        "{} calls {} and names no libpython in DT_NEEDED: dlopen fails unless the host brings one in its global scope",
        seen.name(),
        symbols.first().map_or("the C API", |symbol| symbol.as_str())
    );
    let mut finding = Finding::of(&kinds::NO_LIBPYTHON, summary)
        .with_evidence(evidence)
        .with_fix(Fix::advice(seen.producer.kind.name_libpython()));
    if let Some(libpython) = &seen.target.libpython
        && let Some(soname) = &libpython.soname
    {
        let folder = libpython.path.parent().unwrap_or(Path::new("/"));
        let mut fix = Fix::command(
            format!("Name the libpython of {} without a new build", seen.target.id),
            format!("patchelf --add-needed {} {}", quote(soname.as_ref()), seen.word()),
        );
        if !is_default_folder(seen, folder) {
            fix.commands.push(seen.set_search(&joined(seen.search_text(), folder)));
        }
        finding = finding.with_fix(fix);
    }
    finding.fixes.extend(preload);
    Some(finding)
}

/// Whether ld.so searches the folder by itself.
fn is_default_folder(seen: &Seen<'_>, folder: &Path) -> bool {
    let Some(both) = &seen.loading else { return false };
    let name = seen.target.libpython.as_ref().and_then(|libpython| libpython.soname.as_deref());
    both.platform.system_dirs.iter().any(|dir| dir.as_path() == folder)
        || name.is_some_and(|name| {
            let cached = both.cache.lookup(name, &both.platform.hwcaps).next();
            cached.is_some_and(|path| path.parent() == Some(folder))
        })
}

/// A search path with one more folder.
pub(super) fn joined(old: Option<&str>, folder: &Path) -> String {
    let folder = folder.display().to_string();
    match old {
        Some(old) if !old.is_empty() && !old.split(':').any(|entry| entry == folder) => {
            format!("{old}:{folder}")
        }
        Some(old) if !old.is_empty() => old.to_owned(),
        _ => folder,
    }
}

fn contained(seen: &Seen<'_>) -> Option<Finding> {
    if !contains_python(seen) {
        return None;
    }
    let exported = seen.elf.definitions().iter().filter(|one| is_c_api(&one.name)).count();
    let summary = format!(
        "{} has a whole libpython inside: opened with RTLD_LOCAL, the usual way, the extension modules that it imports do \
         not find the symbols of Python",
        seen.name()
    );
    let evidence = match exported {
        0 => "it exports none of the C API".to_owned(),
        number => format!("it defines Py_InitializeEx and exports {number} symbols of the C API"),
    };
    Some(
        Finding::of(&kinds::CONTAINS_PYTHON, summary)
            .with_evidence([evidence])
            .with_fix(Fix::advice(
                "Link it with the shared libpython instead of libpythonX.Y.a, and have the host open that libpython with \
                 RTLD_NOW | RTLD_GLOBAL first.",
            ))
            .with_fix(Fix::advice(
                "If it has to be one file: export the C API (-Wl,--whole-archive), open it with RTLD_GLOBAL, and have no \
                 other libpython in the process.",
            )),
    )
}

/// Code of CFFI before 1.16 waits for a word that Python 3.12 itself changes.
fn hangs(seen: &Seen<'_>) -> Option<Finding> {
    let version = seen.producer.version.as_deref()?;
    if seen.producer.kind != ProducerKind::Cffi || release(version)? >= (1, 16) {
        return None;
    }
    let own = (seen.target.version.major, seen.target.version.minor);
    let python = match series(seen) {
        Some(name) => (name.major, name.minor),
        None if python(seen) == PythonUse::FromProcess => own,
        None => return None,
    };
    if python < (3, 12) {
        return None;
    }
    let summary = format!(
        "{} was generated by CFFI {version} and is for Python {}.{}: its first call hangs with a busy processor",
        seen.name(),
        python.0,
        python.1
    );
    let mut evidence = seen.producer.evidence.clone();
    evidence.push(format!("DT_NEEDED: {}", seen.elf.needed.join(", ")));
    let again = "Generate and build it anew with CFFI 1.16 or later";
    let fix = match &seen.target.executable {
        Some(interpreter) if own == python => Fix::command(
            format!("{again}: upgrade it, then run the build script again"),
            format!("{} -m pip install --upgrade 'cffi>=1.16'", quote(interpreter.as_os_str())),
        ),
        _ => {
            Fix::advice(format!("{again}, by the python{}.{} that it is for.", python.0, python.1))
        }
    };
    Some(Finding::of(&kinds::CFFI_HANGS, summary).with_evidence(evidence).with_fix(fix))
}

/// Major and minor number of a version.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|part| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().ok()
    });
    Some((numbers.next()??, numbers.next()??))
}

/// A libpython of one version under the name of another.
fn renamed(seen: &Seen<'_>, loading: &Loading) -> Option<Finding> {
    let PythonUse::Named { name } = python(seen) else { return None };
    let file = loading.file(&name, &seen.path)?;
    let soname = Elf::read(file).ok()?.soname?;
    let wanted = LibraryName::parse(name.rsplit('/').next()?)?;
    let got = LibraryName::parse(&soname)?;
    if wanted == got {
        return None;
    }
    let summary = format!(
        "{} names {name}, and the file of that name is the libpython of Python {}: the C API differs between versions",
        seen.name(),
        got.tag()
    );
    Some(
        Finding::of(&kinds::RENAMED_LIBPYTHON, summary)
            .with_evidence([format!("{} => {}, DT_SONAME {soname}", name, file.display())])
            .with_fix(Fix::advice(format!(
                "Remove the link or copy, and install the libpython of Python {}, or build the DLL for Python {}.",
                wanted.tag(),
                got.tag()
            ))),
    )
}

/// Another Python than the one that was named.
fn another(seen: &Seen<'_>, libpython: Option<&LibpythonFacts>) -> Option<Finding> {
    let libpython = libpython.filter(|one| !one.is_targets && !one.is_hosts)?;
    // An interpreter inside the DLL is judged by itself.
    if libpython.path == seen.path.display().to_string() {
        return None;
    }
    let target = seen.target;
    let version = libpython.version.as_deref().unwrap_or("of an unknown version");
    let mut evidence = vec![format!("{} (Python {version})", libpython.path)];
    if let Some(own) = &target.libpython {
        let version = own.version.as_deref().unwrap_or("of an unknown version");
        evidence.push(format!(
            "{} (Python {version}) is that of {}",
            own.path.display(),
            target.id
        ));
    }
    let name = libpython.soname.as_deref().and_then(LibraryName::parse);
    let is_pypy = is_libpypy(&libpython.path);
    if is_pypy && target.implementation == "pypy" {
        return None;
    }
    let is_other = match &name {
        Some(name) => {
            (name.major, name.minor) != (target.version.major, target.version.minor)
                || !same_flags(&name.flags, target)
        }
        None => true,
    };
    if is_other {
        let named = name.map(|name| name.tag());
        let tag = if is_pypy {
            "of PyPy".to_owned()
        } else {
            named.clone().unwrap_or_else(|| version.to_owned())
        };
        let summary = format!(
            "{} runs in Python {tag}, not in {} ({})",
            seen.name(),
            target.id,
            target.version
        );
        let mut finding = Finding::of(&kinds::OTHER_PYTHON, summary).with_evidence(evidence);
        if let Some(named) = named {
            finding = finding.with_fix(Fix::command(
                format!("If Python {tag} is meant, have it examined with that"),
                format!("embedcheck doctor {} --python {named}", seen.word()),
            ));
        }
        return Some(
            finding.with_fix(Fix::advice(format!("If not, build it anew with {}.", target.id))),
        );
    }
    target.libpython.as_ref()?;
    let summary = format!(
        "{} gets {}, which is another build than the libpython of {}",
        seen.name(),
        libpython.path,
        target.id
    );
    let mut finding = Finding::of(&kinds::OTHER_BUILD, summary).with_evidence(evidence);
    if let Some(folder) = target.libpython.as_ref().and_then(|own| own.path.parent())
        && python_is_named(seen)
    {
        let text = folder.display().to_string();
        finding = finding
            .with_fix(Fix::command(
                format!("If {} is meant, lead the DLL to it", target.id),
                seen.set_search(&text),
            ))
            .with_fix(seen.link_with(&format!("-Wl,-rpath,{text}")));
    }
    Some(finding)
}

fn is_libpypy(path: &str) -> bool {
    name_of(Path::new(path)).starts_with("libpypy")
}

fn python_is_named(seen: &Seen<'_>) -> bool {
    matches!(python(seen), PythonUse::Named { .. })
}

/// The `m` of CPython before 3.8 is in its `abiflags`, too.
fn same_flags(flags: &str, target: &Target) -> bool {
    let letters = |text: &str| text.chars().filter(|c| *c != 'u').collect::<BTreeSet<_>>();
    letters(flags) == letters(&target.abi_flags)
}

/// Symbols that nothing defines: those of the C API, and others.
fn symbols(seen: &Seen<'_>, loading: &Loading) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A process without a Python: what would that which was named give it?
    let with_target =
        loading.missing_with_target.as_ref().filter(|_| python(seen) == PythonUse::FromProcess);
    let missing = with_target.unwrap_or(&loading.missing);
    let (api, others): (Vec<_>, Vec<_>) =
        missing.symbols.iter().partition(|symbol| is_c_api(&symbol.symbol));
    let names = |symbols: &[&MissingSymbol]| -> Vec<String> {
        let names: BTreeSet<_> = symbols.iter().map(|symbol| symbol.symbol.clone()).collect();
        names.into_iter().collect()
    };
    let own = seen.target.libpython.as_ref().filter(|_| with_target.is_some());
    let libpython = match &loading.libpython {
        Some(libpython) => Some(Path::new(&libpython.path)),
        None => own.map(|own| own.path.as_path()),
    };
    if let Some(libpython) = libpython.filter(|_| !api.is_empty()) {
        findings.push(lacks(seen, &names(&api), libpython));
    }
    let others: Vec<_> =
        others.into_iter().filter(|symbol| !is_of_version(&symbol.version, loading)).collect();
    if !others.is_empty() {
        let names = names(&others);
        let lines = others.iter().map(|symbol| {
            let late = if symbol.only_calls { " (only calls: RTLD_LAZY postpones it)" } else { "" };
            format!("{}: undefined symbol: {}{late}", symbol.object.display(), symbol.symbol)
        });
        let lines: Vec<_> = lines.take(SHOWN).collect();
        let (kind, summary) = match seen.host.and_then(|host| host.program()) {
            Some(host) => (
                &kinds::SYMBOLS_UNDEFINED,
                format!(
                    "{} refers to {}, which neither {} nor any library defines",
                    seen.name(),
                    shortened(&names),
                    name_of(&host.path)
                ),
            ),
            None => (
                &kinds::SYMBOLS_OF_HOST,
                format!(
                    "{} refers to {}, which no library defines: its host has to export them",
                    seen.name(),
                    shortened(&names)
                ),
            ),
        };
        let advice = "Link the host with -rdynamic, so that its functions can be found, or link the DLL with the \
                      library that defines them.";
        findings
            .push(Finding::of(kind, summary).with_evidence(lines).with_fix(Fix::advice(advice)));
    }
    findings
}

/// A symbol of a version that is missing is reported with the version.
fn is_of_version(version: &Option<String>, loading: &Loading) -> bool {
    version
        .as_ref()
        .is_some_and(|version| loading.missing.versions.iter().any(|one| one.version == *version))
}

fn lacks(seen: &Seen<'_>, symbols: &[String], libpython: &Path) -> Finding {
    let summary = format!(
        "{} refers to {}, which {} does not have: it was built for another Python",
        seen.name(),
        shortened(symbols),
        name_of(libpython)
    );
    let evidence = format!("not defined in {}: {}", libpython.display(), shortened(symbols));
    let interpreter = seen.target.executable.as_ref();
    let whom = interpreter
        .map_or_else(|| seen.target.id.clone(), |interpreter| interpreter.display().to_string());
    Finding::of(&kinds::SYMBOLS_MISSING, summary).with_evidence([evidence]).with_fix(Fix::advice(format!(
        "Build it anew with the headers of exactly this Python ({whom}), or lead it to the Python that it was built for."
    )))
}

/// What it refers to of the C API, sorted.
fn c_api_of(elf: &Elf) -> BTreeSet<String> {
    let symbols = elf.undefined.iter().filter(|symbol| is_c_api(&symbol.name));
    symbols.map(|symbol| symbol.name.clone()).collect()
}

/// The first of a list, and how many more there are.
pub(super) fn shortened(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        assert_eq!(release("1.15.1"), Some((1, 15)));
        assert_eq!(release("2.0.0b1"), Some((2, 0)));
        assert_eq!(release("1.9"), Some((1, 9)));
        assert_eq!(release("1"), None);
    }

    #[test]
    fn a_folder_is_added_once() {
        assert_eq!(joined(None, Path::new("/a")), "/a");
        assert_eq!(joined(Some("$ORIGIN"), Path::new("/a")), "$ORIGIN:/a");
        assert_eq!(joined(Some("/a:/b"), Path::new("/a")), "/a:/b");
    }
}
