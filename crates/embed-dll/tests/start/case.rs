//! One host process: its environment is made from nothing, its words are the case.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use crate::host::END;
use crate::interpreters::Target;

/// A host that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A host to be run.
pub(crate) struct Case {
    command: Command,
    shown: Vec<String>,
}

/// What a host did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    shown: String,
    end: String,
}

impl Case {
    /// For a libpython that `EMBED_DLL_LIBPYTHON` names.
    pub(crate) fn on(target: &Target) -> Case {
        Case::under(target).env("EMBED_DLL_LIBPYTHON", &target.library)
    }

    /// For a libpython that is to be found, under its own C library if it needs one.
    pub(crate) fn under(target: &Target) -> Case {
        match &target.loader {
            Some(loader) => {
                let mut command = Command::new(loader);
                command.arg("--library-path").arg(loader.parent().expect("a folder"));
                command.arg(std::env::current_exe().expect("a path"));
                Case::with(command)
            }
            None => Case::new(),
        }
    }

    /// With nothing in its environment but a PATH that leads nowhere.
    pub(crate) fn new() -> Case {
        Case::with(Command::new(std::env::current_exe().expect("a path")))
    }

    fn with(mut command: Command) -> Case {
        command.arg("--host");
        Case::program(command)
    }

    /// Any program, in an environment as bare.
    pub(crate) fn program(mut command: Command) -> Case {
        command.env_clear().env("PATH", "/nonexistent");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Case { command, shown: Vec::new() }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<Path>) -> Case {
        self.shown.push(format!("{name}={}", value.as_ref().display()));
        self.command.env(name, value.as_ref());
        self
    }

    pub(crate) fn word(mut self, word: impl AsRef<Path>) -> Case {
        self.shown.push(word.as_ref().display().to_string());
        self.command.arg(word.as_ref());
        self
    }

    pub(crate) fn words(self, words: &[&str]) -> Case {
        words.iter().fold(self, Case::word)
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Case {
        self.command.current_dir(folder);
        self
    }

    /// Runs it to its end, which must be its own.
    pub(crate) fn run(self) -> Result<Outcome, Failed> {
        let outcome = self.run_to_any_end()?;
        if outcome.end != format!("exit {END}") {
            return Err(outcome.fail("the host did not come to its end"));
        }
        Ok(outcome)
    }

    /// Runs it, however it ends.
    pub(crate) fn run_to_any_end(mut self) -> Result<Outcome, Failed> {
        let mut child = self.command.spawn()?;
        let mut stdout = child.stdout.take().ok_or("no stdout")?;
        let mut stderr = child.stderr.take().ok_or("no stderr")?;
        let read = |stream: &mut dyn Read| {
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let errors = thread::spawn(move || read(&mut stderr));
        let output = thread::spawn(move || read(&mut stdout));
        let began = Instant::now();
        let end = loop {
            match child.try_wait()? {
                Some(status) => {
                    break match (status.code(), status.signal()) {
                        (Some(code), _) => format!("exit {code}"),
                        (None, signal) => format!("signal {}", signal.unwrap_or(0)),
                    };
                }
                None if began.elapsed() > LIMIT => {
                    child.kill()?;
                    child.wait()?;
                    break String::from("hang");
                }
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        let stdout = output.join().map_err(|_| "panic")?;
        let stderr = errors.join().map_err(|_| "panic")?;
        Ok(Outcome { stdout, stderr, shown: self.shown.join(" "), end })
    }
}

impl Outcome {
    pub(crate) fn end(&self) -> &str {
        &self.end
    }

    /// The rest of the first line that begins with a word.
    pub(crate) fn line(&self, word: &str) -> Result<&str, Failed> {
        self.nth(word, 0)
    }

    /// The rest of the nth line that begins with a word.
    pub(crate) fn nth(&self, word: &str, index: usize) -> Result<&str, Failed> {
        let mut lines =
            self.stdout.lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
        lines.nth(index).ok_or_else(|| self.fail(&format!("no line {index} of {word}")))
    }

    /// The rest of a line must be this.
    pub(crate) fn expect(&self, word: &str, rest: &str) -> Result<(), Failed> {
        if self.line(word)? == rest {
            Ok(())
        } else {
            Err(self.fail(&format!("expected: {word} {rest}")))
        }
    }

    /// Stdout must have a text.
    pub(crate) fn says(&self, text: &str) -> Result<(), Failed> {
        if self.stdout.contains(text) {
            Ok(())
        } else {
            Err(self.fail(&format!("it should say: {text}")))
        }
    }

    /// The host was started with a libpython.
    pub(crate) fn started_with(&self, library: &Path) -> Result<(), Failed> {
        let line = self.line("started")?;
        let used = Path::new(line.split_once(' ').map_or("", |(_, path)| path));
        if used.canonicalize().ok() == library.canonicalize().ok() {
            Ok(())
        } else {
            Err(self.fail(&format!("it should have used {}", library.display())))
        }
    }

    /// All that is needed to see it again.
    pub(crate) fn fail(&self, reason: &str) -> Failed {
        format!(
            "{reason}\ncase: {}\nend: {}\nstdout:\n{}\nstderr:\n{}",
            self.shown, self.end, self.stdout, self.stderr
        )
        .into()
    }
}
