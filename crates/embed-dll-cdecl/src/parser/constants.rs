//! Integer constant expressions.

use super::{Parser, Result};
use crate::declarations::Name;
use crate::error::ErrorKind;
use crate::integer::{Integer, precedence};
use crate::lexer::{Token, TokenKind};

impl Parser<'_, '_> {
    /// A constant expression, with the type that it has in C.
    pub(super) fn constant(&mut self) -> Result<Integer> {
        self.nested("this expression", |this| {
            let condition = this.binary(1)?;
            if !this.eat("?") {
                return Ok(condition);
            }
            let yes = this.constant()?;
            this.expect(":", "`:`")?;
            let no = this.constant()?;
            Ok(yes.either(condition.value != 0, no))
        })
    }

    fn binary(&mut self, at_least: u32) -> Result<Integer> {
        let mut left = self.unary()?;
        loop {
            let operator = self.peek();
            let Some(strength) = precedence(operator.text).filter(|&found| found >= at_least)
            else {
                return Ok(left);
            };
            self.at += 1;
            let right = self.nested("this expression", |this| this.binary(strength + 1))?;
            left = Integer::binary(operator.text, left, right)
                .map_err(|kind| self.fail(operator, kind))?;
        }
    }

    fn unary(&mut self) -> Result<Integer> {
        let token = self.next();
        match token.text {
            "-" | "+" | "~" | "!" => {
                let operand = self.nested("this expression", Self::unary)?;
                operand.unary(token.text).map_err(|kind| self.fail(token, kind))
            }
            "(" => {
                let value = self.constant()?;
                self.expect(")", "`)`")?;
                Ok(value)
            }
            "sizeof" => self.sizeof(),
            text => match token.kind {
                TokenKind::Number => Integer::literal(text).map_err(|kind| self.fail(token, kind)),
                TokenKind::Character => Integer::character(text)
                    .ok_or_else(|| self.fail(token, ErrorKind::BadNumber(text.to_owned()))),
                TokenKind::Word => self.known(token),
                _ => {
                    self.at -= 1;
                    Err(self.unexpected("an integer constant"))
                }
            },
        }
    }

    /// A constant that was declared before, whose name was read just now.
    fn known(&self, token: Token<'_>) -> Result<Integer> {
        let name = || token.text.to_owned();
        let kind = match self.declarations.names.get(token.text) {
            Some(&Name::Constant(at)) => {
                let constant = &self.declarations.constants[at];
                match constant.value {
                    Some(_) if constant.bare && self.among_operators() => {
                        ErrorKind::BareMacro(name())
                    }
                    Some(value) => return Ok(Integer::of(constant.ty, value)),
                    None => ErrorKind::OpenConstant(name()),
                }
            }
            _ if self.ambiguous.contains(token.text) => ErrorKind::AmbiguousConstant(name()),
            _ if self.macros.contains(token.text) => ErrorKind::Macro(name()),
            _ => ErrorKind::UnknownConstant(name()),
        };
        Err(self.fail(token, kind))
    }

    /// Whether the token that was read last stands before or behind an operator.
    fn among_operators(&self) -> bool {
        let operator = |text: &str| precedence(text).is_some() || matches!(text, "~" | "!");
        let before = self.at.checked_sub(2).and_then(|at| self.tokens.get(at));
        before.is_some_and(|token| operator(token.text))
            || operator(self.peek().text)
            || self.is("?")
    }

    /// Whether C, which puts the tokens of a macro in the place of its name, can read some of them
    /// together with what stands around them.
    pub(super) fn is_bare(&self, tokens: &[Token<'_>]) -> bool {
        if let [only] = tokens {
            return match self.declarations.names.get(only.text) {
                Some(&Name::Constant(at)) => self.declarations.constants[at].bare,
                _ => false,
            };
        }
        let signs = tokens.iter().take_while(|token| matches!(token.text, "-" | "+" | "~" | "!"));
        let mut depth = 0_usize;
        tokens[signs.count()..].iter().any(|token| {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                text => return depth == 0 && (precedence(text).is_some() || text == "?"),
            }
            false
        })
    }

    /// `sizeof(type)`, after the word.
    fn sizeof(&mut self) -> Result<Integer> {
        self.expect("(", "`(` and a type")?;
        let start = self.peek();
        let ty = self.nested("this expression", Self::type_name)?;
        self.expect(")", "`)`")?;
        match self.declarations.size_of(ty) {
            Some(size) => Ok(Integer::size(size)),
            None => {
                Err(self.fail(start, ErrorKind::NotConstant("the size of this type is not known")))
            }
        }
    }
}
