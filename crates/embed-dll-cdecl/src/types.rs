//! Types, each stored once and known by a number.

use std::collections::HashMap;

use crate::primitive::Primitive;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);

        impl $name {
            /// The id with a number that [`Self::index`] gave for declarations of the same texts.
            #[must_use]
            pub const fn from_index(index: u32) -> Self {
                Self(index)
            }

            /// Its number, from 0, in the order of first mention.
            #[must_use]
            pub const fn index(self) -> u32 {
                self.0
            }

            pub(crate) fn at(self) -> usize {
                self.0 as usize
            }

            pub(crate) fn next(length: usize) -> Self {
                // Texts are shorter than 4 GiB, and each entry costs at least a byte of text.
                Self(u32::try_from(length).unwrap_or(u32::MAX))
            }
        }
    )*};
}

ids! {
    /// A type of one [`Declarations`](crate::Declarations). Equal types have equal ids.
    TypeId
    /// A structure or union of one [`Declarations`](crate::Declarations).
    RecordId
    /// An enumeration of one [`Declarations`](crate::Declarations).
    EnumId
    /// A `typedef int... name;` of one [`Declarations`](crate::Declarations).
    NumberId
}

/// A C type. Qualifiers are no part of it, as CFFI drops them.
#[derive(Clone, Debug, Eq, PartialEq, Hash)]
pub enum Type {
    /// `void`.
    Void,
    /// A number.
    Primitive(Primitive),
    /// A pointer to this; to a [`Type::Function`] for what CFFI calls a function type.
    Pointer(TypeId),
    /// An array.
    Array {
        /// Type of each item, of known size.
        item: TypeId,
        /// Number of items; `None` for `[]`, and for `[...]` as long as it was not given.
        length: Option<u64>,
    },
    /// A function (not a pointer to one).
    Function(FunctionType),
    /// A structure or union.
    Record(RecordId),
    /// An enumeration.
    Enum(EnumId),
    /// `typedef int... name;` or `typedef float... name;`: a number whose size was not given yet.
    Number(NumberId),
}

/// Parameters and result of a function.
#[derive(Clone, Debug, Eq, PartialEq, Hash)]
pub struct FunctionType {
    /// Types of the parameters, with arrays and functions already turned into pointers.
    pub params: Vec<TypeId>,
    /// Type of the result.
    pub result: TypeId,
    /// Whether the parameters end with `...`.
    pub variadic: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    ty: Type,
    /// How deep function types nest in it: what recursive walks over types cost in stack.
    depth: u32,
    /// Number of types in its written form, which sharing can make exponential in the text.
    weight: u32,
}

/// The table of types.
#[derive(Clone, Debug)]
pub(crate) struct Types {
    entries: Vec<Entry>,
    ids: HashMap<Type, TypeId>,
}

/// Function types may nest this deep.
const MAX_DEPTH: u32 = 64;

/// A written-out type may have this many parts.
const MAX_WEIGHT: u32 = 4096;

impl Types {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new(), ids: HashMap::new() }
    }

    pub(crate) fn get(&self, id: TypeId) -> &Type {
        &self.entries[id.at()].ty
    }

    pub(crate) fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(&id) = self.ids.get(&ty) {
            return id;
        }
        let (depth, weight) = self.measure(&ty);
        let id = TypeId::next(self.entries.len());
        self.ids.insert(ty.clone(), id);
        self.entries.push(Entry { ty, depth, weight });
        id
    }

    /// Whether a type is so large that its name could not reasonably be written.
    pub(crate) fn is_excessive(&self, id: TypeId) -> bool {
        let entry = &self.entries[id.at()];
        entry.depth > MAX_DEPTH || entry.weight > MAX_WEIGHT
    }

    /// Makes `id` mean `ty`, for numbers whose size is learnt late.
    pub(crate) fn redefine(&mut self, id: TypeId, ty: Type) {
        self.entries[id.at()].ty = ty;
    }

    fn measure(&self, ty: &Type) -> (u32, u32) {
        let of = |id: TypeId| {
            let entry = &self.entries[id.at()];
            (entry.depth, entry.weight)
        };
        match ty {
            Type::Pointer(inner) | Type::Array { item: inner, .. } => {
                let (depth, weight) = of(*inner);
                (depth, weight.saturating_add(1))
            }
            Type::Function(function) => {
                let (mut depth, mut weight) = of(function.result);
                for (deep, heavy) in function.params.iter().map(|&param| of(param)) {
                    depth = depth.max(deep);
                    weight = weight.saturating_add(heavy);
                }
                (depth + 1, weight.saturating_add(1))
            }
            _ => (0, 1),
        }
    }
}
