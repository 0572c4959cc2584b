//! What can be wrong with a text.

use crate::model::FunctionKind;

/// A declaration that cannot be used, with its place in the text that was given to
/// [`Declarations::parse`](crate::Declarations::parse).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{line}:{column}: {kind}")]
pub struct Error {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub kind: ErrorKind,
}

/// What is wrong, apart from the place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is documented by its message")]
pub enum ErrorKind {
    #[error("unexpected {found}: expected {expected}")]
    Unexpected { found: String, expected: &'static str },
    #[error("unexpected {found}: expected {expected} after line {line}")]
    Unended { found: String, expected: &'static str, line: usize },
    #[error("unknown type name `{0}`: declare it before its use")]
    UnknownType(String),
    #[error(
        "unknown type name `{0}`: declare it before its use; `#include` is not followed, so put the declarations into one header, or declare the type in this one too"
    )]
    UnknownTypeInclude(String),
    #[error(
        "unknown type name `{name}`: C++ knows `{keyword} {name}` by it, C does not; write `{keyword} {name}`, or add `typedef {keyword} {name} {name};`"
    )]
    UnknownTypeTag { keyword: &'static str, name: String },
    #[error(
        "`#{directive}` depends on the macro `{name}`, which hosts may define or not, and declarations depend on it: write `#define {name}` or `#undef {name}` before it, or take the condition out"
    )]
    UndecidedMacro { directive: String, name: String },
    #[error(
        "`#{directive}` cannot be decided, and declarations depend on it: {problem}; take the condition out"
    )]
    Undecided { directive: String, problem: &'static str },
    #[error("`#{0}` without the name of a macro")]
    NoCondition(String),
    #[error("`#{0}` without an `#if` before it")]
    Unmatched(String),
    #[error("`#{0}` after the `#else` of the same `#if`")]
    AfterElse(String),
    #[error("`#{0}` without an `#endif`")]
    Unfinished(String),
    #[error("a host that includes this header on this platform stops at `#error {0}`")]
    ErrorDirective(String),
    #[error(
        "`{0}` is a macro, and macros are not expanded, except those that the header defines as nothing, as `extern` or as what exports a function: write out what it stands for; what only marks exported functions can be called `CFFI_DLLEXPORT`"
    )]
    Macro(String),
    #[error("unknown constant `{0}`: only constants declared before can be used here")]
    UnknownConstant(String),
    #[error("the value of `{0}` is not known here: it was declared with `...`")]
    OpenConstant(String),
    #[error(
        "`#define {0}` has several values in this text, or depends on a condition that cannot be decided here: use a number"
    )]
    AmbiguousConstant(String),
    #[error(
        "`{0}` stands for several operands without parentheses around them, which C reads together with the operator beside it here: put them into parentheses in its `#define`"
    )]
    BareMacro(String),
    #[error("not an integer constant: {0}")]
    NotConstant(&'static str),
    #[error(
        "`{0}` is not an integer that C has: write it in decimal, octal (0…) or hexadecimal (0x…)"
    )]
    BadNumber(String),
    #[error("the value of this constant does not fit in 64 bits")]
    ConstantTooLarge,
    #[error(
        "unsupported `#define {0}`: only `#define {0} NUMBER` and `#define {0} ...` can be used"
    )]
    UnsupportedDefine(String),
    #[error(
        "directives not supported yet: `#{0}` cannot be evaluated here; remove it, and keep only what holds for this platform"
    )]
    Directive(String),
    #[error("`#pragma {0}` changes the layout of structures and is not supported: remove it")]
    Pragma(String),
    #[error(
        "`{0}` is not supported: remove it, or declare the type without it if layout and calls stay the same; functions of `api` are exported without it"
    )]
    Extension(String),
    #[error("`extern \"C\"` is C++ and not accepted here: remove it")]
    ExternC,
    #[error("unknown linkage {0}: only extern \"Python\" and extern \"Python+C\" can be used")]
    UnknownLinkage(String),
    #[error("`{0}` is inside extern \"Python\", where only functions can be declared")]
    NotAFunction(String),
    #[error(
        "function `{0}` is variadic, which a function implemented in Python cannot be: remove the `...` (a `va_list` has no equivalent either)"
    )]
    Variadic(String),
    #[error("function `{0}` has a body: only declarations are accepted here")]
    Body(String),
    #[error("{nesting} is nested too deeply: at most {limit} levels are accepted")]
    TooDeep { nesting: &'static str, limit: u32 },
    #[error("this type is too complex: introduce a structure or use `void *`")]
    TooComplex,
    #[error("these type names do not make up a type: `{0}`")]
    BadCombination(String),
    #[error("`{0}` is not supported: it has no equivalent in Python")]
    UnsupportedType(&'static str),
    #[error("this declaration names nothing: give it a name or remove it")]
    NamesNothing,
    #[error("a type is missing before {0}")]
    MissingType(String),
    #[error("only one storage class (typedef, extern, static) can be given")]
    StorageClass,
    #[error("multiple declarations of `{name}`: first as {first}, now as {second}; {advice}")]
    Redeclared { name: String, first: String, second: String, advice: String },
    #[error(
        "duplicate declaration of {0}: its fields were given before; delete one of the two, this one if the other is in `api`, whose types are known here"
    )]
    Redefined(String),
    #[error("`{tag}` is a {first}, not a {second}: one tag names one type")]
    WrongTag { tag: String, first: &'static str, second: &'static str },
    #[error(
        "enum {0} has no values yet: declare it with its braces the first time it is mentioned"
    )]
    EnumWithoutValues(String),
    #[error("the values of {0} fit neither in `long` nor in `unsigned long`")]
    EnumTooLarge(String),
    #[error(
        "{name} has the incomplete type `{ty}`: use a pointer, or declare the type fully before"
    )]
    Incomplete { name: String, ty: String },
    #[error("a function cannot return `{0}`: return a pointer")]
    BadResult(String),
    #[error("an array cannot have items of type `{0}`, whose size is not known: use pointers")]
    BadItem(String),
    #[error("a parameter cannot have type `void`")]
    VoidParameter,
    #[error("an array cannot have {0} items")]
    BadLength(i128),
    #[error("`{0}` is larger than the address space")]
    TooLarge(String),
    #[error("`[...]` cannot be used here: only for a variable or a field")]
    OpenLength,
    #[error("`...` cannot be used here: {0}")]
    Dots(&'static str),
    #[error("the flexible array `{0}` must be the last of several fields of a structure")]
    Flexible(String),
    #[error("duplicate field `{0}`")]
    DuplicateField(String),
    #[error(
        "{record} has both bit fields and `...`: bit fields cannot be measured; name all fields"
    )]
    PartialBitField { record: String },
    #[error("bit field `{name}` of type `{ty}` cannot be {width} bits wide")]
    BadWidth { name: String, ty: String, width: i128 },
    #[error("bit field `{name}` has type `{ty}`, which is not an integer type")]
    BadBitField { name: String, ty: String },
    #[error("`{0}` has a value, which only an integer constant (`static const int`) can have")]
    Initializer(String),
}

