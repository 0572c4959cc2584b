//! Everything that was declared.

use std::collections::{HashMap, HashSet};

use crate::Dialect;
use crate::error::{Error, TypeError};
use crate::layout;
use crate::model::{Constant, EnumType, FieldPath, Function, Number, Record, RecordKind, Variable};
use crate::parser;
use crate::types::{EnumId, RecordId, Type, TypeId, Types};
use crate::typestring;

/// Declarations of one or several texts, in their order.
///
/// Ids are those of this value or of one that was made from the same texts; methods panic when
/// given an id of other declarations that is out of range here.
#[derive(Clone, Debug)]
pub struct Declarations {
    pub(crate) types: Types,
    pub(crate) records: Vec<Record>,
    pub(crate) enums: Vec<EnumType>,
    pub(crate) numbers: Vec<Number>,
    pub(crate) functions: Vec<Function>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) typedefs: Vec<Typedef>,
    /// Ordinary identifiers, which share one name space in C.
    pub(crate) names: HashMap<String, Name>,
    /// Tags of structures, unions and enumerations, which share another.
    pub(crate) tags: HashMap<String, Tag>,
    /// `FILE`, which is opaque, once it was mentioned.
    pub(crate) file: Option<TypeId>,
    /// How many types without any name were numbered, for `struct $1`.
    pub(crate) anonymous: u32,
    /// The texts, in their order.
    pub(crate) starts: Vec<Start>,
    /// Macros of headers that are no constants.
    pub(crate) macros: HashSet<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Typedef {
    pub(crate) name: String,
    pub(crate) ty: Qualified,
    pub(crate) line: usize,
}

/// How much was declared at the start of a text.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) dialect: Dialect,
    pub(crate) functions: usize,
    pub(crate) variables: usize,
    pub(crate) constants: usize,
    pub(crate) typedefs: usize,
}

/// What an ordinary identifier means; the number is an index into the list of that name.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Name {
    Typedef(usize),
    Function(usize),
    Variable(usize),
    Constant(usize),
}

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Tag {
    Record(RecordId),
    Enum(EnumId),
}

/// A type with the qualifiers that matter to whoever passes it.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Qualified {
    pub(crate) id: TypeId,
    pub(crate) constant: bool,
    /// Whether it is a pointer to, or an array of, something `const`.
    pub(crate) const_inner: bool,
}

impl Qualified {
    pub(crate) fn plain(id: TypeId) -> Self {
        Self { id, constant: false, const_inner: false }
    }
}

impl Default for Declarations {
    fn default() -> Self {
        Self::new()
    }
}

impl Declarations {
    /// Only the types of C and of its standard headers, which need no declaration.
    #[must_use]
    pub fn new() -> Self {
        Self {
            types: Types::new(),
            records: Vec::new(),
            enums: Vec::new(),
            numbers: Vec::new(),
            functions: Vec::new(),
            variables: Vec::new(),
            constants: Vec::new(),
            typedefs: Vec::new(),
            names: HashMap::new(),
            tags: HashMap::new(),
            file: None,
            anonymous: 0,
            starts: Vec::new(),
            macros: HashSet::new(),
        }
    }

    /// Adds the declarations of a text, which may use those of earlier ones.
    ///
    /// # Errors
    ///
    /// The first declaration that cannot be used. Those before it stay declared.
    pub fn parse(&mut self, text: &str, dialect: Dialect) -> Result<(), Error> {
        self.starts.push(Start {
            dialect,
            functions: self.functions.len(),
            variables: self.variables.len(),
            constants: self.constants.len(),
            typedefs: self.typedefs.len(),
        });
        parser::parse(self, text, dialect)
    }

    /// The type that a type string of CFFI's run-time functions means: `point_t *`,
    /// `int(*)(int)`, `int[10]`.
    ///
    /// A function type without a pointer, which `ffi.callback` takes but `ffi.typeof` refuses, is
    /// returned as [`Type::Function`].
    ///
    /// # Errors
    ///
    /// As CFFI, in the same words for common mistakes.
    pub fn parse_type(&mut self, text: &str) -> Result<TypeId, TypeError> {
        typestring::parse(self, text)
    }

    /// All functions, in the order of their first declaration.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// All variables, in the order of their first declaration.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// All constants: of each text first its `#define`s, then its enumerators and `static const`.
    #[must_use]
    pub fn constants(&self) -> &[Constant] {
        &self.constants
    }

