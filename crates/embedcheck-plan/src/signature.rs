//! C function signatures, as far as plans can call them.

use std::fmt;

/// Most arguments of a call.
pub(crate) const MAX_ARGUMENTS: usize = 6;

/// A C type, one letter in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `v`: no result.
    Void,
    /// `i`: `int`.
    Int,
    /// `l`: `long`.
    Long,
    /// `d`: `double`.
    Double,
    /// `p`: any pointer.
    Pointer,
    /// `s`: `char *` to a string.
    String,
}

impl Kind {
    /// Every kind with its letter.
    pub const ALL: [(Self, char); 6] = [
        (Self::Void, 'v'),
        (Self::Int, 'i'),
        (Self::Long, 'l'),
        (Self::Double, 'd'),
        (Self::Pointer, 'p'),
        (Self::String, 's'),
    ];

    fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, l)| *l == letter).map(|(kind, _)| kind)
    }

    /// The letter that stands for the type in a plan.
    pub fn letter(self) -> char {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or('v', |(_, letter)| letter)
    }
}

/// Result and argument types of a C function: `i(ii)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Type of the result.
    pub result: Kind,
    /// Types of the arguments, at most six, never [`Kind::Void`].
    pub arguments: Vec<Kind>,
}

impl Signature {
    /// Reads `R(AAA)`; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_suffix(')').and_then(|text| text.split_once('('));
        let Some((result, arguments)) = inner else {
            return Err(format!("a signature looks like i(ii), not {text:?}"));
        };
        let mut letters = result.chars();
        let result = match (letters.next().and_then(Kind::from_letter), letters.next()) {
            (Some(kind), None) => kind,
            _ => return Err(format!("unknown result type {result:?}: one of v i l d p s")),
        };
        let mut kinds = Vec::new();
        for letter in arguments.chars() {
            match Kind::from_letter(letter) {
                Some(kind) if kind != Kind::Void => kinds.push(kind),
                _ => return Err(format!("unknown argument type {letter:?}: one of i l d p s")),
            }
        }
        if kinds.len() > MAX_ARGUMENTS {
            return Err(format!("{} arguments, at most {MAX_ARGUMENTS} are possible", kinds.len()));
        }
        Ok(Self { result, arguments: kinds })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.result.letter())?;
        for kind in &self.arguments {
            write!(f, "{}", kind.letter())?;
        }
        f.write_str(")")
    }
}
