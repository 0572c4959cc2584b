//! A folder in which a test builds libraries and programs, and has them examined.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use embedcheck::doctor::dll::{DllFacts, DllOptions, look};
use embedcheck::doctor::{Diagnosis, Finding, Severity, Subject};
use embedcheck::elf::Elf;
use embedcheck::run::{HostCommand, HostKind};
use embedcheck::target::Target;
use serde_json::json;
use tempfile::TempDir;

/// A plugin in C that starts Python and offers one function.
pub(crate) const PLUGIN: &str = r"
extern void Py_InitializeEx(int);
extern int Py_IsInitialized(void);
int add1(int a, int b);
int add1(int a, int b) {
    if (!Py_IsInitialized()) Py_InitializeEx(0);
    return a + b;
}
";

/// Reports that a test cannot run here, and why; with `EMBEDCHECK_REQUIRE_ALL=1` that is a failure.
pub(crate) fn skip(reason: &str) {
    #[expect(
        clippy::disallowed_methods,
        reason = "`embedcheck::env` serves the program, not its tests"
    )]
    let required = std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but: {reason}");
    // The test harness shows the error output of passing tests only on request, so write to it directly.
    let text = format!("test skipped: {reason}\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}

pub(crate) struct Lab {
    folder: TempDir,
    /// For each visit, the kinds that were found.
    visits: RefCell<Vec<BTreeSet<String>>>,
}

impl Lab {
    /// `None`, after saying so, where there is no C compiler.
    pub(crate) fn new() -> Option<Self> {
        if !has_program("cc") {
            skip("there is no C compiler `cc` on PATH");
            return None;
        }
        let folder = TempDir::with_prefix("embedcheck-doctor-").unwrap();
        Some(Self { folder, visits: RefCell::default() })
    }

    /// Canonical, so that paths compare equal where the temporary folder is behind a link.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join(relative)
    }

    pub(crate) fn text(&self, relative: &str) -> String {
        self.path(relative).into_os_string().into_string().unwrap()
    }

    /// Compiles a file with these options; `{}` in them is the folder of the lab.
    pub(crate) fn cc(&self, relative: &str, source: &str, options: &[&str]) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let code = self.path("source.c");
        fs::write(&code, source).unwrap();
        let root = self.text("");
        let options = options.iter().map(|option| option.replace("{}", root.trim_end_matches('/')));
        let mut command = Command::new("cc");
        command.arg("-o").arg(&path).arg(&code).args(options).current_dir(self.folder.path());
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{command:?}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        path
    }

    /// Compiles a shared library.
    pub(crate) fn library(&self, relative: &str, source: &str, options: &[&str]) -> PathBuf {
        self.cc(relative, source, &[&["-shared", "-fPIC", "-Wl,--no-as-needed"], options].concat())
    }

    /// A shared library that can pass for a libpython: it defines what each one does, and tells its version.
    pub(crate) fn libpython(&self, relative: &str, version: &str) -> PathBuf {
        let series = version.rsplit_once('.').unwrap().0;
        let source = format!(
            "const char version[] = \"-\\0\" \"{version}\"; void Py_Initialize(void) {{}}\n\
             void Py_InitializeEx(int i) {{ (void)i; }} int Py_IsInitialized(void) {{ return 0; }}\n\
             int PyLong_Type; int PyModule_Create2(void) {{ return 0; }}\n"
        );
        let soname = format!("-Wl,-soname,libpython{series}.so.1.0");
        self.library(relative, &source, &[&soname])
    }

    /// A target with this libpython and nothing else.
    pub(crate) fn target(&self, libpython: &Path, version: &str) -> Target {
        let numbers: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
        let [major, minor, micro] = numbers[..] else { panic!("{version}") };
        let elf = Elf::read(libpython).unwrap();
        let metadata = fs::metadata(libpython).unwrap();
        serde_json::from_value(json!({
            "id": format!("cpython-{version}"), "implementation": "cpython",
            "version":
                {"major": major, "minor": minor, "micro": micro, "level": "final", "serial": 0},
            "abi_flags": "", "free_threaded": false, "debug": false, "origin": "other",
            "executable": null, "reached": [],
            "libpython": {
                "path": libpython, "real_path": libpython, "soname": elf.soname,
                "device": metadata.dev(), "inode": metadata.ino(),
                "build_id": elf.build_id, "version": version
            },
            "libpython3": null, "linkage": "library-only", "library_path": null,
            "prefix": null, "base_prefix": null, "is_venv": false, "ext_suffix": null,
            "stdlib": self.path("stdlib"), "dynload": [], "include": null, "has_headers": false,
            "extension_modules": [], "builtin_modules": ["sys", "marshal"], "cffi": null,
            "sysconfig": {}, "trail": [], "support": {"level": "full"}, "advice": null
        }))
        .unwrap()
    }

    /// A libpython 3.12.1 in `python/lib` and its target.
    pub(crate) fn python(&self) -> (PathBuf, Target) {
        let libpython = self.libpython("python/lib/libpython3.12.so.1.0", "3.12.1");
        let target = self.target(&libpython, "3.12.1");
        (libpython, target)
    }

    /// What the doctor says of the file.
    pub(crate) fn look(&self, target: &Target, dll: &Path) -> Look {
        self.look_with(target, dll, None, &[])
    }

    pub(crate) fn look_with(
        &self,
        target: &Target,
        dll: &Path,
        host: Option<&Path>,
        variables: &[(&str, &OsStr)],
    ) -> Look {
        let options = DllOptions { environment: owned(variables), ..options(dll, host) };
        let look = Look(look(target, &options).unwrap());
        self.visits.borrow_mut().push(look.ids().into_iter().map(str::to_owned).collect());
        look
    }

    /// Whether a kind was found in one of the visits, and not in another.
    pub(crate) fn has_shown(&self, id: &str) {
        let visits = self.visits.borrow();
        assert!(visits.iter().any(|visit| visit.contains(id)), "{id} never came up: {visits:?}");
        assert!(visits.iter().any(|visit| !visit.contains(id)), "{id} always came up: {visits:?}");
    }
}