    /// The function with this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Function> {
        match self.names.get(name) {
            Some(&Name::Function(at)) => self.functions.get(at),
            _ => None,
        }
    }

    /// The variable with this name.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        match self.names.get(name) {
            Some(&Name::Variable(at)) => self.variables.get(at),
            _ => None,
        }
    }

    /// The constant with this name.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<&Constant> {
        match self.names.get(name) {
            Some(&Name::Constant(at)) => self.constants.get(at),
            _ => None,
        }
    }

    /// Whether a header defines a macro of this name that is no constant, and was left out.
    #[must_use]
    pub fn is_macro(&self, name: &str) -> bool {
        self.macros.contains(name) && !self.names.contains_key(name)
    }

    /// The type that a typedef of the texts names.
    #[must_use]
    pub fn typedef(&self, name: &str) -> Option<TypeId> {
        match self.names.get(name) {
            Some(&Name::Typedef(at)) => Some(self.typedefs[at].ty.id),
            _ => None,
        }
    }

    /// All typedefs of the texts, in the order of their first declaration.
    pub fn typedefs(&self) -> impl Iterator<Item = (&str, TypeId)> {
        self.typedefs.iter().map(|typedef| (typedef.name.as_str(), typedef.ty.id))
    }

    /// What a type is.
    #[must_use]
    pub fn ty(&self, id: TypeId) -> &Type {
        self.types.get(id)
    }

    /// All structures and unions, in the order of their first mention.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// One structure or union.
    #[must_use]
    pub fn record(&self, id: RecordId) -> &Record {
        &self.records[id.at()]
    }

    /// All enumerations, in the order of their first mention.
    #[must_use]
    pub fn enums(&self) -> &[EnumType] {
        &self.enums
    }

    /// One enumeration.
    #[must_use]
    pub fn enumeration(&self, id: EnumId) -> &EnumType {
        &self.enums[id.at()]
    }

    /// All numbers of unknown size (`typedef int... name;`), in the order of their declaration.
    #[must_use]
    pub fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    /// The structure or union with this [name](Record::name): `struct foo`, `point_t`.
    #[must_use]
    pub fn record_by_name(&self, name: &str) -> Option<RecordId> {
        self.records.iter().position(|record| record.name == name).map(RecordId::next)
    }

    /// The structure or union with this tag.
    #[must_use]
    pub fn record_by_tag(&self, kind: RecordKind, tag: &str) -> Option<RecordId> {
        match self.tags.get(tag) {
            Some(&Tag::Record(id)) if self.record(id).kind == kind => Some(id),
            _ => None,
        }
    }

    /// The pointer to a type.
    pub fn pointer_to(&mut self, item: TypeId) -> TypeId {
        self.types.intern(Type::Pointer(item))
    }

    /// The array of a type, of unknown length for `None`. Whether the item type may be in an array
    /// at all is not checked.
    pub fn array_of(&mut self, item: TypeId, length: Option<u64>) -> TypeId {
        self.types.intern(Type::Array { item, length })
    }

    /// Size in bytes. `None` for `void`, functions, opaque types, arrays without a length, types
    /// whose layout was declared with `...` and not given yet, and sizes above 2⁶³.
    #[must_use]
    pub fn size_of(&self, mut id: TypeId) -> Option<u64> {
        let mut count = 1_u64;
        loop {
            let size = match self.ty(id) {
                Type::Array { item, length } => {
                    count = count.checked_mul((*length)?)?;
                    id = *item;
                    continue;
                }
                Type::Void | Type::Function(_) => return None,
                Type::Primitive(primitive) => primitive.size(),
                Type::Pointer(_) => layout::POINTER.size,
                Type::Record(record) => self.record(*record).layout?.size,
                Type::Enum(id) => self.enumeration(*id).base.size(),
                Type::Number(number) => self.numbers[number.at()].primitive?.size(),
            };
            return count.checked_mul(size).filter(|&size| size <= i64::MAX.unsigned_abs());
        }
    }

    /// Alignment in bytes. `None` as for [`Self::size_of`], except that an array without a length
    /// has the alignment of its items.
    #[must_use]
    pub fn align_of(&self, mut id: TypeId) -> Option<u64> {
        loop {
            return Some(match self.ty(id) {
                Type::Array { item, .. } => {
                    id = *item;
                    continue;
                }
                Type::Void | Type::Function(_) => return None,
                Type::Primitive(primitive) => primitive.align(),
                Type::Pointer(_) => layout::POINTER.align,
                Type::Record(record) => self.record(*record).layout?.align,
                Type::Enum(id) => self.enumeration(*id).base.align(),
                Type::Number(number) => self.numbers[number.at()].primitive?.align(),
            });
        }
    }

    /// The field `name` of a record or of the structures and unions without a name in it.
    #[must_use]
    pub fn field(&self, id: RecordId, name: &str) -> Option<FieldPath> {
        if name.is_empty() {
            return None;
        }
        // Records without a name nest as deep as their braces, which is limited.
        self.record(id).fields.iter().flatten().find_map(|field| {
            if field.name == name {
                return Some(FieldPath { ty: field.ty, offset: field.offset, bits: field.bits });
            }
            match self.ty(field.ty) {
                Type::Record(inner) if field.name.is_empty() => {
                    let path = self.field(*inner, name)?;
                    Some(FieldPath { offset: path.offset.saturating_add(field.offset), ..path })
                }
                _ => None,
            }
        })
    }
}
