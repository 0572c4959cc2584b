//! What stands around a name: pointers, arrays, parameters.

use super::specifiers::{Base, is_const, is_convention, is_qualifier};
use super::{Parser, Result};
use crate::declarations::Qualified;
use crate::error::ErrorKind;
use crate::lexer::{Token, TokenKind};
use crate::model::Param;
use crate::types::{FunctionType, Type, TypeId};

/// The length in the brackets of an array.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Length {
    /// `[]`.
    None,
    /// `[...]`.
    Open,
    Known(u64),
}

/// One step from a name outwards to the base type.
#[derive(Debug)]
enum Step<'a> {
    Pointer { constant: bool },
    Array(Length, Token<'a>),
    Function { params: Vec<Param>, variadic: bool, at: Token<'a> },
}

/// Whether a declarator has a name.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Naming {
    Required,
    Optional,
    Forbidden,
}

/// Pointers, arrays and parameters around a name, from the name outwards.
#[derive(Debug)]
pub(super) struct Declarator<'a> {
    pub(super) name: Option<Token<'a>>,
    steps: Vec<Step<'a>>,
    start: Token<'a>,
}

impl<'a> Declarator<'a> {
    /// No name, no steps: what an unnamed bit field has before its colon.
    pub(super) fn empty(start: Token<'a>) -> Self {
        Self { name: None, steps: Vec::new(), start }
    }

    /// Whether the declared thing is a plain pointer or not even that.
    pub(super) fn pointers(&self) -> Option<usize> {
        let plain = self.steps.iter().all(|step| matches!(step, Step::Pointer { .. }));
        plain.then_some(self.steps.len())
    }
}

/// A declared type with what its declarator alone knows.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) ty: Qualified,
    /// Whether an outermost array has the length `[...]`.
    pub(super) open_length: bool,
    /// Parameters with their names, when a function is declared, and whether its result is a
    /// pointer to something `const`.
    pub(super) function: Option<(Vec<Param>, bool)>,
}

