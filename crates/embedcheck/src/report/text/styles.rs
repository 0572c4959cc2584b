//! Colours by meaning.

use anstyle::{AnsiColor, Style};

use crate::report::Verdict;

/// One style for each meaning that a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Styles {
    /// The word of [`Verdict::Pass`].
    pub pass: Style,
    /// The word of [`Verdict::Limit`].
    pub limit: Style,
    /// The word of [`Verdict::Skip`].
    pub skip: Style,
    /// The word of [`Verdict::Fail`].
    pub fail: Style,
    /// The word of [`Verdict::Error`].
    pub error: Style,
    /// Names of groups and targets.
    pub heading: Style,
    /// Words in front of a text that say what it is.
    pub label: Style,
    /// What can be skipped while reading.
    pub faint: Style,
    /// Bars.
    pub bar: Style,
}

impl Styles {
    /// No escape sequences at all.
    #[must_use]
    pub const fn plain() -> Self {
        let plain = Style::new();
        Self {
            pass: plain,
            limit: plain,
            skip: plain,
            fail: plain,
            error: plain,
            heading: plain,
            label: plain,
            faint: plain,
            bar: plain,
        }
    }

    /// The sixteen colours that every terminal lets its user choose.
    #[must_use]
    pub const fn coloured() -> Self {
        Self {
            pass: AnsiColor::Green.on_default(),
            limit: AnsiColor::Yellow.on_default(),
            skip: AnsiColor::Cyan.on_default(),
            fail: AnsiColor::Red.on_default().bold(),
            error: AnsiColor::Magenta.on_default().bold(),
            heading: Style::new().bold(),
            label: Style::new().bold(),
            faint: Style::new().dimmed(),
            bar: AnsiColor::Blue.on_default(),
        }
    }

    /// The style of a verdict's word.
    #[must_use]
    pub const fn verdict(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Limit => self.limit,
            Verdict::Skip => self.skip,
            Verdict::Fail => self.fail,
            Verdict::Error => self.error,
        }
    }
}
