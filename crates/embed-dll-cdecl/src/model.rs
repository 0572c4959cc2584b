//! What a text declares.

use crate::integer::Integer;
use crate::layout::Layout;
use crate::primitive::Primitive;
use crate::types::{EnumId, TypeId};

/// Who implements a function, and who calls it.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum FunctionKind {
    /// Exported by the DLL and implemented in Python: every function of [`Dialect::Api`](crate::Dialect::Api).
    Exported,
    /// `extern "Python"`: implemented in Python, for C code of the DLL, not exported.
    Python,
    /// `extern "Python+C"`: the same, visible to other C files.
    PythonAndC,
    /// Implemented in C, callable from Python as `lib.name`.
    C,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its type, a [`Type::Function`](crate::Type::Function).
    pub ty: TypeId,
    /// Its parameters, as many as its type has.
    pub params: Vec<Param>,
    /// Whether the result is a pointer to something `const`.
    pub const_result_pointee: bool,
    /// Who implements it.
    pub kind: FunctionKind,
    /// Line of the declaration in its text, from 1.
    pub line: usize,
}

/// A parameter of a function.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Param {
    /// Its name, where the declaration gives one.
    pub name: Option<String>,
    /// Its type, with arrays and functions already turned into pointers.
    pub ty: TypeId,
    /// Whether it is a pointer to something `const`; not known, and false, for a function that was
    /// declared through the typedef of a function type.
    pub const_pointee: bool,
}

/// A global variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Whether it was declared `const`, so that Python may not assign it.
    pub constant: bool,
    /// Whether its length was declared as `[...]`: [`Declarations::set_length`](crate::Declarations::set_length) gives it.
    pub open_length: bool,
    /// Line of the declaration in its text, from 1.
    pub line: usize,
}

/// An integer constant.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// Its value; `None` for `...` as long as it was not given.
    pub value: Option<i128>,
    /// The type that it has in C as an operand: `int`, `unsigned int`, `long` or `unsigned long`;
    /// `int` as long as it has no value.
    pub ty: Primitive,
    /// How it was declared.
    pub origin: ConstantOrigin,
    /// Line of the declaration in its text, from 1.
    pub line: usize,
    /// Whether it is a macro of several operands without parentheses around them.
    pub(crate) bare: bool,
}

impl Constant {
    pub(crate) fn new(
        name: &str,
        value: Option<Integer>,
        origin: ConstantOrigin,
        line: usize,
    ) -> Self {
        let ty = value.map_or(Primitive::Int, Integer::primitive);
        let value = value.map(|value| value.value);
        Self { name: name.to_owned(), value, ty, origin, line, bare: false }
    }
}

/// How a constant was declared.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum ConstantOrigin {
    /// `#define NAME …`.
    Define,
    /// `static const int NAME …`, with this type.
    Static(TypeId),
    /// In the braces of this enumeration.
    Enumerator(EnumId),
}

/// Structure or union.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum RecordKind {
    /// `struct`.
    Struct,
    /// `union`.
    Union,
}

impl RecordKind {
    /// The keyword.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Union => "union",
        }
    }
}

/// A structure or union.
#[derive(Clone, Debug)]
pub struct Record {
    /// The name that CFFI prints: `struct foo`; `point_t` when that typedef names a structure
    /// without a tag; `struct $1` when nothing names it.
    pub name: String,
    /// Structure or union.
    pub kind: RecordKind,
    /// Its fields; `None` when the type is opaque. Unnamed bit fields are only padding and left out.
    pub fields: Option<Vec<Field>>,
    /// Whether the declaration says, with `...`, that there may be more fields than it names.
    pub partial: bool,
    /// Size and alignment, once known.
    pub layout: Option<Layout>,
    pub(crate) members: Vec<Member>,
}

/// A field of a structure or union.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// Its name; empty for a structure or union without a name whose fields are reached directly.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Bytes from the start of the record; of a bit field, of its storage unit (which has the size
    /// of its type). Meaningless as long as the record has no layout.
    pub offset: u64,
    /// Lowest bit in the storage unit and width in bits, of a bit field.
    pub bits: Option<(u8, u8)>,
    /// Whether its length was declared as `[...]`.
    pub open_length: bool,
    /// Whether it was declared `const`.
    pub constant: bool,
}

/// Where a field lies, counted from the start of the record that was asked for.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct FieldPath {
    /// Type of the field.
    pub ty: TypeId,
    /// Bytes from the start of the outer record.
    pub offset: u64,
    /// As in [`Field`].
    pub bits: Option<(u8, u8)>,
}

/// A member as declared, with the unnamed bit fields that [`Record::fields`] leaves out.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) ty: TypeId,
    pub(crate) width: Option<u8>,
    /// Index into [`Record::fields`].
    pub(crate) field: Option<usize>,
}

/// An enumeration.
#[derive(Clone, Debug)]
pub struct EnumType {
    /// The name that CFFI prints: `enum foo`, the typedef's name, or `enum $1`.
    pub name: String,
    /// Names and values whose value is known, in the order of their declaration.
    pub enumerators: Vec<(String, i128)>,
    /// Whether the declaration says with `...` that there are other names or values.
    pub partial: bool,
    /// The integer type that holds it.
    pub base: Primitive,
    /// Whether it was declared with braces.
    pub complete: bool,
}

/// A `typedef int... name;` or `typedef float... name;`.
#[derive(Clone, Debug)]
pub struct Number {
    /// Name of the typedef.
    pub name: String,
    /// Whether it is a floating-point type.
    pub float: bool,
    /// What it is, once [`Declarations::set_number`](crate::Declarations::set_number) said so.
    pub primitive: Option<Primitive>,
    pub(crate) ty: TypeId,
}
