//! `ffi.CType`: a C type as a Python object, and `CField`.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::offset_of;

use crate::ffi::slots::{getter, slot, unary};
use crate::ffi::types::{CType, Ct, Field, Kind};
use crate::python::class::{
    Arguments, Class, Definition, GetSetDef, MethodDef, Payload, method, slot as number,
};
use crate::python::{ExceptionKind, Owned, Py, Raised, Result, View};

/// The class of C types. Its objects are made by [`CType::object`] only, one for each type, and
/// live for ever: equal types are the same object.
pub(crate) static CTYPE: Class<Of> = Class::new();

/// The data of such an object.
#[repr(C)]
pub(crate) struct Of {
    weak: UnsafeCell<*mut c_void>,
    ct: Ct,
}

impl Of {
    pub(super) fn new(ct: Ct) -> Of {
        Of { weak: UnsafeCell::new(std::ptr::null_mut()), ct }
    }
}

impl Payload for Of {
    const WEAK_LIST: Option<usize> = Some(offset_of!(Of, weak));
}

/// The class of fields of records.
static FIELD: Class<FieldData> = Class::new();

struct FieldData {
    ctype: Ct,
    offset: usize,
    bits: Option<(u8, u8)>,
}

impl Payload for FieldData {}

/// The type that `object` stands for, if it is a `ctype`.
pub(crate) fn of(object: View<'_>) -> Option<Ct> {
    CTYPE.get(object).map(|of| of.ct)
}

fn own(object: View<'_>) -> Ct {
    // SAFETY: Python calls slots and attributes with objects of their class.
    unsafe { CTYPE.get_unchecked(object).ct }
}

fn field(object: View<'_>) -> &FieldData {
    // SAFETY: as in `own`.
    unsafe { FIELD.get_unchecked(object) }
}

/// Attributes, in the order of `dir()`; not every type has all of them.
const ATTRIBUTES: [&str; 11] = [
    "abi",
    "args",
    "cname",
    "elements",
    "ellipsis",
    "fields",
    "item",
    "kind",
    "length",
    "relements",
    "result",
];

static GETTERS: [GetSetDef; 12] = [
    getter!(c"abi", abi, c"calling convention of a function (2: the platform's own)"),
    getter!(c"args", args, c"types of the parameters of a function"),
    getter!(c"cname", cname, c"name of the type in C"),
    getter!(c"elements", elements, c"dict of value and name of an enumeration"),
    getter!(c"ellipsis", ellipsis, c"whether a function takes more arguments than it names"),
    getter!(
        c"fields",
        fields,
        c"list of name and field of a struct or union; None if it is opaque"
    ),
    getter!(c"item", item, c"type that a pointer or array is of"),
    getter!(
        c"kind",
        kind,
        c"'primitive', 'enum', 'pointer', 'array', 'struct', 'union', 'function' or 'void'"
    ),
    getter!(c"length", length, c"length of an array; None if it is not known"),
    getter!(c"relements", relements, c"dict of name and value of an enumeration"),
    getter!(c"result", result, c"type of the result of a function"),
    GetSetDef::END,
];

static FIELD_GETTERS: [GetSetDef; 6] = [
    getter!(c"bitshift", field_bitshift, c"lowest bit of a bit field, else -1"),
    getter!(c"bitsize", field_bitsize, c"width of a bit field in bits, else -1"),
    getter!(c"flags", field_flags, c"0"),
    getter!(c"offset", field_offset, c"bytes from the start of the record"),
    getter!(c"type", field_type, c"type of the field"),
    GetSetDef::END,
];

static METHODS: [MethodDef; 2] =
    [method!(c"__dir__", dir, c"attributes of this type"), MethodDef::END];

/// Makes the classes, once.
pub(crate) fn prepare(py: Py<'_>) -> Result<()> {
    CTYPE.create(
        py,
        &Definition {
            name: c"ffi.CType",
            doc: c"A C type, from ffi.typeof().",
            slots: &[
                slot(number::TP_REPR, unary!(repr)),
                slot(number::TP_GETSET, GETTERS.as_ptr().cast_mut().cast()),
                slot(number::TP_METHODS, METHODS.as_ptr().cast_mut().cast()),
            ],
            base: None,
            open: false,
        },
    )?;
    FIELD.create(
        py,
        &Definition {
            name: c"ffi.CField",
            doc: c"A field of a C struct or union, from ctype.fields.",
            slots: &[slot(number::TP_GETSET, FIELD_GETTERS.as_ptr().cast_mut().cast())],
            base: None,
            open: false,
        },
    )
}

