//! Lines that start with `#`.

use crate::Dialect;
use crate::conditional::{Condition, Conditionals};
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

/// A line that starts with `#`, as far as it matters.
pub(crate) enum Directive<'a> {
    Define(Define<'a>),
    Undefine(Token<'a>),
    Include,
    Condition(Condition<'a>),
    /// Only places in the text: nothing to do.
    Other,
}

/// Reads the directive that starts here, to the end of its line. Where nothing is `live`, only
/// conditionals are. Those, `#include` and what means nothing here are refused in a cdef.
pub(crate) fn read<'a>(
    lexer: &mut Lexer<'a>,
    dialect: Dialect,
    conditionals: &Conditionals<'a>,
) -> Result<Directive<'a>, Error> {
    let start = lexer.at;
    let live = conditionals.live();
    lexer.at += 1;
    if lexer.skip_blanks()? {
        return Ok(Directive::Other);
    }
    let Ok(keyword) = lexer.token() else {
        skip_line(lexer);
        return Ok(Directive::Other);
    };
    let header = dialect == Dialect::Api;
    let directive = match keyword.text {
        "if" | "ifdef" | "ifndef" | "elif" | "elifdef" | "elifndef" | "else" | "endif"
            if header =>
        {
            // What follows `#else` and `#endif` is a comment to all compilers.
            let read = live || keyword.text.starts_with("elif");
            let tokens = if read { tokens_of_line(lexer)? } else { None };
            Directive::Condition(Condition { start, keyword: keyword.text, tokens })
        }
        _ if !live => Directive::Other,
        "define" => return define(lexer).map(Directive::Define),
        "undef" if header => {
            lexer.skip_blanks()?;
            lexer.token().map_or(Directive::Other, Directive::Undefine)
        }
        "include" | "include_next" | "import" if header => Directive::Include,
        // Under an open condition it tells hosts what they lack.
        "error" if header && conditionals.open().is_none() => {
            let text = lexer.rest().lines().next().unwrap_or_default().trim().to_owned();
            return Err(lexer.fail(start, ErrorKind::ErrorDirective(text)));
        }
        "pragma" => {
            lexer.skip_blanks()?;
            let subject = lexer.rest();
            let length = subject.bytes().take_while(|&byte| crate::lexer::is_word(byte)).count();
            let subject = &subject[..length];
            if matches!(subject, "pack" | "ms_struct" | "scalar_storage_order") {
                return Err(lexer.fail(start, ErrorKind::Pragma(subject.to_owned())));
            }
            Directive::Other
        }
        // What a preprocessor writes about the origin of lines.
        "line" => Directive::Other,
        _ if keyword.kind == TokenKind::Number || header => Directive::Other,
        other => return Err(lexer.fail(start, ErrorKind::Directive(other.to_owned()))),
    };
    skip_line(lexer);
    Ok(directive)
}

/// Whether a `#define` of this name follows behind this line, after at most directives that
/// neither start nor end a condition.
pub(crate) fn defines_next(lexer: &Lexer<'_>, name: &str) -> bool {
    let mut lexer = Lexer { text: lexer.text, at: lexer.at, line_start: true };
    loop {
        if lexer.skip_space().is_err() || !lexer.rest().starts_with('#') {
            return false;
        }
        lexer.at += 1;
        if lexer.skip_blanks() != Ok(false) {
            continue;
        }
        let Ok(keyword) = lexer.token() else { return false };
        match keyword.text {
            "define" => {
                let blanks = lexer.skip_blanks();
                if blanks == Ok(false) && lexer.token().is_ok_and(|token| token.text == name) {
                    return true;
                }
            }
            "include" | "pragma" | "undef" | "error" | "warning" | "line" => {}
            _ => return false,
        }
        skip_line(&mut lexer);
    }
}

fn define<'a>(lexer: &mut Lexer<'a>) -> Result<Define<'a>, Error> {
    lexer.skip_blanks()?;
    let name = lexer.token()?;
    if name.kind != TokenKind::Word {
        let (found, expected) = (name.describe(), "the name of a constant");
        return Err(lexer.fail(name.offset, ErrorKind::Unexpected { found, expected }));
    }
    let function = lexer.rest().starts_with('(');
    // A macro may stand for anything, such as half a string: then it is no constant.
    let tokens = tokens_of_line(lexer)?.unwrap_or_default();
    Ok(Define { name, tokens, function })
}

/// The tokens up to the end of the line, unless it cannot be cut into tokens. Goes there.
fn tokens_of_line<'a>(lexer: &mut Lexer<'a>) -> Result<Option<Vec<Token<'a>>>, Error> {
    let mut tokens = Vec::new();
    loop {
        if lexer.skip_blanks()? {
            return Ok(Some(tokens));
        }
        let Ok(token) = lexer.token() else {
            skip_line(lexer);
            return Ok(None);
        };
        if token.kind == TokenKind::End {
            return Ok(Some(tokens));
        }
        tokens.push(token);
    }
}

/// Goes to the end of the line, or of the last of the lines joined by backslashes. A comment that
/// starts on the line and ends on another one belongs to it.
pub(crate) fn skip_line(lexer: &mut Lexer<'_>) {
    loop {
        match lexer.skip_blanks() {
            Ok(true) | Err(_) => return,
            Ok(false) => {}
        }
        let Some(next) = lexer.rest().chars().next() else { return };
        // A `/*` in quotes starts no comment.
        if !(matches!(next, '"' | '\'') && lexer.token().is_ok()) {
            lexer.at += next.len_utf8();
        }
    }
}
