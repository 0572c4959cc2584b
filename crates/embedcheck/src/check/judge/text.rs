//! Texts that a case must write, word for word but for what differs from run to run.

/// The mark for what differs: alone on a line any number of lines, else any characters.
const ANYTHING: char = '…';

/// An expected text, compared line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    lines: Vec<String>,
}

impl Template {
    /// `…` alone on a line stands for any number of lines up to the first that matches the next
    /// line of the template; elsewhere it stands for any characters.
    pub(super) fn new(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect() }
    }

    /// The first line that is not as expected, in words.
    pub(super) fn difference(&self, text: &str) -> Option<String> {
        let mut found = text.lines().enumerate().peekable();
        let mut expected = self.lines.iter().peekable();
        while let Some(line) = expected.next() {
            if is_anything(line) {
                let next = expected.peek();
                while found
                    .next_if(|(_, seen)| next.is_none_or(|next| !matches(next, seen)))
                    .is_some()
                {}
                continue;
            }
            match found.next() {
                None => return Some(format!("ends before {line:?}")),
                Some((_, seen)) if matches(line, seen) => {}
                Some((number, seen)) => {
                    return Some(format!("line {}: {seen:?}, not {line:?}", number + 1));
                }
            }
        }
        found.next().map(|(number, seen)| format!("line {}: {seen:?}, not the end", number + 1))
    }

    /// Whether a line is one of those that are expected somewhere.
    pub(super) fn explains(&self, line: &str) -> bool {
        self.lines.iter().any(|expected| !is_anything(expected) && matches(expected, line))
    }
}

fn is_anything(line: &str) -> bool {
    line.chars().eq([ANYTHING])
}

/// Whether a line of the template stands for this line.
pub(super) fn matches(template: &str, line: &str) -> bool {
    let mut parts = template.split(ANYTHING);
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_passed_over() {
        let template = Template::new("<function f at 0x…>:\n…\nValueError: …boom…!\n");
        assert_eq!(template.difference("<function f at 0x7f>:\n  a\n  b\nValueError: boom!"), None);
        assert_eq!(template.difference("<function f at 0x7f>:\nValueError: a boom b!\n"), None);
        assert_eq!(
            template.difference("<function g at 0x7f>:\n"),
            Some("line 1: \"<function g at 0x7f>:\", not \"<function f at 0x…>:\"".to_owned())
        );
        assert_eq!(
            template.difference("<function f at 0x7f>:\n  a\n"),
            Some("ends before \"ValueError: …boom…!\"".to_owned())
        );
    }

    #[test]
    fn the_text_must_end_with_the_template() {
        let template = Template::new("one\n");
        assert_eq!(template.difference("one\ntwo\n"), Some("line 2: \"two\", not the end".into()));
        assert_eq!(template.difference("one"), None);
        assert_eq!(Template::new("").difference(""), None);
        assert_eq!(Template::new("one\n…").difference("one\ntwo\n"), None);
    }

    #[test]
    fn lines_match_as_a_whole() {
        for (template, line, same) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a…c", "abc", true),
            ("a…c", "ac", true),
            ("a…a", "a", false),
            ("a…b…c", "a b c", true),
            ("a…b…c", "a c", false),
            ("…", "anything", true),
        ] {
            assert_eq!(matches(template, line), same, "{template} {line}");
        }
    }

    #[test]
    fn expected_lines_are_no_evidence() {
        let template = Template::new("…\nCalled f at 0x…\n");
        assert!(template.explains("Called f at 0x12"));
        assert!(!template.explains("ImportError"));
    }
}
