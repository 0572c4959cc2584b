//! Random structures, unions and enumerations, the same in every run.

use std::fmt::Write as _;

/// xorshift64: enough for variety, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.below(of.len());
        &of[at]
    }
}

/// A field that can be asked for by its name.
pub(crate) struct Leaf {
    pub(crate) name: String,
    pub(crate) bits: bool,
}

/// A definition in C, and its fields.
pub(crate) struct Definition {
    /// `struct s0`.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) leaves: Vec<Leaf>,
}

const SCALARS: &[&str] = &[
    "char",
    "signed char",
    "unsigned char",
    "short",
    "unsigned short",
    "int",
    "unsigned int",
    "long",
    "unsigned long",
    "long long",
    "unsigned long long",
    "int8_t",
    "uint16_t",
    "int32_t",
    "uint64_t",
    "int_fast16_t",
    "uint_least32_t",
    "intptr_t",
    "size_t",
    "ssize_t",
    "wchar_t",
    "_Bool",
    "float",
    "double",
    "long double",
    "void *",
    "int (*)(int)",
    "float _Complex",
    "double _Complex",
    "enum small",
    "enum large",
    "enum negative",
];

/// Types of bit fields and their width.
const BITS: &[(&str, usize)] = &[
    ("int", 32),
    ("unsigned int", 32),
    ("unsigned char", 8),
    ("signed char", 8),
    ("short", 16),
    ("unsigned short", 16),
    ("long", 64),
    ("unsigned long long", 64),
    ("_Bool", 1),
    ("uint8_t", 8),
    ("int64_t", 64),
    ("enum small", 32),
    ("enum large", 64),
];

/// The enumerations that fields use.
pub(crate) const ENUMS: &str = "enum small { SMALL_A, SMALL_B };
enum large { LARGE = 0x100000000 };
enum negative { NEGATIVE = -1, POSITIVE = 1 };
";

/// So many definitions; later ones contain earlier ones.
pub(crate) fn definitions(random: &mut Random, count: usize) -> Vec<Definition> {
    let mut made: Vec<Definition> = Vec::new();
    for index in 0..count {
        let keyword = if random.below(5) == 0 { "union" } else { "struct" };
        let name = format!("{keyword} s{index}");
        let mut body = Body { leaves: Vec::new(), counter: 0, text: String::new() };
        body.fields(random, &made, 2);
        // Flexible arrays need another field before them.
        if keyword == "struct" && body.has_named_start() && random.below(8) == 0 {
            let flexible = body.next(false);
            writeln!(body.text, "  short {flexible}[];").unwrap();
        }
        let text = format!("{name} {{\n{}}};\n", body.text);
        made.push(Definition { name, text, leaves: body.leaves });
    }
    made
}

struct Body {
    leaves: Vec<Leaf>,
    counter: usize,
    text: String,
}

impl Body {
    fn next(&mut self, bits: bool) -> String {
        let name = format!("f{}", self.counter);
        self.counter += 1;
        self.leaves.push(Leaf { name: name.clone(), bits });
        name
    }

    fn has_named_start(&self) -> bool {
        !self.leaves.is_empty()
    }

    fn fields(&mut self, random: &mut Random, made: &[Definition], depth: usize) {
        let bit_heavy = random.below(3) == 0;
        for _ in 0..1 + random.below(7) {
            match random.below(10) {
                0..4 if bit_heavy => self.bit_field(random),
                0 => self.bit_field(random),
                1 if depth > 0 => {
                    let keyword = random.pick(&["struct", "union"]);
                    writeln!(self.text, "{keyword} {{").unwrap();
                    self.fields(random, made, depth - 1);
                    self.text.push_str("};\n");
                }
                2 if !made.is_empty() => {
                    let inner = random.pick(made);
                    // A structure that ends with a flexible array does not nest in ISO C.
                    if !inner.text.contains("[]") {
                        let name = self.next(false);
                        let array = random.pick(&["", "[3]", "[2][1]"]);
                        writeln!(self.text, "  {} {name}{array};", inner.name).unwrap();
                    }
                }
                _ => self.scalar(random),
            }
        }
        // An empty structure would be an extension.
        self.scalar(random);
    }

    fn scalar(&mut self, random: &mut Random) {
        let ty = *random.pick(SCALARS);
        let name = self.next(false);
        let array = random.pick(&["", "", "", "[5]", "[2][3]"]);
        match ty.split_once("(*)") {
            Some((result, params)) => {
                writeln!(self.text, "  {result}(*{name}{array}){params};").unwrap();
            }
            None => writeln!(self.text, "  {ty} {name}{array};").unwrap(),
        }
    }

    fn bit_field(&mut self, random: &mut Random) {
        let &(ty, most) = random.pick(BITS);
        if random.below(6) == 0 {
            let width = random.below(most + 1);
            writeln!(self.text, "  {ty} : {width};").unwrap();
        } else {
            let name = self.next(true);
            let width = 1 + random.below(most);
            writeln!(self.text, "  {ty} {name} : {width};").unwrap();
        }
    }
}
