//! The ways of making a DLL that are measured.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who made a DLL that is measured. All make it of the same header and the same Python code.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Producer {
    /// The functions in plain C, without any Python: zero.
    Plain,
    /// The C API by hand, as fast as it goes: a kept thread state and vectorcall, nothing checked.
    Limit,
    /// The C API as people write it: `PyGILState_Ensure` and `PyGILState_Release` around
    /// `PyObject_CallFunction`.
    Naive,
    /// CFFI's embedding mode.
    Cffi,
    /// embed-dll.
    Rust,
    /// PyO3: a `cdylib` with `auto-initialize` that calls within `Python::attach`.
    Pyo3,
}

impl Producer {
    /// All, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Plain, Self::Limit, Self::Naive, Self::Cffi, Self::Rust, Self::Pyo3];

    /// The word in reports and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Limit => "limit",
            Self::Naive => "naive",
            Self::Cffi => "cffi",
            Self::Rust => "rust",
            Self::Pyo3 => "pyo3",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Plain => "a C function without Python: zero",
            Self::Limit => "the C API by hand: kept thread state, vectorcall, nothing checked",
            Self::Naive => "PyGILState_Ensure/Release around PyObject_CallFunction",
            Self::Cffi => "CFFI's embedding mode",
            Self::Rust => "embed-dll",
            Self::Pyo3 => "PyO3, a cdylib with auto-initialize and Python::attach",
        }
    }

    /// Whether a call of its DLL is a call of Python.
    #[must_use]
    pub fn is_python(self) -> bool {
        self != Self::Plain
    }
}

impl fmt::Display for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Producer {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|producer| producer.word() == word).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|producer| producer.word()).collect();
            format!("{word:?} is no producer; there are {}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_json_form() {
        for producer in Producer::ALL {
            assert_eq!(producer.word().parse(), Ok(producer));
            let json = serde_json::to_string(&producer).unwrap();
            assert_eq!(json, format!("\"{}\"", producer.word()));
        }
        assert!("probe".parse::<Producer>().unwrap_err().contains("plain, limit"));
    }
}
