//! C types at run time.
//!
//! A type is made once and never freed: values refer to it without counting references, and equal
//! types are one object, whichever module of the DLL asked for them. (CFFI, too, keeps every type
//! that a type string ever named.)

use std::collections::HashMap;
use std::ffi::c_void;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, OnceLock, PoisonError};

use embed_dll_cdecl::{Primitive, PrimitiveKind};

use super::fields::RecordInfo;
use crate::python::{Key, Owned, Py, Result, View};

/// Calls a C function: see [`crate::spec::Invoker::invoke`].
pub(crate) type Invoke = unsafe fn(*const c_void, *const *const c_void, *mut c_void);

/// A type. Two references are the same type if and only if they are equal.
pub(crate) type Ct = &'static CType;

/// A C type.
pub(crate) struct CType {
    /// What it is.
    pub(crate) kind: Kind,
    /// As CFFI writes it: `int(*)(int, char *)`.
    pub(crate) name: Box<str>,
    /// Where in the name that of a variable would stand.
    pub(crate) insert: usize,
    /// Bytes, if known.
    pub(crate) size: Option<usize>,
    /// Bytes; 0 if unknown.
    pub(crate) align: usize,
    object: OnceLock<Key>,
    pointer: OnceLock<Ct>,
}

/// What a type is.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Void,
    /// An integer; `true` if it has negative values.
    Integer(bool),
    Bool,
    Char,
    /// `wchar_t`, `char16_t`, `char32_t`.
    WideChar,
    /// `float`, `double`.
    Float,
    LongDouble,
    Complex,
    Enum(&'static EnumInfo),
    Pointer(Ct),
    /// Items and length.
    Array(Ct, Option<usize>),
    /// A pointer to a function.
    Function(&'static FunctionInfo),
    Record(&'static RecordInfo),
}

/// An enumeration.
pub(crate) struct EnumInfo {
    /// Whether its integer type has negative values.
    pub(crate) signed: bool,
    /// Names and values, in the order of their declaration.
    pub(crate) enumerators: Vec<(String, i128)>,
}

impl EnumInfo {
    /// The first enumerator of this value.
    pub(crate) fn name(&self, value: i128) -> Option<&str> {
        let found = self.enumerators.iter().find(|(_, number)| *number == value);
        found.map(|(name, _)| name.as_str())
    }
}

/// A function behind a pointer.
pub(crate) struct FunctionInfo {
    /// Types of the parameters.
    pub(crate) params: Vec<Ct>,
    /// Type of the result.
    pub(crate) result: Ct,
    /// Whether more arguments may follow.
    pub(crate) variadic: bool,
    /// Calls such a function, if a module declares this type.
    pub(crate) invoke: OnceLock<Invoke>,
}

/// What makes a type the same as another.
#[derive(PartialEq, Eq, Hash)]
enum Shape {
    Void,
    Primitive(Primitive),
    Pointer(Same),
    Array(Same, Option<usize>),
    Function(Vec<Same>, Same, bool),
}

/// A type, compared by its address.
#[derive(Clone, Copy)]
struct Same(Ct);

impl PartialEq for Same {
    fn eq(&self, other: &Same) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Same {}

impl Hash for Same {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}

/// Every type but records and enumerations, which belong to a module. Python is never called while
/// it is locked.
static KNOWN: Mutex<Option<HashMap<Shape, Ct>>> = Mutex::new(None);

impl CType {
    /// A new type, for ever.
    pub(crate) fn leak(
        kind: Kind,
        name: String,
        insert: usize,
        size: Option<usize>,
        align: usize,
    ) -> Ct {
        let (object, pointer) = (OnceLock::new(), OnceLock::new());
        let name = name.into_boxed_str();
        Box::leak(Box::new(CType { kind, name, insert, size, align, object, pointer }))
    }

    /// The Python object that stands for the type, borrowed; it lives for ever.
    pub(crate) fn object<'a>(&'static self, py: Py<'a>) -> Result<View<'a>> {
        if let Some(object) = self.object.get() {
            return Ok(object.view(py));
        }
        let new =
            super::ctype_object::CTYPE.instance(py, super::ctype_object::Of::new(self))?.keep();
        // Another thread may have been faster: then the new object is dropped.
        let _ = self.object.set(new);
        Ok(self.object.get().expect("set just now").view(py))
    }

    /// As [`CType::object`], with a reference to give away.
    pub(crate) fn owned<'a>(&'static self, py: Py<'a>) -> Result<Owned<'a>> {
        Ok(self.object(py)?.retain())
    }

    /// Whether both are the same type.
    #[inline]
    pub(crate) fn is(&self, other: &CType) -> bool {
        std::ptr::eq(self, other)
    }

    /// The name with the one of a variable in it, as CFFI's `getctype` writes it.
    pub(crate) fn name_with(&self, inner: &str) -> String {
        let (before, after) = self.name.split_at(self.insert);
        format!("{before}{inner}{after}")
    }

    /// Items of a pointer or an array.
    #[inline]
    pub(crate) fn item(&self) -> Option<Ct> {
        match self.kind {
            Kind::Pointer(item) | Kind::Array(item, _) => Some(item),
            _ => None,
        }
    }

    /// The record, of a record.
    #[inline]
    pub(crate) fn record(&self) -> Option<&'static RecordInfo> {
        match self.kind {
            Kind::Record(record) => Some(record),
            _ => None,
        }
    }

    /// Whether it is an integer, also a character, an enumeration or `_Bool`.
    pub(crate) fn is_integral(&self) -> bool {
        use Kind::{Bool, Char, Enum, Integer, WideChar};
        matches!(self.kind, Integer(_) | Bool | Char | WideChar | Enum(_))
    }

    /// Whether values are of a number or character type, or an enumeration.
    pub(crate) fn is_primitive(&self) -> bool {
        self.is_integral() || matches!(self.kind, Kind::Float | Kind::LongDouble | Kind::Complex)
    }

    /// Whether it is a number of one byte that bytes objects can be converted to.
    pub(crate) fn is_byte(&self) -> bool {
        self.size == Some(1) && matches!(self.kind, Kind::Char | Kind::Integer(_) | Kind::Bool)
    }

    /// Whether it is a record whose last field is an array of unknown length.
    pub(crate) fn is_flexible(&self) -> bool {
        self.record().is_some_and(|record| record.flexible)
    }
}

fn intern(shape: Shape, make: impl FnOnce() -> Ct) -> Ct {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.get_or_insert_with(HashMap::new).entry(shape).or_insert_with(make)
}

/// `void`.
pub(crate) fn void() -> Ct {
    intern(Shape::Void, || CType::leak(Kind::Void, String::from("void"), 4, None, 0))
}

/// A number.
pub(crate) fn primitive(primitive: Primitive) -> Ct {
    intern(Shape::Primitive(primitive), || {
        let kind = match primitive.kind() {
            PrimitiveKind::Integer { signed } => Kind::Integer(signed),
            PrimitiveKind::Bool => Kind::Bool,
            PrimitiveKind::Char => Kind::Char,
            PrimitiveKind::WideChar => Kind::WideChar,
            PrimitiveKind::Float => Kind::Float,
            PrimitiveKind::LongDouble => Kind::LongDouble,
            PrimitiveKind::Complex => Kind::Complex,
        };
        let name = primitive.name().to_owned();
        let insert = name.len();
        CType::leak(kind, name, insert, Some(primitive.size() as usize), primitive.align() as usize)
    })
}

/// The pointer to `item`. (That to a function is what [`function`] makes.)
#[inline]
pub(crate) fn pointer(item: Ct) -> Ct {
    item.pointer.get_or_init(|| {
        intern(Shape::Pointer(Same(item)), || {
            let array = matches!(item.kind, Kind::Array(..));
            let name = item.name_with(if array { "(*)" } else { " *" });
            CType::leak(Kind::Pointer(item), name, item.insert + 2, Some(8), 8)
        })
    })
}

/// `void *`.
pub(crate) fn void_pointer() -> Ct {
    static VOID: OnceLock<Ct> = OnceLock::new();
    VOID.get_or_init(|| pointer(void()))
}

/// `char`.
pub(crate) fn char_type() -> Ct {
    primitive(Primitive::Char)
}

/// `char[]`.
pub(crate) fn char_array() -> Ct {
    static CHARS: OnceLock<Ct> = OnceLock::new();
    CHARS.get_or_init(|| array(primitive(Primitive::Char), None))
}

/// The array of `item`s.
pub(crate) fn array(item: Ct, length: Option<usize>) -> Ct {
    intern(Shape::Array(Same(item), length), || {
        let brackets = match length {
            Some(length) => format!("[{length}]"),
            None => String::from("[]"),
        };
        let size = match (item.size, length) {
            (Some(size), Some(length)) => size.checked_mul(length),
            _ => None,
        };
        let name = item.name_with(&brackets);
        CType::leak(Kind::Array(item, length), name, item.insert, size, item.align)
    })
}

/// The pointer to a function.
pub(crate) fn function(params: Vec<Ct>, result: Ct, variadic: bool) -> Ct {
    let shape = params.iter().copied().map(Same).collect();
    intern(Shape::Function(shape, Same(result), variadic), || {
        let mut list: Vec<&str> = params.iter().map(|param| &*param.name).collect();
        if variadic {
            list.push("...");
        }
        let name = result.name_with(&format!("(*)({})", list.join(", ")));
        let info = FunctionInfo { params, result, variadic, invoke: OnceLock::new() };
        let kind = Kind::Function(Box::leak(Box::new(info)));
        CType::leak(kind, name, result.insert + 2, Some(8), 8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_cffi() {
        let int = primitive(Primitive::Int);
        let ints = array(int, Some(5));
        assert_eq!(&*pointer(ints).name, "int(*)[5]");
        assert_eq!(&*pointer(pointer(int)).name, "int * *");
        assert_eq!(&*array(pointer(int), Some(3)).name, "int *[3]");
        let function = function(vec![int, pointer(int)], int, false);
        assert_eq!(&*function.name, "int(*)(int, int *)");
        assert_eq!(&*array(function, Some(2)).name, "int(*[2])(int, int *)");
        assert_eq!(
            &*super::function(vec![int], function, true).name,
            "int(*(*)(int, ...))(int, int *)"
        );
        assert!(pointer(ints).is(pointer(array(int, Some(5)))));
    }
}
