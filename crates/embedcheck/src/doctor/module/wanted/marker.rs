//! Environment markers: `python_version < "3.13" and extra == "ssh"`.

use std::collections::BTreeSet;

/// A condition. What it says about a setting may be unknown: `platform_release` of a machine that is
/// not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    All(Vec<Marker>),
    Any(Vec<Marker>),
    Compare { left: Operand, operator: Operator, right: Operand },
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Variable(String),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Compatible,
    In,
    NotIn,
}

/// The longest first: `<=` begins with `<`.
const OPERATORS: [(&str, Operator); 8] = [
    ("===", Operator::Equal),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("~=", Operator::Compatible),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// The Python for which dependencies are looked at: CPython on Linux.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// `3.12`.
    version: String,
    /// `x86_64`.
    machine: String,
}

impl Setting {
    pub(super) fn of(version: (u32, u32), machine: &str) -> Self {
        Self { version: format!("{}.{}", version.0, version.1), machine: machine.to_owned() }
    }

    /// The value of a variable; `None`: not known.
    fn value<'a>(&'a self, variable: &str, extra: &'a str) -> Option<&'a str> {
        Some(match variable {
            "python_version" => &self.version,
            "os_name" => "posix",
            "sys_platform" => "linux",
            "platform_system" => "Linux",
            "platform_machine" => &self.machine,
            "platform_python_implementation" | "python_implementation" => "CPython",
            "implementation_name" => "cpython",
            "extra" => extra,
            // Patch releases, kernels and what a later standard adds: nothing that decides on whether
            // a module is wanted.
            _ => return None,
        })
    }
}

/// Brackets within brackets; nobody writes that many, and each is a call.
const DEEPEST: u32 = 30;

impl Marker {
    /// `None`: empty, or not to be understood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text.trim() };
        let marker = reader.any(0)?;
        reader.rest.is_empty().then_some(marker)
    }

    /// `extra == "…"`.
    pub(super) fn extra(name: &str) -> Self {
        Self::Compare {
            left: Operand::Variable("extra".to_owned()),
            operator: Operator::Equal,
            right: Operand::Text(name.to_owned()),
        }
    }

    /// Whether it holds when this extra was asked for; `None`: not known.
    pub(super) fn holds(&self, setting: &Setting, extra: &str) -> Option<bool> {
        match self {
            Self::All(parts) => decide(parts, setting, extra, false),
            Self::Any(parts) => decide(parts, setting, extra, true),
            Self::Compare { left, operator, right } => {
                let value = |operand: &Operand| match operand {
                    Operand::Text(text) => Some(text.clone()),
                    Operand::Variable(name) => setting.value(name, extra).map(str::to_owned),
                };
                let versions = [left, right].iter().any(|operand| {
                    matches!(operand, Operand::Variable(name) if name == "python_version")
                });
                Some(compare(&value(left)?, *operator, &value(right)?, versions))
            }
        }
    }

    /// The extras that it speaks of.
    pub(super) fn extras(&self) -> BTreeSet<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::extras).collect(),
            Self::Compare { left, right, .. } => match (left, right) {
                (Operand::Variable(name), Operand::Text(text))
                | (Operand::Text(text), Operand::Variable(name))
                    if name == "extra" =>
                {
                    BTreeSet::from([text.as_str()])
                }
                _ => BTreeSet::new(),
            },
        }
    }
}

/// `decisive` is the value that a single part gives to the whole.
fn decide(parts: &[Marker], setting: &Setting, extra: &str, decisive: bool) -> Option<bool> {
    let mut known = Some(!decisive);
    for part in parts {
        match part.holds(setting, extra) {
            Some(value) if value == decisive => return Some(decisive),
            Some(_) => {}
            None => known = None,
        }
    }
    known
}

fn compare(left: &str, operator: Operator, right: &str, versions: bool) -> bool {
    match operator {
        Operator::In => return right.contains(left),
        Operator::NotIn => return !right.contains(left),
        _ => {}
    }
    if !versions {
        let same = left == right;
        return match operator {
            Operator::NotEqual => !same,
            Operator::Less => left < right,
            Operator::Greater => left > right,
            Operator::LessOrEqual => left <= right,
            Operator::GreaterOrEqual => left >= right,
            _ => same,
        };
    }
    let prefix = right.strip_suffix(".*");
    let (own, other) = (release(left), release(prefix.unwrap_or(right)));
    let begins_like = own.starts_with(&other);
    let (padded_own, padded_other) = padded(own, other.clone());
    match operator {
        Operator::Equal if prefix.is_some() => begins_like,
        Operator::NotEqual if prefix.is_some() => !begins_like,
        Operator::NotEqual => padded_own != padded_other,
        Operator::Less => padded_own < padded_other,
        Operator::Greater => padded_own > padded_other,
        Operator::LessOrEqual => padded_own <= padded_other,
        Operator::GreaterOrEqual => padded_own >= padded_other,
        Operator::Compatible => {
            let series = &other[..other.len().saturating_sub(1)];
            padded_own >= padded_other && padded_own.starts_with(series)
        }
        _ => padded_own == padded_other,
    }
}

