//! What marks exported functions in headers, and says nothing that the DLL needs to know.

use crate::conditional::Conditionals;
use crate::directive::Define;
use crate::lexer::{Token, TokenKind};

/// Markers as they are written out. Everything that a header of an API declares is exported, so
/// they are dropped.
const MARKERS: [&[&str]; 4] = [
    &["__attribute__", "(", "(", "visibility", "(", "\"default\"", ")", ")", ")"],
    &["__attribute__", "(", "(", "__visibility__", "(", "\"default\"", ")", ")", ")"],
    &["__declspec", "(", "dllexport", ")"],
    &["__declspec", "(", "dllimport", ")"],
];

fn starts_with(tokens: &[Token<'_>], texts: &[&str]) -> bool {
    tokens.len() >= texts.len() && tokens.iter().zip(texts).all(|(token, text)| token.text == *text)
}

/// Takes a marker off the end.
pub(crate) fn drop_marker(tokens: &mut Vec<Token<'_>>) {
    if tokens.last().is_none_or(|token| token.text != ")") {
        return;
    }
    for marker in MARKERS {
        if let Some(start) = tokens.len().checked_sub(marker.len())
            && starts_with(&tokens[start..], marker)
        {
            tokens.truncate(start);
        }
    }
}

/// Whether a word of a header is one that marks exported functions: `CFFI_DLLEXPORT`, or a macro
/// which the header itself defines as nothing but markers, such words, and `extern`, which changes
/// nothing in front of what is not `static`.
pub(crate) fn is_marker<'a>(
    word: Token<'a>,
    conditionals: &Conditionals<'a>,
    defines: &[Define<'a>],
) -> bool {
    let mut next = vec![word];
    let mut seen: Vec<&str> = Vec::new();
    while let Some(word) = next.pop() {
        // In front of exported functions, where CFFI's users replace it by nothing.
        if word.text == "CFFI_DLLEXPORT" {
            continue;
        }
        let definitions = conditionals.definitions(word.text, defines);
        if word.kind != TokenKind::Word || definitions.is_empty() || seen.contains(&word.text) {
            return false;
        }
        seen.push(word.text);
        for define in definitions {
            if define.function {
                return false;
            }
            let mut body = &define.tokens[..];
            while let Some(first) = body.first() {
                let marker = MARKERS.into_iter().find(|marker| starts_with(body, marker));
                if marker.is_none() && first.text != "extern" {
                    next.push(*first);
                }
                body = &body[marker.map_or(1, <[_]>::len)..];
            }
        }
    }
    true
}
