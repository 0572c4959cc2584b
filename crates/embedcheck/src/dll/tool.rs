//! Runs a compiler, a linker or an interpreter: environment built from nothing, time limit, bounded output.
//!
//! Hosts are run elsewhere, with more care; what is started here is trusted to be a tool.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::surroundings::Surroundings;
use crate::run::Stop;

/// Bytes kept of stdout and of stderr each. A C++ compiler can write more; nobody reads more.
const OUTPUT_LIMIT: usize = 1 << 20;

/// How long a pipe may stay open after the tool has ended: a process that it left behind may hold it.
const GRACE: Duration = Duration::from_secs(1);

/// What a tool wrote before it ended with code 0.
#[derive(Debug, Clone)]
pub struct ToolOutput {
    /// The command line, quoted for a shell.
    pub command: String,
    /// At most 1 MiB of its stdout.
    pub stdout: String,
    /// At most 1 MiB of its stderr. Warnings are here.
    pub stderr: String,
}

/// A tool that could not be started, failed, or took too long.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// The program cannot be executed, or its output cannot be collected.
    #[error("cannot run `{command}`: {source}")]
    Start {
        /// The command line.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// It ended with another code than 0, or by a signal.
    #[error("`{command}` failed ({status}):\n{}", excerpt(stdout, stderr))]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// At most 1 MiB of its stdout.
        stdout: String,
        /// At most 1 MiB of its stderr.
        stderr: String,
    },
    /// It was killed because the run was asked to stop.
    #[error("`{command}` was interrupted")]
    Interrupted {
        /// The command line.
        command: String,
    },
    /// It was killed, with all processes of its group, after the time limit.
    #[error("`{command}` did not end within {} s:\n{}", limit.as_secs(), excerpt(stdout, stderr))]
    TimedOut {
        /// The command line.
        command: String,
        /// The time limit.
        limit: Duration,
        /// At most 1 MiB of its stdout.
        stdout: String,
        /// At most 1 MiB of its stderr.
        stderr: String,
    },
}

fn excerpt<'a>(stdout: &'a str, stderr: &'a str) -> &'a str {
    let text = if stderr.trim().is_empty() { stdout } else { stderr };
    text.trim_end()
}

/// One run of a tool.
pub(super) struct Tool {
    command: Command,
    shown: String,
    limit: Duration,
    stop: Stop,
}

impl Tool {
    /// The tool gets `PATH`, `TMPDIR` and a C locale; apart from them its environment is empty.
    pub(super) fn new(program: &Path, surroundings: &Surroundings, limit: Duration) -> Self {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", &surroundings.path)
            .env("TMPDIR", &surroundings.scratch)
            // The messages are evidence, and rules match them: they must not be translated.
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let stop = surroundings.stop.clone();
        Self { command, shown: quote(program.as_os_str()), limit, stop }
    }

    pub(super) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.shown.push(' ');
        self.shown.push_str(&quote(arg.as_ref()));
        self.command.arg(arg);
        self
    }

    pub(super) fn args<S: AsRef<OsStr>>(self, args: impl IntoIterator<Item = S>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    pub(super) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(super) fn current_dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Runs the tool to its end.
    pub(super) fn run(mut self) -> Result<ToolOutput, ToolError> {
        let command = self.shown;
        let mut child = match spawn(&mut self.command) {
            Ok(child) => child,
            Err(source) => return Err(ToolError::Start { command, source }),
        };
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let ended = wait(&mut child, self.limit, &self.stop);
        if !matches!(ended, Ok(Waited::Ended(_))) {
            kill_group(group);
            // Reaps; the kill above makes it short.
            let _ = child.wait();
        }
        let until = Instant::now() + GRACE;
        let (stdout, stderr) = (receive(stdout, until, group), receive(stderr, until, group));
        match ended {
            Ok(Waited::Ended(status)) if status.success() => {
                Ok(ToolOutput { command, stdout, stderr })
            }
            Ok(Waited::Ended(status)) => Err(ToolError::Failed { command, status, stdout, stderr }),
            Ok(Waited::Stopped) => Err(ToolError::Interrupted { command }),
            Ok(Waited::TimedOut) => {
                Err(ToolError::TimedOut { command, limit: self.limit, stdout, stderr })
            }
            Err(source) => Err(ToolError::Start { command, source }),
        }
    }
}

