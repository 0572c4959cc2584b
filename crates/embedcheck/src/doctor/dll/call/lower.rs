//! C types and values as a plan writes them.

use embed_dll_cdecl::{Declarations, Primitive, PrimitiveKind, Record, RecordKind, Type, TypeId};
use embedcheck_plan::{CInteger, CType, CValue, Text};

use super::tree::Tree;

/// A type and a value of it; the type depends on the value where pointers are, since the host makes what they
/// point to.
pub(super) type Typed = (CType, CValue);

/// A value that somebody wrote, for a type; the error is a clause about the value or the type.
pub(super) fn value(known: &Declarations, ty: TypeId, tree: &Tree) -> Result<Typed, String> {
    match (known.ty(ty), tree) {
        (Type::Primitive(primitive), tree) => number(known, *primitive, tree),
        (Type::Enum(id), tree) => number(known, known.enumeration(*id).base, tree),
        (Type::Pointer(_), Tree::Word(word))
            if matches!(&**word, "NULL" | "null" | "nullptr" | "0") =>
        {
            Ok((CType::Pointer, CValue::Null))
        }
        (Type::Pointer(_), Tree::Word(word)) if word.starts_with("0x") => {
            let digits = word.get(2..).unwrap_or_default();
            let address = u64::from_str_radix(digits, 16)
                .map_err(|_| format!("`{word}` is no address of at most 64 bits"))?;
            Ok((CType::Pointer, CValue::Address(address)))
        }
        (Type::Pointer(item), Tree::Text(bytes)) if is_character(known, *item) => {
            let text =
                Text::new(&bytes[..]).ok_or("a C string ends at the first NUL; leave it out")?;
            Ok((CType::String, CValue::Text(text)))
        }
        (Type::Pointer(item), Tree::List(trees)) => behind(known, *item, trees),
        (Type::Pointer(item), _) => Err(format!(
            "`{}` takes NULL, 0x… or the values behind it in braces{}",
            known.name(ty),
            if is_character(known, *item) { ", or a string in double quotes" } else { "" }
        )),
        (Type::Array { item, length }, tree) => {
            let length = length.ok_or("the length of an array is not known")?;
            let items = match tree {
                Tree::List(trees) => trees.clone(),
                // A character array may be written as a string.
                Tree::Text(bytes) if is_character(known, *item) => {
                    bytes.iter().map(|byte| Tree::Character((*byte).into())).collect()
                }
                _ => return Err(format!("`{}` takes its items in braces", known.name(ty))),
            };
            several(known, *item, &items, length)
        }
        (Type::Record(id), Tree::List(trees)) => record(known, known.record(*id), trees),
        (Type::Record(_), _) => {
            Err(format!("`{}` takes its fields in braces: {{1, 2}}", known.name(ty)))
        }
        _ => Err(format!("a value of `{}` cannot be written", known.name(ty))),
    }
}

/// What a C compiler fills in for values that are not written.
fn zero(known: &Declarations, ty: TypeId) -> Result<Typed, String> {
    match known.ty(ty) {
        Type::Pointer(_) => Ok((CType::Pointer, CValue::Null)),
        Type::Array { .. } | Type::Record(_) => value(known, ty, &Tree::List(Vec::new())),
        _ => value(known, ty, &Tree::Word("0".to_owned())),
    }
}

/// A type of a result or of a part of one.
pub(super) fn result(known: &Declarations, ty: TypeId) -> Result<CType, String> {
    match known.ty(ty) {
        Type::Void => Ok(CType::Void),
        Type::Primitive(primitive) => plain(*primitive),
        Type::Enum(id) => plain(known.enumeration(*id).base),
        Type::Pointer(item) if is_plain_char(known, *item) => Ok(CType::String),
        Type::Pointer(_) => Ok(CType::Pointer),
        Type::Array { item, length } => {
            let length = length.and_then(|length| u32::try_from(length).ok());
            let length = length.ok_or("the length of an array is not known")?;
            Ok(CType::Array(length, Box::new(result(known, *item)?)))
        }
        Type::Record(id) => {
            let record = known.record(*id);
            let fields = fields(record)?;
            let types: Vec<_> =
                fields.iter().map(|field| result(known, field.ty)).collect::<Result<_, _>>()?;
            lies_as_c_lays_it(record, &types)?;
            Ok(CType::Struct(types))
        }
        Type::Function(_) | Type::Number(_) => {
            Err(format!("`{}` is not known well enough to be called with", known.name(ty)))
        }
    }
}

