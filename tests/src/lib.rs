//! What the whole-workspace tests share: real targets, real hosts, and a way to run single checks
//! on files that were damaged on purpose.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use embedcheck::check::{self, Options, Tamper};
use embedcheck::dll::Twins;
use embedcheck::elf::{Editor, Tag};
use embedcheck::env::Caller;
use embedcheck::report::{CheckResult, Report, Verdict};
use embedcheck::run::{HostCommand, HostKind, NoProgress, Stop};
use embedcheck::target::{self, Target};
use libtest_mimic::{Completion, Failed};

/// What the environment of the tests says.
pub static CALLER: LazyLock<Caller> = LazyLock::new(Caller::from_process);

/// Every target of this machine that can be embedded.
pub static TARGETS: LazyLock<Vec<Target>> = LazyLock::new(|| {
    let found = target::discover(&CALLER, &target::Options::default());
    found.targets.into_iter().filter(|target| target.embeddable().is_ok()).collect()
});

/// The Rust host as a program of its own: the example of `embedcheck-host`, which `cargo test
/// --workspace` has built already.
pub static RUST_HOST: LazyLock<HostCommand> = LazyLock::new(|| {
    let host = folder_of_profile().join("examples/host");
    if !host.is_file() {
        build("embedcheck-host", &["host"]).expect("the Rust host can be built");
    }
    HostCommand::new(HostKind::Rust, host)
});

/// The folder with these examples of this package, DLLs that embed-dll makes; all of them, if none is
/// named. `cargo test` has built them already; if only one test was asked for, they are built now.
pub fn examples(names: &[&str]) -> Result<PathBuf, String> {
    build(env!("CARGO_PKG_NAME"), names)?;
    Ok(folder_of_profile().join("examples"))
}

/// `target/PROFILE`, in which this test lies.
fn folder_of_profile() -> PathBuf {
    let this = std::env::current_exe().expect("a test knows its own path");
    let folder = this.parent().and_then(Path::parent);
    folder.expect("tests lie in target/PROFILE/deps").to_owned()
}

/// Lets cargo build these examples of a package, or all of them, in the profile of this test.
fn build(package: &str, examples: &[&str]) -> Result<(), String> {
    let folder = folder_of_profile();
    let folder = folder.file_name().and_then(|name| name.to_str()).unwrap_or("debug");
    // The folder of the profile `dev` has another name than the profile.
    let profile = if folder == "debug" { "dev" } else { folder };
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "--package", package, "--profile", profile]);
    match examples {
        [] => {
            command.arg("--examples");
        }
        names => {
            command.args(names.iter().flat_map(|name| ["--example", name]));
        }
    }
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The DLLs that embed-dll made, which cargo has built for this very test.
pub static TWINS: LazyLock<Twins> =
    LazyLock::new(|| Twins::near(&std::env::current_exe().expect("a test knows its own path")));

/// The target of that version (`3.12`) whose libpython comes from pyenv, or a system's; `None`,
/// said aloud, if this machine has none. With `EMBEDCHECK_REQUIRE_ALL=1` that is a failure.
pub fn target(minor: &str) -> Option<&'static Target> {
    let is_it = |target: &&Target| {
        let version = &target.version;
        target.implementation == "cpython"
            && format!("{}.{}", version.major, version.minor) == minor
    };
    required(&format!("a CPython {minor} with a shared libpython"), TARGETS.iter().find(is_it))
}

/// The machine's own Python: the first `python3` on PATH, or else the newest that was found.
pub fn own_target() -> Option<&'static Target> {
    static OWN: LazyLock<Option<Target>> = LazyLock::new(|| {
        let first = target::default_target(&CALLER, &target::Options::default()).ok();
        first.filter(|target| target.embeddable().is_ok()).or_else(|| TARGETS.last().cloned())
    });
    required("a CPython with a shared libpython", OWN.as_ref())
}

/// Says aloud that something is not there; a failure if everything is required.
pub fn required<T>(what: &str, found: Option<T>) -> Option<T> {
    if found.is_none() {
        assert!(!CALLER.require_all, "EMBEDCHECK_REQUIRE_ALL=1, and this machine lacks {what}");
        // Not `eprintln`: the test runner would keep it to itself when the test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: this machine lacks {what}");
    }
    found
}

/// What a test that this machine cannot run comes to: it is left out, or a failure if everything is
/// required.
pub fn lacking(reason: &str) -> Result<Completion, Failed> {
    if CALLER.require_all {
        return Err(format!("EMBEDCHECK_REQUIRE_ALL=1, and this machine lacks: {reason}").into());
    }
    Ok(Completion::ignored_with(reason))
}

