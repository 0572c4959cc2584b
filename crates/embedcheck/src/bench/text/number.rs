//! Numbers for people.

use crate::bench::Estimate;

/// Three digits and more: `0.00123`, `1.26`, `79.7`, `183`, `12345`.
#[must_use]
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 99.95 || size == 0.0 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.995 => 2,
        size if size >= 0.0995 => 3,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    // What is rounded to nothing has no sign.
    if text.trim_start_matches(['-', '0', '.']).is_empty() { "0".to_owned() } else { text }
}

/// A median with its interval: `1.04 (1.02–1.06)`, and whether it is too wide; `–` for nothing.
#[must_use]
pub fn cell(estimate: Option<Estimate>) -> String {
    match estimate {
        None => "–".to_owned(),
        Some(estimate) => {
            let Estimate { median, low, high } = estimate;
            let text = format!("{} ({}–{})", number(median), number(low), number(high));
            if estimate.is_wide() { format!("~{text}") } else { text }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_or_more() {
        for (value, text) in [
            (0.0, "0"),
            (-0.000_01, "0"),
            (0.001_23, "0.0012"),
            (0.126, "0.126"),
            (1.264, "1.26"),
            (9.999, "10.0"),
            (79.66, "79.7"),
            (99.97, "100"),
            (12_345.6, "12346"),
            (-3.25, "-3.25"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn what_is_too_wide_is_marked() {
        assert_eq!(cell(None), "–");
        let estimate = |low| Some(Estimate { median: 1.04, low, high: 1.06 });
        assert_eq!(cell(estimate(1.02)), "1.04 (1.02–1.06)");
        assert_eq!(cell(estimate(0.5)), "~1.04 (0.500–1.06)");
    }
}
