//! Random types as trees: their text in C, and the structure that every parser must find in it.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Canonical names and the words that make them up, in one of their orders.
pub(crate) const BASES: &[(&str, &str)] = &[
    ("void", "void"),
    ("char", "char"),
    ("signed char", "signed char"),
    ("unsigned char", "unsigned char"),
    ("short", "short"),
    ("short", "signed short int"),
    ("unsigned short", "unsigned short int"),
    ("int", "int"),
    ("int", "signed"),
    ("unsigned int", "unsigned"),
    ("long", "long"),
    ("long", "signed long int"),
    ("unsigned long", "unsigned long int"),
    ("long long", "long long int"),
    ("unsigned long long", "unsigned long long"),
    ("float", "float"),
    ("double", "double"),
    ("long double", "long double"),
    ("_Bool", "_Bool"),
    ("float _Complex", "float _Complex"),
    ("struct tag", "struct tag"),
    ("enum values", "enum values"),
    ("union either *", "alias"),
];

/// What the trees refer to.
pub(crate) const PRELUDE: &str = "struct tag { int member ; } ; enum values { FIRST , SECOND } ; \
                                  typedef union either * alias ;\n";

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// Index into [`BASES`], and how to shuffle its words.
    Base(usize, Index),
    Pointer {
        to: Box<Tree>,
        constant: bool,
        parenthesised: bool,
    },
    Array(Box<Tree>, u64),
    Function {
        result: Box<Tree>,
        params: Vec<(Tree, bool)>,
        variadic: bool,
    },
}

impl Tree {
    fn is_void(&self) -> bool {
        matches!(self, Self::Base(0, _))
    }

    fn pointer(self) -> Self {
        Self::Pointer { to: Box::new(self), constant: false, parenthesised: false }
    }

    /// The same, or a pointer to it where C wants an object.
    pub(crate) fn object(self) -> Self {
        if self.is_void() || matches!(self, Self::Function { .. }) { self.pointer() } else { self }
    }

    /// The declaration of `name`, without a semicolon and with blanks between all tokens.
    pub(crate) fn declare(&self, name: &str) -> String {
        let inner = name.to_owned();
        match self {
            Self::Base(at, shuffle) => {
                let mut words: Vec<_> = BASES[*at].1.split(' ').collect();
                if !matches!(words[0], "struct" | "enum" | "union") {
                    let by = shuffle.index(words.len());
                    words.rotate_left(by);
                }
                format!("{} {inner}", words.join(" "))
            }
            Self::Pointer { to, constant, parenthesised } => {
                let constant = if *constant { "const " } else { "" };
                let star = format!("* {constant}{inner}");
                let needed = matches!(**to, Self::Array(..) | Self::Function { .. });
                let inner = if needed || *parenthesised { format!("( {star} )") } else { star };
                to.declare(&inner)
            }
            Self::Array(item, length) => item.declare(&format!("{inner} [ {length} ]")),
            Self::Function { result, params, variadic } => {
                let mut shown: Vec<_> = params
                    .iter()
                    .enumerate()
                    .map(|(at, (param, named))| {
                        param.declare(&if *named { format!("p{at}") } else { String::new() })
                    })
                    .collect();
                if *variadic && !shown.is_empty() {
                    shown.push("...".to_owned());
                }
                if shown.is_empty() {
                    shown.push("void".to_owned());
                }
                result.declare(&format!("{inner} ( {} )", shown.join(" , ")))
            }
        }
    }

    pub(crate) fn structure(&self) -> String {
        match self {
            Self::Base(at, _) => BASES[*at].0.to_owned(),
            Self::Pointer { to, .. } => format!("ptr({})", to.structure()),
            Self::Array(item, length) => format!("arr({length} {})", item.structure()),
            Self::Function { result, params, variadic } => {
                let dots = *variadic && !params.is_empty();
                let params = params.iter().map(|(param, _)| decayed(param.structure()));
                function(&result.structure(), params, dots)
            }
        }
    }
}

/// The structure of a function.
pub(crate) fn function(
    result: &str,
    params: impl Iterator<Item = String>,
    variadic: bool,
) -> String {
    let params: Vec<_> = params.collect();
    format!("fn({result};{}{})", params.join(","), if variadic { ",..." } else { "" })
}

/// The structure of a parameter, in which arrays and functions are pointers.
pub(crate) fn decayed(structure: String) -> String {
    if let Some(rest) = structure.strip_prefix("arr(") {
        let item = rest.split_once(' ').map_or(rest, |(_, item)| item);
        format!("ptr({item}")
    } else if structure.starts_with("fn(") {
        format!("ptr({structure})")
    } else {
        structure
    }
}

pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let base = (0..BASES.len(), any::<Index>()).prop_map(|(at, shuffle)| Tree::Base(at, shuffle));
    base.prop_recursive(6, 40, 4, |inner| {
        let pointer = (inner.clone(), any::<bool>(), any::<bool>()).prop_map(
            |(to, constant, parenthesised)| Tree::Pointer {
                to: Box::new(to),
                constant,
                parenthesised,
            },
        );
        let array = (inner.clone(), select(vec![0, 1, 7, 4096]))
            .prop_map(|(item, length)| Tree::Array(Box::new(item.object()), length));
        let params = prop::collection::vec((inner.clone(), any::<bool>()), 0..4);
        let function = (inner, params, any::<bool>()).prop_map(|(result, params, variadic)| {
            let returnable = !matches!(result, Tree::Array(..) | Tree::Function { .. });
            let result = Box::new(if returnable { result } else { result.pointer() });
            let params = params.into_iter().map(|(param, named)| match param {
                void if void.is_void() => (void.pointer(), named),
                // `int (alias)` is a function in C (C11 6.7.6.3p11), but a name to lang-c 0.15.
                function @ Tree::Function { .. } => (function, true),
                other => (other, named),
            });
            Tree::Function { result, params: params.collect(), variadic }
        });
        prop_oneof![3 => pointer, 2 => array, 3 => function]
    })
}
