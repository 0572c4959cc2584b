//! Adding one declaration, or refusing a second one that differs.

use crate::Dialect;
use crate::declarations::{Declarations, Name, Qualified, Start, Tag, Typedef};
use crate::error::{ErrorKind, function_kind};
use crate::layout::{self, Shape};
use crate::model::{
    Constant, ConstantOrigin, EnumType, Function, FunctionKind, Number, Record, RecordKind,
    Variable,
};
use crate::primitive::Primitive;
use crate::types::{EnumId, NumberId, RecordId, Type, TypeId};

impl Declarations {
    pub(crate) fn primitive(&mut self, primitive: Primitive) -> TypeId {
        self.types.intern(Type::Primitive(primitive))
    }

    /// The type that a name means, of a typedef or of a standard header.
    pub(crate) fn named_type(&mut self, name: &str) -> Option<Qualified> {
        match self.names.get(name) {
            Some(&Name::Typedef(at)) => Some(self.typedefs[at].ty),
            Some(_) => None,
            None if name == "FILE" => {
                let ty = self.file.unwrap_or_else(|| {
                    let record = self.add_record(name.to_owned(), RecordKind::Struct);
                    self.types.intern(Type::Record(record))
                });
                self.file = Some(ty);
                Some(Qualified::plain(ty))
            }
            None => Primitive::from_standard_name(name)
                .map(|primitive| Qualified::plain(self.primitive(primitive))),
        }
    }

    pub(crate) fn is_type_name(&self, name: &str) -> bool {
        match self.names.get(name) {
            Some(name) => matches!(name, Name::Typedef(_)),
            None => name == "FILE" || Primitive::from_standard_name(name).is_some(),
        }
    }

    /// How CFFI names the next type that nothing else names.
    pub(crate) fn anonymous_name(&mut self, keyword: &str) -> String {
        self.anonymous += 1;
        format!("{keyword} ${}", self.anonymous)
    }

    pub(crate) fn add_record(&mut self, name: String, kind: RecordKind) -> RecordId {
        let id = RecordId::next(self.records.len());
        self.records.push(Record {
            name,
            kind,
            fields: None,
            partial: false,
            layout: None,
            members: Vec::new(),
        });
        id
    }

    pub(crate) fn add_enum(&mut self, name: String) -> EnumId {
        let id = EnumId::next(self.enums.len());
        self.enums.push(EnumType {
            name,
            enumerators: Vec::new(),
            partial: false,
            base: Primitive::UnsignedInt,
            complete: false,
        });
        id
    }

    pub(crate) fn add_number(&mut self, name: &str, float: bool) -> TypeId {
        let id = NumberId::next(self.numbers.len());
        let ty = self.types.intern(Type::Number(id));
        self.numbers.push(Number { name: name.to_owned(), float, primitive: None, ty });
        ty
    }

    /// The structure or union with a tag, made now if this is its first mention.
    pub(crate) fn tagged_record(
        &mut self,
        kind: RecordKind,
        tag: &str,
    ) -> Result<RecordId, ErrorKind> {
        let wrong =
            |first| ErrorKind::WrongTag { tag: tag.to_owned(), first, second: kind.keyword() };
        match self.tags.get(tag) {
            Some(&Tag::Record(id)) => {
                let first = self.record(id).kind;
                if first == kind { Ok(id) } else { Err(wrong(first.keyword())) }
            }
            Some(Tag::Enum(_)) => Err(wrong("enum")),
            None => {
                let id = self.add_record(format!("{} {tag}", kind.keyword()), kind);
                self.tags.insert(tag.to_owned(), Tag::Record(id));
                Ok(id)
            }
        }
    }

    /// How a name was declared, for a message.
    fn describe(&self, name: Name) -> String {
        let (what, ty) = match name {
            Name::Typedef(at) => ("typedef", self.typedefs[at].ty.id),
            Name::Function(at) => {
                let function = &self.functions[at];
                (function_kind(function.kind), function.ty)
            }
            Name::Variable(at) => ("variable", self.variables[at].ty),
            Name::Constant(at) => {
                return match self.constants[at].value {
                    Some(value) => format!("the constant {value}"),
                    None => "a constant".to_owned(),
                };
            }
        };
        format!("{what} `{}`", self.name(ty))
    }

    fn conflict(&self, name: &str, first: Name, second: String) -> ErrorKind {
        let (line, text) = match first {
            Name::Typedef(at) => (self.typedefs[at].line, self.text_of(|start| start.typedefs, at)),
            Name::Function(at) => {
                (self.functions[at].line, self.text_of(|start| start.functions, at))
            }
            Name::Variable(at) => {
                (self.variables[at].line, self.text_of(|start| start.variables, at))
            }
            Name::Constant(at) => {
                (self.constants[at].line, self.text_of(|start| start.constants, at))
            }
        };
        let advice = match text {
            Some(Dialect::Api) => format!(
                "the first is on line {line} of `api`, whose declarations are known here: delete \
                 this one"
            ),
            Some(Dialect::Cdef) => format!("the first is on line {line} of the text before"),
            None => format!("the first is on line {line}"),
        };
        let (typedef, first) = (matches!(first, Name::Typedef(_)), self.describe(first));
        // Types without a tag of their own are two even if they look alike.
        let alike = typedef && first == second;
        let second = if alike { "another type of that name".to_owned() } else { second };
        let name = name.to_owned();
        ErrorKind::Redeclared { name, first, second, advice }
    }

