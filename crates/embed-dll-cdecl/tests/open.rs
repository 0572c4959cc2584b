//! What `...` leaves open, and what fills it in.

use embed_dll_cdecl::{Declarations, Dialect, LayoutError, Primitive, RecordId, RecordKind};

fn cdef(text: &str) -> Declarations {
    let mut declarations = Declarations::new();
    declarations.parse(text, Dialect::Cdef).unwrap_or_else(|error| panic!("{error}"));
    declarations
}

fn record(declarations: &Declarations, tag: &str) -> RecordId {
    declarations.record_by_tag(RecordKind::Struct, tag).unwrap()
}

fn size(declarations: &mut Declarations, text: &str) -> Option<u64> {
    let id = declarations.parse_type(text).unwrap();
    declarations.size_of(id)
}

#[test]
fn a_partial_record_and_what_contains_it() {
    let mut declarations = cdef(
        "struct part { int a; char name[...]; struct { short s, t; }; ...; };
         struct outer { char c; struct inner { struct part p[2]; } i; };
         int f(struct part);",
    );
    assert_eq!(size(&mut declarations, "struct part"), None);
    assert_eq!(size(&mut declarations, "struct outer"), None);
    let part = record(&declarations, "part");
    let fields = [("name", 4, 10), ("a", 0, 4), ("s", 20, 2), ("t", 22, 2)];
    declarations.set_layout(part, 32, 8, &fields).unwrap();
    assert_eq!(size(&mut declarations, "struct part"), Some(32));
    assert_eq!(size(&mut declarations, "struct outer"), Some(72));
    let name = declarations.field(part, "name").unwrap();
    assert_eq!((declarations.name(name.ty).as_str(), name.offset), ("char[10]", 4));
    assert_eq!(declarations.field(part, "t").unwrap().offset, 22);
    // The same again is no contradiction.
    declarations.set_layout(part, 32, 8, &fields).unwrap();
}

#[test]
fn layouts_that_contradict_the_declaration() {
    let mut declarations = cdef(
        "struct part { int a; short b[...]; ...; }; struct full { char c; int i; int bits:3; };
         struct opaque;",
    );
    let (part, full) = (record(&declarations, "part"), record(&declarations, "full"));
    let mut refused = |id, size, align, fields: &[(&str, u64, u64)]| {
        declarations.set_layout(id, size, align, fields).unwrap_err().to_string()
    };
    for (message, expected) in [
        (refused(part, 8, 3, &[]), "alignment 3 of struct part"),
        (
            refused(part, 6, 4, &[]),
            "alignment 4 of struct part is not a power of two below 2²⁹, or its size 6",
        ),
        (refused(part, 8, 4, &[("z", 0, 4)]), "struct part has no field `z`"),
        (
            refused(part, 8, 4, &[("a", 0, 4)]),
            "the layout of struct part does not say where field `b`",
        ),
        (
            refused(part, 8, 4, &[("a", 0, 8), ("b", 4, 2)]),
            "struct part: field `a` has 8 bytes, but its declared type `int` has 4",
        ),
        (
            refused(part, 8, 4, &[("a", 0, 4), ("b", 4, 3)]),
            "struct part: field `b` has 3 bytes, but its declared type `short[]` has 2",
        ),
        (
            refused(part, 8, 4, &[("a", 0, 4), ("b", 6, 4)]),
            "struct part: field `b` does not lie inside the 8 bytes",
        ),
        (
            refused(part, 8, 4, &[("a", u64::MAX, 4), ("b", 6, 2)]),
            "struct part: field `a` does not lie inside",
        ),
        (
            refused(full, 12, 4, &[("c", 0, 1), ("i", 8, 4)]),
            "struct full: field `i` lies at byte 8, but by its declaration at 4",
        ),
        (
            refused(full, 16, 4, &[("c", 0, 1), ("i", 4, 4)]),
            "struct full has size 16 and alignment 4, but by its declaration 12 and 4",
        ),
    ] {
        assert!(message.starts_with(expected), "{message}\n{expected}");
    }
    assert_eq!(declarations.record(part).layout, None);
    declarations.set_layout(full, 12, 4, &[("c", 0, 1), ("i", 4, 4)]).unwrap();
    let opaque = record(&declarations, "opaque");
    let error = declarations.set_layout(opaque, 8, 8, &[]).unwrap_err();
    assert_eq!(error, LayoutError::Opaque { record: "struct opaque".to_owned() });
}

#[test]
fn constants_and_enumerators() {
    let mut declarations = cdef(
        "#define N ...
         enum e { A, B = ..., C, D = 7 }; enum p { P, Q = 3, ... };
         struct s { enum e e; char c; };",
    );
    let listed =
        |declarations: &Declarations, at: usize| declarations.enums()[at].enumerators.clone();
    assert_eq!(listed(&declarations, 0), [("A".to_owned(), 0), ("D".to_owned(), 7)]);
    assert_eq!(listed(&declarations, 1), [("Q".to_owned(), 3)]);
    assert_eq!(size(&mut declarations, "struct s"), Some(8));
    declarations.set_constant("B", 1 << 40).unwrap();
    let all = [("A", 0), ("B", 1 << 40), ("D", 7)].map(|(name, value)| (name.to_owned(), value));
    assert_eq!(listed(&declarations, 0), all);
    assert_eq!(declarations.enums()[0].base, Primitive::UnsignedLong);
    assert_eq!(size(&mut declarations, "struct s"), Some(16));
    declarations.set_constant("N", 5).unwrap();
    assert_eq!(size(&mut declarations, "int[N]"), Some(20));
    let error = declarations.set_constant("D", 8).unwrap_err().to_string();
    assert_eq!(error, "the constant `D` has the value 8, but by its declaration 7");
    assert!(declarations.set_constant("Z", 8).is_err());
}

#[test]
fn numbers_and_lengths() {
    let mut declarations = cdef(
        "typedef int... id_t; typedef float... real_t; typedef unsigned long... mask_t;
         struct s { char c; id_t id; }; id_t f(id_t *, real_t); extern int a[...]; extern int b[];",
    );
    let f = declarations.functions()[0].ty;
    assert_eq!(declarations.name(f), "id_t(id_t *, real_t)");
    assert_eq!(size(&mut declarations, "struct s"), None);
    declarations.set_number("id_t", Primitive::Int16).unwrap();
    assert_eq!(size(&mut declarations, "struct s"), Some(4));
    assert_eq!(declarations.name(f), "int16_t(int16_t *, real_t)");
    let same = ["id_t", "int16_t"].map(|text| declarations.parse_type(text).unwrap());
    assert_eq!(same[0], same[1]);
    assert!(declarations.set_number("real_t", Primitive::Int).is_err());
    assert!(declarations.set_number("mask_t", Primitive::Double).is_err());
    assert!(declarations.set_number("nothing_t", Primitive::Int).is_err());

    declarations.set_length("a", 3).unwrap();
    assert_eq!(declarations.name(declarations.variables()[0].ty), "int[3]");
    assert!(declarations.set_length("b", 3).is_err());
    assert!(declarations.set_length("f", 3).is_err());
}
