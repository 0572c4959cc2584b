//! The words before the declarator: what CFFI calls the base type.

use super::{Result, TypeString, is_reserved};
use crate::declarations::Tag;
use crate::model::RecordKind;
use crate::primitive::Primitive;
use crate::types::{Type, TypeId};

impl TypeString<'_, '_> {
    pub(super) fn base(&mut self) -> Result<TypeId> {
        let (mut short, mut long, mut sign) = (0, 0, "");
        loop {
            match self.token() {
                "short" if short + long > 0 => {
                    return Err(self.fail("'short' after another 'short' or 'long'"));
                }
                "short" => short = 1,
                "long" if short > 0 => return Err(self.fail("'long' after 'short'")),
                "long" if long == 2 => return Err(self.fail("'long long long' is too long")),
                "long" => long += 1,
                "signed" | "unsigned" if !sign.is_empty() => {
                    return Err(self.fail("multiple 'signed' or 'unsigned'"));
                }
                "signed" | "unsigned" => sign = self.token(),
                _ => break,
            }
            self.advance();
        }
        let modified = short + long > 0 || !sign.is_empty();
        let unsigned = sign == "unsigned";
        let pick = |signed, other| if unsigned { other } else { signed };
        use Primitive as P;
        let sized = match (short, long) {
            (1, _) => pick(P::Short, P::UnsignedShort),
            (_, 1) => pick(P::Long, P::UnsignedLong),
            (_, 2) => pick(P::LongLong, P::UnsignedLongLong),
            _ => pick(P::Int, P::UnsignedInt),
        };
        let word = self.token();
        let primitive = match word {
            "int" => sized,
            "char" if short + long == 0 => match sign {
                "" => P::Char,
                _ => pick(P::SignedChar, P::UnsignedChar),
            },
            "double" if long == 1 && short == 0 && sign.is_empty() => P::LongDouble,
            "void" | "char" | "double" | "float" | "_Bool" | "struct" | "union" | "enum"
                if modified =>
            {
                return Err(self.fail("invalid combination of types"));
            }
            "double" | "float" => {
                self.advance();
                let complex = self.token() == "_Complex";
                if complex {
                    self.advance();
                }
                return Ok(self.declarations.primitive(match (word, complex) {
                    ("double", true) => P::DoubleComplex,
                    ("double", false) => P::Double,
                    (_, true) => P::FloatComplex,
                    (_, false) => P::Float,
                }));
            }
            "_Bool" => P::Bool,
            "void" => {
                self.advance();
                return Ok(self.declarations.types.intern(Type::Void));
            }
            "struct" => return self.record(RecordKind::Struct),
            "union" => return self.record(RecordKind::Union),
            "enum" => return self.enumeration(),
            // `unsigned` alone, `long` alone, with a name or a declarator behind.
            _ if modified => return Ok(self.declarations.primitive(sized)),
            _ => return self.named(),
        };
        self.advance();
        Ok(self.declarations.primitive(primitive))
    }

    fn named(&mut self) -> Result<TypeId> {
        if !self.is_word() || is_reserved(self.token()) {
            return Err(self.fail("identifier expected"));
        }
        let Some(ty) = self.declarations.named_type(self.token()) else {
            return Err(self.fail("undefined type name"));
        };
        self.advance();
        Ok(ty.id)
    }

    fn record(&mut self, kind: RecordKind) -> Result<TypeId> {
        self.advance();
        if !self.is_word() {
            return Err(self.fail("struct or union name expected"));
        }
        let found = match self.declarations.tags.get(self.token()) {
            Some(&Tag::Record(id)) => id,
            _ => return Err(self.fail("undefined struct/union name")),
        };
        if self.declarations.record(found).kind != kind {
            return Err(self.fail("wrong kind of tag: struct vs union"));
        }
        self.advance();
        Ok(self.declarations.types.intern(Type::Record(found)))
    }

    fn enumeration(&mut self) -> Result<TypeId> {
        self.advance();
        if !self.is_word() {
            return Err(self.fail("enum name expected"));
        }
        let Some(&Tag::Enum(found)) = self.declarations.tags.get(self.token()) else {
            return Err(self.fail("undefined enum name"));
        };
        self.advance();
        Ok(self.declarations.types.intern(Type::Enum(found)))
    }
}
