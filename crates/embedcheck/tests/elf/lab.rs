//! A temporary folder in which a test builds small libraries and a host program with the C compiler.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use embedcheck::elf::{Environment, LoaderModel, Mode, Opened, split_library_path};
use tempfile::TempDir;

/// `dlopen`s each argument (`FLAGS:NAME`) and then lists what is loaded.
const HOST: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

static int list(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size;
    (void)unused;
    printf("object %s\n", info->dlpi_name);
    return 0;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        char *name = strchr(argv[i], ':');
        *name++ = 0;
        int flags = RTLD_NOW;
        if (strchr(argv[i], 'g')) flags |= RTLD_GLOBAL;
        if (strchr(argv[i], 'd')) flags |= RTLD_DEEPBIND;
        if (strchr(argv[i], 'n')) flags |= RTLD_NOLOAD;
        void *handle = dlopen(name, flags);
        const char *error = dlerror();
        printf("open %s\n", handle ? "ok" : error ? error : "failed without a reason");
    }
    dl_iterate_phdr(list, 0);
    return 17;
}
"#;

/// Reports that a test cannot run here, and why; with `EMBEDCHECK_REQUIRE_ALL=1` that is a failure.
pub(crate) fn skip(reason: &str) {
    #[expect(
        clippy::disallowed_methods,
        reason = "`embedcheck::env` serves the program, not its tests"
    )]
    let required = std::env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but: {reason}");
    // The test harness shows the error output of passing tests only on request, so write to it directly.
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("test skipped: {reason}\n").as_bytes(),
    );
}

/// How to link a library.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lib<'a> {
    pub(crate) soname: Option<&'a str>,
    /// `DT_NEEDED`, in order.
    pub(crate) needed: &'a [&'a str],
    pub(crate) rpath: Option<&'a str>,
    pub(crate) runpath: Option<&'a str>,
    pub(crate) source: &'a str,
    pub(crate) flags: &'a [&'a str],
}

pub(crate) struct Lab {
    folder: TempDir,
}

impl Lab {
    /// `None`, after saying so, where there is no C compiler.
    pub(crate) fn new() -> Option<Lab> {
        match Command::new("cc").arg("--version").output() {
            Ok(output) if output.status.success() => {}
            _ => {
                skip("there is no C compiler `cc` on PATH");
                return None;
            }
        }
        let folder = TempDir::with_prefix("embedcheck-elf-").unwrap();
        Some(Lab { folder })
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        // Canonical, so that paths compare equal where the temporary folder is behind a link.
        fs::canonicalize(self.folder.path()).unwrap().join(relative)
    }

    pub(crate) fn text(&self, relative: &str) -> String {
        self.path(relative).into_os_string().into_string().unwrap()
    }

    /// Links a library and returns its path.
    pub(crate) fn lib(&self, relative: &str, lib: Lib<'_>) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut command = self.cc();
        command.args(["-shared", "-fPIC", "-nostdlib", "-o"]).arg(&path);
        self.finish(command, lib);
        path
    }

    /// Links the host program and returns its path.
    pub(crate) fn host(&self, relative: &str, lib: Lib<'_>) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut command = self.cc();
        command.arg("-o").arg(&path);
        let source = if lib.source.is_empty() { HOST } else { lib.source };
        self.finish(command, Lib { source, ..lib });
        path
    }

    fn cc(&self) -> Command {
        let mut command = Command::new("cc");
        // A variable of the caller would add an rpath.
        command.env_remove("LD_RUN_PATH").current_dir(self.folder.path());
        command
    }

    fn finish(&self, mut command: Command, lib: Lib<'_>) {
        let mut source = lib.source.to_owned();
        write!(source, "\nextern int embedcheck_unused_;\n").unwrap();
        let file = self.path("source.c");
        fs::write(&file, source).unwrap();
        command.args(["-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined"]);
        command.arg("-Wl,--unresolved-symbols=ignore-all").arg(&file).args(lib.flags);
        let linker = |argument: &str| ["-Xlinker".to_owned(), argument.to_owned()];
        if let Some(soname) = lib.soname {
            command.args(linker("-soname")).args(linker(soname));
        }
        for (path, tags) in
            [(lib.rpath, "--disable-new-dtags"), (lib.runpath, "--enable-new-dtags")]
        {
            if let Some(path) = path {
                command.args(linker(tags)).args(linker("-rpath")).args(linker(path));
            }
        }
        for name in lib.needed {
            command.arg(self.stub(name));
        }
        command.args(["-ldl"].iter().filter(|_| lib.source == HOST));
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{command:?}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// An empty library with this SONAME, to link against.
    fn stub(&self, name: &str) -> PathBuf {
        // A path or a placeholder of a thousand bytes is no file name.
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let path = self.path(&format!("stubs/{:x}.so", hasher.finish()));
        if !path.exists() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let empty = self.path("empty.c");
            fs::write(&empty, "").unwrap();
            let mut command = self.cc();
            command.args(["-shared", "-nostdlib", "-o"]).arg(&path).arg(&empty);
            command.args(["-Xlinker", "-soname", "-Xlinker", name]);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        path
    }
}

/// One process of the host program, to be run and to be predicted.
pub(crate) struct Run<'a> {
    pub(crate) host: &'a Path,
    /// `FLAGS` of the host and what it opens.
    pub(crate) opens: &'a [(&'a str, &'a OsStr)],
    pub(crate) library_path: Option<&'a str>,
    pub(crate) preload: Option<&'a str>,
    pub(crate) directory: &'a Path,
}

