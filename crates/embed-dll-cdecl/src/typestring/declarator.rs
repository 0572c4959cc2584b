//! Pointers, arrays and parameters.

use super::{Result, TypeString, is_convention, is_qualifier, is_reserved, token_length};
use crate::declarations::Name;
use crate::error::TypeErrorKind;
use crate::types::{FunctionType, Type, TypeId};

/// One step from the name outwards to the base type.
pub(super) enum Step {
    Pointer,
    Array(Option<u64>),
    Function(Vec<TypeId>, bool),
}

impl TypeString<'_, '_> {
    pub(super) fn declarator(&mut self, steps: &mut Vec<Step>) -> Result<()> {
        let mut pointers = 0;
        loop {
            match self.token() {
                "*" => pointers += 1,
                text if is_qualifier(text) => {}
                _ => break,
            }
            self.advance();
        }
        if self.token() == "(" && self.opens_declarator() {
            self.advance();
            self.nested(|this| this.declarator(steps))?;
            if self.token() != ")" {
                return Err(self.fail("expected ')'"));
            }
            self.advance();
        } else if self.is_word() && !is_reserved(self.token()) {
            // A name is allowed and means nothing.
            self.advance();
        }
        // Arrays of arrays are written so, but not arrays of functions.
        let mut arrays = false;
        loop {
            match self.token() {
                "(" if !arrays => {
                    self.advance();
                    let (params, variadic) = self.nested(Self::params)?;
                    steps.push(Step::Function(params, variadic));
                }
                "[" => {
                    arrays = true;
                    self.advance();
                    steps.push(Step::Array(self.length()?));
                }
                _ => break,
            }
        }
        steps.extend((0..pointers).map(|_| Step::Pointer));
        Ok(())
    }

    fn opens_declarator(&self) -> bool {
        match self.peek() {
            "*" | "[" => true,
            // Behind a qualifier: a pointer, or the type of a parameter.
            text if is_qualifier(text) => {
                let mut rest = self.text[self.end..].trim_start();
                while is_qualifier(&rest[..token_length(rest)]) {
                    rest = rest[token_length(rest)..].trim_start();
                }
                rest.starts_with(['*', '['])
            }
            _ => false,
        }
    }

    /// Behind the opening bracket, to behind the closing one.
    fn length(&mut self) -> Result<Option<u64>> {
        let token = self.token();
        if token == "]" {
            self.advance();
            return Ok(None);
        }
        let length = if token.starts_with(|first: char| first.is_ascii_digit()) {
            number(token).map_err(|message| self.fail(message))?
        } else {
            let value = match self.declarations.names.get(token) {
                Some(&Name::Constant(at)) => self.declarations.constants[at].value,
                _ => None,
            };
            match value.map(u64::try_from) {
                Some(Ok(length)) => length,
                _ => return Err(self.fail("expected a positive integer constant")),
            }
        };
        self.advance();
        if self.token() != "]" {
            return Err(self.fail("expected ']'"));
        }
        self.advance();
        Ok(Some(length))
    }

    /// Behind the opening parenthesis, to behind the closing one.
    fn params(&mut self) -> Result<(Vec<TypeId>, bool)> {
        let mut params = Vec::new();
        let mut variadic = false;
        while is_convention(self.token()) {
            self.advance();
        }
        if self.token() == "void" && self.peek() == ")" {
            self.advance();
        }
        if self.token() == ")" {
            self.advance();
            return Ok((params, false));
        }
        loop {
            if self.token() == "..." {
                variadic = true;
                self.advance();
                break;
            }
            let id = self.complete()?;
            let id = match *self.declarations.ty(id) {
                Type::Array { item, .. } => self.declarations.pointer_to(item),
                Type::Function(_) => self.declarations.pointer_to(id),
                _ => id,
            };
            params.push(id);
            if self.token() != "," {
                break;
            }
            self.advance();
        }
        if self.token() != ")" {
            return Err(self.fail("expected ')'"));
        }
        self.advance();
        Ok((params, variadic))
    }

    pub(super) fn apply(&mut self, id: TypeId, step: Step) -> Result<TypeId> {
        let made = match step {
            Step::Pointer => self.declarations.pointer_to(id),
            Step::Array(length) => {
                if !self.declarations.may_be_item(id) {
                    let item = self.declarations.name(id);
                    let message = format!("array item of unknown size: '{item}'");
                    return Err(self.error(TypeErrorKind::Value, message));
                }
                let made = self.declarations.array_of(id, length);
                let too_large = length.is_some()
                    && self.declarations.size_of(id).is_some()
                    && self.declarations.size_of(made).is_none();
                if too_large {
                    let message = "array size would overflow a Py_ssize_t".to_owned();
                    return Err(self.error(TypeErrorKind::Overflow, message));
                }
                made
            }
            Step::Function(params, variadic) => self.function(id, params, variadic)?,
        };
        if self.declarations.types.is_excessive(made) {
            return Err(self.fail("internal type complexity limit reached"));
        }
        Ok(made)
    }

    fn function(&mut self, result: TypeId, params: Vec<TypeId>, variadic: bool) -> Result<TypeId> {
        let passable = |id: TypeId| match self.declarations.ty(id) {
            Type::Void => false,
            Type::Record(record) => self.declarations.record(*record).fields.is_some(),
            _ => true,
        };
        if let Some(&param) = params.iter().find(|&&param| !passable(param)) {
            let name = self.declarations.name(param);
            let message = format!("ctype '{name}' has incomplete type");
            return Err(self.error(TypeErrorKind::Type, message));
        }
        let bad_result = match self.declarations.ty(result) {
            Type::Array { .. } | Type::Function(_) => Some("invalid result type: 'NAME'"),
            Type::Void => None,
            _ if passable(result) => None,
            _ => Some("result type 'NAME' is not yet initialized"),
        };
        if let Some(message) = bad_result {
            let message = message.replace("NAME", &self.declarations.name(result));
            return Err(self.error(TypeErrorKind::Type, message));
        }
        let function = Type::Function(FunctionType { params, result, variadic });
        Ok(self.declarations.types.intern(function))
    }
}

/// A length in decimal, octal or hexadecimal.
fn number(text: &str) -> std::result::Result<u64, &'static str> {
    let (radix, digits) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None if text.len() > 1 && text.starts_with('0') => (8, &text[1..]),
        None => (10, text),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| char::from(digit).is_digit(radix)) {
        return Err("invalid number");
    }
    let length = u64::from_str_radix(digits, radix).ok();
    length.filter(|&length| i64::try_from(length).is_ok()).ok_or("number too large")
}
