//! What is known of types: `typeof`, `sizeof`, `alignof`, `getctype`, `list_types`,
//! `integer_const`.

use embed_dll_cdecl::{Declarations, RecordKind};

use super::argument::{self, Accept};
use super::own;
use crate::ffi::names;
use crate::ffi::types::{Ct, Kind};
use crate::ffi::value;
use crate::python::class::Arguments;
use crate::python::{ExceptionKind, Owned, Result, View};

/// The one argument of `method`.
fn one<'a>(ffi: View<'a>, method: &str, arguments: Arguments<'a>) -> Result<View<'a>> {
    match arguments.get(0) {
        Some(argument) if arguments.len() == 1 && !arguments.has_keywords() => Ok(argument),
        _ => {
            argument::no_keywords(ffi, &format!("FFI.{method}"), arguments)?;
            let given = arguments.len();
            let message = format_args!("FFI.{method}() takes exactly one argument ({given} given)");
            Err(ffi.py().raise(ExceptionKind::Type, message))
        }
    }
}

/// `ffi.typeof(cdecl)`.
pub(super) fn type_of<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let argument = one(ffi, "typeof", arguments)?;
    argument::ctype(ffi, argument, Accept::CData)?.owned(ffi.py())
}

/// `ffi.sizeof(cdecl)`.
pub(super) fn size_of<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let argument = one(ffi, "sizeof", arguments)?;
    let ct = argument::ctype(ffi, argument, Accept::Both)?;
    let size = match value::data(argument) {
        Some(data) => data.size(),
        None => ct.size,
    };
    match size {
        Some(size) => py.uint(size as u64),
        None => {
            let message = format_args!("don't know the size of ctype '{}'", ct.name);
            Err(names::error(py, message))
        }
    }
}

/// `ffi.alignof(cdecl)`.
pub(super) fn alignof<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let argument = one(ffi, "alignof", arguments)?;
    let ct = argument::ctype(ffi, argument, Accept::Both)?;
    if ct.align == 0 {
        let message = format_args!("ctype '{}' is of unknown alignment", ct.name);
        return Err(py.raise(ExceptionKind::Value, message));
    }
    py.uint(ct.align as u64)
}

/// `ffi.getctype(cdecl, replace_with="")`.
pub(super) fn getctype<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [cdecl, with] = arguments.bind("getctype", ["cdecl", "replace_with"], 1)?;
    let ct = argument::ctype(ffi, argument::required(ffi, cdecl)?, Accept::CType)?;
    let with = match with {
        None => String::new(),
        Some(with) if with.is_str() => with.to_text()?,
        Some(with) => {
            let class = with.class_name();
            let message = format_args!("getctype() argument 2 must be str, not {class}");
            return Err(py.raise(ExceptionKind::Type, message));
        }
    };
    py.str(&ct.name_with(&declarator(ct, with.trim())))
}

/// What stands at the place of a variable's name.
fn declarator(ct: Ct, with: &str) -> String {
    match with.bytes().next() {
        None => String::new(),
        Some(b'*') if matches!(ct.kind, Kind::Array(..)) => format!("({with})"),
        Some(b'[' | b'(') => with.to_owned(),
        Some(_) => format!(" {with}"),
    }
}

/// `ffi.list_types()`.
pub(super) fn list_types<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    argument::no_keywords(ffi, "FFI.list_types", arguments)?;
    if !arguments.is_empty() {
        let given = arguments.len();
        let message = format_args!("FFI.list_types() takes no arguments ({given} given)");
        return Err(py.raise(ExceptionKind::Type, message));
    }
    let (typedefs, structs, unions) = own(ffi).types.declarations(|declarations| {
        let mut typedefs: Vec<String> =
            declarations.typedefs().map(|(name, _)| name.to_owned()).collect();
        typedefs.sort_unstable();
        (typedefs, tags(declarations, RecordKind::Struct), tags(declarations, RecordKind::Union))
    });
    let (typedefs, structs) = (py.str_list(typedefs)?, py.str_list(structs)?);
    py.tuple(&[*typedefs, *structs, *py.str_list(unions)?])
}

/// Tags of structs or unions, without those that C code cannot write.
fn tags(declarations: &Declarations, kind: RecordKind) -> Vec<String> {
    let prefix = format!("{} ", kind.keyword());
    let records = declarations.records().iter().filter(|record| record.kind == kind);
    let mut tags: Vec<String> = records
        .filter_map(|record| record.name.strip_prefix(&prefix))
        .filter(|tag| !tag.starts_with('$'))
        .map(str::to_owned)
        .collect();
    tags.sort_unstable();
    tags
}

/// `ffi.integer_const(name)`.
pub(super) fn integer_const<'a>(ffi: View<'a>, arguments: Arguments<'a>) -> Result<Owned<'a>> {
    let py = ffi.py();
    let [name] = arguments.bind("integer_const", ["name"], 1)?;
    let name = argument::required(ffi, name)?.to_text()?;
    let value = own(ffi).types.declarations(|declarations| {
        declarations.constants().iter().find(|constant| constant.name == name)?.value
    });
    match value {
        Some(value) => py.wide_int(value),
        None => {
            let message = format_args!("integer constant '{name}' not found");
            Err(py.raise(ExceptionKind::Attribute, message))
        }
    }
}
