//! Structures and unions.

use super::declarators::{Declarator, Naming};
use super::specifiers::Base;
use super::{Parser, Result};
use crate::declarations::Qualified;
use crate::error::ErrorKind;
use crate::lexer::{Token, TokenKind};
use crate::model::{Field, Member, RecordKind};
use crate::primitive::PrimitiveKind;
use crate::types::{RecordId, Type};

/// The members read so far.
#[derive(Default)]
struct Body {
    fields: Vec<Field>,
    members: Vec<Member>,
    partial: bool,
    /// A bit field in it.
    bits: bool,
}

impl<'a> Parser<'a, '_> {
    /// `struct` or `union`, with or without a tag and braces, and whether it has braces and no tag.
    /// `name` is what a typedef calls it.
    pub(super) fn record(&mut self, name: Option<&str>) -> Result<(Qualified, bool)> {
        let keyword = self.next();
        let kind = if keyword.text == "union" { RecordKind::Union } else { RecordKind::Struct };
        if let Some(kind) = self.unsupported(self.peek()) {
            return Err(self.fail(self.peek(), kind));
        }
        let tag = if self.is("{") { None } else { Some(self.word("a tag or `{`")?) };
        let id = match (tag, name) {
            (Some(tag), _) => self
                .declarations
                .tagged_record(kind, tag.text)
                .map_err(|error| self.fail(tag, error))?,
            (None, Some(name)) => self.declarations.add_record(name.to_owned(), kind),
            (None, None) => {
                let name = self.declarations.anonymous_name(kind.keyword());
                self.declarations.add_record(name, kind)
            }
        };
        let braces = self.eat("{");
        if braces {
            if self.declarations.record(id).fields.is_some() {
                let name = self.declarations.record(id).name.clone();
                return Err(self.fail(tag.unwrap_or(keyword), ErrorKind::Redefined(name)));
            }
            self.nested("this structure", |this| this.body(id, kind, tag.unwrap_or(keyword)))?;
        }
        let ty = self.declarations.types.intern(Type::Record(id));
        Ok((Qualified::plain(ty), braces && tag.is_none()))
    }

    /// Fields, behind the opening brace, to the closing one.
    fn body(&mut self, id: RecordId, kind: RecordKind, at: Token<'a>) -> Result<()> {
        let mut body = Body::default();
        while !self.eat("}") {
            if self.eat(";") {
                continue;
            }
            if let Some(last) = body.fields.last()
                && self.is_flexible(last)
                && !self.is("...")
            {
                let name = last.name.clone();
                return Err(self.fail(self.peek(), ErrorKind::Flexible(name)));
            }
            if self.eat("...") {
                self.expect(";", "`;` after `...`")?;
                self.expect("}", "`}`: the `...` stands last")?;
                body.partial = true;
                break;
            }
            self.fields(&mut body)?;
        }
        let name = || self.declarations.record(id).name.clone();
        if body.partial && body.bits {
            return Err(self.fail(at, ErrorKind::PartialBitField { record: name() }));
        }
        if let Some(last) = body.fields.last()
            && self.is_flexible(last)
            && (body.fields.len() == 1 && !body.partial || kind == RecordKind::Union)
        {
            return Err(self.fail(at, ErrorKind::Flexible(last.name.clone())));
        }
        // A nested definition may have completed the type that it stands in.
        if self.declarations.record(id).fields.is_some() {
            return Err(self.fail(at, ErrorKind::Redefined(name())));
        }
        let record = &mut self.declarations.records[id.at()];
        record.fields = Some(body.fields);
        record.members = body.members;
        record.partial = body.partial;
        self.duplicates(id, at)?;
        self.declarations.lay_out(id).map_err(|kind| self.fail(at, kind))
    }

    fn is_flexible(&self, field: &Field) -> bool {
        let unsized_array =
            matches!(self.declarations.ty(field.ty), Type::Array { length: None, .. });
        unsized_array && !field.open_length
    }

    /// One declaration of fields, with its semicolon.
    fn fields(&mut self, body: &mut Body) -> Result<()> {
        let specifiers = self.specifiers()?;
        let (None, Base::Type(base)) = (specifiers.storage, specifiers.base) else {
            return Err(self.fail(specifiers.start, ErrorKind::StorageClass));
        };
        if self.is(";") {
            self.at += 1;
            let ty = self.declarations.ty(base.id);
            if specifiers.anonymous_record {
                let partial =
                    matches!(ty, Type::Record(id) if self.declarations.record(*id).partial);
                if partial {
                    let hint = "a structure without a name has no layout of its own to measure";
                    return Err(self.fail(specifiers.start, ErrorKind::Dots(hint)));
                }
                self.push(body, "", base, false);
            } else if !matches!(ty, Type::Enum(_)) {
                return Err(self.fail(specifiers.start, ErrorKind::NamesNothing));
            }
            return Ok(());
        }
        loop {
            self.field(base, body)?;
            if self.eat(";") {
                return Ok(());
            }
            self.expect(",", "`,` or `;`")?;
            if let Some(last) = body.fields.last()
                && self.is_flexible(last)
            {
                return Err(self.fail(self.peek(), ErrorKind::Flexible(last.name.clone())));
            }
        }
    }

    fn push(&self, body: &mut Body, name: &str, ty: Qualified, open_length: bool) {
        body.members.push(Member { ty: ty.id, width: None, field: Some(body.fields.len()) });
        body.fields.push(Field {
            name: name.to_owned(),
            ty: ty.id,
            offset: 0,
            bits: None,
            open_length,
            constant: ty.constant,
        });
        body.partial |= open_length;
    }

    fn field(&mut self, base: Qualified, body: &mut Body) -> Result<()> {
        let start = self.peek();
        let declarator = if self.is(":") {
            Declarator::empty(start)
        } else {
            self.declarator(Naming::Required)?
        };
        let declared = self.apply(base, &declarator)?;
        let name = declarator.name.map_or("", |name| name.text);
        if self.eat(":") {
            return self.bit_field(name, start, declared.ty, body);
        }
        if !self.declarations.may_be_member(declared.ty.id) {
            let (name, ty) = (format!("field `{name}`"), self.declarations.name(declared.ty.id));
            return Err(self.fail(start, ErrorKind::Incomplete { name, ty }));
        }
        self.push(body, name, declared.ty, declared.open_length);
        Ok(())
    }

    /// The width, behind the colon.
    fn bit_field(
        &mut self,
        name: &str,
        start: Token<'a>,
        ty: Qualified,
        body: &mut Body,
    ) -> Result<()> {
        let at = self.peek();
        let value = self.constant()?.value;
        let kind = match self.declarations.ty(ty.id) {
            Type::Primitive(primitive) if primitive.is_integer() => Some(primitive.kind()),
            Type::Enum(_) => Some(PrimitiveKind::Integer { signed: false }),
            _ => None,
        };
        let shown = |this: &Self| (name.to_owned(), this.declarations.name(ty.id));
        let (Some(kind), Some(size)) = (kind, self.declarations.size_of(ty.id)) else {
            let (name, ty) = shown(self);
            return Err(self.fail(start, ErrorKind::BadBitField { name, ty }));
        };
        let most = if kind == PrimitiveKind::Bool { 1 } else { i128::from(size) * 8 };
        let least = i128::from(!name.is_empty());
        let width = u8::try_from(value).ok().filter(|_| (least..=most).contains(&value));
        let Some(width) = width else {
            let (name, ty) = shown(self);
            return Err(self.fail(at, ErrorKind::BadWidth { name, ty, width: value }));
        };
        body.bits = true;
        if name.is_empty() {
            body.members.push(Member { ty: ty.id, width: Some(width), field: None });
        } else {
            self.push(body, name, ty, false);
            if let (Some(member), Some(field)) = (body.members.last_mut(), body.fields.last_mut()) {
                member.width = Some(width);
                field.bits = Some((0, width));
            }
        }
        Ok(())
    }

    /// Two fields with one name, also through structures without a name.
    fn duplicates(&self, id: RecordId, at: Token<'_>) -> Result<()> {
        let mut seen = std::collections::HashSet::new();
        let mut waiting = vec![id];
        while let Some(record) = waiting.pop() {
            for field in self.declarations.record(record).fields.iter().flatten() {
                match self.declarations.ty(field.ty) {
                    Type::Record(inner) if field.name.is_empty() => waiting.push(*inner),
                    _ if !seen.insert(&field.name) => {
                        return Err(self.fail(at, ErrorKind::DuplicateField(field.name.clone())));
                    }
                    _ => {}
                }
            }
        }
        debug_assert!(at.kind == TokenKind::Word, "a record starts with a keyword or tag");
        Ok(())
    }
}
