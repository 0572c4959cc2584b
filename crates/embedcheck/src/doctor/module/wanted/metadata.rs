//! What a distribution says about itself: `METADATA`, `PKG-INFO`, `requires.txt`.

use super::marker::Marker;
use super::requirement::Requirement;

/// The fields that matter here.
/// <https://packaging.python.org/en/latest/specifications/core-metadata/>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) requires: Vec<Requirement>,
}

impl Metadata {
    /// From the headers of the text; the body, which is the description, is not looked at.
    pub(super) fn parse(text: &str) -> Self {
        let mut metadata = Self::default();
        for (field, value) in headers(text) {
            match field.to_ascii_lowercase().as_str() {
                "name" => metadata.name = some(&value),
                "version" => metadata.version = some(&value),
                "requires-dist" => metadata.requires.extend(Requirement::parse(&value)),
                _ => {}
            }
        }
        metadata
    }
}

fn some(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// Names and values up to the first empty line; a line that begins with a blank goes on with the value before it, also one
/// of nothing but blanks: so the paragraphs of a license stand in a header.
fn headers(text: &str) -> Vec<(&str, String)> {
    let mut headers: Vec<(&str, String)> = Vec::new();
    for line in text.lines().take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((field, value)) = line.split_once(':') {
            headers.push((field.trim(), value.trim().to_owned()));
        }
    }
    headers
}

/// The dependencies in the `requires.txt` of an `egg-info`: `[extra:marker]` begins a section.
pub(super) fn requires_txt(text: &str) -> Vec<Requirement> {
    let mut conditions: Vec<Marker> = Vec::new();
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let (extra, marker) = section.split_once(':').unwrap_or((section, ""));
            conditions.clear();
            if !extra.is_empty() {
                conditions.push(Marker::extra(extra));
            }
            conditions.extend(Marker::parse(marker));
        } else if let Some(requirement) = Requirement::parse(line) {
            found.push(conditions.iter().cloned().fold(requirement, Requirement::only_if));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::marker::Setting;
    use super::super::requirement::Applies;
    use super::*;

    #[test]
    fn only_the_headers_count() {
        let metadata = Metadata::parse(
            "Metadata-Version: 2.1\nName: PyMySQL\nVersion: 1.1.1\nKeywords: a,\n  Requires-Dist: no\n\
             Requires-Dist: cryptography ; extra == 'rsa'\n\nRequires-Dist: of-the-description\n",
        );
        assert_eq!(metadata.name.as_deref(), Some("PyMySQL"));
        assert_eq!(metadata.version.as_deref(), Some("1.1.1"));
        let names: Vec<_> = metadata.requires.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["cryptography"]);
    }

    #[test]
    fn a_license_with_paragraphs_ends_no_headers() {
        let metadata = Metadata::parse(
            "Name: scipy\nLicense: All rights reserved.\n        \n        1. Redistributions\n\
             Requires-Dist: numpy<2.8\n\r\nRequires-Dist: of-the-description\n",
        );
        let names: Vec<_> = metadata.requires.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["numpy"]);
    }

    #[test]
    fn sections_are_conditions() {
        let setting = Setting::of((3, 12), "x86_64");
        let found = requires_txt(
            "cffi>=1.12\n\n[ssh]\nbcrypt\n\n[:python_version < '3.0']\nenum34\n[test:os_name == 'posix']\npytest\n",
        );
        let found: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.applies(&setting))).collect();
        let with = |extra: &str| Applies::With(extra.to_owned());
        assert_eq!(
            found,
            [
                ("cffi", Applies::Always),
                ("bcrypt", with("ssh")),
                ("enum34", Applies::Never),
                ("pytest", with("test"))
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>(), lines in "([A-Za-z-]{0,14}:? ?[ -~]{0,20}\n){0,8}") {
            for text in [text, lines] {
                Metadata::parse(&text);
                requires_txt(&text);
            }
        }
    }
}
