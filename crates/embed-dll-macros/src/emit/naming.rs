//! Rust names for C names.

use std::collections::{HashMap, HashSet};

use embed_dll_cdecl::{Declarations, EnumId, RecordId, RecordKind, Type, TypeId};
use proc_macro2::{Ident, Span};

/// Words that are no identifiers in some edition of Rust, but are with `r#`.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Types of the language, which a typedef must not hide from the author.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "f16", "f32", "f64", "f128", "i8", "i16", "i32", "i64", "i128", "isize", "str",
    "u8", "u16", "u32", "u64", "u128", "usize",
];

/// The Rust identifier for a C name.
pub(crate) fn ident(name: &str) -> Ident {
    spanned(name, Span::call_site())
}

/// The same, for an item of the author: a message about it points at `span`.
pub(crate) fn spanned(name: &str, span: Span) -> Ident {
    match name {
        // Not even `r#` makes these identifiers.
        "self" | "Self" | "super" | "crate" | "_" => Ident::new(&format!("{name}_"), span),
        _ if KEYWORDS.contains(&name) => Ident::new_raw(name, span),
        _ => Ident::new(name, span),
    }
}

/// The names of types. Tags and typedefs share one name space in Rust, and do not in C.
pub(crate) struct Names {
    records: Vec<Ident>,
    enums: Vec<Option<Ident>>,
    typedefs: Vec<(Ident, TypeId)>,
}

impl Names {
    pub(crate) fn new(declarations: &Declarations) -> Self {
        let typedefs: HashMap<&str, TypeId> = declarations.typedefs().collect();
        let mut taken: HashSet<String> = typedefs.keys().map(|&name| name.to_owned()).collect();
        let mut free = |names: [String; 2], own: bool| {
            let [name, other] = names;
            let mut name = if own || !taken.contains(&name) { name } else { other };
            while !own && taken.contains(&name) {
                name.push('_');
            }
            taken.insert(name.clone());
            ident(&name)
        };
        let mut records = Vec::new();
        for record in declarations.records() {
            let is_it = |ty: &TypeId| match declarations.ty(*ty) {
                Type::Record(id) => std::ptr::eq(declarations.record(*id), record),
                _ => false,
            };
            let keyword = record.kind.keyword();
            let tag = tag(&record.name, keyword);
            let own = typedefs.get(tag.as_str()).is_some_and(is_it);
            records.push(free([tag.clone(), format!("{keyword}_{tag}")], own));
        }
        let mut enums = Vec::new();
        for enumeration in declarations.enums() {
            let tag = tag(&enumeration.name, "enum");
            // Without a tag it has the name of its typedef or none that anybody could write.
            let nameless = !enumeration.name.starts_with("enum ") || enumeration.name.contains('$');
            enums.push((!nameless).then(|| free([tag.clone(), format!("enum_{tag}")], false)));
        }
        let record_names: HashSet<String> = records.iter().map(Ident::to_string).collect();
        let aliases = declarations.typedefs().filter(|(name, ty)| {
            let is_record = record_names.contains(&ident(name).to_string());
            let of_author = matches!(declarations.ty(*ty), Type::Number(_));
            !is_record && !of_author && !PRIMITIVES.contains(name)
        });
        let typedefs = aliases.map(|(name, ty)| (ident(name), ty)).collect();
        Self { records, enums, typedefs }
    }

    pub(crate) fn record(&self, id: RecordId) -> &Ident {
        &self.records[id.index() as usize]
    }

    /// `None` for an enumeration without a tag.
    pub(crate) fn enumeration(&self, id: EnumId) -> Option<&Ident> {
        self.enums[id.index() as usize].as_ref()
    }

    /// The typedefs that become type aliases.
    pub(crate) fn typedefs(&self) -> &[(Ident, TypeId)] {
        &self.typedefs
    }
}

/// The name without its keyword; `anonymous_1` for `struct $1`.
fn tag(name: &str, keyword: &str) -> String {
    let name = name.strip_prefix(keyword).map_or(name, str::trim_start);
    name.replace('$', "anonymous_")
}

/// The records with their ids.
pub(crate) fn records(declarations: &Declarations) -> impl Iterator<Item = RecordId> {
    (0..declarations.records().len()).map(|index| RecordId::from_index(index as u32))
}

/// The keyword of Rust for a kind of record.
pub(crate) fn keyword(kind: RecordKind) -> Ident {
    Ident::new(kind.keyword(), Span::call_site())
}