/// A program that this process has just written may still be open for writing in a child that another thread is
/// starting, until that child executes its own program: `ETXTBSY`, for a moment.
fn spawn(command: &mut Command) -> io::Result<Child> {
    let start = Instant::now();
    loop {
        match command.spawn() {
            Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && start.elapsed() < GRACE => {
                thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

enum Waited {
    Ended(ExitStatus),
    Stopped,
    TimedOut,
}

fn wait(child: &mut Child, limit: Duration, stop: &Stop) -> io::Result<Waited> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Waited::Ended(status));
        }
        if stop.is_requested() {
            return Ok(Waited::Stopped);
        }
        let elapsed = start.elapsed();
        if elapsed >= limit {
            return Ok(Waited::TimedOut);
        }
        // A link takes 20 ms and pip some seconds: neither should wait long nor be asked often.
        let pause = (elapsed / 10).clamp(Duration::from_millis(1), Duration::from_millis(20));
        thread::sleep(pause.min(limit - elapsed));
    }
}

fn kill_group(group: Option<Pid>) {
    if let Some(group) = group {
        // The only failure is that nobody is left.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Reads to the end in a thread of its own, keeping the beginning.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut pipe) = pipe {
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            let mut kept = 0;
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                // What is beyond the limit is read and dropped, so that the tool does not block.
                let wanted = n.min(OUTPUT_LIMIT - kept);
                kept += wanted;
                if wanted > 0 && sender.send(buffer[..wanted].to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

fn receive(pipe: Receiver<Vec<u8>>, until: Instant, group: Option<Pid>) -> String {
    let mut bytes = Vec::new();
    loop {
        match pipe.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(chunk) => bytes.extend(chunk),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                // Some process of the group still has the pipe, so the group's number is not reused.
                kill_group(group);
                break;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Quotes a word for a shell, so that a command line from a report can be pasted.
///
/// A report shows no control characters, and its text is UTF-8. A word that has them, or is none, becomes `$'…'` with
/// octal numbers, which bash, zsh and ksh know (POSIX.1-2024, 2.2.4).
pub(crate) fn quote(word: &OsStr) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    match word.to_str().filter(|text| !text.contains(char::is_control)) {
        Some(text) if !text.is_empty() && text.chars().all(plain) => text.to_owned(),
        Some(text) => format!("'{}'", text.replace('\'', r"'\''")),
        None => dollar_quoted(word.as_encoded_bytes()),
    }
}

fn dollar_quoted(bytes: &[u8]) -> String {
    let octal = |byte: &u8| format!("\\{byte:03o}");
    let mut quoted = "$'".to_owned();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\'' | '\\' => quoted.extend(['\\', character]),
                _ if character.is_control() => {
                    quoted.extend(character.encode_utf8(&mut [0; 4]).as_bytes().iter().map(octal));
                }
                _ => quoted.push(character),
            }
        }
        quoted.extend(chunk.invalid().iter().map(octal));
    }
    quoted.push('\'');
    quoted
}

/// The file that `name` means on this `PATH`; a name with a slash is taken as it is.
pub(super) fn find_program(name: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let is_program = |file: &Path| {
        use std::os::unix::fs::PermissionsExt;
        file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    };
    if Path::new(name).components().count() > 1 {
        let file = PathBuf::from(name);
        return is_program(&file).then_some(file);
    }
    // An empty entry would mean the current folder, which is nobody's choice of a compiler.
    std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

/// `-Xlinker A -Xlinker B`: unlike `-Wl,A,B`, it stands commas in a path.
pub(super) fn xlinker(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    words.into_iter().flat_map(|word| [OsString::from("-Xlinker"), word]).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn a_shell_gives_a_quoted_word_back() {
        let words: [&[u8]; 4] = [b"it's", b"a\nb\\012'$x\n", b"\xff\xc3\xbc\x1b1", b"$(x)`y`"];
        for word in words {
            let word = OsStr::from_bytes(word);
            let script = format!("printf %s {}", quote(word));
            let Ok(output) = Command::new("bash").args(["-c", &script]).output() else {
                // `dash` is older than the standard.
                #[expect(clippy::print_stderr, reason = "a skip is to be seen")]
                {
                    eprintln!("test skipped: there is no bash");
                }
                return;
            };
            assert_eq!(OsStr::from_bytes(&output.stdout), word, "{script}");
        }
    }

    fn shell(script: &str, limit: Duration) -> Result<ToolOutput, ToolError> {
        Tool::new(
            Path::new("/bin/sh"),
            &Surroundings::for_tests("/usr/bin:/bin", &std::env::temp_dir()),
            limit,
        )
        .args(["-c", script])
        .run()
    }

    #[test]
    fn output_of_both_kinds_is_kept() {
        let output = shell("echo out; echo err >&2", Duration::from_secs(10)).unwrap();
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(output.command, "/bin/sh -c 'echo out; echo err >&2'");
    }

    #[test]
    fn a_failure_shows_command_and_messages() {
        let error = shell("echo it broke >&2; exit 3", Duration::from_secs(10)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`/bin/sh -c 'echo it broke >&2; exit 3'` failed (exit status: 3):\nit broke"
        );
    }

    #[test]
    fn the_environment_of_the_caller_does_not_reach_a_tool() {
        let output =
            shell("env | cut -d= -f1 | grep -v ^_ | sort", Duration::from_secs(10)).unwrap();
        assert_eq!(output.stdout, "LC_ALL\nPATH\nPWD\nTMPDIR\n");
    }

    #[test]
    fn a_tool_that_hangs_is_killed_with_its_children() {
        let start = Instant::now();
        let error =
            shell("echo begun; sleep 60 & sleep 60", Duration::from_millis(200)).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
        assert!(
            matches!(&error, ToolError::TimedOut { stdout, .. } if stdout == "begun\n"),
            "{error}"
        );
    }

    #[test]
    fn a_request_to_stop_ends_a_tool() {
        let surroundings = Surroundings::for_tests("/usr/bin:/bin", &std::env::temp_dir());
        let tool = Tool::new(Path::new("/bin/sh"), &surroundings, Duration::from_secs(60));
        let running = thread::spawn(|| tool.args(["-c", "sleep 60"]).run());
        surroundings.stop.request();
        let error = running.join().unwrap().unwrap_err();
        assert!(matches!(error, ToolError::Interrupted { .. }), "{error}");
    }

    #[test]
    fn a_process_left_behind_does_not_hold_the_caller() {
        let start = Instant::now();
        let output = shell("sleep 60 & echo done", Duration::from_secs(30)).unwrap();
        assert_eq!(output.stdout, "done\n");
        assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    }

    #[test]
    fn endless_output_is_bounded() {
        let output = shell("yes | head -c 5000000", Duration::from_secs(30)).unwrap();
        assert_eq!(output.stdout.len(), OUTPUT_LIMIT);
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quote(OsStr::new("-Wl,-rpath=/a/b")), "-Wl,-rpath=/a/b");
        assert_eq!(quote(OsStr::new("$ORIGIN/it's")), r"'$ORIGIN/it'\''s'");
        assert_eq!(quote(OsStr::new("")), "''");
        assert_eq!(quote(OsStr::new("it's\na\\b")), r"$'it\'s\012a\\b'");
        assert_eq!(quote(OsStr::from_bytes(b"b\xffad/\xc3\xbc")), "$'b\\377ad/ü'");
    }

    #[test]
    fn relative_entries_of_path_are_passed_over() {
        assert_eq!(find_program(OsStr::new("sh"), OsStr::new("::./bin")), None);
        assert!(find_program(OsStr::new("sh"), OsStr::new("/nonexistent:/bin")).is_some());
    }
}
