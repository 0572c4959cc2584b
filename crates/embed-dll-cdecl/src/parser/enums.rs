//! Enumerations.

use super::{Parser, Result};
use crate::declarations::{Qualified, Tag};
use crate::error::ErrorKind;
use crate::integer::Integer;
use crate::layout;
use crate::model::{Constant, ConstantOrigin};
use crate::types::{EnumId, Type};

impl<'a> Parser<'a, '_> {
    /// `enum`, with or without a tag and braces. `name` is what a typedef calls it.
    pub(super) fn enumeration(&mut self, name: Option<&str>) -> Result<Qualified> {
        let keyword = self.next();
        let tag = if self.is("{") { None } else { Some(self.word("a tag or `{`")?) };
        let known = match tag.and_then(|tag| self.declarations.tags.get(tag.text)) {
            None => None,
            Some(Tag::Enum(id)) => Some(*id),
            Some(Tag::Record(id)) => {
                let first = self.declarations.record(*id).kind.keyword();
                let tag = tag.map_or("", |tag| tag.text).to_owned();
                let kind = ErrorKind::WrongTag { tag, first, second: "enum" };
                return Err(self.fail(keyword, kind));
            }
        };
        let braces = self.eat("{");
        let id = match (known, tag) {
            (Some(_), Some(tag)) if braces => {
                let name = format!("enum {}", tag.text);
                return Err(self.fail(tag, ErrorKind::Redefined(name)));
            }
            (Some(id), _) => id,
            // Its size depends on its values, so C refuses this as well.
            (None, Some(tag)) if !braces => {
                return Err(self.fail(tag, ErrorKind::EnumWithoutValues(tag.text.to_owned())));
            }
            (None, Some(tag)) => {
                let id = self.declarations.add_enum(format!("enum {}", tag.text));
                self.declarations.tags.insert(tag.text.to_owned(), Tag::Enum(id));
                id
            }
            (None, None) => {
                let name = match name {
                    Some(name) => name.to_owned(),
                    None => self.declarations.anonymous_name("enum"),
                };
                self.declarations.add_enum(name)
            }
        };
        if braces {
            let first = self.declarations.constants.len();
            self.enumerators(id)?;
            let enumeration = &mut self.declarations.enums[id.at()];
            enumeration.complete = true;
            let values = enumeration.enumerators.iter().map(|&(_, value)| value);
            match layout::enum_base(values) {
                Some(base) => {
                    enumeration.base = base;
                    self.declarations.type_enumerators(id, first);
                }
                None => {
                    let kind = ErrorKind::EnumTooLarge(enumeration.name.clone());
                    return Err(self.fail(keyword, kind));
                }
            }
        }
        Ok(Qualified::plain(self.declarations.types.intern(Type::Enum(id))))
    }

    /// Names and values, behind the opening brace, to the closing one.
    fn enumerators(&mut self, id: EnumId) -> Result<()> {
        // A `...` at the end says that the values of names without one are not known.
        let counted = !self.ends_with_dots();
        let mut next = counted.then(|| Ok(Integer::smallest(0)));
        loop {
            if self.eat("...") {
                self.declarations.enums[id.at()].partial = true;
                self.eat(",");
                return self.expect("}", "`}`: the `...` stands last");
            }
            let name = self.word("the name of an enumerator")?;
            let value = if !self.eat("=") {
                next.transpose().map_err(|kind| self.fail(name, kind))?
            } else if self.eat("...") {
                self.declarations.enums[id.at()].partial = true;
                None
            } else {
                Some(self.constant()?)
            };
            // What `int` can hold is one, whatever the type of the expression.
            let value = value.map(|value| match i32::try_from(value.value) {
                Ok(_) => Integer::smallest(value.value),
                Err(_) => value,
            });
            next = value.map(Integer::successor).filter(|_| counted);
            let line = self.line_of(name);
            let constant = Constant::new(name.text, value, ConstantOrigin::Enumerator(id), line);
            self.declarations.add_constant(constant).map_err(|kind| self.fail(name, kind))?;
            if let Some(value) = value {
                let enumeration = &mut self.declarations.enums[id.at()];
                enumeration.enumerators.push((name.text.to_owned(), value.value));
            }
            let comma = self.eat(",");
            if self.eat("}") {
                return Ok(());
            }
            if !comma {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    /// Whether `...` stands before the closing brace.
    fn ends_with_dots(&self) -> bool {
        let mut ahead = 0;
        let (mut last, mut before) = ("", "");
        while !matches!(self.ahead(ahead).text, "}" | "" | ";") {
            if self.ahead(ahead).text != "," {
                (before, last) = (last, self.ahead(ahead).text);
            }
            ahead += 1;
        }
        last == "..." && before != "="
    }
}
