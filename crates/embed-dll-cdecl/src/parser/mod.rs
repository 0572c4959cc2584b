//! The grammar of declarations.

mod constants;
mod declarators;
mod enums;
mod items;
mod records;
mod specifiers;

use std::collections::{HashMap, HashSet};

use crate::Dialect;
use crate::declarations::Declarations;
use crate::directive::Define;
use crate::error::{Error, ErrorKind};
use crate::lexer::{self, Token, TokenKind};
use crate::model::{Constant, ConstantOrigin, FunctionKind};

/// Parentheses, braces and expressions may nest this deep: what bounds the recursion here.
const MAX_NESTING: u32 = 32;

type Result<T> = std::result::Result<T, Error>;

/// Parses a text into `declarations`.
pub(crate) fn parse(declarations: &mut Declarations, text: &str, dialect: Dialect) -> Result<()> {
    let found = lexer::tokenize(text, dialect)?;
    let mut parser = Parser {
        declarations,
        text,
        dialect,
        tokens: &found.tokens,
        at: 0,
        depth: 0,
        python: None,
        hidden: Vec::new(),
        macros: found
            .defines
            .iter()
            .filter(|define| !define.is_itself())
            .map(|define| define.name.text)
            .collect(),
        ambiguous: ambiguous(&found.defines).union(&found.uncertain).copied().collect(),
        includes: found.includes,
        line: (0, 1),
    };
    // Constants may be used before their line as far as they stand for numbers, as in CFFI, which
    // reads them first; those made from enumerators are known at the end only.
    let mut waiting = Vec::new();
    for define in &found.defines {
        if !parser.define(define)? {
            waiting.push(define);
        }
    }
    parser.items(&found.tokens)?;
    for define in waiting {
        if parser.define(define)? {
            continue;
        }
        let name = define.name.text.to_owned();
        if dialect == Dialect::Cdef {
            return Err(parser.fail(define.name, ErrorKind::UnsupportedDefine(name)));
        }
        parser.declarations.macros.insert(name);
    }
    Ok(())
}

/// Names with several definitions in one header: which holds depends on the place.
fn ambiguous<'a>(defines: &[Define<'a>]) -> HashSet<&'a str> {
    let mut first: HashMap<&str, &Define<'a>> = HashMap::new();
    let mut found = HashSet::new();
    for define in defines {
        let known = *first.entry(define.name.text).or_insert(define);
        let same = known.tokens.iter().map(|token| token.text);
        if !same.eq(define.tokens.iter().map(|token| token.text)) {
            found.insert(define.name.text);
        }
    }
    found
}

/// The words that C reserves, and so names cannot be; those that begin with `_` and a capital are
/// left to [`Parser::unsupported`].
fn is_keyword(text: &str) -> bool {
    matches!(
        text,
        "auto"
            | "break"
            | "case"
            | "char"
            | "const"
            | "continue"
            | "default"
            | "do"
            | "double"
            | "else"
            | "enum"
            | "extern"
            | "float"
            | "for"
            | "goto"
            | "if"
            | "inline"
            | "int"
            | "long"
            | "register"
            | "restrict"
            | "return"
            | "short"
            | "signed"
            | "sizeof"
            | "static"
            | "struct"
            | "switch"
            | "typedef"
            | "union"
            | "unsigned"
            | "void"
            | "volatile"
            | "while"
            | "_Bool"
            | "_Complex"
    )
}

struct Parser<'a, 'd> {
    declarations: &'d mut Declarations,
    text: &'a str,
    dialect: Dialect,
    tokens: &'a [Token<'a>],
    at: usize,
    depth: u32,
    /// What functions are under `extern "Python"`.
    python: Option<FunctionKind>,
    /// Names of parameters so far, which hide types of the same name up to the parenthesis.
    hidden: Vec<&'a str>,
    macros: HashSet<&'a str>,
    ambiguous: HashSet<&'a str>,
    /// Whether the text has `#include` lines.
    includes: bool,
    /// A byte offset and its line, to count lines once only.
    line: (usize, usize),
}

