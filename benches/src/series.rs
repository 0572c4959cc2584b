//! What host processes answered, round by round.

use serde_json::Value;

use crate::Spread;

/// What one process measured.
#[derive(Debug)]
pub struct Answer(Value);

impl Answer {
    /// One line of JSON.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => Ok(Self(value)),
            _ => Err(format!("{line:?} is no answer of the measuring host")),
        }
    }

    /// A number by its name; the median where there are several.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        let value = self.0.get(name)?;
        value.get("median").unwrap_or(value).as_f64()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }
}

/// The answers about one producer, one a round.
#[derive(Debug)]
pub struct Series {
    /// The producer.
    pub producer: &'static str,
    /// By round.
    pub answers: Vec<Answer>,
}

impl Series {
    pub(crate) fn new(producer: &'static str) -> Self {
        Self { producer, answers: Vec::new() }
    }

    /// Over the rounds; `None` if the producer was not asked for it.
    #[must_use]
    pub fn spread(&self, of: impl Fn(&Answer) -> Option<f64>) -> Option<Spread> {
        Spread::of(self.answers.iter().filter_map(of).collect())
    }
}

/// The figure of one producer by that of another, taken within each round, so that what slows the
/// machine for a while slows both. `None` if one of them is missing.
#[must_use]
pub fn ratio(
    all: &[Series],
    above: &str,
    below: &str,
    of: impl Fn(&Answer) -> Option<f64>,
) -> Option<Spread> {
    let find = |name| all.iter().find(|series| series.producer == name);
    let rounds = find(above)?.answers.iter().zip(&find(below)?.answers);
    Spread::of(rounds.filter_map(|(above, below)| Some(of(above)? / of(below)?)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(producer: &'static str, lines: &[&str]) -> Series {
        let answers = lines.iter().map(|line| Answer::parse(line).unwrap()).collect();
        Series { producer, answers }
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let all = [
            series("rust", &[r#"{"a": 10}"#, r#"{"a": 200}"#, r#"{"a": 30}"#]),
            series("limit", &[r#"{"a": 10}"#, r#"{"a": 100}"#, r#"{"a": 10}"#]),
        ];
        let found = ratio(&all, "rust", "limit", |answer| answer.number("a")).unwrap();
        assert_eq!(found, Spread { minimum: 1.0, median: 2.0, maximum: 3.0 });
        assert_eq!(ratio(&all, "rust", "cffi", |answer| answer.number("a")), None);
        assert_eq!(ratio(&all, "rust", "limit", |answer| answer.number("b")), None);
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for line in ["", "42", "error: no"] {
            Answer::parse(line).unwrap_err();
        }
    }
}
