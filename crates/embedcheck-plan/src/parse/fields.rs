//! The pieces that steps are made of.

use super::{Cursor, PlanError};
use crate::lex::TokenKind;
use crate::{Flags, Handle, Name, NumberType, Text};

impl<'a> Cursor<'a> {
    /// A word; returns its column too.
    pub(super) fn word(&mut self, wanted: &str) -> Result<(usize, &'a str), PlanError> {
        let token = self.token(wanted)?;
        match &token.kind {
            TokenKind::Word(word) => Ok((token.column, word)),
            TokenKind::Text(_) => {
                Err(self.error(token.column, format!("{wanted} is expected, without quotes")))
            }
        }
    }

    /// Whether the word `wanted` comes next. Nothing but it may stand here.
    pub(super) fn flag(&mut self, wanted: &str) -> Result<bool, PlanError> {
        match self.option(wanted) {
            None => Ok(false),
            Some((_, "")) => Ok(true),
            Some((column, _)) => Err(self.error(column, format!("{wanted} is expected"))),
        }
    }

    /// A word that starts with `prefix`, if it comes next: its column and its rest.
    pub(super) fn option(&mut self, prefix: &str) -> Option<(usize, &'a str)> {
        let token = self.peek()?;
        let TokenKind::Word(word) = &token.kind else { return None };
        let rest = word.strip_prefix(prefix)?;
        self.token(prefix).ok()?;
        Some((token.column, rest))
    }

    pub(super) fn text(&mut self, wanted: &str) -> Result<Text, PlanError> {
        let token = self.token(wanted)?;
        match &token.kind {
            TokenKind::Text(text) => Ok(text.clone()),
            TokenKind::Word(_) => {
                Err(self.error(token.column, format!("{wanted} is expected, in double quotes")))
            }
        }
    }

    pub(super) fn name(&mut self, wanted: &str) -> Result<Name, PlanError> {
        let (column, word) = self.word(wanted)?;
        self.check_name(column, word)
    }

    pub(super) fn check_name(&self, column: usize, word: &str) -> Result<Name, PlanError> {
        Name::new(word).ok_or_else(|| {
            self.error(
                column,
                format!("{word:?} is no name: letters, digits and _, at most 31, no digit first"),
            )
        })
    }

    /// A name that `open` may define: not a word with a meaning of its own.
    pub(super) fn new_handle(&mut self) -> Result<Name, PlanError> {
        let (column, word) = self.word("a name for the handle")?;
        if word == "default" {
            return Err(self.error(column, "`default` stands for RTLD_DEFAULT; take another name"));
        }
        self.check_name(column, word)
    }

    pub(super) fn handle(&mut self) -> Result<Handle, PlanError> {
        let (column, word) = self.word("a handle")?;
        match word {
            "default" => Ok(Handle::Default),
            word => Ok(Handle::Named(self.check_name(column, word)?)),
        }
    }

    pub(super) fn symbol(&mut self, wanted: &str) -> Result<String, PlanError> {
        Ok(self.word(wanted)?.1.to_owned())
    }

    pub(super) fn flags(&mut self) -> Result<Flags, PlanError> {
        let (column, word) = self.word("dlopen flags")?;
        Flags::parse(word).ok_or_else(|| {
            self.error(
                column,
                format!(
                    "{word:?} are no dlopen flags: LAZY NOW LOCAL GLOBAL NOLOAD NODELETE DEEPBIND, \
                     each once, joined by |"
                ),
            )
        })
    }

    /// A number in decimal, of a type that has the right range.
    pub(super) fn number<T: TryFrom<i64>>(&mut self, wanted: &str) -> Result<T, PlanError> {
        let (column, word) = self.word(wanted)?;
        self.parse_number(column, word, wanted)
    }

    pub(super) fn parse_number<T: TryFrom<i64>>(
        &self,
        column: usize,
        word: &str,
        wanted: &str,
    ) -> Result<T, PlanError> {
        // Through i64, as in the C host: no number in a plan needs more, and both accept the same.
        let parsed = decimal(word).and_then(|number| T::try_from(number).ok());
        parsed.ok_or_else(|| self.error(column, format!("{wanted}: {word:?} is no such number")))
    }

    /// A decimal or `0x…` integer; the latter may use all 64 bits.
    pub(super) fn parse_integer(&self, column: usize, word: &str) -> Result<i64, PlanError> {
        match word.strip_prefix("0x") {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                u64::from_str_radix(digits, 16).map(u64::cast_signed).map_err(|_| {
                    self.error(column, format!("{word:?} has no value of at most 64 bits"))
                })
            }
            _ => self.parse_number(column, word, "an integer"),
        }
    }

    /// A floating-point number as C writes them in decimal.
    pub(super) fn parse_double(&self, column: usize, word: &str) -> Result<f64, PlanError> {
        word.parse().map_err(|_| self.error(column, format!("{word:?} is no number")))
    }

    pub(super) fn number_type(&self, column: usize, word: &str) -> Result<NumberType, PlanError> {
        let found = NumberType::ALL.into_iter().find(|(_, name, _)| *name == word);
        found.map(|(kind, ..)| kind).ok_or_else(|| {
            self.error(column, format!("{word:?} is no type: i8 i16 i32 i64 f32 f64"))
        })
    }

    /// `OFFSET:TYPE`.
    pub(super) fn place(
        &self,
        column: usize,
        word: &str,
    ) -> Result<(usize, NumberType), PlanError> {
        let (offset, kind) = word
            .split_once(':')
            .ok_or_else(|| self.error(column, format!("{word:?} must look like OFFSET:TYPE")))?;
        let number = self.number_type(column + offset.len() + 1, kind)?;
        Ok((self.parse_number(column, offset, "an offset")?, number))
    }
}

/// Digits with at most a minus in front: Rust would accept a plus too.
pub(super) fn decimal(word: &str) -> Option<i64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { word.parse().ok() } else { None }
}
