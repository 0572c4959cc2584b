//! The report as one HTML page, for people: plots, tables, and all that a bug report needs.
//!
//! ```text
//! page ──> section/* (what is shown of a report) ──> svg/* (how a plot is drawn) ──> scale, number
//!              └──> table
//! ```
//!
//! The page is one file: no script, nothing from elsewhere, and a content security policy that says so
//! to the browser. It is HTML and well-formed XML at once. The plots are drawn here and not by a library
//! for plots, because their colours come from the style sheet, which has a light and a dark scheme, and
//! because every mark carries its figure as a text and as `data-` attributes.

mod number;
mod page;
mod plot;
mod scale;
mod section;
mod svg;
mod table;

use super::BenchReport;

/// The page.
///
/// All texts of the report are escaped, and characters that no page may contain are replaced by U+FFFD.
#[must_use]
pub fn html(report: &BenchReport) -> String {
    let text = page::page(report).into_string();
    match text.contains(is_forbidden) {
        true => text.replace(is_forbidden, "\u{fffd}"),
        false => text,
    }
}

/// Neither HTML nor XML has these, not even escaped.
fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}
