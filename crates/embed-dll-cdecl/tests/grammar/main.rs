//! The parser against `lang-c` and against random input.

mod other;
mod tree;

use embed_dll_cdecl::{Declarations, Dialect, Type, TypeId};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tree::{PRELUDE, Tree, function, tree};

/// One declaration and what it must be found to declare.
#[derive(Clone, Debug)]
enum Item {
    Global(Tree),
    Typedef(Tree),
    Struct(Vec<Tree>),
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        tree().prop_map(|tree| Item::Global(match tree {
            function @ Tree::Function { .. } => function,
            other => other.object(),
        })),
        tree().prop_map(Item::Typedef),
        prop::collection::vec(tree().prop_map(Tree::object), 1..4).prop_map(Item::Struct),
    ]
}

fn text(items: &[Item]) -> String {
    let mut text = PRELUDE.to_owned();
    for (at, item) in items.iter().enumerate() {
        text += &match item {
            Item::Global(tree) => format!("extern {} ;\n", tree.declare(&format!("g{at}"))),
            Item::Typedef(tree) => format!("typedef {} ;\n", tree.declare(&format!("t{at}"))),
            Item::Struct(fields) => {
                let fields = fields.iter().enumerate();
                let fields = fields.map(|(field, tree)| tree.declare(&format!("f{field}")) + " ; ");
                format!("struct s{at} {{ {}}} ;\n", fields.collect::<String>())
            }
        };
    }
    text
}

fn expected(items: &[Item]) -> Vec<(String, String)> {
    let mut found = vec![
        ("tag.member".to_owned(), "int".to_owned()),
        ("alias".to_owned(), "ptr(union either)".to_owned()),
    ];
    for (at, item) in items.iter().enumerate() {
        match item {
            Item::Global(tree) => found.push((format!("g{at}"), tree.structure())),
            Item::Typedef(tree) => found.push((format!("t{at}"), tree.structure())),
            Item::Struct(fields) => {
                let fields = fields.iter().enumerate();
                found.extend(
                    fields.map(|(field, tree)| (format!("s{at}.f{field}"), tree.structure())),
                );
            }
        }
    }
    found.sort();
    found
}

/// What we find, in the same form.
fn ours(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut declarations = Declarations::new();
    declarations.parse(text, Dialect::Cdef).map_err(|error| error.to_string())?;
    let of = |ty| structure(&declarations, ty);
    let mut found = Vec::new();
    found.extend(declarations.typedefs().map(|(name, ty)| (name.to_owned(), of(ty))));
    found.extend(declarations.variables().iter().map(|one| (one.name.clone(), of(one.ty))));
    found.extend(declarations.functions().iter().map(|one| (one.name.clone(), of(one.ty))));
    for record in declarations.records() {
        let tag = record.name.rsplit(' ').next().unwrap_or_default();
        for field in record.fields.iter().flatten() {
            found.push((format!("{tag}.{}", field.name), of(field.ty)));
        }
    }
    found.sort();
    Ok(found)
}

fn structure(declarations: &Declarations, id: TypeId) -> String {
    match declarations.ty(id) {
        Type::Pointer(to) => {
            let inner = structure(declarations, *to);
            // A typedef of the prelude is one base type to the trees.
            if inner == "union either" {
                "union either *".to_owned()
            } else {
                format!("ptr({inner})")
            }
        }
        Type::Array { item, length } => {
            let length = length.map_or("?".to_owned(), |length| length.to_string());
            format!("arr({length} {})", structure(declarations, *item))
        }
        Type::Function(found) => {
            let params = found.params.iter().map(|&param| structure(declarations, param));
            function(&structure(declarations, found.result), params, found.variadic)
        }
        _ => declarations.name(id),
    }
}

