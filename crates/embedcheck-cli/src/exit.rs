//! The exit codes, in one place: `--help` and `docs/exit-codes.md` are made from [`CODES`].

use std::process::ExitCode;

use embedcheck::report::{Report, Verdict};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing failed.
    Success,
    /// Something failed.
    Failed,
    /// Usage or bad input.
    Usage,
    /// Nothing was really embedded.
    NothingEmbedded,
    /// Our own error.
    Internal,
    /// Stopped by a signal with this number.
    Signal(i32),
}

/// Each code and what it means.
pub(crate) const CODES: &[(u8, &str)] = &[
    (0, "nothing failed"),
    (1, "something failed; with --strict a limit too"),
    (2, "wrong usage or bad input, or the output could not be written"),
    (3, "nothing failed, but nothing was really embedded either"),
    (4, "an error of embedcheck itself"),
    (129, "stopped by SIGHUP, such as a closed terminal, after cleaning up"),
    (130, "stopped by SIGINT, such as Ctrl-C, after cleaning up"),
    (143, "stopped by SIGTERM, after cleaning up"),
];

impl Exit {
    /// The code, one of [`CODES`].
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NothingEmbedded => 3,
            Self::Internal => 4,
            // What a shell reports for a process that the signal ended.
            Self::Signal(number) => u8::try_from(128 + number).unwrap_or(u8::MAX),
        }
    }

    /// What reports mean together.
    pub(crate) fn of(reports: &[Report], strict: bool) -> Self {
        let results = reports.iter().flat_map(|report| &report.results);
        let verdicts: Vec<_> = results.map(|result| result.verdict).collect();
        let embedded = reports.iter().any(|report| report.summary.embedded > 0);
        Self::of_verdicts(&verdicts, embedded, strict)
    }

    /// The same with targets that were left out. That is a skip like any other: a failure when every
    /// skip is one.
    pub(crate) fn with_left_out(self, targets: usize, require_all: bool) -> Self {
        match self {
            Self::Success if targets > 0 && require_all => Self::Failed,
            other => other,
        }
    }

    /// A failure is the strongest word, since it is about what was tested; an error of ours leaves
    /// open what the check would have said.
    fn of_verdicts(verdicts: &[Verdict], embedded: bool, strict: bool) -> Self {
        if verdicts.contains(&Verdict::Fail) {
            Self::Failed
        } else if verdicts.contains(&Verdict::Error) {
            Self::Internal
        } else if !embedded {
            Self::NothingEmbedded
        } else if strict && verdicts.contains(&Verdict::Limit) {
            Self::Failed
        } else {
            Self::Success
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented() {
        let exits = [
            Exit::Success,
            Exit::Failed,
            Exit::Usage,
            Exit::NothingEmbedded,
            Exit::Internal,
            Exit::Signal(1),
            Exit::Signal(2),
            Exit::Signal(15),
        ];
        let codes: Vec<_> = exits.iter().map(|exit| exit.code()).collect();
        let documented: Vec<_> = CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, documented);
    }

    #[test]
    fn the_worst_verdict_decides() {
        use Verdict::{Error, Fail, Limit, Pass, Skip};
        let of = |verdicts: &[_]| Exit::of_verdicts(verdicts, true, false);
        assert_eq!(of(&[Pass, Limit, Skip]), Exit::Success);
        assert_eq!(of(&[Pass, Error]), Exit::Internal);
        assert_eq!(of(&[Error, Fail, Pass]), Exit::Failed);
        assert_eq!(Exit::of_verdicts(&[Pass, Limit], true, true), Exit::Failed);
        assert_eq!(Exit::of_verdicts(&[Pass, Skip], true, true), Exit::Success);
    }

    #[test]
    fn a_run_that_embedded_nothing_is_never_green() {
        let of = |verdicts: &[_]| Exit::of_verdicts(verdicts, false, false);
        assert_eq!(of(&[]), Exit::NothingEmbedded);
        assert_eq!(of(&[Verdict::Pass]), Exit::NothingEmbedded);
        assert_eq!(of(&[Verdict::Fail]), Exit::Failed);
    }

    #[test]
    fn a_target_that_was_left_out_is_a_skip() {
        assert_eq!(Exit::Success.with_left_out(1, true), Exit::Failed);
        assert_eq!(Exit::Success.with_left_out(1, false), Exit::Success);
        assert_eq!(Exit::Success.with_left_out(0, true), Exit::Success);
        assert_eq!(Exit::Internal.with_left_out(1, true), Exit::Internal);
    }

    #[test]
    fn the_page_has_the_codes_and_nothing_else() {
        let page = include_str!("../../../docs/exit-codes.md");
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
        let wanted = CODES.iter().map(|(code, meaning)| format!("| {code} | {meaning} |"));
        assert_eq!(rows, wanted.collect::<Vec<_>>());
    }
}
