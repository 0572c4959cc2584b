//! A report under construction.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{BenchMachine, BenchReport, BenchTarget, Figure, Options, SCHEMA, Settings};
use crate::report::{Tool, machine};

/// What is known at the beginning of a run, and the targets so far.
#[derive(Debug)]
pub struct Recorder {
    report: BenchReport,
    began: Instant,
}

impl Recorder {
    /// Looks at the machine and the clock.
    #[must_use]
    pub fn begin(options: &Options, command: Vec<String>) -> Self {
        let report = BenchReport {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            command,
            date: date(SystemTime::now()),
            machine: BenchMachine {
                system: machine(),
                processor: processor(),
                load_before: load(),
                load_after: None,
            },
            settings: Settings {
                quick: options.quick,
                rounds: options.schedule.rounds,
                threads: options.schedule.threads(),
                environment: environment(options),
                optimised: options.host.optimised,
            },
            figures: Vec::new(),
            targets: Vec::new(),
            comparison: None,
            duration_ms: 0,
        };
        Self { report, began: Instant::now() }
    }

    /// Adds a target with its figures.
    pub fn add(&mut self, target: BenchTarget, figures: Vec<Figure>) {
        let known = std::mem::take(&mut self.report.figures);
        self.report.figures = Figure::all(&self.report.settings.threads);
        self.report.figures.retain(|figure| known.contains(figure) || figures.contains(figure));
        self.report.targets.push(target);
    }

    /// The finished report.
    #[must_use]
    pub fn finish(self) -> BenchReport {
        let Self { mut report, began } = self;
        report.machine.load_after = load();
        report.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        report
    }
}

fn environment(options: &Options) -> BTreeMap<String, String> {
    let text = |raw: &std::ffi::OsStr| raw.to_string_lossy().into_owned();
    options.environment.iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// The model of the first processor. Some architectures have no such line.
fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn load() -> Option<[f64; 3]> {
    parse_load(&fs::read_to_string("/proc/loadavg").ok()?)
}

fn parse_load(text: &str) -> Option<[f64; 3]> {
    let mut words = text.split(' ').map_while(|word| word.parse().ok());
    Some([words.next()?, words.next()?, words.next()?])
}

/// UTC to the second.
fn date(time: SystemTime) -> String {
    // A clock before 1970 is not worth an error.
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, seconds) = (since / 86_400, since % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of so many days after 1 January 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut left) = (1970, days);
    while left >= 365 + u64::from(is_leap(year)) {
        left -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    (year, month, left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `date -u -d @SECONDS +%FT%TZ` has them.
    #[test]
    fn known_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (1_795_181_820, "2026-11-20T13:37:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(date(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn load_averages() {
        assert_eq!(parse_load("0.20 1.18 10.12 1/80 11206\n"), Some([0.20, 1.18, 10.12]));
        assert_eq!(parse_load("0.20 x"), None);
    }
}
