//! Which distribution has a module.

use super::distribution::Installed;
use super::requirement::normalized;

/// Top names of modules whose distributions are called something else, for the case that it is not
/// installed anywhere. Each from the `top_level.txt` or `RECORD` of the distribution's wheels.
const KNOWN: &[(&str, &str)] = &[
    ("_cffi_backend", "cffi"),
    ("_yaml", "PyYAML"),
    ("yaml", "PyYAML"),
    ("Crypto", "pycryptodome"),
    ("Cryptodome", "pycryptodomex"),
    ("MySQLdb", "mysqlclient"),
    ("OpenSSL", "pyOpenSSL"),
    ("PIL", "pillow"),
    ("_brotli", "Brotli"),
    ("_argon2_cffi_bindings", "argon2-cffi-bindings"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python"),
    ("google.protobuf", "protobuf"),
    ("nacl", "PyNaCl"),
    ("psycopg2", "psycopg2-binary"),
    ("pydantic_core", "pydantic_core"),
    ("rpds", "rpds-py"),
    ("ruamel", "ruamel.yaml"),
    ("sklearn", "scikit-learn"),
    ("skimage", "scikit-image"),
    ("zmq", "pyzmq"),
];

/// By what a distribution on the path lists, or else by its name, or else from the table; the last two
/// also for what is not on the path.
pub(in crate::doctor::module) fn provider_of(
    module: &str,
    installed: &[Installed],
) -> Option<String> {
    if let Some(one) = installed.iter().find(|one| one.provides(module)) {
        return Some(one.name.clone());
    }
    let is_known = |known: &str| {
        module.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if let Some((_, name)) = KNOWN.iter().find(|(known, _)| is_known(known)) {
        return Some((*name).to_owned());
    }
    let top = normalized(module.split('.').next().unwrap_or_default());
    let same = installed.iter().find(|one| one.key == top);
    let wanted = || {
        let mut all = installed.iter().flat_map(|one| &one.requires);
        all.find(|requirement| normalized(&requirement.name) == top)
    };
    same.map(|one| one.name.clone()).or_else(|| Some(wanted()?.name.clone()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::requirement::Requirement;
    use super::*;
    use crate::doctor::module::Origin;

    fn installed(name: &str, modules: &[&str], requires: &[&str]) -> Installed {
        Installed {
            name: name.to_owned(),
            key: normalized(name),
            version: None,
            requires: requires.iter().map(|text| Requirement::parse(text).unwrap()).collect(),
            metadata: PathBuf::new(),
            entry: PathBuf::new(),
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
    }
}
