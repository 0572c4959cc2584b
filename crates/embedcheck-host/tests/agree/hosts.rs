//! The two hosts as processes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// No plan here takes more than a second; the machine may be busy.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    C,
    Rust,
}

/// What a run of a host left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    pub(crate) events: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Host {
    pub(crate) const BOTH: [Self; 2] = [Self::C, Self::Rust];

    /// Path of its executable.
    pub(crate) fn path(self) -> PathBuf {
        match self {
            Self::C => c_host().to_owned(),
            Self::Rust => std::env::current_exe().expect("Linux knows the running program"),
        }
    }

    /// A command in an empty environment.
    pub(crate) fn command(self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path());
        if self == Self::Rust {
            command.arg("host");
        }
        command.args(arguments).env_clear().stdin(Stdio::null());
        command
    }

    /// `--check`: how it ended and what it said.
    pub(crate) fn check(self, file: &Path) -> Output {
        let file = file.to_str().expect("scratch folders have names in UTF-8");
        output(&mut self.command(&["--check", file]))
    }

    /// Runs a plan in an empty folder with these variables.
    ///
    /// The events go to a file that is the host's standard input: a descriptor that can be handed
    /// over without unsafe code.
    pub(crate) fn run(self, plan: &str, variables: &[(String, String)]) -> Run {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let file = folder.path().join("plan");
        fs::write(&file, plan).expect("a scratch file can be written");
        let events = folder.path().join("events");
        let work = folder.path().join("work");
        fs::create_dir(&work).expect("a scratch folder can be made");
        let file = file.to_str().expect("scratch folders have names in UTF-8");
        let mut command =
            self.command(&["--parent-death", "kill", "--plan", file, "--events-fd", "0"]);
        command.stdin(File::create(&events).expect("a scratch file can be made"));
        command.current_dir(&work).envs(variables.iter().cloned());
        let Output { status, stdout, stderr } = output(&mut command);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let events = fs::read(&events).expect("the scratch file is still there");
        Run { status, events: text(events), stdout: text(stdout), stderr: text(stderr) }
    }
}

/// Runs a command to its end, which must come soon.
pub(crate) fn output(command: &mut Command) -> Output {
    let mut child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let mut readers = [
        child.stdout.take().map(|pipe| read_all(Box::new(pipe))),
        child.stderr.take().map(|pipe| read_all(Box::new(pipe))),
    ];
    let status = wait(&mut child);
    let [stdout, stderr] = &mut readers;
    let read = |reader: &mut Option<thread::JoinHandle<Vec<u8>>>| {
        reader.take().and_then(|reader| reader.join().ok()).unwrap_or_default()
    };
    Output { status, stdout: read(stdout), stderr: read(stderr) }
}

/// Starts a command.
pub(crate) fn spawn(command: &mut Command) -> Child {
    // Another thread that forks while the C host is being written holds it open for a moment.
    for _ in 0..100 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            result => return result.unwrap_or_else(|error| panic!("{command:?}: {error}")),
        }
    }
    panic!("{command:?}: the file stays busy");
}

/// Waits for a process, and kills it if it takes too long.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the child is not waited for elsewhere") {
            return status;
        }
        if start.elapsed() > TIME_LIMIT {
            child.kill().expect("the child can be killed");
            child.wait().expect("the child was killed");
            panic!("a host does not end within {TIME_LIMIT:?}");
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn read_all(mut pipe: Box<dyn Read + Send>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is worth showing.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// The C host as a file. It is written anew by each run of this program, under a name that is this
/// program's alone while it is incomplete.
fn c_host() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let scratch = folder.join(format!("c-host.{}", std::process::id()));
        let file = folder.join("c-host");
        fs::write(&scratch, embedcheck_c_harness::HOST).expect("the C host can be written");
        fs::set_permissions(&scratch, fs::Permissions::from_mode(0o755))
            .expect("the C host can be made executable");
        fs::rename(&scratch, &file).expect("the C host can be moved into place");
        file
    })
}
