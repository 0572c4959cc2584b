//! The init code: dedented, and checked while the DLL is built.
//!
//! The check is made by ruff's parser. It was chosen among the parsers that are kept: it finds no
//! fault in the standard libraries of CPython 3.8 to 3.15 with their tests, and finds all of
//! several hundred mistakes made on purpose. tree-sitter's grammar misses a quarter of them and
//! refuses `lazy import`; RustPython's own parser ends at the f-strings of 3.11.

use syn::{Error, Result};

use crate::dedent::{Dedented, dedent};
use crate::source::Source;

/// The init code.
#[derive(Default)]
pub(crate) struct Init {
    /// What runs. Empty if there is none.
    pub(crate) code: String,
    /// Where it was read from.
    pub(crate) source: Option<Source>,
}

impl Init {
    /// Dedents the code, and checks it if `check` is set.
    pub(crate) fn new(source: Option<Source>, check: bool) -> Result<Self> {
        let Some(source) = source else { return Ok(Self::default()) };
        if let Some(at) = source.text.find('\0') {
            let line = source.text[..at].matches('\n').count() + 1;
            let problem = "invalid syntax: source code cannot contain a null character; write \
                           `\\0` inside a string";
            return Err(source.error_at_line(line, &problem));
        }
        let dedented = dedent(&source.text, source.file.is_none());
        if check {
            check_syntax(&source, &dedented)?;
        }
        Ok(Self { code: dedented.code, source: Some(source) })
    }
}

#[cfg(feature = "check-init")]
fn check_syntax(source: &Source, dedented: &Dedented) -> Result<()> {
    use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

    let parsed = parse_unchecked(&dedented.code, ParseOptions::from(Mode::Module));
    // Syntax of newer versions is no error: which CPython will run the code is not known here.
    let mut errors = parsed.errors().iter().map(|error| {
        // What is missing at the end is shown behind the last line with something in it.
        let end = dedented.code.trim_end().len();
        let offset = usize::from(error.location.start()).min(end);
        syntax_error(source, dedented, offset, &error.error)
    });
    let Some(mut first) = errors.next() else { return Ok(()) };
    // One mistake often makes others; a few are enough.
    errors.take(2).for_each(|error| first.combine(error));
    Err(first)
}

#[cfg(not(feature = "check-init"))]
fn check_syntax(_source: &Source, _dedented: &Dedented) -> Result<()> {
    Ok(())
}

/// An error at a byte of the dedented code, shown in the text that the author knows.
#[cfg_attr(not(feature = "check-init"), expect(dead_code, reason = "nothing finds errors"))]
fn syntax_error(
    source: &Source,
    dedented: &Dedented,
    offset: usize,
    problem: &dyn std::fmt::Display,
) -> Error {
    let before = dedented.code.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let removed = dedented.removed.get(line).copied().unwrap_or_default();
    let problem = format!("invalid syntax: {problem}");
    source.error(dedented.dropped + line + 1, removed + column + 1, &problem)
}
