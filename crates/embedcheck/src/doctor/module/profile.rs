//! What a Python takes for an extension module.

use std::path::PathBuf;

use crate::doctor::DoctorError;
use crate::elf::Elf;
use crate::target::{Origin, Target};

/// The C library that a Python runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Libc {
    /// Of the GNU project.
    Glibc,
    /// Of Alpine Linux.
    Musl,
}

/// A Python, as far as it decides what becomes of a file.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// Major and minor version.
    pub(super) version: (u32, u32),
    /// `CPython`, `PyPy`.
    pub(super) implementation: String,
    /// Built without the GIL.
    pub(super) free_threaded: bool,
    /// A debug build.
    pub(super) debug: bool,
    /// What the names of extension modules end with, in the order in which they are tried.
    pub(super) extension_suffixes: Vec<String>,
    /// The same of sources.
    pub(super) source_suffixes: Vec<String>,
    /// The same of compiled sources.
    pub(super) bytecode_suffixes: Vec<String>,
    /// As `uname -m` gives it.
    pub(super) architecture: String,
    /// `e_machine`, 64-bit and little-endian of its ELF files.
    pub(super) machine: (u16, bool, bool),
    /// Its C library.
    pub(super) libc: Libc,
    /// The version of glibc that it runs on, if that is known.
    pub(super) glibc: Option<(u32, u32)>,
    /// A runtime of AWS Lambda.
    pub(super) lambda: bool,
    /// The modules inside the interpreter.
    pub(super) builtins: Vec<String>,
    /// The wanted module is frozen into the interpreter.
    pub(super) is_frozen: bool,
    /// All modules of the standard library; empty if it does not say (before 3.10).
    pub(super) stdlib_names: Vec<String>,
    /// `pip` can be run by it.
    pub(super) has_pip: bool,
    /// It can make virtual environments with pip.
    pub(super) has_venv: bool,
    /// The interpreter of a virtual environment.
    pub(super) is_venv: bool,
    /// Its packages belong to the distribution (PEP 668).
    pub(super) externally_managed: bool,
    /// The interpreter, if it is here.
    pub(super) interpreter: Option<PathBuf>,
    /// Whose installation it is.
    pub(super) origin: Option<Origin>,
    /// Its version in full, if it is here.
    pub(super) full_version: Option<String>,
}

/// `e_machine` (`<elf.h>`), 64-bit, little-endian, and the Debian name of the architectures.
const ARCHITECTURES: [(&str, u16, bool, bool, &str); 8] = [
    ("x86_64", 62, true, true, "x86_64-linux-gnu"),
    ("aarch64", 183, true, true, "aarch64-linux-gnu"),
    ("i686", 3, false, true, "i386-linux-gnu"),
    ("armv7l", 40, false, true, "arm-linux-gnueabihf"),
    ("ppc64le", 21, true, true, "powerpc64le-linux-gnu"),
    ("s390x", 22, true, false, "s390x-linux-gnu"),
    ("riscv64", 243, true, true, "riscv64-linux-gnu"),
    ("loongarch64", 258, true, true, "loongarch64-linux-gnu"),
];

/// The name of an architecture by what ELF files of it say.
pub(super) fn architecture_of((machine, is_64, little): (u16, bool, bool)) -> Option<&'static str> {
    let same = |known: &&(&str, u16, bool, bool, &str)| {
        (known.1, known.2, known.3) == (machine, is_64, little)
    };
    ARCHITECTURES.iter().find(same).map(|known| known.0)
}

/// What an ELF file is for.
pub(super) fn machine_of(elf: &Elf) -> (u16, bool, bool) {
    (elf.machine.0, elf.is_64, elf.little_endian)
}

