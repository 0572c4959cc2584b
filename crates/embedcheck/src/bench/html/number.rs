//! Numbers for people.

use crate::bench::{Estimate, Unit};

/// Three digits or more, thousands apart, without the unit.
pub(super) fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        size if size < 0.9995 => (2.0 - size.log10().floor()).clamp(3.0, 9.0) as usize,
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let mut out = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A round value, without zeros at its end.
pub(super) fn tick(value: f64) -> String {
    let text = digits(value);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A unit that is handy for values of a size, and what to multiply them with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Handy {
    /// From the unit of the figure.
    pub(super) factor: f64,
    /// Empty for a ratio.
    pub(super) word: &'static str,
}

impl Handy {
    /// For values up to `largest`.
    pub(super) fn of(unit: Unit, largest: f64) -> Self {
        if unit == Unit::Milliseconds && largest.abs() < 0.01 {
            let handy = Self::of(Unit::Nanoseconds, largest * 1e6);
            return Self { factor: handy.factor * 1e6, ..handy };
        }
        let (steps, by): (&[&'static str], f64) = match unit {
            Unit::Nanoseconds => (&["ns", "µs", "ms", "s"], 1000.0),
            Unit::Milliseconds => (&["ms", "s"], 1000.0),
            Unit::Kibibytes => (&["KiB", "MiB", "GiB"], 1024.0),
            Unit::Bytes => (&["bytes", "KiB", "MiB", "GiB"], 1024.0),
            Unit::Ratio => (&[""], 1.0),
        };
        // Up to ten thousand, so that figures that are compared with each other have the same unit.
        let mut handy = Self { factor: 1.0, word: steps[0] };
        for word in &steps[1..] {
            if largest.abs() * handy.factor < 10.0 * by {
                break;
            }
            handy = Self { factor: handy.factor / by, word };
        }
        handy
    }

    /// The value in this unit, without its word.
    pub(super) fn digits(self, value: f64) -> String {
        digits(value * self.factor)
    }

    /// The value in this unit, with its word.
    pub(super) fn with_word(self, value: f64) -> String {
        format!("{} {}", self.digits(value), self.word).trim_end().to_owned()
    }
}

/// A value with a handy unit.
pub(super) fn with_unit(value: f64, unit: Unit) -> String {
    Handy::of(unit, value).with_word(value)
}

/// The median with its interval.
pub(super) fn with_interval(estimate: &Estimate, unit: Unit) -> String {
    let handy = Handy::of(unit, estimate.median);
    let [median, low, high] =
        [estimate.median, estimate.low, estimate.high].map(|value| handy.digits(value));
    format!("{median} {} ({low} to {high})", handy.word).replace("  ", " ")
}

/// A share as a percentage with as many digits as it needs.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = match percent {
        0.0 => 0.0,
        small if small < 0.995 => (-(small * 1.005).log10().floor()).clamp(0.0, 9.0),
        _ => 0.0,
    } as usize;
    format!("{percent:.decimals$} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_by_size() {
        let shown = [
            0.0,
            0.000_083,
            0.0123,
            0.145,
            2.0,
            9.996,
            81.24,
            99.96,
            184.4,
            8000.0,
            1_234_567.8,
            -1234.5,
        ];
        assert_eq!(
            shown.map(digits),
            [
                "0",
                "0.0000830",
                "0.0123",
                "0.145",
                "2.00",
                "10.0",
                "81.2",
                "100",
                "184",
                "8,000",
                "1,234,568",
                "-1,234"
            ]
        );
    }

    #[test]
    fn ticks_have_no_zeros_at_their_end() {
        assert_eq!(
            [0.0, 0.5, 2.5, 50.0, 1000.0, 0.01].map(tick),
            ["0", "0.5", "2.5", "50", "1,000", "0.01"]
        );
    }

    #[test]
    fn units_by_size() {
        let ns = |value| with_unit(value, Unit::Nanoseconds);
        assert_eq!(
            [81.0, 8000.0, 20_000.0, 12e6, 12e9].map(ns),
            ["81.0 ns", "8,000 ns", "20.0 µs", "12.0 ms", "12.0 s"]
        );
        assert_eq!(with_unit(83e-6, Unit::Milliseconds), "83.0 ns");
        assert_eq!(with_unit(20_480.0, Unit::Kibibytes), "20.0 MiB");
        assert_eq!(with_unit(0.98, Unit::Ratio), "0.980");
        let estimate = Estimate { median: 81.0, low: 80.0, high: 20_000.0 };
        assert_eq!(with_interval(&estimate, Unit::Nanoseconds), "81.0 ns (80.0 to 20,000)");
        assert_eq!(with_interval(&estimate, Unit::Ratio), "81.0 (80.0 to 20,000)");
    }

    #[test]
    fn percentages() {
        let shown = [1.0, 0.5, 0.01, 0.001, 0.0001, 0.000_01, 1e-7, 0.0];
        assert_eq!(
            shown.map(percent),
            ["100 %", "50 %", "1 %", "0.1 %", "0.01 %", "0.001 %", "0.00001 %", "0 %"]
        );
    }
}
