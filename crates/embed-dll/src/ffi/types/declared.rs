//! The declarations of one module, and the types made of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use embed_dll_cdecl::{
    Declarations, PrimitiveKind, RecordId, RecordKind, Type, TypeErrorKind, TypeId,
};

use super::ctype::{self, CType, Ct, EnumInfo, Invoke, Kind};
use super::fields::{Field, Fields, RecordInfo};
use crate::ffi::names;
use crate::python::{ExceptionKind, Owned, Py, Result, View};
use crate::spec::Spec;

/// The declarations of one module, with their types as Python objects.
///
/// It is never freed: types that outlive everything refer to it.
#[derive(Clone, Copy)]
pub struct Types {
    inner: &'static Inner,
}

pub(crate) struct Inner {
    declarations: Mutex<Declarations>,
    invokers: HashMap<&'static str, Invoke>,
    made: Mutex<HashMap<TypeId, Ct>>,
}

/// None of the locks is held while Python is called, so that a poisoned one holds good data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Types {
    /// Reads what `embedding!` has checked at build time.
    ///
    /// # Errors
    ///
    /// What contradicts itself in the specification.
    pub fn new(spec: &Spec) -> std::result::Result<Types, String> {
        let mut declarations = Declarations::new();
        for text in spec.texts {
            declarations.parse(text.text, text.dialect).map_err(|error| error.to_string())?;
        }
        for &(name, number) in spec.numbers {
            declarations.set_number(name, number).map_err(|error| error.to_string())?;
        }
        for (name, length) in spec.lengths {
            declarations.set_length(name, length()).map_err(|error| error.to_string())?;
        }
        for layout in spec.layouts {
            let at = declarations.records().iter().position(|record| record.name == layout.record);
            let Some(id) = at.and_then(|at| u32::try_from(at).ok()) else {
                return Err(format!(
                    "a layout is given for {}, which is not declared",
                    layout.record
                ));
            };
            declarations
                .set_layout(RecordId::from_index(id), layout.size, layout.align, layout.fields)
                .map_err(|error| error.to_string())?;
        }
        for (name, value) in spec.constants {
            declarations.set_constant(name, *value).map_err(|error| error.to_string())?;
        }
        if let Some(open) = declarations.numbers().iter().find(|number| number.primitive.is_none())
        {
            return Err(format!("the size of {} is not known", open.name));
        }
        let invokers =
            spec.invokers.iter().map(|invoker| (invoker.ctype, invoker.invoke)).collect();
        let inner =
            Inner { declarations: Mutex::new(declarations), invokers, made: Mutex::default() };
        Ok(Types { inner: Box::leak(Box::new(inner)) })
    }

    /// Gives `body` the declarations. It must not call Python.
    pub fn declarations<R>(&self, body: impl FnOnce(&mut Declarations) -> R) -> R {
        body(&mut lock(&self.inner.declarations))
    }

    /// The Python object for a type; for a function the one for a pointer to it, as in CFFI.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn ctype<'a>(&self, py: Py<'a>, id: TypeId) -> Result<Owned<'a>> {
        self.get(id).owned(py)
    }

    /// As [`Types::ctype`], without the object.
    pub(crate) fn get(&self, id: TypeId) -> Ct {
        let declarations = lock(&self.inner.declarations);
        self.inner.make(&declarations, &mut lock(&self.inner.made), id)
    }

    /// The type that a type string names.
    ///
    /// # Errors
    ///
    /// `ffi.error` with CFFI's words if the text is no type.
    pub(crate) fn parse(&self, text: View<'_>) -> Result<Ct> {
        let (py, text) = (text.py(), text.utf8()?);
        let parsed = {
            let mut declarations = lock(&self.inner.declarations);
            declarations.parse_type(text).map(|id| {
                if let Type::Function(_) = declarations.ty(id) {
                    return Err(declarations.name(id));
                }
                Ok(self.inner.make(&declarations, &mut lock(&self.inner.made), id))
            })
        };
        match parsed {
            Ok(Ok(ct)) => Ok(ct),
            Ok(Err(function)) => Err(names::error(
                py,
                format_args!(
                    "the type '{function}' is a function type, not a pointer-to-function type"
                ),
            )),
            Err(error) => Err(match error.kind {
                TypeErrorKind::Ffi => names::error(py, error),
                TypeErrorKind::Value => py.raise(ExceptionKind::Value, error),
                TypeErrorKind::Overflow => py.raise(ExceptionKind::Overflow, error),
                TypeErrorKind::Type => py.raise(ExceptionKind::Type, error),
            }),
        }
    }
}

