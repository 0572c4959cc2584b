//! What the file of a DLL says, and what ld.so will make of it. The file is read, never loaded.

mod contents;
mod facts;
mod libraries;
mod names;
mod producer;
mod python;
mod resolve;
mod search;
mod text;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub(super) use contents::{facts, python as python_of};
pub use facts::{
    FileFacts, FoundLibrary, LibpythonFacts, MissingLibrary, PythonUse, Resolution, Role,
    SearchEntry, SearchPath, SearchTag, Tls,
};
pub use producer::{ProducerFacts, ProducerKind};
pub(super) use producer::{Texts, libpython_in};
pub(super) use resolve::Loading;
pub(super) use text::write;

use super::host::HostSeen;
use super::kinds;
use super::options::DllOptions;
use crate::dll::quote;
use crate::doctor::{DoctorError, Finding, Fix};
use crate::elf::{Elf, Kind, LdCache, Platform};
use crate::target::{LibraryName, Target};

/// Bytes of a file that are searched for texts; debugging information lies behind.
const MAX_TEXT: u64 = 256 << 20;
/// Libraries that a file may need, and entries that its search path may have. Each name is looked for in each
/// folder: what a hostile file has more of would cost minutes and gigabytes.
const MAX_NEEDED: usize = 1000;
const MAX_ENTRIES: usize = 256;

/// A DLL as it was read, with what ld.so makes of it.
pub(super) struct Seen<'a> {
    pub(super) target: &'a Target,
    pub(super) host: Option<&'a HostSeen>,
    /// Absolute, as named.
    pub(super) path: PathBuf,
    pub(super) elf: Elf,
    pub(super) texts: Texts,
    pub(super) producer: ProducerFacts,
    /// Without and with the variables that were given.
    pub(super) loading: Option<Both>,
}

/// The same question in two environments.
pub(super) struct Both {
    pub(super) given: Loading,
    pub(super) empty: Loading,
    /// What is compiled into the ld.so.
    pub(super) platform: Platform,
    pub(super) cache: LdCache,
}

impl Seen<'_> {
    /// The file's own name, for summaries.
    pub(super) fn name(&self) -> String {
        name_of(&self.path)
    }

    /// The folder that `$ORIGIN` stands for.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// The file as a word for a shell.
    pub(super) fn word(&self) -> String {
        quote(self.path.as_os_str())
    }

    /// Whether it refers to a symbol of the C API.
    pub(super) fn uses_python(&self) -> bool {
        self.elf.undefined.iter().any(|symbol| is_c_api(&symbol.name))
    }

    /// The libpython that a process has with it. Where the host itself answers to the C API, that which the DLL brings
    /// along: nobody can open a program.
    pub(super) fn libpython(&self) -> Option<&Path> {
        let given = &self.loading.as_ref()?.given;
        let program = self.host.and_then(HostSeen::program).map(|elf| &*elf.path);
        given.libpython_file.as_deref().filter(|file| Some(*file) != program).or_else(|| {
            match python_of(self) {
                PythonUse::Named { name } => given.file(&name, &self.path),
                _ => None,
            }
        })
    }

    /// The command that gives the file a search path, with its other entries kept as they are.
    pub(super) fn set_search(&self, text: &str) -> String {
        // patchelf writes a RUNPATH unless told otherwise.
        let force = if self.elf.runpath.is_none() && self.elf.rpath.is_some() {
            "--force-rpath "
        } else {
            ""
        };
        format!("patchelf {force}--set-rpath {} {}", quote(text.as_ref()), self.word())
    }

    /// The search path that counts.
    pub(super) fn search_text(&self) -> Option<&str> {
        self.elf.runpath.as_deref().or(self.elf.rpath.as_deref())
    }

    /// How to give a linker option with the tool that made it.
    pub(super) fn link_with(&self, option: &str) -> Fix {
        Fix::advice(self.producer.kind.link_with(option))
    }
}

/// The last component of a path, as text.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What CFFI's embedding code calls of PyPy instead of the C API.
pub(super) const PYPY_INIT: &str = "pypy_init_embedded_cffi_module";

/// Whether a name in `DT_NEEDED` is that of a libpython, or of PyPy's counterpart.
pub(super) fn is_libpython(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or_default();
    name.starts_with("libpython") || name.starts_with("libpypy")
}

/// Whether a symbol belongs to the C API of Python.
pub(super) fn is_c_api(symbol: &str) -> bool {
    if symbol == PYPY_INIT {
        return true;
    }
    let rest = symbol.strip_prefix('_').unwrap_or(symbol);
    rest.strip_prefix("Py")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_'))
        && !symbol.starts_with("PyInit")
}