/// The fields of a structure that can be passed.
fn fields(record: &Record) -> Result<&[embed_dll_cdecl::Field], String> {
    let name = &record.name;
    if record.kind == RecordKind::Union {
        return Err(format!(
            "`{name}` is a union, which libffi does not pass; use a pointer to it"
        ));
    }
    let fields = record.fields.as_deref().filter(|_| !record.partial);
    let fields = fields.ok_or_else(|| {
        format!(
            "`{name}` is opaque or declared with `...`: declare all of its fields, or pass NULL"
        )
    })?;
    if let Some(field) = fields.iter().find(|field| field.bits.is_some()) {
        let field = &field.name;
        return Err(format!("`{name}` has the bit field `{field}`, which libffi does not pass"));
    }
    if fields.is_empty() {
        return Err(format!("`{name}` has no field"));
    }
    Ok(fields)
}

/// A plan knows only the natural layout.
fn lies_as_c_lays_it(record: &Record, types: &[CType]) -> Result<(), String> {
    let declared = record.fields.iter().flatten().map(|field| field.offset);
    let natural = CType::offsets(types).map(|at| at as u64);
    if declared.eq(natural) {
        return Ok(());
    }
    Err(format!("`{}` is not laid out as C does by itself", record.name))
}

fn record(known: &Declarations, record: &Record, trees: &[Tree]) -> Result<Typed, String> {
    let fields = fields(record)?;
    if trees.len() > fields.len() {
        let (name, has) = (&record.name, fields.len());
        return Err(format!("`{name}` has {has} fields, and {} values are given", trees.len()));
    }
    let mut parts = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let part = match trees.get(index) {
            Some(tree) => value(known, field.ty, tree),
            None => zero(known, field.ty),
        };
        parts.push(part.map_err(|why| match &*field.name {
            "" => why,
            name => format!("field `{name}`: {why}"),
        })?);
    }
    let (types, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    lies_as_c_lays_it(record, &types)?;
    Ok((CType::Struct(types), CValue::List(values)))
}

/// `{…}` for a pointer: the fields of one structure, or items one after the other.
fn behind(known: &Declarations, item: TypeId, trees: &[Tree]) -> Result<Typed, String> {
    let are_items = trees.first().is_some_and(|tree| matches!(tree, Tree::List(_)));
    let (ty, made) = match known.ty(item) {
        Type::Void | Type::Function(_) => {
            return Err(format!("`{}` takes NULL or 0x…", known.name(item) + " *"));
        }
        // `{20, 22}` is one structure; `{{1, 2}, {3, 4}}` are two, unless its first field wants braces.
        Type::Record(id) if !are_items || takes_braces(known, known.record(*id)) => {
            record(known, known.record(*id), trees)?
        }
        _ if trees.is_empty() => return Err("braces with nothing in them; write NULL".to_owned()),
        _ => several(known, item, trees, trees.len() as u64)?,
    };
    Ok((CType::To(Box::new(ty)), CValue::Made(Box::new(made))))
}

fn takes_braces(known: &Declarations, record: &Record) -> bool {
    let first = record.fields.iter().flatten().next();
    first.is_some_and(|field| {
        matches!(known.ty(field.ty), Type::Record(_) | Type::Array { .. } | Type::Pointer(_))
    })
}

