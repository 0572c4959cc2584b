//! The command line of a host, as `docs/plan-format.md` has it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use embedcheck_plan::{Fact, Kind, Op, Plan, PlanError};
use thiserror::Error;

/// What the host is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// `--plan FILE --events-fd N`.
    Run { file: PathBuf, events_fd: i32, parent_death_kills: bool },
    /// `--check FILE`.
    Check { file: PathBuf },
    /// `--list`.
    List,
}

/// Why there is no plan to run.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    #[error("{0}\nusage: --plan FILE --events-fd N [--parent-death kill] | --check FILE | --list")]
    Usage(String),
    #[error("{}: {source}", file.display())]
    Read { file: PathBuf, source: io::Error },
    #[error("{}:{source}", file.display())]
    Plan { file: PathBuf, source: PlanError },
}

/// Reads the arguments, without the program's name.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Command, CommandError> {
    let usage = |message: String| CommandError::Usage(message);
    let mut arguments = arguments.into_iter();
    let (mut plan, mut check, mut events_fd) = (None, None, None);
    let (mut list, mut parent_death_kills) = (false, false);
    while let Some(argument) = arguments.next() {
        let name = argument.to_string_lossy().into_owned();
        let mut value =
            || arguments.next().ok_or_else(|| CommandError::Usage(format!("{name} needs a value")));
        match name.as_str() {
            "--plan" => plan = Some(PathBuf::from(value()?)),
            "--check" => check = Some(PathBuf::from(value()?)),
            "--list" => list = true,
            "--events-fd" => {
                let text = value()?;
                let number = text.to_str().and_then(|text| text.parse::<i32>().ok());
                let number = number.filter(|number| *number >= 0).ok_or_else(|| {
                    usage(format!("--events-fd: {} is no descriptor", text.display()))
                })?;
                events_fd = Some(number);
            }
            "--parent-death" => {
                let text = value()?;
                if text != "kill" {
                    return Err(usage(format!(
                        "--parent-death: only kill, not {}",
                        text.display()
                    )));
                }
                parent_death_kills = true;
            }
            _ => return Err(usage(format!("unknown argument {name}"))),
        }
    }
    match (plan, check, list, events_fd) {
        (Some(file), None, false, Some(events_fd)) => {
            Ok(Command::Run { file, events_fd, parent_death_kills })
        }
        (Some(_), None, false, None) => Err(usage("--plan needs --events-fd".to_owned())),
        (None, Some(file), false, None) => Ok(Command::Check { file }),
        (None, None, true, None) => Ok(Command::List),
        _ => Err(usage("one of --plan, --check and --list is expected".to_owned())),
    }
}

/// Reads and parses a plan.
pub(crate) fn read_plan(file: &Path) -> Result<Plan, CommandError> {
    let text =
        fs::read(file).map_err(|source| CommandError::Read { file: file.to_owned(), source })?;
    Plan::parse(&text).map_err(|source| CommandError::Plan { file: file.to_owned(), source })
}

/// The lines of `--list`.
pub(crate) fn list() -> Vec<String> {
    let steps = Op::WORDS.into_iter().map(|word| format!("step {word}"));
    let letters = Kind::ALL.into_iter().map(|(_, letter)| format!("type {letter}"));
    let facts = Fact::ALL.into_iter().map(|(_, name)| format!("fact {name}"));
    steps.chain(letters).chain(facts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Command, String> {
        parse(words.iter().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_come_in_any_order() {
        let expected = Command::Run { file: "p".into(), events_fd: 5, parent_death_kills: true };
        let words = ["--parent-death", "kill", "--events-fd", "5", "--plan", "p"];
        assert_eq!(parsed(&words), Ok(expected));
        assert_eq!(parsed(&["--check", "p"]), Ok(Command::Check { file: "p".into() }));
        assert_eq!(parsed(&["--list"]), Ok(Command::List));
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (words, part) in [
            (&["--plan", "p"][..], "--plan needs --events-fd"),
            (&["--plan"], "--plan needs a value"),
            (&["--plan", "p", "--events-fd", "x"], "x is no descriptor"),
            (&["--plan", "p", "--events-fd", "-1"], "-1 is no descriptor"),
            (&["--parent-death", "stop"], "only kill, not stop"),
            (&["--frob"], "unknown argument --frob"),
            (&[], "one of --plan, --check and --list"),
            (&["--list", "--check", "p"], "one of --plan, --check and --list"),
        ] {
            let error = parsed(words).expect_err("these arguments are wrong");
            assert!(error.contains(part), "{words:?}: {error}");
        }
    }
}