    /// What the text is in which the declaration with this index was made; `None` for the present
    /// one.
    fn text_of(&self, start_of: fn(&Start) -> usize, at: usize) -> Option<Dialect> {
        let (present, earlier) = self.starts.split_last()?;
        if start_of(present) <= at {
            return None;
        }
        earlier.iter().rfind(|start| start_of(start) <= at).map(|start| start.dialect)
    }

    pub(crate) fn add_typedef(
        &mut self,
        name: &str,
        ty: Qualified,
        line: usize,
    ) -> Result<(), ErrorKind> {
        match self.names.get(name).copied() {
            None => {
                self.names.insert(name.to_owned(), Name::Typedef(self.typedefs.len()));
                self.typedefs.push(Typedef { name: name.to_owned(), ty, line });
            }
            Some(Name::Typedef(at)) if self.typedefs[at].ty == ty => {}
            Some(first) => {
                let second = format!("typedef `{}`", self.name(ty.id));
                return Err(self.conflict(name, first, second));
            }
        }
        Ok(())
    }

    pub(crate) fn add_function(&mut self, function: Function) -> Result<(), ErrorKind> {
        match self.names.get(&function.name).copied() {
            None => {
                let at = Name::Function(self.functions.len());
                self.names.insert(function.name.clone(), at);
                self.functions.push(function);
                Ok(())
            }
            // A prototype of an exported function for the C code is no contradiction.
            Some(Name::Function(at))
                if self.functions[at].ty == function.ty
                    && (self.functions[at].kind == function.kind
                        || self.functions[at].kind == FunctionKind::Exported
                            && function.kind == FunctionKind::C) =>
            {
                Ok(())
            }
            Some(first) => {
                let second =
                    format!("{} `{}`", function_kind(function.kind), self.name(function.ty));
                Err(self.conflict(&function.name, first, second))
            }
        }
    }

    pub(crate) fn add_variable(&mut self, variable: Variable) -> Result<(), ErrorKind> {
        match self.names.get(&variable.name).copied() {
            None => {
                let at = Name::Variable(self.variables.len());
                self.names.insert(variable.name.clone(), at);
                self.variables.push(variable);
                Ok(())
            }
            Some(Name::Variable(at))
                if self.variables[at].ty == variable.ty
                    && self.variables[at].constant == variable.constant =>
            {
                Ok(())
            }
            Some(first) => {
                let second = format!("variable `{}`", self.name(variable.ty));
                Err(self.conflict(&variable.name, first, second))
            }
        }
    }

    pub(crate) fn add_constant(&mut self, constant: Constant) -> Result<(), ErrorKind> {
        match self.names.get(&constant.name).copied() {
            None => {
                let at = Name::Constant(self.constants.len());
                self.names.insert(constant.name.clone(), at);
                self.constants.push(constant);
                Ok(())
            }
            // `...` leaves a value to others, and an earlier text may be what gives it.
            Some(Name::Constant(at))
                if constant.value.is_none()
                    && !matches!(constant.origin, ConstantOrigin::Enumerator(_))
                    && self.text_of(|start| start.constants, at).is_some() =>
            {
                Ok(())
            }
            // An enumerator is declared once only, even with the same value.
            Some(Name::Constant(at))
                if self.constants[at].value == constant.value
                    && !matches!(constant.origin, ConstantOrigin::Enumerator(_)) =>
            {
                Ok(())
            }
            Some(first) => {
                let second = match constant.value {
                    Some(value) => format!("the constant {value}"),
                    None => "a constant".to_owned(),
                };
                Err(self.conflict(&constant.name, first, second))
            }
        }
    }

    /// Gives the type of a complete enumeration to those of its enumerators that no `int` can hold,
    /// as gcc does. They are among the constants from `first` on.
    pub(crate) fn type_enumerators(&mut self, id: EnumId, first: usize) {
        let base = self.enumeration(id).base;
        for constant in self.constants.iter_mut().skip(first) {
            let large = constant.value.is_some_and(|value| i32::try_from(value).is_err());
            if large && constant.origin == ConstantOrigin::Enumerator(id) {
                constant.ty = base;
            }
        }
    }

    /// Computes the layout of a record from its members, unless it is partial or contains a type
    /// whose layout is not known yet.
    pub(crate) fn lay_out(&mut self, id: RecordId) -> Result<(), ErrorKind> {
        let record = &self.records[id.at()];
        if record.partial || record.fields.is_none() {
            return Ok(());
        }
        let mut shapes = Vec::with_capacity(record.members.len());
        for member in &record.members {
            let Some(layout) = self.member_layout(member.ty) else { return Ok(()) };
            let named = member.field.is_some();
            shapes.push(Shape { layout, width: member.width, named });
        }
        let laid_out = layout::record(record.kind == RecordKind::Union, &shapes);
        let Some((layout, places)) = laid_out else {
            return Err(ErrorKind::TooLarge(record.name.clone()));
        };
        let record = &mut self.records[id.at()];
        record.layout = Some(layout);
        let fields = record.fields.iter_mut().flatten();
        let named = record.members.iter().zip(places).filter(|(member, _)| member.field.is_some());
        for (field, (_, place)) in fields.zip(named) {
            field.offset = place.offset;
            field.bits = place.bits;
        }
        Ok(())
    }

    /// Layout of a type as a member: an array without a length takes no room.
    fn member_layout(&self, ty: TypeId) -> Option<layout::Layout> {
        let align = self.align_of(ty)?;
        let size = match self.ty(ty) {
            Type::Array { length: None, .. } => 0,
            _ => self.size_of(ty)?,
        };
        Some(layout::Layout { size, align })
    }
}
