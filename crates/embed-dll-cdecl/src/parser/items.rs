//! Declarations at the outermost level.

use super::declarators::{Declarator, Declared, Naming};
use super::specifiers::{Base, Open, Specifiers, Storage};
use super::{Parser, Result};
use crate::Dialect;
use crate::declarations::Qualified;
use crate::error::ErrorKind;
use crate::integer::Integer;
use crate::lexer::{Token, TokenKind};
use crate::model::{Constant, ConstantOrigin, Function, FunctionKind, RecordKind, Variable};
use crate::types::Type;

impl<'a> Parser<'a, '_> {
    /// The whole text.
    pub(super) fn items(&mut self, tokens: &'a [Token<'a>]) -> Result<()> {
        (self.tokens, self.at) = (tokens, 0);
        // Braces of `extern "C"`, which only group.
        let mut groups = 0_usize;
        while self.peek().kind != TokenKind::End {
            if self.eat(";") {
                continue;
            }
            if groups > 0 && self.eat("}") {
                groups -= 1;
                continue;
            }
            if self.is("extern") && self.ahead(1).kind == TokenKind::String {
                self.at += 1;
                if self.linkage()? {
                    groups += 1;
                }
                continue;
            }
            self.declaration()?;
        }
        if groups > 0 {
            return Err(self.unexpected("`}` at the end of extern \"C\" {"));
        }
        Ok(())
    }

    /// What follows `extern` when it is a string. Says whether it opened a group.
    fn linkage(&mut self) -> Result<bool> {
        let string = self.next();
        let python = match string.text {
            "\"C\"" if self.dialect == Dialect::Api => {
                // `extern "C" int x;` declares as `extern int x;` does.
                return Ok(self.eat("{"));
            }
            "\"C\"" => return Err(self.fail(string, ErrorKind::ExternC)),
            "\"Python\"" => FunctionKind::Python,
            "\"Python+C\"" | "\"Python + C\"" => FunctionKind::PythonAndC,
            other => return Err(self.fail(string, ErrorKind::UnknownLinkage(other.to_owned()))),
        };
        self.python = Some(python);
        if self.eat("{") {
            while !self.eat("}") {
                if self.peek().kind == TokenKind::End {
                    return Err(self.unexpected("`}` at the end of extern \"Python\" {"));
                }
                if !self.eat(";") {
                    self.declaration()?;
                }
            }
        } else {
            self.declaration()?;
        }
        self.python = None;
        Ok(false)
    }

    /// One declaration, with its semicolon.
    fn declaration(&mut self) -> Result<()> {
        let specifiers = self.specifiers()?;
        if self.eat(";") {
            return match (specifiers.tagged, specifiers.storage) {
                (true, None | Some(Storage::Extern | Storage::Static)) => Ok(()),
                _ => Err(self.fail(specifiers.start, ErrorKind::NamesNothing)),
            };
        }
        loop {
            let declarator = self.declarator(Naming::Required)?;
            let Some(name) = declarator.name else {
                return Err(self.unexpected("a name"));
            };
            self.declare(&specifiers, name, &declarator)?;
            if self.eat(";") {
                return Ok(());
            }
            if self.is("{") {
                return Err(self.fail(self.peek(), ErrorKind::Body(name.text.to_owned())));
            }
            self.expect(",", "`,` or `;`")?;
        }
    }

    fn declare(
        &mut self,
        specifiers: &Specifiers<'a>,
        name: Token<'a>,
        declarator: &Declarator<'a>,
    ) -> Result<()> {
        let base = match specifiers.base {
            Base::Type(base) => base,
            Base::Open(open) => return self.declare_open(open, name, declarator),
        };
        let declared = self.apply(base, declarator)?;
        if specifiers.storage == Some(Storage::Typedef) {
            if declared.open_length {
                return Err(self.fail(name, ErrorKind::OpenLength));
            }
            let line = self.line_of(name);
            return self
                .declarations
                .add_typedef(name.text, declared.ty, line)
                .map_err(|kind| self.fail(name, kind));
        }
        if matches!(self.declarations.ty(declared.ty.id), Type::Function(_)) {
            return self.declare_function(name, declared);
        }
        if self.python.is_some() {
            return Err(self.fail(name, ErrorKind::NotAFunction(name.text.to_owned())));
        }
        self.declare_object(specifiers.storage, name, &declared)
    }

    /// `typedef ... name;` and its like.
    fn declare_open(
        &mut self,
        open: Open,
        name: Token<'a>,
        declarator: &Declarator<'a>,
    ) -> Result<()> {
        let text = name.text;
        let ty = match (open, declarator.pointers()) {
            (Open::Opaque, Some(0)) => {
                let id = self.declarations.add_record(text.to_owned(), RecordKind::Struct);
                self.declarations.types.intern(Type::Record(id))
            }
            (Open::Opaque, Some(1)) => {
                // The name that CFFI gives to what the pointer points to.
                let pointee = format!("struct $${text}");
                let id = self.declarations.add_record(pointee, RecordKind::Struct);
                let item = self.declarations.types.intern(Type::Record(id));
                self.declarations.pointer_to(item)
            }
            (Open::Integer | Open::Float, Some(0)) => {
                self.declarations.add_number(text, open == Open::Float)
            }
            _ => {
                let hint = "only in `typedef ... name`, `typedef ... *name`, `typedef int... name` \
                            and `typedef float... name`";
                return Err(self.fail(name, ErrorKind::Dots(hint)));
            }
        };
        let ty = Qualified::plain(ty);
        let line = self.line_of(name);
        self.declarations.add_typedef(text, ty, line).map_err(|kind| self.fail(name, kind))
    }

    fn declare_function(&mut self, name: Token<'a>, declared: Declared) -> Result<()> {
        let kind = match (self.dialect, self.python) {
            // As in CFFI, `extern "Python"` in an API is exported all the same.
            (Dialect::Api, _) => FunctionKind::Exported,
            (Dialect::Cdef, Some(python)) => python,
            (Dialect::Cdef, None) => FunctionKind::C,
        };
        let ty = declared.ty.id;
        let Type::Function(function) = self.declarations.ty(ty) else { return Ok(()) };
        if function.variadic && kind != FunctionKind::C {
            return Err(self.fail(name, ErrorKind::Variadic(name.text.to_owned())));
        }
        // A function declared through a typedef has no names of parameters.
        let unnamed = || {
            let plain = |&ty| crate::Param { name: None, ty, const_pointee: false };
            (function.params.iter().map(plain).collect(), false)
        };
        let (params, const_result_pointee) = declared.function.unwrap_or_else(unnamed);
        let line = self.line_of(name);
        let name_text = name.text.to_owned();
        let function = Function { name: name_text, ty, params, const_result_pointee, kind, line };
        self.declarations.add_function(function).map_err(|kind| self.fail(name, kind))
    }

    /// A variable or a constant.
    fn declare_object(
        &mut self,
        storage: Option<Storage>,
        name: Token<'a>,
        declared: &Declared,
    ) -> Result<()> {
        let ty = declared.ty;
        // A number of unknown size holds what it is given.
        let (integer, holds) = match self.declarations.ty(ty.id) {
            Type::Primitive(primitive) => (primitive.is_integer(), Some(*primitive)),
            Type::Enum(id) => (true, Some(self.declarations.enumeration(*id).base)),
            Type::Number(_) => (true, None),
            _ => (false, None),
        };
        let value = if self.is("=") {
            if !integer || !ty.constant {
                let kind = ErrorKind::Initializer(name.text.to_owned());
                return Err(self.fail(name, kind));
            }
            self.at += 1;
            let value = self.constant()?;
            Some(holds.map_or(value, |primitive| Integer::of(primitive, value.value)))
        } else {
            None
        };
        let line = self.line_of(name);
        let text = name.text.to_owned();
        if value.is_some() || integer && ty.constant && storage == Some(Storage::Static) {
            let constant = Constant::new(&text, value, ConstantOrigin::Static(ty.id), line);
            return self.declarations.add_constant(constant).map_err(|kind| self.fail(name, kind));
        }
        if matches!(self.declarations.ty(ty.id), Type::Void) {
            let (name_text, ty) = (format!("variable `{text}`"), "void".to_owned());
            return Err(self.fail(name, ErrorKind::Incomplete { name: name_text, ty }));
        }
        let open_length = declared.open_length;
        let variable = Variable { name: text, ty: ty.id, constant: ty.constant, open_length, line };
        self.declarations.add_variable(variable).map_err(|kind| self.fail(name, kind))
    }
}