/// How a function is introduced in a message.
pub(crate) fn function_kind(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Exported => "exported function",
        FunctionKind::Python => "extern \"Python\" function",
        FunctionKind::PythonAndC => "extern \"Python+C\" function",
        FunctionKind::C => "C function",
    }
}

/// Which Python exception CFFI raises for a [`TypeError`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum TypeErrorKind {
    /// `ffi.error`: the text is not a type.
    Ffi,
    /// `ValueError`: an array of items without a size.
    Value,
    /// `OverflowError`: an array larger than the address space.
    Overflow,
    /// `TypeError`: a function with parameters or a result that cannot be passed.
    Type,
}

/// A type string that is not a type. Displayed as CFFI does: for [`TypeErrorKind::Ffi`] the
/// message, the string, and a `^` under the place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.text())]
pub struct TypeError {
    /// Which exception it is in Python.
    pub kind: TypeErrorKind,
    /// What is wrong.
    pub message: String,
    /// The string.
    pub source_text: String,
    /// Where in it, in bytes from its start.
    pub position: usize,
}

impl TypeError {
    fn text(&self) -> String {
        // CFFI leaves out texts longer than this.
        if self.kind != TypeErrorKind::Ffi || self.source_text.len() > 500 {
            return self.message.clone();
        }
        let printable = |byte: u8| match byte {
            b' '..=b'~' => char::from(byte),
            b'\t' | b'\n' => ' ',
            _ => '?',
        };
        let source: String = self.source_text.bytes().map(printable).collect();
        format!("{}\n{source}\n{:width$}^", self.message, "", width = self.position)
    }
}

/// A measured layout or a value that contradicts what was declared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is documented by its message")]
pub enum LayoutError {
    #[error("{record} is opaque: declare its fields before its layout is given")]
    Opaque { record: String },
    #[error("{record} has no field `{field}`: declare it, or leave it out of the layout")]
    UnknownField { record: String, field: String },
    #[error("the layout of {record} does not say where field `{field}` is")]
    MissingField { record: String, field: String },
    #[error(
        "{record}: field `{field}` has {given} bytes, but its declared type `{ty}` has {declared}"
    )]
    FieldSize { record: String, field: String, ty: String, given: u64, declared: u64 },
    #[error(
        "{record}: field `{field}` lies at byte {given}, but by its declaration at {declared}: add `...;` as the last field to let it differ"
    )]
    FieldOffset { record: String, field: String, given: u64, declared: u64 },
    #[error("{record}: field `{field}` does not lie inside the {size} bytes of its record")]
    Outside { record: String, field: String, size: u64 },
    #[error(
        "{record} has size {given_size} and alignment {given_align}, but by its declaration {size} and {align}: add `...;` as the last field to let it differ"
    )]
    Record { record: String, given_size: u64, given_align: u64, size: u64, align: u64 },
    #[error(
        "alignment {align} of {record} is not a power of two below 2²⁹, or its size {size} not a multiple of it"
    )]
    BadAlignment { record: String, size: u64, align: u64 },
    #[error("nothing named `{0}` was declared with `...`")]
    NotOpen(String),
    #[error("`{name}` is a floating-point type in one of its declarations only: `{primitive}`")]
    NumberKind { name: String, primitive: &'static str },
    #[error("the constant `{name}` has the value {given}, but by its declaration {declared}")]
    Constant { name: String, given: i128, declared: i128 },
}
