//! Taking away the indentation that Python code has because it stands in Rust code.
//!
//! As CFFI's `embedding_init_code()` does it: leading blank lines go, and the white space that all
//! lines have in common. Unlike there, only lines that begin a statement decide what is common, so
//! that a string or an expression over several lines may reach further left.

/// Code without its common indentation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dedented {
    /// The code; ends with a newline unless empty.
    pub(crate) code: String,
    /// How many lines were dropped at the start.
    pub(crate) dropped: usize,
    /// How many characters were removed from the start of each line that is left.
    pub(crate) removed: Vec<usize>,
}

/// Where a line begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Outside of everything.
    Statement,
    /// Between brackets or behind a backslash: indentation means nothing.
    Continuation,
    /// In the string with this number, whose value the indentation is part of.
    String(usize),
}

/// Dedents. `drop_blank` drops leading blank lines, which changes line numbers: right for literals,
/// wrong for files.
pub(crate) fn dedent(code: &str, drop_blank: bool) -> Dedented {
    let mut lines: Vec<&str> = code.lines().collect();
    let blank = |line: &&str| line.trim().is_empty();
    let dropped = if drop_blank { lines.iter().take_while(|line| blank(line)).count() } else { 0 };
    lines.drain(..dropped);
    let starts = starts(&lines);
    let prefix = common(&lines, &starts);
    let fixed = fixed_strings(&lines, &starts, prefix);
    let mut dedented = Dedented { code: String::new(), dropped, removed: Vec::new() };
    for (line, start) in lines.iter().zip(starts) {
        let removed = match start {
            Start::String(string) if fixed.contains(&string) => 0,
            _ => shared(line, prefix),
        };
        dedented.code += &line[removed..];
        dedented.code.push('\n');
        dedented.removed.push(line[..removed].chars().count());
    }
    dedented
}

/// The white space with which all statements begin.
fn common<'a>(lines: &[&'a str], starts: &[Start]) -> &'a str {
    let statements = lines.iter().zip(starts).filter(|(line, start)| {
        let text = line.trim_start();
        **start == Start::Statement && !text.is_empty() && !text.starts_with('#')
    });
    let mut prefix: Option<&str> = None;
    for (line, _) in statements {
        let space = &line[..line.len() - line.trim_start().len()];
        prefix = Some(prefix.map_or(space, |prefix| &space[..shared(space, prefix)]));
    }
    prefix.unwrap_or_default()
}

/// How many bytes of `prefix` a line begins with.
fn shared(line: &str, prefix: &str) -> usize {
    let same = line.chars().zip(prefix.chars()).take_while(|(a, b)| a == b);
    same.map(|(a, _)| a.len_utf8()).sum()
}

/// The strings with a line that begins further left than the code: they are left as they are.
fn fixed_strings(lines: &[&str], starts: &[Start], prefix: &str) -> Vec<usize> {
    let mut fixed = Vec::new();
    for (line, start) in lines.iter().zip(starts) {
        if let Start::String(string) = *start
            && !line.trim().is_empty()
            && !line.starts_with(prefix)
        {
            fixed.push(string);
        }
    }
    fixed
}

/// Where each line begins. A coarse scanner: it knows strings, comments, brackets and backslashes.
/// What it takes wrongly (a string in quotes of its own kind inside an f-string that is itself
/// several lines long) costs no more than CFFI's rule would.
fn starts(lines: &[&str]) -> Vec<Start> {
    let mut starts = Vec::with_capacity(lines.len());
    let mut scanner = Scanner::default();
    for line in lines {
        starts.push(match scanner.quote {
            Some(_) => Start::String(scanner.strings),
            None if scanner.depth > 0 || scanner.continued => Start::Continuation,
            None => Start::Statement,
        });
        scanner.line(line);
    }
    starts
}

#[derive(Default)]
struct Scanner {
    /// The quote that ends the string: one character or three.
    quote: Option<&'static str>,
    /// How many strings have begun.
    strings: usize,
    depth: usize,
    continued: bool,
}

impl Scanner {
    fn line(&mut self, line: &str) {
        self.continued = false;
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let mut length = first.len_utf8();
            match (first, self.quote) {
                ('\\', _) => {
                    let escaped = rest[1..].chars().next();
                    self.continued = escaped.is_none() || rest == "\\\r";
                    length += escaped.map_or(0, char::len_utf8);
                }
                (_, Some(quote)) if rest.starts_with(quote) => {
                    self.quote = None;
                    length = quote.len();
                }
                (_, Some(_)) => {}
                ('#', None) => break,
                ('"' | '\'', None) => {
                    let quotes = ["\"\"\"", "'''", "\"", "'"];
                    self.quote = quotes.into_iter().find(|quote| rest.starts_with(quote));
                    self.strings += 1;
                    length = self.quote.map_or(length, str::len);
                }
                ('(' | '[' | '{', None) => self.depth += 1,
                (')' | ']' | '}', None) => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            rest = &rest[length..];
        }
        // A string in single quotes ends with its line, whether it is closed or not.
        if self.quote.is_some_and(|quote| quote.len() == 1) && !self.continued {
            self.quote = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::dedent;

    fn literal(code: &str) -> String {
        dedent(code, true).code
    }

    #[test]
    fn common_indentation_and_blank_first_lines_go() {
        let code = "\n  \n    import sys\n\n    def f():\n        return 1\n    ";
        assert_eq!(literal(code), "import sys\n\ndef f():\n    return 1\n\n");
        let dedented = dedent(code, true);
        assert_eq!((dedented.dropped, dedented.removed[0]), (2, 4));
        assert_eq!(dedent("\nx = 1", false).code, "\nx = 1\n");
        assert_eq!(literal(""), "");
    }

    #[test]
    fn a_string_may_reach_further_left() {
        let code = "    x = '''\n  a\n      b\n'''\n    y = 1\n";
        assert_eq!(literal(code), "x = '''\n  a\n      b\n'''\ny = 1\n");
    }

    #[test]
    fn a_string_that_is_indented_like_the_code_is_dedented_with_it() {
        let code = "    x = '''\n    a\n\n      b\n    '''\n";
        assert_eq!(literal(code), "x = '''\na\n\n  b\n'''\n");
    }

    #[test]
    fn expressions_and_comments_may_reach_further_left() {
        let code = "    x = [\n 1,\n]\n    y = 1 + \\\n  2\n# note\n    z = ')'  # '\n";
        assert_eq!(literal(code), "x = [\n1,\n]\ny = 1 + \\\n2\n# note\nz = ')'  # '\n");
    }

    #[test]
    fn tabs_and_spaces_are_not_the_same() {
        assert_eq!(literal("\tx = 1\n    y = 1\n"), "\tx = 1\n    y = 1\n");
        assert_eq!(literal("\tx = 1\n\ty = 1\n"), "x = 1\ny = 1\n");
    }

    #[test]
    fn nothing_happens_to_code_without_indentation() {
        let code = "s = \"\"\"\n  é\\\"\"\"\n\"\"\"\nif s:\n    pass\n";
        assert_eq!(literal(code), code);
    }
}
