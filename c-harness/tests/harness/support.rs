//! Runs the real host on real plans.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Reads a variable that steers the tests.
#[expect(clippy::disallowed_methods, reason = "tests have no other way to be told")]
pub(crate) fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// Says on the real stderr that a test did not run; with `EMBEDCHECK_REQUIRE_ALL=1` that is a failure.
pub(crate) fn skip(test: &str, reason: &str) {
    let required = variable("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, and {test} cannot run: {reason}");
    // Not eprintln, which libtest hides for tests that pass.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {reason}");
}

/// A scratch folder with the host in it.
pub(crate) struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let scratch = Self { folder };
        scratch.write("host", embedcheck_c_harness::HOST);
        fs::set_permissions(scratch.path("host"), fs::Permissions::from_mode(0o755))
            .expect("the host can be made executable");
        scratch
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a scratch file can be written");
        path
    }

    /// The host in an empty environment.
    pub(crate) fn host(&self) -> Command {
        let mut command = Command::new(self.path("host"));
        command.env_clear().current_dir(self.folder.path());
        command
    }

    /// Compiles a fixture; returns its path. The crate itself needs a compiler, so one is there.
    pub(crate) fn library(&self, fixture: &str, name: &str, flags: &[&str]) -> PathBuf {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
        let output = self.path(name);
        compile(
            &[source],
            &[&["-shared", "-fPIC", "-D_GNU_SOURCE", "-pthread"], flags].concat(),
            &output,
        );
        output
    }

    /// Runs a plan given without its first line, so that its first step is number 2.
    pub(crate) fn run(&self, steps: &str) -> Run {
        self.run_with(steps, |_| {})
    }

    pub(crate) fn run_with(&self, steps: &str, change: impl FnOnce(&mut Command)) -> Run {
        let plan = format!("embedcheck-plan 1\n{steps}");
        let file = self.write("plan", &plan);
        let mut command = self.host();
        command.arg("--plan").arg(file).args(["--events-fd", "0"]);
        change(&mut command);
        let mut events = tempfile::tempfile().expect("a file for events");
        command.stdin(Stdio::from(events.try_clone().expect("a second descriptor")));
        let output = finish(&mut command);
        let text = String::from_utf8(contents(&mut events)).expect("events are UTF-8");
        Run::new(plan, &text, output)
    }

    /// What `--check` says about a whole plan: nothing, or the text on stderr.
    pub(crate) fn check(&self, plan: &[u8]) -> Option<String> {
        let file = self.write("plan", plan);
        let output = finish(self.host().arg("--check").arg(file));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.stdout.is_empty(), "--check wrote to stdout: {output:?}");
        match output.status.code() {
            Some(0) if stderr.is_empty() => None,
            Some(2) if !stderr.is_empty() => Some(stderr),
            _ => panic!("--check ended with {} and {stderr:?}", output.status),
        }
    }
}

/// The C compiler with these sources and flags.
pub(crate) fn compile(sources: &[PathBuf], flags: &[&str], output: &Path) {
    let result = Command::new(variable("CC").unwrap_or_else(|| "cc".into()))
        .args(sources)
        .args(flags)
        .arg("-o")
        .arg(output)
        .output()
        .expect("a C compiler");
    let stderr = String::from_utf8_lossy(&result.stderr);
    assert!(result.status.success() && stderr.is_empty(), "{sources:?} {flags:?}: {stderr}");
}

/// How long a host may take. None of the plans of these tests needs more than a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command to its end, and collects its output in files: a forked child that outlives its host
/// would keep a pipe open.
pub(crate) fn finish(command: &mut Command) -> Output {
    let mut stdout = tempfile::tempfile().expect("a file for stdout");
    let mut stderr = tempfile::tempfile().expect("a file for stderr");
    command.stdout(stdout.try_clone().expect("a second descriptor"));
    command.stderr(stderr.try_clone().expect("a second descriptor"));
    let mut child = spawn(command);
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().expect("a child can be killed");
            child.wait().expect("a child can be waited for");
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    Output { status, stdout: contents(&mut stdout), stderr: contents(&mut stderr) }
}

/// A thread that forks between our write and our exec keeps the file open for writing (ETXTBSY).
pub(crate) fn spawn(command: &mut Command) -> Child {
    for _ in 0..200 {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result.expect("the program can be started"),
        }
    }
    panic!("{command:?} stayed busy");
}

fn contents(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().expect("a file can be rewound");
    file.read_to_end(&mut bytes).expect("a file can be read");
    bytes
}

/// One run of the host.
#[derive(Debug)]
pub(crate) struct Run {
    #[expect(dead_code, reason = "shown when an assertion prints the run")]
    plan: String,
    pub(crate) events: Vec<Value>,
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    fn new(plan: String, events: &str, output: Output) -> Self {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(events.is_empty() || events.ends_with('\n'), "half an event: {events}");
        Self {
            events: events.lines().map(parse).collect(),
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            plan,
        }
    }

    /// Asserts that the host reached the end of its plan.
    pub(crate) fn normal(self) -> Self {
        assert_eq!(self.code, Some(17), "{self:#?}");
        self
    }

    /// Events of that kind.
    pub(crate) fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["event"] == kind)
    }

    /// The end events of a step.
    pub(crate) fn ends(&self, step: u32) -> Vec<&Value> {
        self.all("end").filter(|event| event["step"] == step).collect()
    }

    /// The only end event of a step.
    pub(crate) fn end(&self, step: u32) -> &Value {
        match self.ends(step)[..] {
            [end] => end,
            ref ends => panic!("step {step} has {} end events: {self:#?}", ends.len()),
        }
    }

    /// The value of a step that was done.
    pub(crate) fn value(&self, step: u32) -> &Value {
        let end = self.end(step);
        assert_eq!(end["ok"], true, "step {step}: {self:#?}");
        assert_eq!(end["error"], Value::Null);
        &end["value"]
    }

    /// The error of a step that was not done.
    pub(crate) fn error(&self, step: u32) -> &str {
        let end = self.end(step);
        assert_eq!(end["ok"], false, "step {step}: {self:#?}");
        assert_eq!(end["value"], Value::Null);
        end["error"].as_str().unwrap_or_else(|| panic!("no error in {end}"))
    }
}