impl Profile {
    /// Of an interpreter that is here; `suffixes` are those of extension modules, sources and compiled sources.
    pub(super) fn of_target(target: &Target, suffixes: &[Vec<String>; 3]) -> Self {
        let elf = target
            .executable
            .as_ref()
            .and_then(|path| path.canonicalize().ok())
            .and_then(|path| Elf::read(&path).ok());
        let here = rustix::system::uname().machine().to_string_lossy().into_owned();
        let machine = elf.as_ref().map(machine_of);
        let architecture = machine.and_then(architecture_of).map_or(here, str::to_owned);
        let loader = elf.and_then(|elf| elf.interpreter).unwrap_or_default();
        let [extension_suffixes, source_suffixes, bytecode_suffixes] = suffixes.clone();
        let machine =
            machine.or_else(|| known(&architecture).map(|known| (known.1, known.2, known.3)));
        Self {
            version: (target.version.major, target.version.minor),
            implementation: match target.implementation.as_str() {
                "cpython" => "CPython".to_owned(),
                "pypy" => "PyPy".to_owned(),
                other => other.to_owned(),
            },
            free_threaded: target.free_threaded,
            debug: target.debug,
            extension_suffixes,
            source_suffixes,
            bytecode_suffixes,
            architecture,
            machine: machine.unwrap_or((0, true, true)),
            libc: if loader.contains("musl") { Libc::Musl } else { Libc::Glibc },
            glibc: None,
            lambda: false,
            builtins: Vec::new(),
            is_frozen: false,
            stdlib_names: Vec::new(),
            has_pip: false,
            has_venv: false,
            is_venv: target.is_venv,
            externally_managed: false,
            interpreter: target.executable.clone(),
            origin: Some(target.origin),
            full_version: Some(target.version.to_string()),
        }
    }

    /// Of one that is not: a usual build of CPython on glibc.
    pub(super) fn described(version: (u32, u32), architecture: &str) -> Result<Self, DoctorError> {
        let Some(known) = known(architecture) else {
            let names: Vec<_> = ARCHITECTURES.iter().map(|known| known.0).collect();
            return Err(DoctorError::Input(format!(
                "nothing is known of Python on {architecture}; known are {}",
                names.join(", ")
            )));
        };
        let (major, minor) = version;
        // Until 3.7 every usual build was one with pymalloc, and said so. Python 2 has no tags at all.
        let flag = if version <= (3, 7) { "m" } else { "" };
        let extension_suffixes = if major == 2 {
            vec![".so".to_owned(), "module.so".to_owned()]
        } else {
            vec![
                format!(".cpython-{major}{minor}{flag}-{}.so", known.4),
                ".abi3.so".to_owned(),
                ".so".to_owned(),
            ]
        };
        Ok(Self {
            version,
            implementation: "CPython".to_owned(),
            free_threaded: false,
            debug: false,
            extension_suffixes,
            source_suffixes: vec![".py".to_owned()],
            bytecode_suffixes: vec![".pyc".to_owned()],
            architecture: architecture.to_owned(),
            machine: (known.1, known.2, known.3),
            libc: Libc::Glibc,
            glibc: None,
            lambda: false,
            builtins: Vec::new(),
            is_frozen: false,
            stdlib_names: Vec::new(),
            has_pip: true,
            has_venv: true,
            is_venv: false,
            externally_managed: false,
            interpreter: None,
            origin: None,
            full_version: None,
        })
    }

    /// `CPython 3.12`, `CPython 3.13, free-threaded`.
    pub(super) fn title(&self) -> String {
        let mut text = format!("{} {}", self.implementation, self.series());
        if self.free_threaded {
            text += ", free-threaded";
        }
        if self.debug {
            text += ", debug build";
        }
        text
    }

    /// `3.12`.
    pub(super) fn series(&self) -> String {
        format!("{}.{}", self.version.0, self.version.1)
    }

    /// Whether a module is inside the interpreter.
    pub(super) fn is_builtin(&self, name: &str) -> bool {
        self.builtins.iter().any(|builtin| builtin == name)
    }
}

fn known(architecture: &str) -> Option<&'static (&'static str, u16, bool, bool, &'static str)> {
    ARCHITECTURES.iter().find(|known| known.0 == architecture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_that_is_not_here_is_imitated() {
        let suffixes =
            |version| Profile::described(version, "aarch64").unwrap().extension_suffixes[0].clone();
        assert_eq!(suffixes((3, 12)), ".cpython-312-aarch64-linux-gnu.so");
        assert_eq!(suffixes((3, 7)), ".cpython-37m-aarch64-linux-gnu.so");
        assert_eq!(suffixes((2, 7)), ".so");
        assert!(Profile::described((3, 12), "z80").is_err());
    }
}
