//! What stands before the declarators: storage class, qualifiers and the base type.

use super::{Parser, Result};
use crate::declarations::{Qualified, Tag};
use crate::error::ErrorKind;
use crate::lexer::{Token, TokenKind};
use crate::primitive::Primitive;
use crate::types::Type;

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Storage {
    Typedef,
    Extern,
    Static,
}

/// What `...` in place of a type, or behind it, leaves open.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Open {
    Opaque,
    Integer,
    Float,
}

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Base {
    Type(Qualified),
    Open(Open),
}

#[derive(Copy, Clone, Debug)]
pub(super) struct Specifiers<'a> {
    pub(super) storage: Option<Storage>,
    pub(super) base: Base,
    /// Whether a structure, union or enumeration was mentioned, so that no declarator is needed.
    pub(super) tagged: bool,
    /// Whether the base is a structure or union with braces and without a tag.
    pub(super) anonymous_record: bool,
    pub(super) start: Token<'a>,
}

/// The words of which C makes arithmetic types, counted.
#[derive(Default)]
struct Words<'a> {
    texts: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn count(&self, word: &str) -> usize {
        self.texts.iter().filter(|&&text| text == word).count()
    }

    /// The type that the words mean in whatever order.
    fn primitive(&self) -> std::result::Result<Primitive, ErrorKind> {
        use Primitive as P;
        let bad = || ErrorKind::BadCombination(self.texts.join(" "));
        let [signed, unsigned, short, long, int] =
            ["signed", "unsigned", "short", "long", "int"].map(|word| self.count(word));
        let special: Vec<_> = self
            .texts
            .iter()
            .filter(|text| !matches!(**text, "signed" | "unsigned" | "short" | "long" | "int"))
            .copied()
            .collect();
        let sign = |plain, without| if unsigned == 1 { without } else { plain };
        if signed + unsigned > 1 || short > 1 || long > 2 || int > 1 {
            return Err(bad());
        }
        let mut special = special;
        special.sort_unstable();
        let sized = short + long + int;
        let signs = signed + unsigned;
        Ok(match special[..] {
            [] if short == 1 && long == 0 => sign(P::Short, P::UnsignedShort),
            [] if short == 0 && long == 1 => sign(P::Long, P::UnsignedLong),
            [] if short == 0 && long == 2 => sign(P::LongLong, P::UnsignedLongLong),
            [] if short == 0 => sign(P::Int, P::UnsignedInt),
            ["char"] if sized == 0 && signed == 1 => P::SignedChar,
            ["char"] if sized == 0 => sign(P::Char, P::UnsignedChar),
            ["_Bool"] if sized + signs == 0 => P::Bool,
            ["float"] if sized + signs == 0 => P::Float,
            ["double"] if sized + signs == 0 => P::Double,
            ["double"] if long == 1 && short + int + signs == 0 => P::LongDouble,
            ["_Complex", "float"] if sized + signs == 0 => P::FloatComplex,
            ["_Complex", "double"] if sized + signs == 0 => P::DoubleComplex,
            ["_Complex", "double"] if long == 1 && short + int + signs == 0 => {
                return Err(ErrorKind::UnsupportedType("long double _Complex"));
            }
            _ => return Err(bad()),
        })
    }
}

/// The keywords of arithmetic types, with gcc's other spellings unified.
fn type_word(text: &str) -> Option<&str> {
    Some(match text {
        "__signed__" | "__signed" => "signed",
        "signed" | "unsigned" | "short" | "long" | "int" | "char" | "_Bool" | "float"
        | "double" | "_Complex" => text,
        _ => return None,
    })
}

/// Qualifiers, and calling conventions, which mean nothing on this platform.
pub(super) fn is_qualifier(text: &str) -> bool {
    is_const(text)
        || is_convention(text)
        || matches!(
            text,
            "volatile" | "__volatile__" | "__volatile" | "restrict" | "__restrict" | "__restrict__"
        )
}

pub(super) fn is_const(text: &str) -> bool {
    matches!(text, "const" | "__const" | "__const__")
}

pub(super) fn is_convention(text: &str) -> bool {
    matches!(text, "__stdcall" | "WINAPI" | "__cdecl")
}

