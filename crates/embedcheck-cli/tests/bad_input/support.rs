//! What these tests need of the machine, and skips that cannot be overlooked.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use embedcheck::env::Caller;
use embedcheck::target::{Options, Support, Target, discover};

use crate::common::{PROGRAM, Place};

/// Puts the program at another place. A link where that is possible: a file that was written just
/// now cannot be executed while a process that another test has forked meanwhile has it open.
pub(crate) fn put_program(path: &Path) {
    if fs::hard_link(PROGRAM, path).is_err() {
        fs::copy(PROGRAM, path).unwrap();
    }
}

/// A Python that gets every check, and its libpython.
pub(crate) fn target() -> Option<&'static Target> {
    static TARGET: LazyLock<Option<Target>> = LazyLock::new(|| {
        let targets = discover(&Caller::from_process(), &Options::default()).targets;
        targets.into_iter().find(|target| {
            target.support == Support::Full
                && target.embeddable().is_ok()
                && target.executable.is_some()
        })
    });
    if TARGET.is_none() {
        skip("no CPython with a shared libpython was found");
    }
    TARGET.as_ref()
}

/// Says that a test did nothing; with `EMBEDCHECK_REQUIRE_ALL=1` that is a failure.
pub(crate) fn skip(reason: &str) {
    assert!(!Caller::from_process().require_all, "{reason}");
    // Not `eprintln!`, which is swallowed for a test that passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}

/// Whether the user may mount and become somebody else.
pub(crate) fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        // Not a failure even if everything is required: a user cannot become root by wanting it.
        let _ = writeln!(std::io::stderr(), "SKIPPED: only root can do this");
    }
    is_root
}

/// A quick check of a real Python: without a compiler on PATH nothing is built.
pub(crate) fn quick(place: &Place, target: &Target) -> Command {
    let mut command = place.command(["check", "--offline", "--only", "load/global", "--python"]);
    command.arg(target.executable.as_ref().unwrap()).env("PATH", "/nonexistent");
    command
}

/// The same under a shell that runs `before` first.
pub(crate) fn quick_after(place: &Place, target: &Target, before: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(format!("{before}; exec \"$0\" \"$@\"")).arg(PROGRAM);
    command.args(["check", "--offline", "--only", "load/global", "--python"]);
    command.arg(target.executable.as_ref().unwrap());
    place.scrub(&mut command);
    command
}

/// Processes that have a text in their command line, which should be of this test only.
pub(crate) fn processes_with(text: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(text)).collect()
}

/// Waits for what must come true soon.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_true: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_true() {
        assert!(began.elapsed() < Duration::from_secs(20), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A file system of its own, which is gone afterwards.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// `None`, loudly, if it cannot be made.
    pub(crate) fn new(place: &Place, options: &str) -> Option<Self> {
        if !is_root() {
            return None;
        }
        let folder = place.path().join(format!("mount-{}", options.replace([',', '='], "-")));
        fs::create_dir(&folder).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&folder)
            .output();
        match mount {
            Ok(done) if done.status.success() => Some(Self(folder)),
            // Even root may not, in a container.
            failed => {
                let _ = writeln!(std::io::stderr(), "SKIPPED: cannot mount: {failed:?}");
                None
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    #[track_caller]
    pub(crate) fn assert_empty(&self) {
        let left: Vec<_> = fs::read_dir(&self.0).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