/// Whether this machine had all that the check needs, such as a compiler, or a network to fetch CFFI
/// from. What it lacked is said aloud; a failure if everything is required.
pub fn is_whole(result: &CheckResult) -> bool {
    let lacked = match result.verdict {
        Verdict::Skip => result.detail.as_ref(),
        Verdict::Pass | Verdict::Limit => result.not_covered.first(),
        Verdict::Fail | Verdict::Error => None,
    };
    match lacked {
        Some(reason) => {
            required::<()>(&format!("a part of {}: {reason}", result.id), None).is_some()
        }
        None => true,
    }
}

/// Whether the check came to a verdict, be it without parts that this machine lacks. What it lacked is
/// said aloud, as in [`is_whole`].
pub fn was_run(result: &CheckResult) -> bool {
    is_whole(result) || result.verdict != Verdict::Skip
}

/// Options for tests: both hosts, and the targets that this process has discovered already.
pub fn options() -> Options {
    Options {
        rust_host: Some(RUST_HOST.clone()),
        twins: TWINS.clone(),
        others: Some(TARGETS.clone()),
        ..Options::default()
    }
}

/// Runs checks.
pub fn run(target: &Target, options: &Options) -> Report {
    let stop = Stop::new().expect("a descriptor is left");
    check::check(target, &CALLER, options, &stop, &NoProgress)
        .unwrap_or_else(|error| panic!("{}: {error}", target.id))
}

/// Runs one check as it is.
pub fn run_one(target: &Target, id: &str) -> CheckResult {
    only(run(target, &Options { only: vec![id.to_owned()], ..options() }))
}

/// Runs one check on files that `tamper` damages.
pub fn run_broken(target: &Target, id: &str, tamper: Tamper) -> CheckResult {
    let options = Options { only: vec![id.to_owned()], tamper: Some(tamper), ..options() };
    only(run(target, &options))
}

fn only(report: Report) -> CheckResult {
    let [result] = <[CheckResult; 1]>::try_from(report.results)
        .unwrap_or_else(|results| panic!("{} results, not one", results.len()));
    result
}

/// Everything that helps to understand a wrong result.
pub fn explain(result: &CheckResult) -> String {
    let mut text = format!(
        "{} {}: {:?}\ncause: {:#?}\nevidence: {:#?}\n",
        result.verdict.word(),
        result.id,
        result.detail,
        result.cause,
        result.evidence
    );
    for case in &result.observations {
        text.push_str(&format!(
            "-- {} ({}): {}\n{}\nstdout: {}\nstderr: {}\nended: {:?}\n",
            case.case,
            case.host,
            case.outcome,
            case.observation.plan,
            case.observation.stdout.text,
            case.observation.stderr.text,
            case.observation.ended
        ));
    }
    text
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

/// Lets the DLL name a libpython that does not exist; one that names none gets it in the place of
/// another library.
pub fn lose_libpython(dll: &Path) {
    let bytes = std::fs::read(dll).expect("the DLL is there");
    let mut editor = Editor::from_bytes(bytes).expect("the DLL is ELF");
    let nth = (0..8)
        .find(|nth| editor.string(Tag::Needed, *nth).is_ok_and(|name| name.contains("libpython")));
    editor
        .set_string(Tag::Needed, nth.unwrap_or(0), "libpython9.so")
        .expect("the new name is no longer");
    editor.write(dll).expect("the DLL can be written");
}

/// A copy of a target's libpython in a folder of its own, changed by `edit` and named by its soname, and the target that has
/// this libpython and the original's interpreter and modules.
pub fn with_edited_libpython(
    target: &Target,
    edit: impl FnOnce(&mut Editor),
) -> (tempfile::TempDir, Target) {
    let libpython = target.embeddable().expect("the target can be embedded");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes = std::fs::read(&libpython.real_path).expect("libpython can be read");
    let mut editor = Editor::from_bytes(bytes).expect("libpython is ELF");
    edit(&mut editor);
    let soname = editor.string(Tag::Soname, 0).expect("libpython has a soname");
    let copy = folder.path().join(&soname);
    editor.write(&copy).expect("the copy can be written");
    let mut changed = libpython.clone();
    changed.path.clone_from(&copy);
    changed.real_path.clone_from(&copy);
    let file = std::fs::metadata(&copy).expect("the copy is there");
    (changed.device, changed.inode) = (file.dev(), file.ino());
    changed.soname = Some(soname);
    let target = Target { libpython: Some(changed), ..target.clone() };
    (folder, target)
}

/// A function of the C API that extension modules call and libpython itself does not, so that a
/// libpython that hides it still works.
pub const ONLY_MODULES_CALL: &str = "PyErr_NewExceptionWithDoc";
