//! The page as a whole.

use maud::{Markup, PreEscaped, html};

use super::section;
use crate::bench::BenchReport;

/// Colours, sizes, and what is different in the dark and on paper.
const STYLE: &str = include_str!("style.css");

/// Nothing is loaded and nothing runs, whatever the texts of a report contain.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(super) fn page(report: &BenchReport) -> Markup {
    let title = format!("embedcheck bench, {}", report.date);
    html! {
        (PreEscaped("<!DOCTYPE html>\n"))
        html lang="en" {
            head {
                // Closed as XML wants it, which HTML allows.
                (PreEscaped("<meta charset=\"utf-8\"/>"))
                (PreEscaped(format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>")))
                (PreEscaped("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"))
                (PreEscaped("<meta name=\"color-scheme\" content=\"light dark\"/>"))
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "What a call from C into Python costs" }
                    (section::head(report))
                }
                main {
                    (section::summary(report))
                    @if let Some(comparison) = &report.comparison { (section::comparison(comparison)) }
                    (section::versions(report))
                    @for (number, target) in report.targets.iter().enumerate() {
                        (section::target(report, target, number))
                    }
                }
                footer {
                    p {
                        (report.tool.name) " " (report.tool.version) ", " (report.schema) ". "
                        "Every figure is a median over processes with the 95 % interval of its order "
                        "statistics; “too wide” is one that reaches further than 10 % from the median. "
                        "Ratios are taken process by process, of neighbours in time."
                    }
                }
            }
        }
    }
}
