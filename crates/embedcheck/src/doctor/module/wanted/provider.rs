//! Which distribution has a module.

use super::distribution::Installed;
use super::requirement::normalized;
use crate::doctor::module::known;

/// By what a distribution on the path lists, or else by the name of one that is there or wanted, or else by
/// what is known of the module.
pub(super) fn provider_of(module: &str, installed: &[Installed]) -> Option<String> {
    if let Some(one) = installed.iter().find(|one| one.provides(module)) {
        return Some(one.name.clone());
    }
    let top = normalized(module.split('.').next().unwrap_or_default());
    let same = installed.iter().find(|one| one.key == top);
    let wanted = || {
        let mut all = installed.iter().flat_map(|one| &one.requires);
        all.find(|requirement| normalized(&requirement.name) == top)
    };
    let named = same.map(|one| one.name.clone()).or_else(|| Some(wanted()?.name.clone()));
    named.or_else(|| known::distribution(&module.split('.').collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::super::requirement::Requirement;
    use super::*;
    use crate::doctor::module::Origin;

    fn installed(name: &str, modules: &[&str], requires: &[&str]) -> Installed {
        Installed {
            name: name.to_owned(),
            key: normalized(name),
            version: None,
            requires: requires.iter().map(|text| Requirement::parse(text).unwrap()).collect(),
            entry: String::new(),
            folder: None,
            origin: Origin::Other,
            modules: modules.iter().map(|name| (*name).to_owned()).collect(),
            extensions: Vec::new(),
        }
    }

    #[test]
    fn a_list_is_better_than_a_name() {
        let both =
            [installed("cffi", &[], &[]), installed("cffi-backend", &["_cffi_backend"], &[])];
        assert_eq!(provider_of("_cffi_backend", &both).as_deref(), Some("cffi-backend"));
        assert_eq!(provider_of("_cffi_backend", &both[..1]).as_deref(), Some("cffi"));
        assert_eq!(provider_of("cffi.api", &both[..1]).as_deref(), Some("cffi"));
    }

    #[test]
    fn what_is_only_wanted_has_a_name_too() {
        let one = [installed("a", &[], &["Some_Thing>=1"])];
        assert_eq!(provider_of("some_thing.x", &one).as_deref(), Some("Some_Thing"));
        assert_eq!(provider_of("other", &one), None);
        assert_eq!(provider_of("yaml.x", &one).as_deref(), Some("PyYAML"));
        assert_eq!(provider_of("yamlx", &one), None);
        assert_eq!(provider_of("_cffi_backend", &[]).as_deref(), Some("cffi"));
    }
}