impl<'a> Parser<'a, '_> {
    pub(super) fn declarator(&mut self, naming: Naming) -> Result<Declarator<'a>> {
        let start = self.peek();
        let mut declarator = Declarator::empty(start);
        self.declarator_into(naming, &mut declarator)?;
        if naming == Naming::Required && declarator.name.is_none() {
            return Err(self.unexpected("a name"));
        }
        Ok(declarator)
    }

    fn declarator_into(&mut self, naming: Naming, out: &mut Declarator<'a>) -> Result<()> {
        let mut pointers = Vec::new();
        loop {
            let text = self.peek().text;
            if text == "*" {
                pointers.push(Step::Pointer { constant: false });
            } else if is_convention(text) || is_qualifier(text) && !pointers.is_empty() {
                if let (Some(Step::Pointer { constant }), true) =
                    (pointers.last_mut(), is_const(text))
                {
                    *constant = true;
                }
            } else {
                break;
            }
            self.at += 1;
        }
        let token = self.peek();
        if self.is("(") && self.opens_declarator(naming) {
            self.at += 1;
            self.nested("this declaration", |this| this.declarator_into(naming, out))?;
            self.expect(")", "`)`")?;
        } else if token.kind == TokenKind::Word && naming != Naming::Forbidden {
            if let Some(kind) = self.unsupported(token) {
                return Err(self.fail(token, kind));
            }
            out.name = Some(self.word("a name")?);
        }
        loop {
            let at = self.peek();
            if self.eat("(") {
                let visible = self.hidden.len();
                let (params, variadic) = self.nested("this declaration", Self::params)?;
                self.hidden.truncate(visible);
                out.steps.push(Step::Function { params, variadic, at });
            } else if self.eat("[") {
                let length = self.length()?;
                out.steps.push(Step::Array(length, at));
            } else {
                break;
            }
        }
        out.steps.extend(pointers.into_iter().rev());
        Ok(())
    }

    /// Whether a parenthesis, where the name may be missing, is one around a declarator, and not
    /// the start of parameters.
    fn opens_declarator(&self, naming: Naming) -> bool {
        let mut ahead = 1;
        while is_convention(self.ahead(ahead).text) {
            ahead += 1;
        }
        let inside = self.ahead(ahead);
        match inside.text {
            "*" | "(" | "[" => true,
            ")" | "..." => false,
            _ => naming == Naming::Required || ahead == 1 && !self.starts_type(inside),
        }
    }

    /// Behind the opening bracket.
    fn length(&mut self) -> Result<Length> {
        while self.is("static") || is_qualifier(self.peek().text) {
            self.at += 1;
        }
        if self.eat("]") {
            return Ok(Length::None);
        }
        if self.eat("...") {
            self.expect("]", "`]`")?;
            return Ok(Length::Open);
        }
        if self.is("*") && self.ahead(1).text == "]" {
            self.at += 2;
            return Ok(Length::None);
        }
        let start = self.peek();
        let value = self.constant()?.value;
        self.expect("]", "`]`")?;
        match u64::try_from(value) {
            Ok(length) => Ok(Length::Known(length)),
            Err(_) => Err(self.fail(start, ErrorKind::BadLength(value))),
        }
    }

    /// Parameters, behind the opening parenthesis, to the closing one.
    fn params(&mut self) -> Result<(Vec<Param>, bool)> {
        let mut params = Vec::new();
        if self.eat(")") {
            return Ok((params, false));
        }
        if self.is("void") && self.ahead(1).text == ")" {
            self.at += 2;
            return Ok((params, false));
        }
        loop {
            if self.is("...") && !params.is_empty() {
                self.at += 1;
                self.expect(")", "`)` after `...`")?;
                return Ok((params, true));
            }
            params.push(self.param()?);
            if self.eat(")") {
                return Ok((params, false));
            }
            self.expect(",", "`,` or `)`")?;
        }
    }

    fn param(&mut self) -> Result<Param> {
        let start = self.peek();
        let specifiers = self.specifiers()?;
        let (None, Base::Type(base)) = (specifiers.storage, specifiers.base) else {
            return Err(self.fail(start, ErrorKind::StorageClass));
        };
        let declarator = self.declarator(Naming::Optional)?;
        let mut declared = self.apply(base, &declarator)?;
        if declared.open_length {
            return Err(self.fail(start, ErrorKind::OpenLength));
        }
        match *self.declarations.ty(declared.ty.id) {
            Type::Array { item, .. } => declared.ty.id = self.declarations.pointer_to(item),
            Type::Function(_) => {
                declared.ty = Qualified::plain(self.declarations.pointer_to(declared.ty.id));
            }
            Type::Void => return Err(self.fail(start, ErrorKind::VoidParameter)),
            _ => {}
        }
        self.hidden.extend(declarator.name.map(|name| name.text));
        let name = declarator.name.map(|name| name.text.to_owned());
        Ok(Param { name, ty: declared.ty.id, const_pointee: declared.ty.const_inner })
    }

    /// A type without a name, as in `sizeof`.
    pub(super) fn type_name(&mut self) -> Result<TypeId> {
        let specifiers = self.specifiers()?;
        let (None, Base::Type(base)) = (specifiers.storage, specifiers.base) else {
            return Err(self.fail(specifiers.start, ErrorKind::StorageClass));
        };
        let declarator = self.declarator(Naming::Forbidden)?;
        Ok(self.apply(base, &declarator)?.ty.id)
    }

    /// The type of what a declarator declares with a base type.
    pub(super) fn apply(
        &mut self,
        base: Qualified,
        declarator: &Declarator<'a>,
    ) -> Result<Declared> {
        let mut ty = base;
        let mut open_length = false;
        let mut function = None;
        for (index, step) in declarator.steps.iter().enumerate().rev() {
            match step {
                Step::Pointer { constant } => {
                    let const_inner = ty.constant;
                    let id = self.declarations.pointer_to(ty.id);
                    ty = Qualified { id, constant: *constant, const_inner };
                }
                Step::Array(length, at) => {
                    self.check_item(ty.id, *at)?;
                    let length = match length {
                        Length::None => None,
                        Length::Known(length) => Some(*length),
                        Length::Open if index == 0 => {
                            open_length = true;
                            None
                        }
                        Length::Open => return Err(self.fail(*at, ErrorKind::OpenLength)),
                    };
                    let id = self.declarations.array_of(ty.id, length);
                    if length.is_some()
                        && self.declarations.size_of(ty.id).is_some()
                        && self.declarations.size_of(id).is_none()
                    {
                        let name = self.declarations.name(id);
                        return Err(self.fail(*at, ErrorKind::TooLarge(name)));
                    }
                    ty = Qualified { id, constant: ty.constant, const_inner: ty.constant };
                }
                Step::Function { params, variadic, at } => {
                    let result = ty.id;
                    if matches!(
                        self.declarations.ty(result),
                        Type::Function(_) | Type::Array { .. }
                    ) {
                        let name = self.declarations.name(result);
                        return Err(self.fail(*at, ErrorKind::BadResult(name)));
                    }
                    if index == 0 {
                        function = Some((params.clone(), ty.const_inner));
                    }
                    let params = params.iter().map(|param| param.ty).collect();
                    let variadic = *variadic;
                    let function = Type::Function(FunctionType { params, result, variadic });
                    ty = Qualified::plain(self.declarations.types.intern(function));
                }
            }
            if self.declarations.types.is_excessive(ty.id) {
                return Err(self.fail(declarator.start, ErrorKind::TooComplex));
            }
        }
        Ok(Declared { ty, open_length, function })
    }

    /// Items of an array have a size, now or once what `...` leaves open is given.
    fn check_item(&self, item: TypeId, at: Token<'_>) -> Result<()> {
        if self.declarations.may_be_item(item) {
            return Ok(());
        }
        Err(self.fail(at, ErrorKind::BadItem(self.declarations.name(item))))
    }
}
