//! A report as text, for a terminal and for a build log.
//!
//! The library never asks about terminals: colours come in as [`Styles`], the width as a number.

mod evidence;
mod header;
mod histogram;
mod observation;
mod page;
mod result;
mod styles;
mod summary;

pub(crate) use page::{Label, Page};
pub use styles::Styles;

use super::Report;
use crate::run::Observation;

/// Columns of a text that is not for a terminal, such as a build log.
pub const DEFAULT_WIDTH: usize = 100;

/// How a text is to look.
#[derive(Clone, Debug)]
pub struct TextOptions {
    /// The colours, or none.
    pub styles: Styles,
    /// Columns at which prose is wrapped. Words, and what the host processes wrote, are never broken.
    pub width: usize,
    /// Show the evidence too: the host processes, their plans, standard error and the events that
    /// deviate.
    pub verbose: bool,
}

impl Default for TextOptions {
    /// Plain, [`DEFAULT_WIDTH`] columns, without the evidence.
    fn default() -> Self {
        Self { styles: Styles::plain(), width: DEFAULT_WIDTH, verbose: false }
    }
}

/// The whole report: what was tested, the results by group, and the counts in the last line.
#[must_use]
pub fn to_text(report: &Report, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    one(&mut page, report);
    page.into_text()
}

/// Several reports, one after the other, and a table of their counts at the end.
#[must_use]
pub fn reports_to_text(reports: &[Report], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    for report in reports {
        one(&mut page, report);
        page.blank();
    }
    summary::table(&mut page, reports);
    page.into_text()
}

/// All that one host process left behind, as `embedcheck run` prints it.
#[must_use]
pub fn observation_to_text(observation: &Observation, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    observation::whole(&mut page, observation);
    page.into_text()
}

fn one(page: &mut Page<'_>, report: &Report) {
    header::header(page, report);
    result::groups(page, &report.results);
    page.blank();
    summary::not_covered(page, report);
    summary::limits(page, report);
    summary::recap(page, report);
    summary::last_line(page, report);
}