impl<'a> Parser<'a, '_> {
    /// Whether a type starts at this token.
    pub(super) fn starts_type(&self, token: Token<'_>) -> bool {
        token.kind == TokenKind::Word
            && (type_word(token.text).is_some()
                || is_qualifier(token.text)
                || matches!(token.text, "void" | "struct" | "union" | "enum" | "register")
                || !self.hidden.contains(&token.text) && self.declarations.is_type_name(token.text))
    }

    pub(super) fn specifiers(&mut self) -> Result<Specifiers<'a>> {
        let start = self.peek();
        let (mut storage, mut constant) = (None, false);
        let mut words = Words::default();
        let mut base: Option<Base> = None;
        let (mut tagged, mut anonymous_record) = (false, false);
        loop {
            let token = self.peek();
            let none_yet = base.is_none() && words.texts.is_empty();
            if token.text == "..." && storage == Some(Storage::Typedef) && base.is_none() {
                self.at += 1;
                base = Some(Base::Open(self.open(&words, token)?));
                words.texts.clear();
                continue;
            }
            if token.kind != TokenKind::Word {
                break;
            }
            match token.text {
                "typedef" | "extern" | "static" => {
                    let class = match token.text {
                        "typedef" => Storage::Typedef,
                        "extern" => Storage::Extern,
                        _ => Storage::Static,
                    };
                    if storage.is_some() {
                        return Err(self.fail(token, ErrorKind::StorageClass));
                    }
                    storage = Some(class);
                    self.at += 1;
                }
                text if is_const(text) => {
                    constant = true;
                    self.at += 1;
                }
                "inline" | "__inline" | "__inline__" | "_Noreturn" | "register" => self.at += 1,
                text if is_qualifier(text) => self.at += 1,
                "struct" | "union" if none_yet => {
                    let name = self.typedef_name(storage);
                    let (ty, anonymous) = self.record(name)?;
                    base = Some(Base::Type(ty));
                    (tagged, anonymous_record) = (true, anonymous);
                }
                "void" if none_yet => {
                    base = Some(Base::Type(Qualified::plain(
                        self.declarations.types.intern(Type::Void),
                    )));
                    self.at += 1;
                }
                "enum" if none_yet => {
                    let name = self.typedef_name(storage);
                    base = Some(Base::Type(self.enumeration(name)?));
                    tagged = true;
                }
                text => {
                    if let Some(word) = type_word(text) {
                        if base.is_some() {
                            return Err(self.unexpected("a name"));
                        }
                        words.texts.push(word);
                        self.at += 1;
                    } else if none_yet && !self.hidden.contains(&text) {
                        let Some(ty) = self.declarations.named_type(text) else { break };
                        base = Some(Base::Type(ty));
                        self.at += 1;
                    } else {
                        break;
                    }
                }
            }
        }
        let mut base = match base {
            Some(base) => base,
            None if words.texts.is_empty() => return Err(self.no_type()),
            None => {
                let primitive = words.primitive().map_err(|kind| self.fail(start, kind))?;
                Base::Type(Qualified::plain(self.declarations.primitive(primitive)))
            }
        };
        if let Base::Type(ty) = &mut base {
            ty.constant |= constant;
        }
        Ok(Specifiers { storage, base, tagged, anonymous_record, start })
    }

    /// The error for a place where a type should be.
    fn no_type(&self) -> crate::Error {
        let token = self.peek();
        let kind = if let Some(kind) = self.unsupported(token) {
            kind
        } else if token.kind != TokenKind::Word {
            return self.unexpected("a type");
        } else if matches!(self.ahead(1).text, "(" | "=" | "[") {
            ErrorKind::MissingType(token.describe())
        } else if let Some(tag) = self.declarations.tags.get(token.text) {
            let keyword = match tag {
                Tag::Record(id) => self.declarations.record(*id).kind.keyword(),
                Tag::Enum(_) => "enum",
            };
            ErrorKind::UnknownTypeTag { keyword, name: token.text.to_owned() }
        } else if self.includes {
            ErrorKind::UnknownTypeInclude(token.text.to_owned())
        } else {
            ErrorKind::UnknownType(token.text.to_owned())
        };
        self.fail(token, kind)
    }

    fn open(&self, words: &Words<'_>, dots: Token<'_>) -> Result<Open> {
        if words.texts.is_empty() {
            return Ok(Open::Opaque);
        }
        match words.primitive() {
            Ok(Primitive::Float | Primitive::Double) => Ok(Open::Float),
            Ok(primitive) if primitive.is_integer() && primitive != Primitive::Bool => {
                Ok(Open::Integer)
            }
            _ => {
                let hint = "only after an integer type, `float` or `double`";
                Err(self.fail(dots, ErrorKind::Dots(hint)))
            }
        }
    }

    /// The name that a typedef gives to a type without a tag: `point_t` in
    /// `typedef struct { … } point_t`. It is needed before the braces are read, for CFFI numbers
    /// the types without any name in the order of their start.
    fn typedef_name(&self, storage: Option<Storage>) -> Option<&'a str> {
        if storage != Some(Storage::Typedef) || self.ahead(1).text != "{" || self.depth > 0 {
            return None;
        }
        let mut ahead = 1;
        let mut depth = 0_usize;
        loop {
            match self.ahead(ahead) {
                Token { kind: TokenKind::End, .. } => return None,
                Token { text: "{", .. } => depth += 1,
                Token { text: "}", .. } => depth -= 1,
                _ => {}
            }
            ahead += 1;
            if depth == 0 {
                break;
            }
        }
        while is_qualifier(self.ahead(ahead).text) {
            ahead += 1;
        }
        let (name, behind) = (self.ahead(ahead), self.ahead(ahead + 1).text);
        (name.kind == TokenKind::Word && matches!(behind, ";" | ",")).then_some(name.text)
    }
}
