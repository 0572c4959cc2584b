//! The command lines of the benchmarks of calls.

use std::ffi::{OsStr, OsString};

/// What stands first on the command line of a host process.
pub(crate) const HOST: &str = "__measure";

/// How to measure.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// How often each producer is measured.
    pub rounds: u32,
    /// Times are cut short: whether the benchmarks run is what matters, not their figures.
    pub quick: bool,
    /// Every target of the machine.
    pub all: bool,
    /// The target by name, as `embedcheck check --python` takes it.
    pub python: Option<OsString>,
}

impl Arguments {
    /// `[--rounds N] [--python PYTHON | --all] [--quick]`. `cargo bench` adds `--bench`; without that
    /// one it is a test, as for Criterion's benchmarks: quick, one round.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut words = words.into_iter();
        let [mut is_bench, mut quick, mut all] = [false; 3];
        let [mut rounds, mut python] = [const { None }; 2];
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--bench") => is_bench = true,
                Some("--quick") => quick = true,
                Some("--all") => all = true,
                Some("--rounds") => rounds = words.next(),
                Some("--python") => {
                    python = Some(words.next().ok_or("--python needs a value")?);
                }
                _ => return Err(format!("there is no option {}", word.display())),
            }
        }
        if all && python.is_some() {
            return Err("--all and --python exclude each other".to_owned());
        }
        quick |= !is_bench;
        let rounds = match rounds.as_deref() {
            None if quick => 1,
            None => 7,
            Some(number) => parse_rounds(number)?,
        };
        Ok(Self { rounds, quick, all, python })
    }
}

fn parse_rounds(number: &OsStr) -> Result<u32, String> {
    match number.to_str().and_then(|number| number.parse().ok()) {
        Some(rounds) if rounds > 0 => Ok(rounds),
        _ => Err(format!("--rounds {} is no number above 0", number.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Arguments, String> {
        Arguments::parse(words.split_whitespace().map(OsString::from))
    }

    #[test]
    fn cargo_says_whether_it_is_a_benchmark() {
        let test = Arguments { rounds: 1, quick: true, all: false, python: None };
        assert_eq!(parse(""), Ok(test));
        let bench = Arguments { rounds: 7, quick: false, all: false, python: None };
        assert_eq!(parse("--bench"), Ok(bench));
        let all = Arguments { rounds: 3, quick: true, all: true, python: None };
        assert_eq!(parse("--all --rounds 3 --quick --bench"), Ok(all));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (words, message) in [
            ("--what", "there is no option --what"),
            ("--python", "--python needs a value"),
            ("--python 3.9 --all", "--all and --python exclude each other"),
            ("--rounds 0", "--rounds 0 is no number above 0"),
        ] {
            assert_eq!(parse(words), Err(message.to_owned()), "{words}");
        }
    }
}
