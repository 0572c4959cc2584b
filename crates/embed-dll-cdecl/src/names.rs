//! The names of types, as CFFI prints them.

use crate::declarations::Declarations;
use crate::types::{FunctionType, Type, TypeId};

impl Declarations {
    /// CFFI's canonical name: `int(*)(int, char *)`, `point_t`, `struct foo *`, `int[10]`.
    #[must_use]
    pub fn name(&self, id: TypeId) -> String {
        self.spell(id, String::new())
    }

    /// The name with `inner` at the place of a variable's name, as CFFI's `ffi.getctype` does:
    /// `int[5]` with `*x` is `int(*x)[5]`. `inner` may add `*` before and `[…]` behind.
    #[must_use]
    pub fn name_with(&self, id: TypeId, inner: &str) -> String {
        let inner = inner.trim();
        let array = matches!(self.ty(id), Type::Array { .. });
        let inner = match inner.bytes().next() {
            None => String::new(),
            Some(b'*') if array => format!("({inner})"),
            Some(b'[' | b'(') => inner.to_owned(),
            Some(_) => format!(" {inner}"),
        };
        self.spell(id, inner)
    }

    /// Writes the type around `inner`, from the outside of the type inwards. A loop and not a
    /// recursion, because chains of pointers can be as long as the text.
    fn spell(&self, mut id: TypeId, inner: String) -> String {
        // What stands before `inner` is collected back to front.
        let mut before: Vec<&str> = Vec::new();
        let mut after = inner;
        loop {
            match self.ty(id) {
                Type::Pointer(item) => {
                    if matches!(self.ty(*item), Type::Array { .. } | Type::Function(_)) {
                        before.push("(*");
                        after.push(')');
                    } else {
                        before.push(" *");
                    }
                    id = *item;
                }
                Type::Array { item, length } => {
                    match length {
                        Some(length) => after.push_str(&format!("[{length}]")),
                        None => after.push_str("[]"),
                    }
                    id = *item;
                }
                Type::Function(function) => {
                    self.spell_params(function, &mut after);
                    id = function.result;
                }
                base => {
                    let mut name = self.base_name(base).to_owned();
                    name.extend(before.into_iter().rev());
                    name.push_str(&after);
                    return name;
                }
            }
        }
    }

    fn spell_params(&self, function: &FunctionType, out: &mut String) {
        out.push('(');
        for (index, &param) in function.params.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            out.push_str(&self.name(param));
        }
        if function.variadic {
            out.push_str(if function.params.is_empty() { "..." } else { ", ..." });
        }
        out.push(')');
    }

    fn base_name(&self, ty: &Type) -> &str {
        match ty {
            Type::Primitive(primitive) => primitive.name(),
            Type::Record(id) => &self.record(*id).name,
            Type::Enum(id) => &self.enumeration(*id).name,
            Type::Number(id) => &self.numbers()[id.at()].name,
            _ => "void",
        }
    }
}
