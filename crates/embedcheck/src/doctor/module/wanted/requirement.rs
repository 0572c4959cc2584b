//! One dependency of a distribution: `cffi >=1.12 ; python_version < "3.13" and extra == "ssh"`.

use super::marker::{Marker, Setting};

/// A dependency specifier, as far as the doctor needs it.
/// <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    /// As written.
    pub(super) name: String,
    /// What stands between the name and the marker, blanks at the ends removed: `[rsa] >=1.12`.
    pub(super) rest: String,
    /// When it applies; `None`: always. A marker that cannot be read counts as none, because the
    /// doctor would rather name one chain too many.
    pub(super) marker: Option<Marker>,
}

/// Whether a dependency counts in a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Applies {
    Always,
    /// If this extra of the distribution was asked for.
    With(String),
    Never,
}

impl Requirement {
    /// `None`: the text names no distribution.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins_well {
            return None;
        }
        // A URL may hold a semicolon: then only one after a blank begins the marker.
        let rest = rest.trim();
        let cut = if rest.contains('@') { rest.find(" ;") } else { rest.find(';') };
        let (rest, marker) = match cut {
            Some(cut) => (&rest[..cut], rest[cut..].trim_start_matches([' ', ';'])),
            None => (rest, ""),
        };
        let rest = rest.trim();
        // Older tools wrote `cffi (>=1.12)`.
        let rest = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
        Some(Self {
            name: name.to_owned(),
            rest: rest.trim().to_owned(),
            marker: Marker::parse(marker),
        })
    }

    /// The same with a condition more, as the sections of an `egg-info` have it.
    pub(super) fn only_if(mut self, condition: Marker) -> Self {
        self.marker = Some(match self.marker.take() {
            Some(own) => Marker::All(vec![condition, own]),
            None => condition,
        });
        self
    }

    pub(super) fn applies(&self, setting: &Setting) -> Applies {
        let Some(marker) = &self.marker else { return Applies::Always };
        // What cannot be decided counts as true.
        let holds = |extra: &str| marker.holds(setting, extra).unwrap_or(true);
        if holds("") {
            return Applies::Always;
        }
        let with = marker.extras().into_iter().find(|extra| holds(extra));
        with.map_or(Applies::Never, |extra| Applies::With(extra.to_owned()))
    }

    /// The name and what versions are wanted.
    pub(super) fn text(&self) -> String {
        match self.rest.as_str() {
            "" => self.name.clone(),
            rest if rest.starts_with('[') => format!("{}{rest}", self.name),
            rest => format!("{} {rest}", self.name),
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// The form in which names of distributions are compared.
/// <https://packaging.python.org/en/latest/specifications/name-normalization/>
pub(super) fn normalized(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if !matches!(c, '-' | '_' | '.') {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn applies(text: &str) -> Applies {
        Requirement::parse(text).unwrap().applies(&Setting::of((3, 12), "x86_64"))
    }

    #[test]
    fn real_dependencies() {
        let rsa = Requirement::parse("cryptography ; extra == 'rsa'").unwrap();
        assert_eq!((rsa.name.as_str(), rsa.text().as_str()), ("cryptography", "cryptography"));
        assert_eq!(applies("cryptography ; extra == 'rsa'"), Applies::With("rsa".into()));
        assert_eq!(applies("cffi>=1.12"), Applies::Always);
        assert_eq!(
            applies("cffi (>=1.12) ; platform_python_implementation != 'PyPy'"),
            Applies::Always
        );
        assert_eq!(applies("tomli>=1.1.0; python_version < \"3.11\""), Applies::Never);
        assert_eq!(
            applies("x; python_version >= '3.8' and (extra == 'a' or extra == 'b')"),
            Applies::With("a".into())
        );
        assert_eq!(Requirement::parse("cffi (>=1.12)").unwrap().text(), "cffi >=1.12");
        assert_eq!(Requirement::parse("urllib3[socks]>=2").unwrap().text(), "urllib3[socks]>=2");
    }

    #[test]
    fn a_url_may_hold_a_semicolon() {
        let at = Requirement::parse("pip @ https://e.org/a;b.whl ; os_name == 'nt'").unwrap();
        assert_eq!(at.rest, "@ https://e.org/a;b.whl");
        assert_eq!(at.applies(&Setting::of((3, 12), "x86_64")), Applies::Never);
    }

    #[test]
    fn what_names_nothing_is_none() {
        for text in ["", " ", ">=1", "[x]", "; extra == 'a'", "-e .", "\u{e9}"] {
            assert_eq!(Requirement::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_marker_that_cannot_be_read_hides_nothing() {
        assert_eq!(applies("x; extra === rsa ("), Applies::Always);
    }

    #[test]
    fn names_are_compared_as_the_index_does() {
        assert_eq!(normalized("Zope.Interface__x"), "zope-interface-x");
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            if let Some(requirement) = Requirement::parse(&text) {
                requirement.applies(&Setting::of((3, 12), "x86_64"));
                prop_assert!(text.contains(&requirement.name));
            }
        }

        #[test]
        fn a_text_like_a_dependency_is_taken(
            text in r#"[a-zA-Z][\w.-]{0,6}(\[[a-z,]{0,5}\])?( ?[<>=~!]{0,3} ?[\d.*]{0,5})?(; ?(extra|python_version|"[^"]{0,3}"| and | or |not in|==|[()<'"])*)?"#
        ) {
            if let Some(requirement) = Requirement::parse(&text) {
                requirement.applies(&Setting::of((3, 12), "x86_64"));
            }
        }
    }
}
