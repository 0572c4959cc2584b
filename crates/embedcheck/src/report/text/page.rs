//! The text under construction: indentation, labels, wrapping.

use anstyle::Style;

use super::{Styles, TextOptions};

/// Least columns for wrapped prose, however narrow the terminal and deep the indentation.
const MIN_BODY: usize = 30;

/// A word in front of a text, padded to `width` columns.
#[derive(Clone, Copy)]
pub(crate) struct Label<'a> {
    pub(crate) text: &'a str,
    pub(crate) style: Style,
    pub(crate) width: usize,
}

/// Collects lines.
pub(crate) struct Page<'a> {
    options: &'a TextOptions,
    text: String,
}

impl<'a> Page<'a> {
    pub(crate) fn new(options: &'a TextOptions) -> Self {
        Self { options, text: String::new() }
    }

    pub(crate) fn styles(&self) -> &'a Styles {
        &self.options.styles
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.options.verbose
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A line in one style, not wrapped.
    pub(crate) fn line(&mut self, indent: usize, style: Style, text: &str) {
        self.indent(indent);
        self.styled(style, &visible(text));
        self.text.push('\n');
    }

    /// What a program wrote, line by line behind a bar, never wrapped.
    pub(crate) fn quote(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            self.indent(indent);
            let line = format!("| {}", visible(line));
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    /// One label and a text beside it.
    pub(crate) fn labelled(&mut self, indent: usize, label: &str, width: usize, body: &str) {
        let label = Label { text: label, style: self.styles().label, width };
        self.item(indent, &[label], body);
    }

    /// Labels beside one another, then a text that is wrapped in the columns that remain.
    pub(crate) fn item(&mut self, indent: usize, labels: &[Label<'_>], body: &str) {
        let taken: usize =
            indent + labels.iter().map(|label| columns(label).max(label.width) + 2).sum::<usize>();
        let lines = wrap(body, self.options.width.saturating_sub(taken).max(MIN_BODY));
        self.indent(indent);
        for (index, label) in labels.iter().enumerate() {
            self.styled(label.style, &visible(label.text));
            if index + 1 < labels.len() || !lines.is_empty() {
                self.indent(label.width.saturating_sub(columns(label)) + 2);
            }
        }
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                self.text.push('\n');
                self.indent(taken);
            }
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    fn indent(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }

    fn styled(&mut self, style: Style, text: &str) {
        // An empty style renders as nothing, so that a plain text has no escape sequence.
        self.text.push_str(&format!("{style}{text}{style:#}"));
    }
}

fn columns(label: &Label<'_>) -> usize {
    label.text.chars().count()
}

/// Lines of at most `width` columns. Line breaks of the text stay; a word that is longer stays whole, so that a path or a
/// symbol can be copied.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_whitespace() {
            let word = visible(word);
            let length = word.chars().count();
            if used > 0 && used + 1 + length > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(&word);
            used += length;
        }
        if used > 0 {
            lines.push(line);
        }
    }
    lines
}

/// The text with control characters written out: what a tested program prints must not move the cursor or colour the
/// terminal of whoever reads the report. Tabs stay.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\t' {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_words_stay_whole() {
        assert_eq!(wrap("a bcdefgh ij", 4), ["a", "bcdefgh", "ij"]);
        assert_eq!(wrap("one two\n\nthree", 20), ["one two", "three"]);
        assert_eq!(wrap("", 20), [""; 0]);
    }

    #[test]
    fn escape_sequences_of_others_are_shown_not_executed() {
        assert_eq!(visible("a\x1b[31mb\tc\r"), "a\\u{1b}[31mb\tc\\r");
    }

    #[test]
    fn a_text_beside_a_label_hangs() {
        let options = TextOptions { width: 40, ..TextOptions::default() };
        let mut page = Page::new(&options);
        page.labelled(2, "cause", 6, "one two three four five six seven eight");
        page.labelled(2, "empty", 6, "");
        assert_eq!(
            page.into_text(),
            "  cause   one two three four five six\n          seven eight\n  empty\n"
        );
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_word(words in prop::collection::vec("[a-z\u{e9}]{1,12}", 0..40), width in 1_usize..40) {
            let lines = wrap(&words.join(" "), width);
            prop_assert_eq!(lines.join(" "), words.join(" "));
            for line in &lines {
                prop_assert!(line.chars().count() <= width || !line.contains(' '));
            }
        }
    }
}