/// The beginning of a file, as far as it may hold texts of interest.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, DoctorError> {
    let unreadable = |source| DoctorError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_TEXT).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Whether a file demands no more of ld.so than real files do.
pub(super) fn require_sane(elf: &Elf) -> Result<(), DoctorError> {
    let path = elf.path.display();
    let entries = [&elf.rpath, &elf.runpath].into_iter().flatten();
    let entries = entries.map(|text| text.split(':').count()).max().unwrap_or(0);
    if elf.needed.len() > MAX_NEEDED {
        let number = elf.needed.len();
        let text =
            format!("`{path}` needs {number} libraries; real files need at most {MAX_NEEDED}");
        return Err(DoctorError::Input(text));
    }
    if entries > MAX_ENTRIES {
        let text = format!(
            "`{path}` has {entries} entries in its search path; real files have at most {MAX_ENTRIES}"
        );
        return Err(DoctorError::Input(text));
    }
    Ok(())
}

/// Reads the file and asks what ld.so will make of it.
///
/// # Errors
///
/// When it cannot be read, or is no intact and sane ELF file.
pub(super) fn see<'a>(
    target: &'a Target,
    options: &DllOptions,
    host: Option<&'a HostSeen>,
) -> Result<Seen<'a>, DoctorError> {
    let unreadable = |source| DoctorError::Unreadable { path: options.dll.clone(), source };
    let path = std::path::absolute(&options.dll).map_err(unreadable)?;
    let elf = Elf::read(&path)?;
    require_sane(&elf)?;
    let texts = Texts::of(&bytes_of(&path)?);
    let producer = producer::producer(&elf, &texts);
    let mut seen = Seen { target, host, path, elf, texts, producer, loading: None };
    if unusable(&seen).is_none() {
        let both = resolve::both(target, options, host, &seen.path).map_err(unreadable)?;
        seen.loading = Some(both);
    }
    Ok(seen)
}

/// What is wrong with it.
pub(super) fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    if let Some(finding) = unusable(seen) {
        return vec![finding];
    }
    let parts = [python::findings, libraries::findings, search::findings, names::findings];
    let parts = parts.into_iter().chain([contents::findings as fn(&Seen<'_>) -> Vec<Finding>]);
    parts.flat_map(|part| part(seen)).collect()
}

/// What makes every other question idle.
fn unusable(seen: &Seen<'_>) -> Option<Finding> {
    if let Err(error) = seen.elf.require_this_machine() {
        let summary = format!("{} is for another machine", seen.name());
        let advice = "Build it on this machine, or take the build for it; run the doctor where the DLL belongs.";
        return Some(
            Finding::of(&kinds::OTHER_MACHINE, summary)
                .with_evidence([error.to_string()])
                .with_fix(Fix::advice(advice)),
        );
    }
    let what = match seen.elf.kind {
        Kind::SharedLibrary if seen.elf.dynamic => return itself(seen),
        Kind::SharedLibrary => {
            "a file without dynamic segment, such as one of debugging information"
        }
        Kind::Executable | Kind::PositionIndependentExecutable => "a program",
        Kind::Other => "an object file or a core dump",
    };
    let summary = format!("{} is {what}, which cannot be opened as a library", seen.name());
    Some(
        Finding::of(&kinds::NOT_A_LIBRARY, summary)
            .with_evidence([format!("{}: {what}", seen.path.display())])
            .with_fix(Fix::advice("Name the shared library; link with -shared.")),
    )
}

/// A libpython, which is opened by DLLs rather than like one.
fn itself(seen: &Seen<'_>) -> Option<Finding> {
    let soname = seen.elf.soname.as_deref()?;
    LibraryName::parse(soname).filter(|_| seen.elf.defines("Py_InitializeEx"))?;
    let summary = format!("{} is a libpython, and no DLL that uses one", seen.name());
    Some(
        Finding::of(&kinds::IS_LIBPYTHON, summary)
            .with_evidence([format!("DT_SONAME: {soname}; it defines Py_InitializeEx")])
            .with_fix(Fix::advice(
                "Name the DLL that is to use it; for what is known of this Python: embedcheck targets --verbose.",
            )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_the_c_api_are_told_from_others() {
        for symbol in
            ["Py_InitializeEx", "PyList_New", "_Py_Dealloc", "_PyObject_New", "PyExc_OSError"]
        {
            assert!(is_c_api(symbol), "{symbol}");
        }
        for symbol in ["PyInit_x", "Pyramid", "python", "_Pyx", "py_x", "PyInitU_x", ""] {
            assert!(!is_c_api(symbol), "{symbol}");
        }
    }
}