impl<'a> Parser<'a, '_> {
    fn peek(&self) -> Token<'a> {
        self.ahead(0)
    }

    /// The token `count` places further, or the end.
    fn ahead(&self, count: usize) -> Token<'a> {
        let end = Token { kind: TokenKind::End, text: "", offset: self.text.len() };
        self.tokens.get(self.at + count).copied().unwrap_or(end)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn is(&self, text: &str) -> bool {
        self.peek().text == text
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.is(text);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, text: &str, expected: &'static str) -> Result<()> {
        if self.eat(text) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn word(&mut self, expected: &'static str) -> Result<Token<'a>> {
        if self.peek().kind == TokenKind::Word && !is_keyword(self.peek().text) {
            Ok(self.next())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn fail(&self, at: Token<'_>, kind: ErrorKind) -> Error {
        lexer::error(self.text, at.offset, kind)
    }

    fn unexpected(&self, expected: &'static str) -> Error {
        let token = self.peek();
        if let Some(kind) = self.unsupported(token) {
            return self.fail(token, kind);
        }
        let found = token.describe();
        if let Some(line) = self.unended(expected) {
            return self.fail(token, ErrorKind::Unended { found, expected, line });
        }
        self.fail(token, ErrorKind::Unexpected { found, expected })
    }

    /// The line of the token before this one if a semicolon may be missing there: this one stands
    /// on a later line.
    fn unended(&self, expected: &str) -> Option<usize> {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at))?;
        if !expected.contains("`;`") && (last.text, expected) != ("}", "a name") {
            return None;
        }
        let between = self.text.get(last.offset..self.peek().offset)?;
        between.contains('\n').then(|| lexer::position(self.text, last.offset).0)
    }

    /// Extensions of compilers, which can change layouts and calls, are never skipped.
    fn unsupported(&self, token: Token<'_>) -> Option<ErrorKind> {
        let known = matches!(
            token.text,
            "__attribute__"
                | "__attribute"
                | "__declspec"
                | "_Alignas"
                | "alignas"
                | "_Atomic"
                | "_Thread_local"
                | "thread_local"
                | "__thread"
                | "asm"
                | "__asm__"
                | "__asm"
                | "__extension__"
                | "typeof"
                | "__typeof__"
                | "_Static_assert"
                | "static_assert"
                | "_Generic"
                | "auto"
                | "template"
                | "namespace"
                | "class"
        );
        if known {
            Some(ErrorKind::Extension(token.text.to_owned()))
        } else if self.macros.contains(token.text) {
            Some(ErrorKind::Macro(token.text.to_owned()))
        } else {
            None
        }
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(
        &mut self,
        nesting: &'static str,
        inner: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if self.depth >= MAX_NESTING {
            let kind = ErrorKind::TooDeep { nesting, limit: MAX_NESTING };
            return Err(self.fail(self.peek(), kind));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Line of a token. Tokens are asked for in ascending order but for a few.
    fn line_of(&mut self, token: Token<'_>) -> usize {
        let (offset, line) = if token.offset >= self.line.0 { self.line } else { (0, 1) };
        let passed = self.text.as_bytes()[offset..token.offset.min(self.text.len())].iter();
        let line = line + passed.filter(|&&byte| byte == b'\n').count();
        self.line = (token.offset, line);
        line
    }

    /// Declares the constant of a `#define`, and says whether it is one.
    fn define(&mut self, define: &'a Define<'a>) -> Result<bool> {
        let name = define.name.text;
        let header = self.dialect == Dialect::Api;
        if define.function || define.tokens.is_empty() || header && self.ambiguous.contains(name) {
            return Ok(false);
        }
        let value = if let [dots] = &define.tokens[..]
            && dots.text == "..."
        {
            None
        } else {
            (self.tokens, self.at) = (&define.tokens, 0);
            match self.constant() {
                Ok(value) if self.at >= self.tokens.len() => Some(value),
                _ => return Ok(false),
            }
        };
        let line = self.line_of(define.name);
        let bare = self.is_bare(&define.tokens);
        let origin = ConstantOrigin::Define;
        let mut constant = Constant::new(name, value, origin, line);
        constant.bare = bare;
        self.declarations.add_constant(constant).map_err(|kind| self.fail(define.name, kind))?;
        Ok(true)
    }
}