fn repr(object: View<'_>) -> Result<Owned<'_>> {
    object.py().str(&format!("<ctype '{}'>", own(object).name))
}

fn has(ct: &CType, attribute: &str) -> bool {
    match attribute {
        "cname" | "kind" => true,
        "item" => ct.item().is_some(),
        "length" => matches!(ct.kind, Kind::Array(..)),
        "fields" => matches!(ct.kind, Kind::Record(_)),
        "elements" | "relements" => matches!(ct.kind, Kind::Enum(_)),
        _ => matches!(ct.kind, Kind::Function(_)),
    }
}

fn dir<'a>(object: View<'a>, _: Arguments<'a>) -> Result<Owned<'a>> {
    let names: Vec<&str> = ATTRIBUTES.into_iter().filter(|name| has(own(object), name)).collect();
    object.py().str_list(names)
}

#[cold]
fn absent(object: View<'_>, name: &str) -> Raised {
    object.py().raise(ExceptionKind::Attribute, name)
}

fn cname(object: View<'_>) -> Result<Owned<'_>> {
    object.py().str(&own(object).name)
}

fn kind(object: View<'_>) -> Result<Owned<'_>> {
    object.py().str(match own(object).kind {
        Kind::Void => "void",
        Kind::Enum(_) => "enum",
        Kind::Pointer(_) => "pointer",
        Kind::Array(..) => "array",
        Kind::Function(_) => "function",
        Kind::Record(record) if record.union => "union",
        Kind::Record(_) => "struct",
        _ => "primitive",
    })
}

fn item(object: View<'_>) -> Result<Owned<'_>> {
    match own(object).item() {
        Some(item) => item.owned(object.py()),
        None => Err(absent(object, "item")),
    }
}

fn length(object: View<'_>) -> Result<Owned<'_>> {
    match own(object).kind {
        Kind::Array(_, Some(length)) => object.py().uint(length as u64),
        Kind::Array(_, None) => Ok(object.py().none()),
        _ => Err(absent(object, "length")),
    }
}

fn fields(object: View<'_>) -> Result<Owned<'_>> {
    let py = object.py();
    let Kind::Record(record) = own(object).kind else { return Err(absent(object, "fields")) };
    if record.opaque {
        return Ok(py.none());
    }
    let list = py.list()?;
    for Field { name, ctype, offset, bits } in &record.fields().list {
        let data = FieldData { ctype, offset: *offset, bits: *bits };
        let pair = py.tuple(&[*py.str(name)?, *FIELD.instance(py, data)?])?;
        list.append(*pair)?;
    }
    Ok(list)
}

fn args(object: View<'_>) -> Result<Owned<'_>> {
    let Kind::Function(function) = own(object).kind else { return Err(absent(object, "args")) };
    let py = object.py();
    let params: Result<Vec<View<'_>>> =
        function.params.iter().map(|param| param.object(py)).collect();
    py.tuple(&params?)
}

fn result(object: View<'_>) -> Result<Owned<'_>> {
    match own(object).kind {
        Kind::Function(function) => function.result.owned(object.py()),
        _ => Err(absent(object, "result")),
    }
}

fn ellipsis(object: View<'_>) -> Result<Owned<'_>> {
    match own(object).kind {
        Kind::Function(function) => Ok(object.py().bool(function.variadic)),
        _ => Err(absent(object, "ellipsis")),
    }
}

/// libffi's number for the System V convention, which is what CFFI shows.
fn abi(object: View<'_>) -> Result<Owned<'_>> {
    match own(object).kind {
        Kind::Function(_) => object.py().int(2),
        _ => Err(absent(object, "abi")),
    }
}

fn elements(object: View<'_>) -> Result<Owned<'_>> {
    let Kind::Enum(info) = own(object).kind else { return Err(absent(object, "elements")) };
    let py = object.py();
    let dict = py.dict()?;
    // Of several names for a value the first one counts.
    for (name, value) in info.enumerators.iter().rev() {
        dict.set_item(*py.wide_int(*value)?, *py.str(name)?)?;
    }
    Ok(dict)
}

fn relements(object: View<'_>) -> Result<Owned<'_>> {
    let Kind::Enum(info) = own(object).kind else { return Err(absent(object, "relements")) };
    let py = object.py();
    let dict = py.dict()?;
    for (name, value) in info.enumerators.iter().rev() {
        dict.set_item(*py.str(name)?, *py.wide_int(*value)?)?;
    }
    Ok(dict)
}

fn field_type(object: View<'_>) -> Result<Owned<'_>> {
    field(object).ctype.owned(object.py())
}

fn field_offset(object: View<'_>) -> Result<Owned<'_>> {
    object.py().uint(field(object).offset as u64)
}

fn field_bitshift(object: View<'_>) -> Result<Owned<'_>> {
    object.py().int(field(object).bits.map_or(-1, |(shift, _)| i64::from(shift)))
}

fn field_bitsize(object: View<'_>) -> Result<Owned<'_>> {
    object.py().int(field(object).bits.map_or(-1, |(_, width)| i64::from(width)))
}

fn field_flags(object: View<'_>) -> Result<Owned<'_>> {
    object.py().int(0)
}
