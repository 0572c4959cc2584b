//! The command line of the measuring host.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use super::Error;

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    First,
    Calls,
    Threads,
    Ended,
    Serve,
    Count,
}

impl Job {
    fn parse(word: Option<&str>) -> Result<Self, Error> {
        Ok(match word {
            Some("first") => Self::First,
            Some("calls") => Self::Calls,
            Some("threads") => Self::Threads,
            Some("ended") => Self::Ended,
            Some("serve") => Self::Serve,
            Some("count") => Self::Count,
            other => {
                let known = "first, calls, threads, ended, serve or count";
                return Err(format!("{known}, not {other:?}").into());
            }
        })
    }
}

/// A symbol that starts the interpreter, for a DLL that does not do it by itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Initialise {
    pub(super) symbol: String,
    /// What the init code imports.
    pub(super) module: CString,
    /// The file with the init code.
    pub(super) init: PathBuf,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) job: Job,
    pub(super) dll: PathBuf,
    /// A libpython that is there before the clock starts.
    pub(super) preload: Option<PathBuf>,
    /// There is to be no libpython.
    pub(super) plain: bool,
    /// A library that is linked to the DLL and calls `add1` of it.
    pub(super) linked: Option<PathBuf>,
    /// The function that is called many times.
    pub(super) function: String,
    /// The interpreter is held between the calls that are counted.
    pub(super) held: bool,
    /// The functions between which a thread holds the interpreter.
    pub(super) hold: Option<(String, String)>,
    pub(super) initialise: Option<Initialise>,
    pub(super) threads: usize,
    pub(super) time: Duration,
    pub(super) batches: usize,
    pub(super) count: u64,
    pub(super) calls: u64,
}

impl Arguments {
    pub(super) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        let mut words = words.into_iter();
        let job = Job::parse(words.next().as_deref().and_then(|job| job.to_str()))?;
        let [mut dll, mut preload, mut linked, mut init] = [const { None::<PathBuf> }; 4];
        let [mut enter, mut leave, mut symbol, mut module] = [const { None::<String> }; 4];
        let [mut plain, mut held] = [false; 2];
        let mut function = "add1".to_owned();
        let [mut threads, mut milliseconds, mut batches] = [1, 100, 100];
        let [mut count, mut calls] = [1000, 1000];
        while let Some(name) = words.next() {
            let flag = match name.to_str() {
                Some("--plain") => Some(&mut plain),
                Some("--held") => Some(&mut held),
                _ => None,
            };
            if let Some(flag) = flag {
                *flag = true;
                continue;
            }
            let value = words.next().ok_or_else(|| format!("{} needs a value", name.display()))?;
            match name.to_str() {
                Some("--dll") => dll = Some(PathBuf::from(value)),
                Some("--preload") => preload = Some(PathBuf::from(value)),
                Some("--linked") => linked = Some(PathBuf::from(value)),
                Some("--function") => function = text(value)?,
                Some("--init") => init = Some(PathBuf::from(value)),
                Some("--enter") => enter = Some(text(value)?),
                Some("--leave") => leave = Some(text(value)?),
                Some("--initialise") => symbol = Some(text(value)?),
                Some("--module") => module = Some(text(value)?),
                Some("--threads") => threads = number(value)?,
                Some("--milliseconds") => milliseconds = number(value)?,
                Some("--batches") => batches = number(value)?,
                Some("--count") => count = number(value)?,
                Some("--calls") => calls = number(value)?,
                _ => return Err(format!("there is no option {}", name.display()).into()),
            }
        }
        let initialise = match (symbol, module, init) {
            (None, None, None) => None,
            (Some(symbol), Some(module), Some(init)) => {
                Some(Initialise { symbol, module: CString::new(module)?, init })
            }
            _ => return Err("--initialise, --module and --init belong together".into()),
        };
        let hold = match (enter, leave) {
            (None, None) => None,
            (Some(enter), Some(leave)) => Some((enter, leave)),
            _ => return Err("--enter and --leave belong together".into()),
        };
        if linked.is_some() && function != "add1" {
            return Err(format!("--linked is for add1, not for {function}").into());
        }
        Ok(Self {
            job,
            dll: dll.ok_or("--dll is missing")?,
            preload,
            plain,
            linked,
            function,
            held,
            hold,
            initialise,
            threads: usize::try_from(threads)?,
            time: Duration::from_millis(milliseconds),
            batches: usize::try_from(batches)?,
            count,
            calls,
        })
    }
}

fn text(value: OsString) -> Result<String, Error> {
    Ok(String::from_utf8(value.into_vec())?)
}

/// A number that is not 0.
fn number(value: OsString) -> Result<u64, Error> {
    let text = text(value)?;
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{text} is no number above 0").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Arguments, String> {
        let words = words.split_whitespace().map(OsString::from);
        Arguments::parse(words).map_err(|error| error.to_string())
    }

    #[test]
    fn all_options() {
        let arguments = parse(
            "threads --dll a.so --enter e --leave l --initialise i --module m --init f --threads 4 \
             --milliseconds 50 --batches 7 --count 9 --calls 11 --preload p --plain --linked k \
             --function add1 --held",
        );
        let expected = Arguments {
            job: Job::Threads,
            dll: "a.so".into(),
            preload: Some("p".into()),
            plain: true,
            linked: Some("k".into()),
            function: "add1".to_owned(),
            held: true,
            hold: Some(("e".to_owned(), "l".to_owned())),
            initialise: Some(Initialise {
                symbol: "i".to_owned(),
                module: c"m".to_owned(),
                init: "f".into(),
            }),
            threads: 4,
            time: Duration::from_millis(50),
            batches: 7,
            count: 9,
            calls: 11,
        };
        assert_eq!(arguments, Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (words, message) in [
            ("", "first, calls, threads, ended, serve or count, not None"),
            ("second", "first, calls, threads, ended, serve or count, not Some(\"second\")"),
            ("calls", "--dll is missing"),
            ("calls --dll", "--dll needs a value"),
            ("calls --dll a --what b", "there is no option --what"),
            ("calls --dll a --threads 0", "0 is no number above 0"),
            ("calls --dll a --function nop --linked b", "--linked is for add1, not for nop"),
            ("calls --dll a --enter b", "--enter and --leave belong together"),
            ("calls --dll a --init b", "--initialise, --module and --init belong together"),
        ] {
            assert_eq!(parse(words), Err(message.to_owned()), "{words}");
        }
    }
}
