//! Type strings, as CFFI's run-time functions take them.
//!
//! A smaller grammar than that of declarations: the words of a type stand in the usual order, names
//! of types must exist, and lengths of arrays are numbers or constants. The messages are CFFI's,
//! as seen from CFFI 2.1.1.

mod base;
mod declarator;

use crate::declarations::Declarations;
use crate::error::{TypeError, TypeErrorKind};
use crate::lexer::is_word;
use crate::types::TypeId;

type Result<T> = std::result::Result<T, TypeError>;

/// Parentheses may nest this deep.
const MAX_NESTING: u32 = 32;

/// Parses a whole string.
pub(crate) fn parse(declarations: &mut Declarations, text: &str) -> Result<TypeId> {
    let mut parser = TypeString { declarations, text, start: 0, end: 0, depth: 0 };
    parser.advance();
    let id = parser.complete()?;
    if parser.token().is_empty() { Ok(id) } else { Err(parser.fail("unexpected symbol")) }
}

struct TypeString<'a, 'd> {
    declarations: &'d mut Declarations,
    text: &'a str,
    /// The current token.
    start: usize,
    end: usize,
    depth: u32,
}

impl<'a> TypeString<'a, '_> {
    /// The current token; empty at the end.
    fn token(&self) -> &'a str {
        &self.text[self.start..self.end]
    }

    fn advance(&mut self) {
        let rest = &self.text[self.end..];
        let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
        self.start = self.end + rest.bytes().take_while(blank).count();
        self.end = self.start + token_length(&self.text[self.start..]);
    }

    /// The token after the current one.
    fn peek(&self) -> &'a str {
        let rest = self.text[self.end..].trim_start();
        &rest[..token_length(rest)]
    }

    fn is_word(&self) -> bool {
        let first = self.token().bytes().next();
        first.is_some_and(|byte| is_word(byte) && !byte.is_ascii_digit())
    }

    fn error(&self, kind: TypeErrorKind, message: String) -> TypeError {
        let (source_text, position) = (self.text.to_owned(), self.start);
        TypeError { kind, message, source_text, position }
    }

    fn fail(&self, message: &str) -> TypeError {
        self.error(TypeErrorKind::Ffi, message.to_owned())
    }

    /// A base type and the declarator behind it.
    fn complete(&mut self) -> Result<TypeId> {
        while is_qualifier(self.token()) {
            self.advance();
        }
        let base = self.base()?;
        let mut steps = Vec::new();
        self.declarator(&mut steps)?;
        steps.into_iter().rev().try_fold(base, |id, step| self.apply(id, step))
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_NESTING {
            return Err(self.fail("internal type complexity limit reached"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }
}

/// Length of the token that starts here; 0 at the end.
fn token_length(text: &str) -> usize {
    let count = |text: &str, of: fn(&u8) -> bool| text.bytes().take_while(of).count();
    match text.as_bytes() {
        [b'.', b'.', b'.', ..] => 3,
        [b'0', b'x' | b'X', ..] => 2 + count(&text[2..], u8::is_ascii_hexdigit),
        [b'0'..=b'9', ..] => count(text, u8::is_ascii_digit),
        [first, ..] if is_word(*first) => count(text, |&byte| is_word(byte)),
        _ => text.chars().next().map_or(0, char::len_utf8),
    }
}

fn is_qualifier(text: &str) -> bool {
    matches!(text, "const" | "volatile" | "restrict" | "__restrict") || is_convention(text)
}

fn is_convention(text: &str) -> bool {
    matches!(text, "__stdcall" | "__cdecl" | "WINAPI")
}

/// Words that are never the name of a type or variable.
fn is_reserved(text: &str) -> bool {
    matches!(
        text,
        "_Bool"
            | "_Complex"
            | "char"
            | "const"
            | "double"
            | "enum"
            | "float"
            | "int"
            | "long"
            | "short"
            | "signed"
            | "struct"
            | "union"
            | "unsigned"
            | "void"
            | "volatile"
            | "__stdcall"
            | "__cdecl"
    )
}
