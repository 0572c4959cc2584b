//! What the machine's distribution says about itself, see os-release(5).

use std::fs;

/// What `os-release` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Distribution {
    text: String,
}

impl Distribution {
    /// Of this machine; empty if it has none.
    pub(crate) fn here() -> Self {
        let files = ["/etc/os-release", "/usr/lib/os-release"];
        let text = files.iter().find_map(|file| fs::read_to_string(file).ok());
        Self { text: text.unwrap_or_default() }
    }

    /// From the contents of the file.
    #[cfg(test)]
    pub(crate) fn parse(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// `ID` and then each word of `ID_LIKE`.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        let values = [self.value("ID"), self.value("ID_LIKE")];
        values.into_iter().flatten().flat_map(str::split_whitespace)
    }

    /// Whether it is one of these, or like one of these.
    pub(crate) fn is_like(&self, names: &[&str]) -> bool {
        self.ids().any(|id| names.contains(&id))
    }

    /// `PRETTY_NAME`: for people.
    pub(crate) fn pretty_name(&self) -> Option<&str> {
        self.value("PRETTY_NAME")
    }

    fn value(&self, key: &str) -> Option<&str> {
        let mut lines = self.text.lines();
        let value = lines.find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))?;
        Some(value.trim_matches(['"', '\'']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unquoted_and_split() {
        let mint = Distribution::parse(
            "PRETTY_NAME=\"Linux Mint 22\"\nID=linuxmint\nID_LIKE='ubuntu debian'\n",
        );
        assert_eq!(mint.ids().collect::<Vec<_>>(), ["linuxmint", "ubuntu", "debian"]);
        assert!(mint.is_like(&["suse", "debian"]) && !mint.is_like(&["suse"]));
        assert_eq!(mint.pretty_name(), Some("Linux Mint 22"));
    }

    #[test]
    fn one_key_is_not_taken_for_another() {
        let release = Distribution::parse("ID_LIKE=\"rhel fedora\"\nID=\"rocky\"\n");
        assert_eq!(release.ids().next(), Some("rocky"));
        assert_eq!(release.pretty_name(), None);
        assert_eq!(Distribution::default().ids().count(), 0);
    }
}
