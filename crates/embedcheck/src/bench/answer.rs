//! What one host process answered.

use serde_json::Value;

use super::Bin;

/// One line of JSON of the measuring host.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer(Value);

impl Answer {
    /// Finds the line in the standard output of a host process, which the Python code in it shares: a
    /// `sitecustomize` may print, too, and its text may come before or after.
    ///
    /// # Errors
    ///
    /// If no line is a JSON object; the message quotes the beginning of what there is.
    pub fn parse(output: &str) -> Result<Self, String> {
        let objects = output.lines().rev().filter_map(|line| serde_json::from_str(line).ok());
        let mut answers = objects.filter(Value::is_object);
        answers.next().map(Self).ok_or_else(|| match output.trim() {
            "" => "the host process ended before it answered, as after os._exit(0)".to_owned(),
            other => {
                let begin: String = other.chars().take(200).collect();
                format!("{begin:?} is no answer of the measuring host")
            }
        })
    }

    /// A number by its name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64().filter(|number| number.is_finite())
    }

    /// A text by its name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// What was measured at a place, such as `other`.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Self> {
        self.0.get(name).filter(|value| value.is_object()).cloned().map(Self)
    }

    /// Its histogram; without those classes in which nothing is.
    #[must_use]
    pub fn histogram(&self) -> Option<Vec<Bin>> {
        let rows = self.0.get("histogram")?.as_array()?;
        let bin = |row: &Value| {
            let bin = Bin { upper: row.get(0)?.as_f64()?, count: row.get(1)?.as_u64()? };
            (bin.count > 0).then_some(bin)
        };
        Some(rows.iter().filter_map(bin).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let answer = Answer::parse(
            r#"{"load": 12, "libpython": "/l", "other": {"median": 80.5, "histogram": [[80, 0], [81.5, 7]]}}"#,
        )
        .unwrap();
        assert_eq!(answer.number("load"), Some(12.0));
        assert_eq!(answer.text("libpython"), Some("/l"));
        let other = answer.place("other").unwrap();
        assert_eq!(other.number("median"), Some(80.5));
        assert_eq!(other.histogram(), Some(vec![Bin { upper: 81.5, count: 7 }]));
        assert_eq!((answer.place("load"), answer.number("other")), (None, None));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for line in ["42", "error: no"] {
            assert!(Answer::parse(line).unwrap_err().contains(line));
        }
        assert!(Answer::parse("").unwrap_err().contains("before it answered"));
    }

    #[test]
    fn an_answer_is_found_among_what_python_code_prints() {
        let answer = Answer::parse("hello\n{\"load\": 1}\nfrom site").unwrap();
        assert_eq!(answer.number("load"), Some(1.0));
    }
}
