//! The C programs of `python-fixtures/`, linked to the DLLs that embed-dll made, once, and run with
//! every Python of this machine: the same bytes as with CFFI, from the same files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use embedcheck::dll::{FIXTURES, Fixture};
use embedcheck::target::{Support, Target};
use embedcheck_tests::{CALLER, TARGETS, TWINS, lacking, root};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// What a trial does.
type Run = Box<dyn Fn(&Bench) -> Result<(), Failed> + Send>;

/// The programs, and the files that they are linked to.
struct Bench {
    folder: tempfile::TempDir,
    programs: BTreeMap<&'static str, PathBuf>,
    /// Each library as it was when it was copied.
    libraries: BTreeMap<&'static str, Vec<u8>>,
}

fn source(fixture: &Fixture, file: &str) -> PathBuf {
    root().join("python-fixtures").join(fixture.name).join(file)
}

fn library(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("lib{name}.so"))
}

impl Bench {
    /// Copies every twin and links every program; `Err` is the reason for a skip.
    fn new() -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut libraries = BTreeMap::new();
        for fixture in FIXTURES {
            let out = library(folder.path(), fixture.name);
            TWINS.put(fixture, &out).map_err(|error| error.to_string())?;
            libraries.insert(fixture.name, fs::read(&out).expect("it was copied"));
        }
        let mut programs = BTreeMap::new();
        for fixture in FIXTURES {
            programs.insert(fixture.name, link(fixture, folder.path())?);
        }
        Ok(Self { folder, programs, libraries })
    }

    fn run(&self, fixture: &Fixture, target: &Target) -> Result<(), Failed> {
        let libpython = &target.embeddable().map_err(Failed::from)?.real_path;
        // `timeout` ends the host that hangs, and says so with its code.
        let mut command = Command::new("timeout");
        command
            .args(["--signal=KILL", "60"])
            .arg(&self.programs[fixture.name])
            .env_clear()
            .env("PATH", "/nonexistent:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("EMBED_DLL_LIBPYTHON", libpython)
            .stdin(Stdio::null());
        let output = command.output()?;
        let expected = fs::read(source(fixture, "expected.txt"))?;
        if !output.status.success() || output.stdout != expected {
            return Err(format!(
                "{command:?}\n{}\n--- stdout\n{}--- expected\n{}--- stderr\n{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&expected),
                String::from_utf8_lossy(&output.stderr),
            )
            .into());
        }
        let now = fs::read(library(self.folder.path(), fixture.name))?;
        if now != self.libraries[fixture.name] {
            return Err("the DLL is not the file that it was".into());
        }
        Ok(())
    }
}

/// `host.c`, linked to the fixtures that its first line names.
fn link(fixture: &Fixture, folder: &Path) -> Result<PathBuf, String> {
    let host = source(fixture, "host.c");
    let text = fs::read_to_string(&host).expect("each fixture has a host.c");
    let first = text.lines().next().unwrap_or_default();
    let links = first.strip_prefix("/* links: ").and_then(|rest| rest.strip_suffix(" */"));
    let links = links.expect("the first line of host.c says what it links to");
    let program = folder.join(format!("host_{}", fixture.name));
    let compiler = CALLER.cc.clone().unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    command
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread", "-Wl,-rpath,$ORIGIN"])
        .arg(&host)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(folder);
    command.args(links.split(' ').map(|name| format!("-l{name}")));
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{messages}");
    Ok(program)
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let bench: &'static Result<Bench, String> = Box::leak(Box::new(Bench::new()));
    let targets = TARGETS.iter().filter(|target| target.support == Support::Full);
    let trial = |name: String, run: Run| {
        Trial::ignorable_test(name, move || match bench {
            Ok(bench) => run(bench).map(|()| Completion::Completed),
            Err(reason) => lacking(reason),
        })
    };
    let mut trials = Vec::new();
    for target in targets.clone() {
        for fixture in FIXTURES {
            let name = format!("prints::{}::{}", fixture.name, target.id);
            trials.push(trial(name, Box::new(|bench| bench.run(fixture, target))));
        }
    }
    let count = targets.count();
    trials.push(trial(
        "there_is_a_python".to_owned(),
        Box::new(move |_| match count {
            0 => Err("no CPython 3.8 or later with a shared libpython was found".into()),
            _ => Ok(()),
        }),
    ));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Ok(bench) = bench {
        // A leaked value is never dropped.
        let _ = fs::remove_dir_all(bench.folder.path());
    }
    conclusion.exit_code()
}