/// The numbers of a version up to the first part that is none.
fn release(version: &str) -> Vec<u64> {
    version.split('.').map_while(|part| part.trim().parse().ok()).collect()
}

/// `3.12` and `3.12.0` are one version.
fn padded(mut one: Vec<u64>, mut other: Vec<u64>) -> (Vec<u64>, Vec<u64>) {
    let length = one.len().max(other.len());
    one.resize(length, 0);
    other.resize(length, 0);
    (one, other)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn any(&mut self, depth: u32) -> Option<Marker> {
        let mut parts = vec![self.all(depth)?];
        while self.word("or") {
            parts.push(self.all(depth)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Marker::Any(parts) })
    }

    fn all(&mut self, depth: u32) -> Option<Marker> {
        let mut parts = vec![self.one(depth)?];
        while self.word("and") {
            parts.push(self.one(depth)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Marker::All(parts) })
    }

    fn one(&mut self, depth: u32) -> Option<Marker> {
        if self.symbol("(") {
            let inner = if depth < DEEPEST { self.any(depth + 1)? } else { return None };
            return self.symbol(")").then_some(inner);
        }
        let left = self.operand()?;
        let operator = self.operator()?;
        let right = self.operand()?;
        Some(Marker::Compare { left, operator, right })
    }

    fn operator(&mut self) -> Option<Operator> {
        for (text, operator) in OPERATORS {
            if self.symbol(text) {
                return Some(operator);
            }
        }
        if self.word("in") {
            return Some(Operator::In);
        }
        (self.word("not") && self.word("in")).then_some(Operator::NotIn)
    }

    fn operand(&mut self) -> Option<Operand> {
        let quote = self.rest.chars().next()?;
        if matches!(quote, '"' | '\'') {
            let (text, rest) = self.rest[1..].split_once(quote)?;
            self.rest = rest.trim_start();
            return Some(Operand::Text(text.to_owned()));
        }
        let name = self.take_word();
        // Before the standard, `os.name` was written like that.
        (!name.is_empty()).then(|| Operand::Variable(name.replace('.', "_")))
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let before = self.rest;
        if self.take_word() == word {
            return true;
        }
        self.rest = before;
        false
    }

    fn take_word(&mut self) -> &'a str {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        word
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(text: &str) -> Option<bool> {
        let marker = Marker::parse(text).unwrap_or_else(|| panic!("{text} cannot be read"));
        marker.holds(&Setting::of((3, 12), "x86_64"), "rsa")
    }

    #[test]
    fn versions_are_no_strings() {
        assert_eq!(holds("python_version >= '3.9'"), Some(true));
        assert_eq!(holds("'3.9' <= python_version"), Some(true));
        assert_eq!(holds("python_version < '3.12.1'"), Some(true));
        assert_eq!(holds("python_version == '3.*'"), Some(true));
        assert_eq!(holds("python_version != '3.12.0'"), Some(false));
        assert_eq!(holds("python_version ~= '3.8'"), Some(true));
        assert_eq!(holds("python_version ~= '2.7'"), Some(false));
        assert_eq!(holds("python_version in '2.7 3.12'"), Some(true));
        assert_eq!(holds("python_version not in '2.7, 3.1'"), Some(true));
    }

    #[test]
    fn what_is_not_known_spoils_only_what_depends_on_it() {
        assert_eq!(holds("platform_release == '6'"), None);
        assert_eq!(holds("platform_release == '6' or extra == 'rsa'"), Some(true));
        assert_eq!(holds("platform_release == '6' and extra == 'x'"), Some(false));
        assert_eq!(holds("platform_release == '6' and extra == 'rsa'"), None);
    }

    #[test]
    fn brackets_bind_and_and_binds_before_or() {
        assert_eq!(
            holds("os_name == 'nt' and extra == 'rsa' or sys_platform == 'linux'"),
            Some(true)
        );
        assert_eq!(
            holds("os_name == 'nt' and (extra == 'rsa' or sys_platform == 'linux')"),
            Some(false)
        );
        assert_eq!(holds("os.name == 'posix'"), Some(true));
    }

    #[test]
    fn what_is_no_marker_is_none() {
        for text in
            ["", "extra", "extra ==", "extra == rsa)", "(extra == 'a'", "'a' = 'b'", "extra == 'a"]
        {
            assert_eq!(Marker::parse(text), None, "{text:?}");
        }
        assert_eq!(Marker::parse(&"(".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            if let Some(marker) = Marker::parse(&text) {
                marker.holds(&Setting::of((3, 12), "x86_64"), "");
            }
        }

        #[test]
        fn a_text_like_a_marker_is_taken(
            words in prop::collection::vec(prop::sample::select(vec![
                "extra", "python_version", "'3.1'", "\"\"", "'3.*'", "(", ")", "and", "or", "not", "in", "==", "~=", "<", "'",
            ]), 0..12)
        ) {
            if let Some(marker) = Marker::parse(&words.join(" ")) {
                marker.holds(&Setting::of((3, 12), "x86_64"), "a");
                marker.extras();
            }
        }
    }
}
