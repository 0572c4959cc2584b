//! The two kinds of text in a plan: names and byte strings.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// Longest name, in bytes. The C host keeps names in fixed arrays.
pub(crate) const MAX_NAME: usize = 31;

/// Name of a handle, buffer or forked child: `[A-Za-z_][A-Za-z0-9_]*`, at most 31 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// Checks the rules for names; `None` if one is broken.
    pub fn new(text: &str) -> Option<Self> {
        let mut bytes = text.bytes();
        let first = bytes.next()?;
        let good = (first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && text.len() <= MAX_NAME;
        good.then(|| Self(text.to_owned()))
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A C string: bytes without NUL, mostly but not necessarily UTF-8 (paths are bytes on Linux).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Vec<u8>);

impl Text {
    /// `None` if the bytes contain a NUL, where a C string would end.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        (!bytes.contains(&0)).then_some(Self(bytes))
    }

    /// The bytes, without terminating NUL.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For messages: invalid UTF-8 becomes U+FFFD.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for Text {
    /// Everything from the first NUL on is dropped, as C would.
    fn from(text: &str) -> Self {
        Self(text.bytes().take_while(|byte| *byte != 0).collect())
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&Path> for Text {
    fn from(path: &Path) -> Self {
        // A path that came from the operating system holds no NUL.
        Self(path.as_os_str().as_encoded_bytes().iter().copied().take_while(|b| *b != 0).collect())
    }
}

impl From<&std::path::PathBuf> for Text {
    fn from(path: &std::path::PathBuf) -> Self {
        path.as_path().into()
    }
}

impl fmt::Display for Text {
    /// The quoted form of the plan format.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    '\t' => f.write_str("\\t")?,
                    '\r' => f.write_str("\\r")?,
                    c if c.is_ascii_control() => write!(f, "\\x{:02x}", u32::from(c))?,
                    c => write!(f, "{c}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str("\"")
    }
}
