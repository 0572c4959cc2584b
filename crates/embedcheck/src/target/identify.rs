//! From one interpreter, or one libpython, to a target.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::elf::{Elf, ElfError, Kind};

use super::Options;
use super::advice::{self, Distribution};
use super::candidates;
use super::error::TargetError;
use super::interrogate::{self, Answer, Module, Raw};
use super::libpython::{self, Wanted};
use super::model::{Cffi, Linkage, Support, Sysconfig, Target, Version};
use super::modules;

/// Identifies a target by its interpreter, which is neither a shim nor a link that needs following.
pub(super) fn interpreter(path: &Path, options: &Options) -> Result<Target, TargetError> {
    let elf = program(path)?;
    let (answer, library_path) = ask(path, elf.as_ref(), options)?;
    let version = version(path, &answer)?;
    let abi_flags = answer.abi_flags.text();
    let wanted = Wanted { version: version.clone(), flags: library_flags(&answer, &version) };
    let is_cpython = answer.implementation == "cpython";
    let (trail, found) = match &elf {
        Some(elf) if is_cpython => {
            candidates::search(elf, &answer, library_path.as_deref(), &wanted)
        }
        _ => (Vec::new(), None),
    };
    let libpython = found.map(|found| found.library);
    let libpython3 =
        libpython.as_ref().and_then(|library| libpython::stub_beside(&library.path, &wanted.flags));
    let is_linked = elf.as_ref().is_some_and(|elf| elf.needs_libpython());
    let linkage = match &libpython {
        Some(_) if is_linked => Linkage::ExecutableLinked,
        Some(_) => Linkage::StaticWithShared,
        None => Linkage::StaticOnly,
    };
    let (prefix, base_prefix) = (answer.prefix.path(), answer.base_prefix.path());
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let origin = advice::origin(&real, Some(&base_prefix));
    let missing = is_cpython && libpython.is_none();
    let advice = missing.then(|| {
        advice::for_missing_library(origin, &version, &wanted.flags, &Distribution::here())
    });
    let config = |name: &str| answer.configuration.get(name).map(Raw::text);
    let dynload = answer.path.iter().map(Raw::path);
    let dynload = dynload.filter(|folder| folder.ends_with("lib-dynload"));
    let configured = answer.configuration.get("DESTSHARED").map(Raw::path);
    let dynload = modules::folders(dynload.chain(configured));
    let suffixes: Vec<_> = answer.suffixes.iter().map(Raw::text).collect();
    let include = answer.paths.get("include").map(Raw::path);
    Ok(Target {
        id: id(&answer.implementation, &version, &wanted.flags),
        support: Support::of(&answer.implementation, &version),
        implementation: answer.implementation.clone(),
        free_threaded: abi_flags.contains('t') || config("Py_GIL_DISABLED").as_deref() == Some("1"),
        debug: answer.debug,
        version,
        abi_flags,
        origin,
        executable: Some(path.to_owned()),
        reached: Vec::new(),
        libpython,
        libpython3,
        linkage,
        library_path,
        is_venv: prefix != base_prefix,
        prefix: Some(prefix),
        base_prefix: Some(base_prefix),
        ext_suffix: config("EXT_SUFFIX").or_else(|| config("SO")),
        stdlib: answer.paths.get("stdlib").map(Raw::path),
        extension_modules: modules::list(&dynload, &suffixes),
        dynload,
        has_headers: include.as_ref().is_some_and(|folder| folder.join("Python.h").is_file()),
        include,
        builtin_modules: answer.builtins.iter().map(Raw::text).collect(),
        cffi: cffi(&answer.modules),
        sysconfig: sysconfig(&answer),
        trail,
        advice,
    })
}

/// The program as ELF; `None` for a script, which only the caller's word makes an interpreter.
fn program(path: &Path) -> Result<Option<Elf>, TargetError> {
    let elf = match Elf::read(path) {
        Ok(elf) => elf,
        Err(ElfError::NotElf { .. }) => return Ok(None),
        Err(source) => return Err(TargetError::BadProgram { source }),
    };
    elf.require_this_machine().map_err(|source| TargetError::BadProgram { source })?;
    if elf.kind == Kind::SharedLibrary && elf.interpreter.is_none() {
        return Err(TargetError::IsLibrary { path: path.to_owned() });
    }
    Ok(Some(elf))
}

