//! The flags of `dlopen`.

use std::fmt;
use std::ops::BitOr;

/// A set of `dlopen(3)` flags, by name: the numbers belong to the platform, not to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Flags(u8);

impl Flags {
    /// Bind functions at their first call.
    pub const LAZY: Self = Self(1);
    /// Bind every function before `dlopen` returns.
    pub const NOW: Self = Self(2);
    /// Symbols serve only the library's own closure: the default of `dlopen`.
    pub const LOCAL: Self = Self(4);
    /// Symbols join the global scope.
    pub const GLOBAL: Self = Self(8);
    /// Do not load; succeeds only if the library is loaded already.
    pub const NOLOAD: Self = Self(16);
    /// Never unmap.
    pub const NODELETE: Self = Self(32);
    /// The library looks into itself before the global scope.
    pub const DEEPBIND: Self = Self(64);

    /// Every flag with its name in a plan, in the order in which they are written.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::LAZY, "LAZY"),
        (Self::NOW, "NOW"),
        (Self::LOCAL, "LOCAL"),
        (Self::GLOBAL, "GLOBAL"),
        (Self::NOLOAD, "NOLOAD"),
        (Self::NODELETE, "NODELETE"),
        (Self::DEEPBIND, "DEEPBIND"),
    ];

    /// Reads `NOW|LOCAL`; `None` on an unknown or repeated name.
    pub fn parse(text: &str) -> Option<Self> {
        let mut flags = Self::default();
        for word in text.split('|') {
            let (flag, _) = Self::ALL.into_iter().find(|(_, name)| *name == word)?;
            if flags.contains(flag) {
                return None;
            }
            flags = flags | flag;
        }
        Some(flags)
    }

    /// Both sets together, in a constant.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every flag of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (flag, name) in Self::ALL {
            if self.contains(flag) {
                if !first {
                    f.write_str("|")?;
                }
                first = false;
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}
