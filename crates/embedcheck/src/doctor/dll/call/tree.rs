//! What a person writes for an argument, before its type is looked at.

/// Most braces around a value.
const MAX_DEPTH: u32 = 16;

/// A value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// A number or a name.
    Word(String),
    /// `"text"`, without quotes and escapes.
    Text(Vec<u8>),
    /// `'a'`.
    Character(u32),
    /// `{…}`.
    List(Vec<Tree>),
}

impl Tree {
    /// Reads one value; the error is a clause about the text.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text };
        let tree = reader.one(0)?;
        reader.blanks();
        match reader.rest {
            "" => Ok(tree),
            rest => Err(format!("`{rest}` follows the value; write one value")),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn skip(&mut self, wanted: char) -> bool {
        self.blanks();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn one(&mut self, depth: u32) -> Result<Tree, String> {
        if depth > MAX_DEPTH {
            return Err(format!("it has more than {MAX_DEPTH} braces around a value"));
        }
        if self.skip('{') {
            return self.list(depth);
        }
        if self.skip('"') {
            return Ok(Tree::Text(self.quoted('"')?));
        }
        if self.skip('\'') {
            let bytes = self.quoted('\'')?;
            if let [byte] = bytes[..] {
                return Ok(Tree::Character(byte.into()));
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let mut characters = text.chars();
            return match (characters.next(), characters.next()) {
                (Some(character), None) => Ok(Tree::Character(character.into())),
                _ => Err(format!("'{text}' is not one character")),
            };
        }
        let end = |c: char| c.is_whitespace() || "{},\"'".contains(c);
        let (word, rest) = self.rest.split_at(self.rest.find(end).unwrap_or(self.rest.len()));
        self.rest = rest;
        if word.is_empty() {
            Err("a value is missing".to_owned())
        } else {
            Ok(Tree::Word(word.to_owned()))
        }
    }

    /// Behind the opening brace.
    fn list(&mut self, depth: u32) -> Result<Tree, String> {
        let mut items = Vec::new();
        // A comma before the closing brace is C, too.
        while !self.skip('}') {
            items.push(self.one(depth + 1)?);
            if !self.skip(',') {
                if self.skip('}') {
                    break;
                }
                return Err("a } or a comma is missing".to_owned());
            }
        }
        Ok(Tree::List(items))
    }

    /// Behind the opening quote: the bytes up to the closing one.
    fn quoted(&mut self, quote: char) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.rest = &self.rest[at + quote.len_utf8()..];
                return Ok(bytes);
            }
            if character != '\\' {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            let escape = characters.next().map(|(_, escape)| escape);
            bytes.push(match escape {
                Some('n') => b'\n',
                Some('t') => b'\t',
                Some('r') => b'\r',
                Some('0') => 0,
                Some(plain @ ('\\' | '"' | '\'')) => plain as u8,
                Some('x') => {
                    let mut digit = || characters.next()?.1.to_digit(16);
                    let byte = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                    byte.and_then(|byte| u8::try_from(byte).ok())
                        .ok_or("\\x needs two hexadecimal digits")?
                }
                _ => return Err("an escape is one of \\\\ \\\" \\' \\n \\t \\r \\0 \\xHH".to_owned()),
            });
        }
        Err(format!("a closing {quote} is missing"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(text: &str) -> Tree {
        Tree::Word(text.to_owned())
    }

    #[test]
    fn values_are_written_as_in_c() {
        assert_eq!(Tree::read(" -5 "), Ok(word("-5")));
        assert_eq!(Tree::read("{}"), Ok(Tree::List(Vec::new())));
        let inner = Tree::List(vec![word("2"), Tree::Text(b"a,}\n\xff".to_vec())]);
        assert_eq!(
            Tree::read(r#"{1, {2,"a,}\n\xff"}, 'x', }"#),
            Ok(Tree::List(vec![word("1"), inner, Tree::Character(120)]))
        );
        assert_eq!(Tree::read("'é'"), Ok(Tree::Character(0xe9)));
    }

    #[test]
    fn what_is_no_value_is_told() {
        for (text, error) in [
            ("", "a value is missing"),
            ("{1", "a } or a comma is missing"),
            ("{1 2}", "a } or a comma is missing"),
            ("{,}", "a value is missing"),
            ("1 2", "`2` follows the value; write one value"),
            ("\"a", "a closing \" is missing"),
            ("'ab'", "'ab' is not one character"),
            ("''", "'' is not one character"),
            (r#""\q""#, r#"an escape is one of \\ \" \' \n \t \r \0 \xHH"#),
            (r#""\x4""#, "\\x needs two hexadecimal digits"),
        ] {
            assert_eq!(Tree::read(text), Err(error.to_owned()), "{text}");
        }
        assert!(Tree::read(&"{".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_value_or_an_error(text in "\\PC*|[-{},\"'\\\\x0-9 ]{0,40}") {
            let _ = Tree::read(&text);
        }
    }
}
