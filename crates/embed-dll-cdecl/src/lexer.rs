//! Text into tokens.

use std::collections::HashSet;

use crate::Dialect;
use crate::conditional::Conditionals;
use crate::directive::{self, Define, Directive};
use crate::error::{Error, ErrorKind};
use crate::export;

/// What a token is. Its text tells the rest.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    /// `'x'`, with the quotes.
    Character,
    /// `"…"`, with the quotes.
    String,
    Punctuation,
    End,
}

/// A token and where it starts.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
    /// Bytes from the start of the text.
    pub(crate) offset: usize,
}

impl Token<'_> {
    pub(crate) fn describe(&self) -> String {
        match self.kind {
            TokenKind::End => "end of the text".to_owned(),
            TokenKind::String => format!("string {}", self.text),
            _ => format!("`{}`", self.text),
        }
    }
}

/// A text that was cut into tokens.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    /// Ends with [`TokenKind::End`].
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) defines: Vec<Define<'a>>,
    /// Macros that are defined, or not, under conditions that cannot be decided here.
    pub(crate) uncertain: HashSet<&'a str>,
    /// Whether there was an `#include`.
    pub(crate) includes: bool,
}

/// Line and column, from 1, of a byte offset.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

pub(crate) fn error(text: &str, offset: usize, kind: ErrorKind) -> Error {
    let (line, column) = position(text, offset);
    Error { line, column, kind }
}

/// Cuts a whole text, with its directives, into tokens.
pub(crate) fn tokenize(text: &str, dialect: Dialect) -> Result<Tokens<'_>, Error> {
    let mut lexer = Lexer { text, at: 0, line_start: true };
    let mut conditionals = Conditionals::new(text);
    let (mut tokens, mut defines, mut includes) = (Vec::new(), Vec::new(), false);
    loop {
        lexer.skip_space()?;
        if lexer.line_start && lexer.rest().starts_with('#') {
            let open = conditionals.open().cloned();
            let directive = directive::read(&mut lexer, dialect, &conditionals);
            // A pragma that changes layouts is as good as a declaration.
            let as_declared = |error: Error| match (&error.kind, open) {
                (ErrorKind::Pragma(_), Some(open)) => open,
                _ => error,
            };
            match directive.map_err(as_declared)? {
                Directive::Define(define) => {
                    conditionals.define(define.name.text, defines.len());
                    defines.push(define);
                }
                Directive::Undefine(name) => conditionals.undefine(name.text),
                Directive::Include => includes = true,
                Directive::Condition(condition) => {
                    conditionals.read(&lexer, &condition, &defines)?;
                }
                Directive::Other => {}
            }
            continue;
        }
        if !conditionals.live() && !lexer.rest().is_empty() {
            directive::skip_line(&mut lexer);
            continue;
        }
        lexer.line_start = false;
        let token = lexer.token()?;
        if dialect == Dialect::Api && export::is_marker(token, &conditionals, &defines) {
            continue;
        }
        let end = token.kind == TokenKind::End;
        if let Some(open) = conditionals.open().filter(|_| !end) {
            return Err(open.clone());
        }
        tokens.push(token);
        if dialect == Dialect::Api {
            export::drop_marker(&mut tokens);
        }
        if end {
            conditionals.finish()?;
            return Ok(Tokens { tokens, defines, uncertain: conditionals.uncertain, includes });
        }
    }
}

/// A place in a text.
pub(crate) struct Lexer<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
    /// Whether only blanks and comments stand before this place on its line.
    pub(crate) line_start: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(crate) fn fail(&self, offset: usize, kind: ErrorKind) -> Error {
        error(self.text, offset, kind)
    }

    /// Skips blanks, comments and line ends.
    pub(crate) fn skip_space(&mut self) -> Result<(), Error> {
        while self.skip_blanks()? {
            self.at += 1;
            self.line_start = true;
        }
        Ok(())
    }

    /// Skips blanks, comments and continued lines, and says whether a line end follows.
    pub(crate) fn skip_blanks(&mut self) -> Result<bool, Error> {
        loop {
            match (self.byte(0), self.byte(1)) {
                (b'\n', _) => return Ok(true),
                (b' ' | b'\t' | b'\r' | 0x0b | 0x0c, _) => self.at += 1,
                (b'\\', b'\n') => self.at += 2,
                (b'\\', b'\r') if self.byte(2) == b'\n' => self.at += 3,
                (b'/', b'/') => self.at += line_comment(self.rest()),
                (b'/', b'*') => {
                    let Some(length) = self.rest()[2..].find("*/") else {
                        let found = "end of the text".to_owned();
                        let expected = "`*/` at the end of this comment";
                        return Err(self.fail(self.at, ErrorKind::Unexpected { found, expected }));
                    };
                    self.at += length + 4;
                }
                _ => return Ok(false),
            }
        }
    }

    /// The token that starts here; blanks were skipped.
    pub(crate) fn token(&mut self) -> Result<Token<'a>, Error> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let word =
            |from: usize| from + bytes[from..].iter().take_while(|&&byte| is_word(byte)).count();
        let (kind, length) = match bytes {
            [] => (TokenKind::End, 0),
            [b'0'..=b'9', ..] => (TokenKind::Number, word(0)),
            [first, ..] if is_word(*first) => (TokenKind::Word, word(0)),
            [quote @ (b'"' | b'\''), ..] => {
                let Some(length) = quoted(bytes, *quote) else {
                    let found = "end of the line".to_owned();
                    let expected = "the closing quote";
                    return Err(self.fail(self.at, ErrorKind::Unexpected { found, expected }));
                };
                let string = *quote == b'"';
                (if string { TokenKind::String } else { TokenKind::Character }, length)
            }
            [b'.', b'.', b'.', ..] => (TokenKind::Punctuation, 3),
            [b'<', b'<' | b'=', ..]
            | [b'>', b'>' | b'=', ..]
            | [b'=' | b'!', b'=', ..]
            | [b'&', b'&', ..]
            | [b'|', b'|', ..] => (TokenKind::Punctuation, 2),
            _ => {
                let first = rest.chars().next().map_or(1, char::len_utf8);
                (TokenKind::Punctuation, first)
            }
        };
        let token = Token { kind, text: &rest[..length], offset: self.at };
        self.at += length;
        Ok(token)
    }
}

/// Length of a comment that reaches to the end of the line, or of the last of its lines: a backslash
/// continues it, in C as for CFFI.
fn line_comment(text: &str) -> usize {
    let ends = text.match_indices('\n').map(|(at, _)| at);
    let continued = |at: usize| {
        let line = &text[..at];
        line.strip_suffix('\r').unwrap_or(line).ends_with('\\')
    };
    ends.into_iter().find(|&at| !continued(at)).unwrap_or(text.len())
}

/// gcc and CFFI take `$` for a letter.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

/// Length of a quoted text, with its quotes, which must end on its line.
fn quoted(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\n' => return None,
            b'\\' => at += 2,
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}