/// Asks the interpreter, with its own libpython even if ld.so alone would not find that one: in a
/// build root, or after a move, nothing leads there, or the system's of the same name comes first.
fn ask(
    path: &Path,
    elf: Option<&Elf>,
    options: &Options,
) -> Result<(Answer, Option<PathBuf>), TargetError> {
    let own = elf.and_then(|elf| folder_of_own_library(path, elf));
    let first = interrogate::ask(path, None, options);
    let Some(folder) = own else { return first.map(|answer| (answer, None)) };
    let is_right = |answer: &Answer| {
        let installation = path.parent().and_then(Path::parent).unwrap_or(path);
        let installation = fs::canonicalize(installation).unwrap_or_default();
        answer.mapped.iter().any(|mapped| mapped.path().starts_with(&installation))
    };
    match first {
        Ok(answer) if !is_right(&answer) => {
            // A DT_RPATH beats LD_LIBRARY_PATH; then the first answer is what everybody gets.
            let second = interrogate::ask(path, Some(&folder), options).ok().filter(is_right);
            Ok(second.map_or((answer, None), |second| (second, Some(folder))))
        }
        Err(TargetError::LibraryMissing { .. }) => {
            interrogate::ask(path, Some(&folder), options).map(|answer| (answer, Some(folder)))
        }
        other => other.map(|answer| (answer, None)),
    }
}

/// The folder near the interpreter with the libpython that it names in DT_NEEDED: beside it in a
/// build tree, in a `lib` folder beside its own otherwise.
fn folder_of_own_library(path: &Path, elf: &Elf) -> Option<PathBuf> {
    let name = elf.needed.iter().find(|name| name.starts_with("libpython"))?;
    let folder = path.parent()?;
    let above = folder.parent().unwrap_or(folder);
    let mut folders = vec![folder.to_owned(), above.join("lib"), above.join("lib64")];
    let multiarch = fs::read_dir(above.join("lib")).into_iter().flatten().flatten();
    folders.extend(multiarch.map(|entry| entry.path()).filter(|path| path.is_dir()));
    folders.into_iter().find(|folder| folder.join(name).is_file())
}

fn version(path: &Path, answer: &Answer) -> Result<Version, TargetError> {
    let (major, minor, micro, ref level, serial) = answer.version;
    let unknown = || TargetError::BadAnswer {
        path: path.to_owned(),
        reason: format!("the release level is `{level}`"),
    };
    let level = answer.level().ok_or_else(unknown)?;
    Ok(Version { major, minor, micro, level, serial })
}

/// The letters in the name of the library. 2.7 has no `sys.abiflags`, and marks a debug build alone.
fn library_flags(answer: &Answer, version: &Version) -> String {
    if version.major >= 3 {
        return answer.abi_flags.text();
    }
    if answer.debug { "d".to_owned() } else { String::new() }
}

/// The label of a target, before it is made unique. The `m` of 3.7 and before tells nothing apart.
pub(super) fn id(implementation: &str, version: &Version, flags: &str) -> String {
    let flags: String = flags.chars().filter(|flag| matches!(flag, 't' | 'd')).collect();
    format!("{implementation}-{version}{flags}")
}

fn cffi(modules: &BTreeMap<String, Module>) -> Option<Cffi> {
    let (package, backend) = (modules.get("cffi"), modules.get("_cffi_backend"));
    if package.is_none() && backend.is_none() {
        return None;
    }
    let version = |module: Option<&Module>| {
        module?.version.as_ref().map(Raw::text).filter(|version| !version.is_empty())
    };
    let path = |module: Option<&Module>| module?.path.as_ref().map(Raw::path);
    let error = [backend, package].into_iter().flatten().find_map(|module| module.error.as_ref());
    Some(Cffi {
        version: version(package),
        backend_version: version(backend),
        backend_path: path(backend),
        package: path(package).and_then(|file| file.parent().map(Path::to_owned)),
        error: error.map(Raw::text),
    })
}

fn sysconfig(answer: &Answer) -> Sysconfig {
    let get = |name: &str| answer.configuration.get(name).map(Raw::text);
    Sysconfig {
        instsoname: get("INSTSONAME"),
        ldlibrary: get("LDLIBRARY"),
        libdir: get("LIBDIR"),
        libpl: get("LIBPL"),
        ldshared: get("LDSHARED"),
        multiarch: get("MULTIARCH"),
        soabi: get("SOABI"),
        destshared: get("DESTSHARED"),
        enable_shared: get("Py_ENABLE_SHARED"),
        gil_disabled: get("Py_GIL_DISABLED"),
    }
}

/// Whether two files hold the same build: the same file, the same build-id, or the same bytes.
pub(crate) fn same_build(one: &super::Libpython, other: &super::Libpython) -> bool {
    if (one.device, one.inode) == (other.device, other.inode) {
        return true;
    }
    match (&one.build_id, &other.build_id) {
        (Some(one), Some(other)) => one == other,
        (None, None) => same_bytes(&one.real_path, &other.real_path),
        _ => false,
    }
}

fn same_bytes(one: &Path, other: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).map(|metadata| metadata.len()).ok();
    length(one) == length(other)
        && matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

/// `path` with `name` as its last component, if that is an executable file.
pub(super) fn executable_in(folder: &Path, name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = folder.join(name.as_ref());
    super::find::is_executable(&path).then_some(path)
}