fn several(
    known: &Declarations,
    item: TypeId,
    trees: &[Tree],
    length: u64,
) -> Result<Typed, String> {
    /// As in the plan format.
    const MOST: u64 = 4_096;
    /// As many of the largest numbers.
    const MOST_BYTES: u64 = 65_536;
    if length == 0 || length > MOST {
        return Err(format!("an array of {length} items cannot be passed, 1 to {MOST} can"));
    }
    // Arrays of arrays would be written out item by item.
    let size = known.size_of(item).unwrap_or(u64::MAX).saturating_mul(length);
    if size > MOST_BYTES {
        return Err(format!("an array of more than {MOST_BYTES} bytes cannot be passed"));
    }
    if trees.len() as u64 > length {
        return Err(format!("the array has {length} items, and {} values are given", trees.len()));
    }
    let mut parts = Vec::new();
    for index in 0..length {
        let tree = usize::try_from(index).ok().and_then(|index| trees.get(index));
        let part = match tree {
            Some(tree) => value(known, item, tree),
            None => zero(known, item),
        };
        parts.push(part.map_err(|why| format!("item {}: {why}", index + 1))?);
    }
    let (types, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let same = types.windows(2).all(|two| two[0] == two[1]);
    let ty = match types.first() {
        Some(first) if same => CType::Array(types.len() as u32, Box::new(first.clone())),
        // Pointers to memory of several sizes: the same places, as fields.
        _ => CType::Struct(types),
    };
    Ok((ty, CValue::List(values)))
}

fn number(known: &Declarations, primitive: Primitive, tree: &Tree) -> Result<Typed, String> {
    let name = primitive.name();
    let ty = plain(primitive)?;
    let value = match (&ty, tree) {
        (CType::Float | CType::Double | CType::LongDouble, Tree::Word(word)) => {
            let number = word.trim_end_matches(['f', 'F', 'l', 'L']);
            // `inf` ends with what may be a suffix.
            let number = word.parse().or_else(|_| number.parse());
            let number: f64 =
                number.map_err(|_| format!("`{word}` is no `{name}`; write 1.5 or -2e3"))?;
            let held = if ty == CType::Float { f64::from(number as f32) } else { number };
            // Whoever means infinity writes no digits.
            if held.is_infinite() && word.contains(|c: char| c.is_ascii_digit()) {
                return Err(format!("`{word}` does not fit `{name}`; write inf if that is meant"));
            }
            CValue::Float(number)
        }
        (_, Tree::Character(value)) => fitting(primitive, &ty, (*value).into())?,
        (_, Tree::Word(word)) => {
            let value = integer(known, word)
                .ok_or_else(|| format!("`{word}` is no `{name}`; write it in decimal or as 0x…"))?;
            fitting(primitive, &ty, value)?
        }
        _ => return Err(format!("`{name}` takes one number")),
    };
    Ok((ty, value))
}

fn fitting(primitive: Primitive, ty: &CType, value: i128) -> Result<CValue, String> {
    let (least, most) = match ty {
        CType::Bool => (0, 1),
        CType::Integer(kind) => kind.range(),
        _ => return Err(format!("`{}` takes a number", primitive.name())),
    };
    // `'\xff'` of a signed `char` is written so, too.
    let wrapped = value - 256;
    if primitive.kind() == PrimitiveKind::Char && (128..256).contains(&value) {
        return Ok(CValue::Integer(wrapped));
    }
    if (least..=most).contains(&value) {
        return Ok(CValue::Integer(value));
    }
    Err(format!("{value} does not fit `{}` ({least} to {most})", primitive.name()))
}

/// A number in decimal or hexadecimal, or a name that the declarations give one.
fn integer(known: &Declarations, word: &str) -> Option<i128> {
    match word {
        "true" => return Some(1),
        "false" => return Some(0),
        _ => {}
    }
    if let Some(constant) = known.constant(word) {
        return constant.value;
    }
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let digits = digits.trim_end_matches(['u', 'U', 'l', 'L']);
    // C reads 010 as 8, and people as 10.
    let octal = radix == 10 && digits.len() > 1 && digits.starts_with('0');
    let plain = digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if octal || !plain { None } else { Some(sign * i128::from_str_radix(digits, radix).ok()?) }
}

fn plain(primitive: Primitive) -> Result<CType, String> {
    let integer = |signed| {
        let size = u8::try_from(primitive.size()).unwrap_or(8);
        Ok(CType::Integer(CInteger { size, signed }))
    };
    match primitive.kind() {
        PrimitiveKind::Bool => Ok(CType::Bool),
        PrimitiveKind::Char => integer(true),
        PrimitiveKind::WideChar => integer(primitive == Primitive::WChar),
        PrimitiveKind::Integer { signed } => integer(signed),
        PrimitiveKind::Float if primitive.size() == 4 => Ok(CType::Float),
        PrimitiveKind::Float => Ok(CType::Double),
        PrimitiveKind::LongDouble => Ok(CType::LongDouble),
        PrimitiveKind::Complex => Err(format!(
            "`{}` cannot be passed by this host; call a function with real numbers",
            primitive.name()
        )),
    }
}

/// `char`, and the bytes that are often used for text.
pub(super) fn is_character(known: &Declarations, ty: TypeId) -> bool {
    matches!(known.ty(ty), Type::Primitive(primitive) if primitive.size() == 1
        && primitive.kind() != PrimitiveKind::Bool)
}

/// `char` itself.
pub(super) fn is_plain_char(known: &Declarations, ty: TypeId) -> bool {
    matches!(known.ty(ty), Type::Primitive(Primitive::Char))
}