/// What the model says about a [`Run`].
pub(crate) struct Predicted {
    pub(crate) start: Opened,
    pub(crate) opened: Vec<Opened>,
}

impl Run<'_> {
    pub(crate) fn environment(&self) -> Environment {
        let mut environment = Environment::of_program(self.host, self.directory).unwrap();
        if let Some(library_path) = self.library_path {
            environment.library_path = split_library_path(library_path.as_ref());
        }
        if let Some(preload) = self.preload {
            environment.preload = embedcheck::elf::split_preload(preload.as_ref());
        }
        environment
    }

    pub(crate) fn predict(&self) -> Predicted {
        let (mut model, start) = LoaderModel::start(self.environment());
        let mut opened = Vec::new();
        for (flags, name) in self.opens {
            let mode = Mode {
                global: flags.contains('g'),
                deep_bind: flags.contains('d'),
                no_load: flags.contains('n'),
                ..Mode::default()
            };
            opened.push(model.open(name, mode));
        }
        Predicted { start, opened }
    }

    pub(crate) fn execute(&self) -> Output {
        let mut command = Command::new(self.host);
        command.env_clear().current_dir(self.directory);
        for (name, value) in [("LD_LIBRARY_PATH", self.library_path), ("LD_PRELOAD", self.preload)]
        {
            command.envs(value.map(|value| (name, value)));
        }
        for (flags, name) in self.opens {
            let mut argument = std::ffi::OsString::from(format!("{flags}:"));
            argument.push(name);
            command.arg(argument);
        }
        command.output().unwrap()
    }

    /// Runs and predicts; both must agree on which opens succeed and which files are loaded, in order.
    pub(crate) fn agree(&self) -> Predicted {
        let predicted = self.predict();
        let output = self.execute();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = format!("{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
        if !predicted.start.not_found.iter().all(|missing| missing.needed_by.is_none()) {
            assert_eq!(output.status.code(), Some(127), "ld.so started the program:\n{said}");
            return predicted;
        }
        assert_eq!(output.status.code(), Some(17), "{said}");
        let results: Vec<&str> =
            stdout.lines().filter_map(|line| line.strip_prefix("open ")).collect();
        assert_eq!(results.len(), predicted.opened.len(), "{said}");
        for (result, opened) in results.iter().zip(&predicted.opened) {
            assert_eq!(*result == "ok", opened.root.is_some(), "{said}\nmodel: {opened:#?}");
            if let Some(missing) = opened.not_found.first() {
                // It names the file where it objects to that, else the name.
                let file = missing.tried.last().map(|last| last.path.display().to_string());
                let named = result.starts_with(&missing.name)
                    || file.is_some_and(|file| result.starts_with(&file));
                assert!(named, "{said}\nmodel: {missing}");
            }
        }
        let real: Vec<PathBuf> = stdout
            .lines()
            .filter_map(|line| line.strip_prefix("object "))
            .filter(|name| {
                !name.is_empty() && !name.contains("vdso") && !name.contains("/ld-linux")
            })
            .map(|name| self.directory.join(name))
            .collect();
        assert_eq!(loaded(&predicted), real, "{said}");
        predicted
    }
}

/// The files that the model has loaded, without the program and ld.so, in order of loading.
fn loaded(predicted: &Predicted) -> Vec<PathBuf> {
    use embedcheck::elf::Rule;
    let mut paths = Vec::new();
    let opened = predicted.opened.iter().filter(|opened| opened.root.is_some());
    for opened in std::iter::once(&predicted.start).chain(opened) {
        for resolved in &opened.resolved {
            let is_new = !matches!(
                resolved.rule,
                Rule::Executable | Rule::Interpreter | Rule::SameName | Rule::SameFile
            );
            if is_new {
                paths.push(resolved.path.clone());
            }
        }
    }
    paths
}
