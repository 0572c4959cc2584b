//! Lines that start with `#`.

use crate::Dialect;
use crate::error::{Error, ErrorKind};
use crate::lexer::{Lexer, Token, TokenKind};

/// A `#define` without parameters.
#[derive(Debug)]
pub(crate) struct Define<'a> {
    pub(crate) name: Token<'a>,
    /// What it stands for.
    pub(crate) tokens: Vec<Token<'a>>,
    /// Whether it has parameters.
    pub(crate) function: bool,
}

impl Define<'_> {
    /// Whether it stands for its own name, which lets `#ifdef` see what is no macro.
    pub(crate) fn is_itself(&self) -> bool {
        matches!(self.tokens[..], [only] if only.text == self.name.text)
    }
}

/// Reads the directive that starts here, to the end of its line. Directives other than `#define`
/// are dropped in a header, as CFFI's documentation shows it, and refused in a cdef.
pub(crate) fn read<'a>(
    lexer: &mut Lexer<'a>,
    dialect: Dialect,
) -> Result<Option<Define<'a>>, Error> {
    let start = lexer.at;
    lexer.at += 1;
    if lexer.skip_blanks()? {
        return Ok(None);
    }
    let Ok(keyword) = lexer.token() else {
        skip_line(lexer);
        return Ok(None);
    };
    match keyword.text {
        "define" => return define(lexer).map(Some),
        "pragma" => {
            lexer.skip_blanks()?;
            let subject = lexer.rest();
            let length = subject.bytes().take_while(|&byte| crate::lexer::is_word(byte)).count();
            let subject = &subject[..length];
            if matches!(subject, "pack" | "ms_struct" | "scalar_storage_order") {
                return Err(lexer.fail(start, ErrorKind::Pragma(subject.to_owned())));
            }
        }
        // What a preprocessor writes about the origin of lines.
        "line" => {}
        _ if keyword.kind == TokenKind::Number || dialect == Dialect::Api => {}
        other => return Err(lexer.fail(start, ErrorKind::Directive(other.to_owned()))),
    }
    skip_line(lexer);
    Ok(None)
}

fn define<'a>(lexer: &mut Lexer<'a>) -> Result<Define<'a>, Error> {
    lexer.skip_blanks()?;
    let name = lexer.token()?;
    if name.kind != TokenKind::Word {
        let (found, expected) = (name.describe(), "the name of a constant");
        return Err(lexer.fail(name.offset, ErrorKind::Unexpected { found, expected }));
    }
    let function = lexer.rest().starts_with('(');
    let mut tokens = Vec::new();
    loop {
        if lexer.skip_blanks()? {
            break;
        }
        // A macro may stand for anything, such as half a string: then it is no constant.
        let Ok(token) = lexer.token() else {
            tokens.clear();
            skip_line(lexer);
            break;
        };
        if token.kind == TokenKind::End {
            break;
        }
        tokens.push(token);
    }
    Ok(Define { name, tokens, function })
}

/// Goes to the end of the line, or of the last of the lines joined by backslashes. A comment that
/// starts on the line and ends on another one belongs to it.
fn skip_line(lexer: &mut Lexer<'_>) {
    loop {
        match lexer.skip_blanks() {
            Ok(true) | Err(_) => return,
            Ok(false) => {}
        }
        let Some(next) = lexer.rest().chars().next() else { return };
        lexer.at += next.len_utf8();
    }
}