fn owned(variables: &[(&str, &OsStr)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

pub(crate) fn options(dll: &Path, host: Option<&Path>) -> DllOptions {
    DllOptions {
        dll: dll.to_owned(),
        host: host.map(Path::to_owned),
        environment: Vec::new(),
        calls: Vec::new(),
        timeout: Duration::from_secs(20),
        // Nothing is started by a look.
        rust_host: HostCommand::new(HostKind::Rust, "/nonexistent"),
    }
}

pub(crate) fn has_program(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// A diagnosis of files.
pub(crate) struct Look(pub(crate) Diagnosis);

impl Look {
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.0.findings.iter().map(|finding| finding.id.as_str()).collect()
    }

    /// What is more than a note.
    pub(crate) fn troubles(&self) -> Vec<&str> {
        let more = self.0.findings.iter().filter(|finding| finding.severity != Severity::Note);
        more.map(|finding| finding.id.as_str()).collect()
    }

    pub(crate) fn finding(&self, id: &str) -> &Finding {
        let found = self.0.findings.iter().find(|finding| finding.id == id);
        found.unwrap_or_else(|| panic!("no {id} in {:#?}", self.0.findings))
    }

    pub(crate) fn facts(&self) -> &DllFacts {
        let Subject::Dll(facts) = &self.0.subject else { panic!("not a DLL") };
        facts
    }
}

/// Runs the commands of the first fix that has any, as a user would paste them.
pub(crate) fn run_fix(finding: &Finding) -> bool {
    let fix = finding.fixes.iter().find(|fix| !fix.commands.is_empty());
    let fix = fix.unwrap_or_else(|| panic!("no command in {finding:#?}"));
    for command in &fix.commands {
        if command.starts_with("patchelf") && !has_program("patchelf") {
            skip("there is no patchelf on PATH to try a fix with");
            return false;
        }
        let output = Command::new("/bin/sh").args(["-c", command]).output().unwrap();
        let messages = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{messages}");
    }
    true
}
