//! Rust types for C types.

use embed_dll_cdecl::{
    Declarations, FunctionType, Primitive, PrimitiveKind, RecordId, Type, TypeId,
};
use proc_macro2::TokenStream;
use quote::quote;

use super::naming::{Names, spanned};
use super::theirs::Theirs;

/// What is needed to write types.
pub(crate) struct Types<'a> {
    pub(crate) declarations: &'a Declarations,
    pub(crate) names: Names,
    pub(crate) theirs: Theirs,
}

impl<'a> Types<'a> {
    pub(crate) fn new(declarations: &'a Declarations, theirs: Theirs) -> Self {
        Self { declarations, names: Names::new(declarations), theirs }
    }

    /// The type of a value.
    pub(crate) fn value(&self, id: TypeId) -> TokenStream {
        self.qualified(id, false)
    }

    /// The type of a value that, if it is a pointer, points to something `const` or not.
    pub(crate) fn qualified(&self, id: TypeId, const_pointee: bool) -> TokenStream {
        match self.declarations.ty(id) {
            Type::Void => quote!(::core::ffi::c_void),
            Type::Primitive(primitive) => scalar(*primitive),
            Type::Pointer(item) => match self.declarations.ty(*item) {
                Type::Function(function) => {
                    let function = self.function(function);
                    quote!(::core::option::Option<#function>)
                }
                _ => {
                    let item = self.value(*item);
                    if const_pointee { quote!(*const #item) } else { quote!(*mut #item) }
                }
            },
            Type::Array { item, length } => {
                let item = self.value(*item);
                // An array of unknown length takes no room where it may stand at all.
                let length = length_literal(length.unwrap_or(0));
                quote!([#item; #length])
            }
            Type::Function(function) => self.function(function),
            Type::Record(id) => {
                let name = self.names.record(*id);
                quote!(#name)
            }
            Type::Enum(id) => scalar(self.declarations.enumeration(*id).base),
            Type::Number(id) => {
                let name = spanned(
                    &self.declarations.numbers()[id.index() as usize].name,
                    proc_macro2::Span::call_site(),
                );
                quote!(#name)
            }
        }
    }

    /// The type of a pointer to a function, which is never null. One that Rust cannot call is
    /// only an address.
    fn function(&self, function: &FunctionType) -> TokenStream {
        if self.call_problem(function).is_some() {
            return quote!(unsafe extern "C" fn());
        }
        let params = function.params.iter().map(|&param| self.value(param));
        let dots = function.variadic.then(|| quote!(...));
        let result = self.result(function.result, false);
        quote!(unsafe extern "C" fn(#(#params,)* #dots) #result)
    }

    /// `-> T`, or nothing for `void`.
    pub(crate) fn result(&self, id: TypeId, const_pointee: bool) -> TokenStream {
        if matches!(self.declarations.ty(id), Type::Void) {
            return TokenStream::new();
        }
        let ty = self.qualified(id, const_pointee);
        quote!(-> #ty)
    }

    /// Why Rust cannot call, or be called as, a function of this type.
    pub(crate) fn call_problem(&self, function: &FunctionType) -> Option<String> {
        let result = (!matches!(self.declarations.ty(function.result), Type::Void))
            .then_some(function.result);
        function.params.iter().copied().chain(result).find_map(|id| self.value_problem(id))
    }

    /// Why a value of this type cannot be a parameter or result in Rust.
    pub(crate) fn value_problem(&self, id: TypeId) -> Option<String> {
        let name = self.declarations.name(id);
        match self.declarations.ty(id) {
            Type::Primitive(primitive) => {
                let reason = match primitive.kind() {
                    PrimitiveKind::LongDouble => "Rust has no type like it",
                    PrimitiveKind::Complex => "Rust has no type that is passed like it",
                    _ => return None,
                };
                Some(format!("cannot pass `{name}` by value: {reason}; use a pointer, `{name} *`"))
            }
            Type::Record(record) => {
                let reason = self.record_problem(*record)?;
                Some(format!("cannot pass `{name}` by value: {reason}; use a pointer, `{name} *`"))
            }
            _ => None,
        }
    }

    fn record_problem(&self, id: RecordId) -> Option<&'static str> {
        if self.holds(id, &|primitive| primitive.kind() == PrimitiveKind::LongDouble) {
            return Some("it has a `long double` in it, and Rust has no type like that");
        }
        let float = |primitive: Primitive| {
            matches!(primitive.kind(), PrimitiveKind::Float | PrimitiveKind::Complex)
        };
        if super::parts::has_gaps(self, id) && self.holds(id, &float) {
            return Some(
                "with both floating-point fields and unnamed bit fields it is passed in registers \
                 that Rust would choose differently",
            );
        }
        None
    }

    /// Whether a record has a number of such a type in it, by value.
    fn holds(&self, id: RecordId, wanted: &dyn Fn(Primitive) -> bool) -> bool {
        let fields = self.declarations.record(id).fields.iter().flatten();
        fields.into_iter().any(|field| {
            let mut ty = field.ty;
            while let Type::Array { item, .. } = self.declarations.ty(ty) {
                ty = *item;
            }
            match self.declarations.ty(ty) {
                Type::Primitive(primitive) => wanted(*primitive),
                Type::Record(inner) => self.holds(*inner, wanted),
                _ => false,
            }
        })
    }
}

/// A number as the length of an array.
pub(crate) fn length_literal(length: u64) -> proc_macro2::Literal {
    proc_macro2::Literal::u64_unsuffixed(length)
}

/// The Rust type of a number. Where C has a name of its own, so has `core::ffi`.
pub(crate) fn scalar(primitive: Primitive) -> TokenStream {
    use Primitive as P;
    match primitive {
        P::Char => quote!(::core::ffi::c_char),
        P::SignedChar => quote!(::core::ffi::c_schar),
        P::UnsignedChar => quote!(::core::ffi::c_uchar),
        P::Short => quote!(::core::ffi::c_short),
        P::UnsignedShort => quote!(::core::ffi::c_ushort),
        P::Int => quote!(::core::ffi::c_int),
        P::UnsignedInt => quote!(::core::ffi::c_uint),
        P::Long => quote!(::core::ffi::c_long),
        P::UnsignedLong => quote!(::core::ffi::c_ulong),
        P::LongLong => quote!(::core::ffi::c_longlong),
        P::UnsignedLongLong => quote!(::core::ffi::c_ulonglong),
        P::IntPtr | P::PtrDiff | P::SSize => quote!(::core::primitive::isize),
        P::UIntPtr | P::Size => quote!(::core::primitive::usize),
        P::Float => quote!(::core::ffi::c_float),
        P::Double => quote!(::core::ffi::c_double),
        P::FloatComplex => quote!([::core::ffi::c_float; 2]),
        P::DoubleComplex => quote!([::core::ffi::c_double; 2]),
        P::LongDouble => quote!(__rt::LongDouble),
        // A C program may store what is no `bool`, which Rust must never see as one.
        P::Bool => quote!(::core::primitive::u8),
        P::WChar => quote!(::core::primitive::i32),
        P::Char16 => quote!(::core::primitive::u16),
        P::Char32 => quote!(::core::primitive::u32),
        other => {
            let signed = matches!(other.kind(), PrimitiveKind::Integer { signed: true });
            match (signed, other.size()) {
                (true, 1) => quote!(::core::primitive::i8),
                (true, 2) => quote!(::core::primitive::i16),
                (true, 4) => quote!(::core::primitive::i32),
                (true, _) => quote!(::core::primitive::i64),
                (false, 1) => quote!(::core::primitive::u8),
                (false, 2) => quote!(::core::primitive::u16),
                (false, 4) => quote!(::core::primitive::u32),
                (false, _) => quote!(::core::primitive::u64),
            }
        }
    }
}