/// The alias itself is declared as a pointer and used as a name.
fn unified(mut found: Vec<(String, String)>) -> Vec<(String, String)> {
    for (name, structure) in &mut found {
        if name == "alias" {
            *structure = "union either *".to_owned();
        }
    }
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_parsers_find_what_was_written(items in prop::collection::vec(item(), 1..5)) {
        let text = text(&items);
        let expected = unified(expected(&items));
        let other = other::structures(&text).map(unified);
        prop_assert_eq!(other.as_ref(), Some(&expected), "lang-c: {}", &text);
        let ours = ours(&text).map(unified);
        prop_assert_eq!(ours.as_ref(), Ok(&expected), "{}", &text);
    }

    #[test]
    fn a_type_name_is_read_as_the_type(tree in tree()) {
        let mut declarations = Declarations::new();
        declarations.parse(&text(&[Item::Typedef(tree)]), Dialect::Cdef).unwrap();
        let id = declarations.typedef("t0").unwrap();
        let name = declarations.name(id);
        prop_assert_eq!(declarations.parse_type(&name), Ok(id), "{}", name);
    }

    #[test]
    fn what_is_no_c_is_refused(
        items in prop::collection::vec(item(), 1..3),
        edits in prop::collection::vec((0..4_u8, any::<Index>(), select(TOKENS)), 1..3),
    ) {
        let text = text(&items);
        let mut tokens: Vec<_> = text[PRELUDE.len()..].split_whitespace().collect();
        for (kind, at, token) in edits {
            if tokens.is_empty() {
                break;
            }
            let at = at.index(tokens.len());
            match kind {
                0 => drop(tokens.remove(at)),
                1 => tokens.insert(at, tokens[at]),
                2 => tokens.insert(at, token),
                _ => tokens[at] = token,
            }
        }
        let text = format!("{PRELUDE}{}", tokens.join(" "));
        if other::structures(&plain(&text)).is_none() {
            prop_assert!(ours(&text).is_err(), "accepted: {}", text);
        }
    }

    #[test]
    fn random_tokens_never_panic(words in prop::collection::vec(select(WORDS), 0..60), api: bool) {
        let text = words.join(" ");
        let mut declarations = Declarations::new();
        let dialect = if api { Dialect::Api } else { Dialect::Cdef };
        exercise(&mut declarations, &text, dialect);
    }

    #[test]
    fn random_measurements_never_panic(
        numbers in prop::collection::vec(prop_oneof![0..64_u64, any::<u64>()], 1..40),
        aligned: bool,
    ) {
        let mut declarations = Declarations::new();
        declarations.parse(OPEN, Dialect::Cdef).unwrap();
        let mut numbers = numbers.into_iter().cycle();
        let mut number = || numbers.next().unwrap_or_default();
        for record in ["struct part", "struct outer", "struct $1", "struct bits"] {
            let id = declarations.record_by_name(record).unwrap();
            let fields = ["a", "name", "s", "p", "c", "x", "y"].map(|name| (name, number(), number()));
            let known: Vec<_> = fields
                .into_iter()
                .filter(|(name, ..)| declarations.field(id, name).is_some())
                .collect();
            let align = if aligned { 1 << (number() % 32) } else { number() };
            let size = if aligned { number() / align * align } else { number() };
            let _ = declarations.set_layout(id, size, align, &known);
            for field in ["a", "t", "x", "z"] {
                let _ = declarations.field(id, field);
            }
        }
        let _ = declarations.set_constant("B", i128::from(number()) << (number() % 64));
        let _ = declarations.set_length("open", number());
        let ty = declarations.variable("open").unwrap().ty;
        let _ = (declarations.size_of(ty), declarations.name(ty));
    }

    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>, api: bool) {
        let text = String::from_utf8_lossy(&bytes);
        let dialect = if api { Dialect::Api } else { Dialect::Cdef };
        exercise(&mut Declarations::new(), &text, dialect);
    }
}

/// Without the empty declarations that gcc and CFFI accept beyond C.
fn plain(text: &str) -> String {
    let mut tokens: Vec<&str> = Vec::new();
    for token in text.split_whitespace() {
        match (tokens.last(), token) {
            (Some(&("{" | ";")), ";") => {}
            _ => tokens.push(token),
        }
    }
    tokens.join(" ")
}

/// Parses a text, and asks everything of what it declares.
fn exercise(declarations: &mut Declarations, text: &str, dialect: Dialect) {
    if let Err(error) = declarations.parse(text, dialect) {
        let lines = text.matches('\n').count() + 1;
        assert!((1..=lines).contains(&error.line) && error.column >= 1, "{error}: {text}");
    }
    if let Err(error) = declarations.parse_type(text) {
        assert!(error.position <= text.len());
        let _ = error.to_string();
    }
    let mut types: Vec<_> = declarations.typedefs().map(|(_, ty)| ty).collect();
    types.extend(declarations.functions().iter().map(|one| one.ty));
    types.extend(declarations.variables().iter().map(|one| one.ty));
    for id in types {
        let name = declarations.name(id);
        assert!(!name.is_empty());
        let _ =
            (declarations.size_of(id), declarations.align_of(id), declarations.name_with(id, "*x"));
    }
}

/// Everything that can be left open.
const OPEN: &str = "
    struct part { int a; char name[...]; struct { short s, t; }; ...; };
    struct outer { char c; struct part p[2]; }; struct bits { int x:3; long y; };
    enum e { A, B = ... }; struct z { enum e z; struct outer o[1000]; }; extern struct z open[...];
";

/// What texts are changed with.
const TOKENS: &[&str] = &[
    "*", "(", ")", "[", "]", "{", "}", ",", ";", ":", "=", "int", "long", "const", "struct",
    "enum", "tag", "alias", "void", "typedef", "extern", "x", "3", "0x1p", "08", "@",
];

/// What texts are made of.
const WORDS: &[&str] = &[
    "*",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "=",
    "...",
    "int",
    "long",
    "unsigned",
    "char",
    "const",
    "struct",
    "union",
    "enum",
    "void",
    "typedef",
    "extern",
    "static",
    "a",
    "b",
    "c",
    "0",
    "1",
    "3",
    "0xffffffffffffffff",
    "-",
    "~",
    "<<",
    "/",
    "%",
    "sizeof",
    "?",
    "\n",
    "\n#define",
    "\n#define a 1\n",
    "\n#ifdef",
    "\n#pragma",
    "\"Python\"",
    "\"C\"",
    "'x'",
    "/*",
    "*/",
    "//",
    "\\\n",
    "size_t",
    "bool",
    "FILE",
    "__stdcall",
    "int x : 3 ;",
    "struct a {",
    "} ;",
    "; } ;",
    "é",
    "$",
    "typedef int... a;",
    "enum { a, b = ..., ...",
    "float...",
    "double",
    "_Complex",
];
