//! Lines to tokens.

use crate::Text;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// Byte column, from 1.
    pub(crate) column: usize,
    pub(crate) kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    Word(String),
    Text(Text),
}

/// A lexical error: byte column, from 1, and what is wrong.
pub(crate) type LexError = (usize, String);

/// Splits one line, without its newline.
pub(crate) fn tokens(line: &[u8]) -> Result<Vec<Token>, LexError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        match byte {
            b' ' | b'\t' => at += 1,
            b'#' => break,
            b'"' => {
                let (text, end) = string(line, at)?;
                if line.get(end).is_some_and(|next| !matches!(next, b' ' | b'\t')) {
                    return Err((end + 1, "a blank must follow the closing quote".into()));
                }
                tokens.push(Token { column: at + 1, kind: TokenKind::Text(text) });
                at = end;
            }
            _ => {
                let start = at;
                while line.get(at).is_some_and(|byte| !matches!(byte, b' ' | b'\t')) {
                    match line[at] {
                        b'"' => return Err((at + 1, "a quote may only begin a token".into())),
                        b'#' => return Err((at + 1, "a comment needs a blank in front".into())),
                        byte if byte.is_ascii_control() => {
                            return Err((at + 1, format!("control character 0x{byte:02x}")));
                        }
                        _ => at += 1,
                    }
                }
                let word = std::str::from_utf8(&line[start..at])
                    .map_err(|error| (start + error.valid_up_to() + 1, "not UTF-8".to_owned()))?;
                tokens.push(Token { column: start + 1, kind: TokenKind::Word(word.to_owned()) });
            }
        }
    }
    Ok(tokens)
}

/// Reads the string whose opening quote is at `start`; returns it and the place after its end.
fn string(line: &[u8], start: usize) -> Result<(Text, usize), LexError> {
    let mut bytes = Vec::new();
    let mut at = start + 1;
    loop {
        match line.get(at) {
            None => return Err((start + 1, "the string is not closed".into())),
            Some(b'"') => break,
            Some(b'\\') => {
                let (byte, length) = escape(line, at)?;
                bytes.push(byte);
                at += length;
            }
            Some(byte) if byte.is_ascii_control() && *byte != b'\t' => {
                return Err((
                    at + 1,
                    format!("control character 0x{byte:02x}: write \\x{byte:02x}"),
                ));
            }
            Some(&byte) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    let text = Text::new(bytes).ok_or((start + 1, "a string cannot hold a NUL".to_owned()))?;
    if std::str::from_utf8(&line[start..at]).is_err() {
        return Err((start + 1, "not UTF-8: write other bytes as \\xHH".into()));
    }
    Ok((text, at + 1))
}

/// Reads the escape whose backslash is at `at`; returns its byte and its length.
fn escape(line: &[u8], at: usize) -> Result<(u8, usize), LexError> {
    let simple = |byte| Ok((byte, 2));
    match line.get(at + 1) {
        Some(b'\\') => simple(b'\\'),
        Some(b'"') => simple(b'"'),
        Some(b'n') => simple(b'\n'),
        Some(b't') => simple(b'\t'),
        Some(b'r') => simple(b'\r'),
        Some(b'x') => {
            let digits = line.get(at + 2..at + 4).and_then(|two| std::str::from_utf8(two).ok());
            let digits = digits.filter(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let value = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
            match value {
                None => Err((at + 1, "\\x needs two hexadecimal digits".into())),
                Some(0) => Err((at + 1, "\\x00 would end a C string".into())),
                Some(byte) => Ok((byte, 4)),
            }
        }
        _ => Err((at + 1, "unknown escape: one of \\\\ \\\" \\n \\t \\r \\xHH".into())),
    }
}