impl Inner {
    /// The type with this id. Records are made without their fields, which are found when asked
    /// for, so that the recursion is as deep as a type is written, never as long as a header.
    fn make(&'static self, from: &Declarations, made: &mut HashMap<TypeId, Ct>, id: TypeId) -> Ct {
        if let Some(&ct) = made.get(&id) {
            return ct;
        }
        let ct = match from.ty(id) {
            Type::Void => ctype::void(),
            Type::Primitive(primitive) => ctype::primitive(*primitive),
            Type::Pointer(item) => match from.ty(*item) {
                Type::Function(_) => self.make(from, made, *item),
                _ => ctype::pointer(self.make(from, made, *item)),
            },
            Type::Array { item, length } => {
                let length = length.and_then(|length| usize::try_from(length).ok());
                ctype::array(self.make(from, made, *item), length)
            }
            Type::Function(function) => {
                let params = function.params.iter().map(|&id| self.make(from, made, id)).collect();
                let result = self.make(from, made, function.result);
                let ct = ctype::function(params, result, function.variadic);
                if let (Kind::Function(info), Some(&invoke)) =
                    (ct.kind, self.invokers.get(&*ct.name))
                {
                    // A second module of the DLL may have one, too, for the same type.
                    let _ = info.invoke.set(invoke);
                }
                ct
            }
            Type::Record(record) => self.record(from, *record, id),
            Type::Enum(enumeration) => {
                let declared = from.enumeration(*enumeration);
                let base = declared.base;
                let signed = base.kind() == (PrimitiveKind::Integer { signed: true });
                let enumerators = declared.enumerators.clone();
                let info = Box::leak(Box::new(EnumInfo { signed, enumerators }));
                let (size, align) = (base.size() as usize, base.align() as usize);
                let insert = declared.name.len();
                CType::leak(Kind::Enum(info), declared.name.clone(), insert, Some(size), align)
            }
            // `new` refuses numbers of unknown size, so that this is one of known size.
            Type::Number(number) => {
                let known = from.numbers().get(number.index() as usize);
                known.and_then(|number| number.primitive).map_or_else(ctype::void, ctype::primitive)
            }
        };
        made.insert(id, ct);
        ct
    }

    fn record(&'static self, from: &Declarations, id: RecordId, ty: TypeId) -> Ct {
        let declared = from.record(id);
        let last = declared.fields.as_ref().and_then(|fields| fields.last());
        let open = |ty| match from.ty(ty) {
            Type::Array { length: None, .. } => true,
            Type::Record(inner) => {
                let last = from.record(*inner).fields.as_ref().and_then(|fields| fields.last());
                last.is_some_and(|field| {
                    matches!(from.ty(field.ty), Type::Array { length: None, .. })
                })
            }
            _ => false,
        };
        let info = RecordInfo {
            declared: self,
            id,
            union: declared.kind == RecordKind::Union,
            opaque: declared.fields.is_none(),
            flexible: last.is_some_and(|field| open(field.ty)),
            fields: OnceLock::new(),
        };
        let size = from.size_of(ty).and_then(|size| usize::try_from(size).ok());
        let align = from.align_of(ty).and_then(|align| usize::try_from(align).ok()).unwrap_or(0);
        let insert = declared.name.len();
        let kind = Kind::Record(Box::leak(Box::new(info)));
        CType::leak(kind, declared.name.clone(), insert, size, align)
    }

    /// The fields of a record.
    pub(super) fn resolve(&'static self, id: RecordId) -> Fields {
        let declarations = lock(&self.declarations);
        let mut made = lock(&self.made);
        let (mut list, mut positional) = (Vec::new(), Vec::new());
        self.collect(&declarations, &mut made, id, 0, true, &mut list, &mut positional);
        Fields::new(list, positional)
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one recursive walk")]
    fn collect(
        &'static self,
        from: &Declarations,
        made: &mut HashMap<TypeId, Ct>,
        id: RecordId,
        base: usize,
        mut reached: bool,
        list: &mut Vec<Field>,
        positional: &mut Vec<usize>,
    ) {
        let record = from.record(id);
        for field in record.fields.iter().flatten() {
            let offset = base + field.offset as usize;
            match from.ty(field.ty) {
                Type::Record(inner) if field.name.is_empty() => {
                    self.collect(from, made, *inner, offset, reached, list, positional);
                }
                _ => {
                    if reached {
                        positional.push(list.len());
                    }
                    let ctype = self.make(from, made, field.ty);
                    let name = field.name.clone().into_boxed_str();
                    list.push(Field { name, ctype, offset, bits: field.bits });
                }
            }
            if record.kind == RecordKind::Union {
                reached = false;
            }
        }
    }
}
