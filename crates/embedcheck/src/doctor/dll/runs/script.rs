//! Python code that runs in a host, and what it tells.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::facts::{Backend, Interpreter};

/// Defines `report(to)`, which writes what [`read`] reads. For every Python since 2.7.
const REPORT: &str = include_str!("inside.py");
/// Defines `load(name, path)`.
const LOAD: &str = include_str!("load.py");

/// Imports a module from its file.
pub(super) fn load(name: &str, dll: &Path) -> String {
    let (name, dll) = (literal(name.as_bytes()), literal(dll.as_os_str().as_bytes()));
    format!("{LOAD}\nload({name}, {dll})\n")
}

/// Writes down what the interpreter is like.
pub(super) fn report(to: &Path) -> String {
    format!("{REPORT}\nreport({})\n", literal(to.as_os_str().as_bytes()))
}

/// Bytes in Python, of any version, in ASCII: a path need not be text in any encoding.
fn literal(bytes: &[u8]) -> String {
    let mut literal = "b'".to_owned();
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => literal.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => literal.push(char::from(*byte)),
            byte => literal.push_str(&format!("\\x{byte:02x}")),
        }
    }
    literal.push('\'');
    literal
}

/// What [`report`] wrote. `given` are folders and files that the interpreter was told of.
pub(super) fn read(text: &str, given: &[String]) -> Interpreter {
    let of = |key: &'static str| {
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.filter(move |(name, _)| *name == key).map(|(_, value)| value.to_owned())
    };
    let first = |key| of(key).next().unwrap_or_default();
    let path: Vec<_> = of("path").collect();
    let is_site = |entry: &&String| entry.ends_with("-packages") || entry.contains("-packages/");
    let site_packages: Vec<String> = path.iter().filter(is_site).cloned().collect();
    let prefix = first("prefix");
    let below =
        |file: &str, folder: &str| !folder.is_empty() && Path::new(file).starts_with(folder);
    let backend = of("backend").next().map(|file| Backend {
        expected: file.is_empty()
            || below(&file, &prefix)
            || given.iter().chain(&site_packages).any(|folder| below(&file, folder)),
        version: first("version"),
        file,
    });
    Interpreter { executable: first("executable"), path, site_packages, backend, prefix }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read() {
        let text = "prefix /opt/py\nexecutable \npath /opt/py/lib/python3.12\n\
                    path /opt/py/lib/python3.12/site-packages\nbackend /else/where/_cffi_backend.so\nversion 1.17\n";
        let seen = read(text, &[]);
        assert_eq!(seen.site_packages, ["/opt/py/lib/python3.12/site-packages"]);
        assert_eq!((seen.path.len(), &*seen.executable), (2, ""));
        let backend = seen.backend.expect("it was loaded");
        assert_eq!((&*backend.version, backend.expected), ("1.17", false));
        let given = read(text, &["/else/where".to_owned()]).backend.expect("it was loaded");
        assert!(given.expected);
        assert_eq!(read("", &[]).backend, None);
    }

    #[test]
    fn any_bytes_are_a_literal() {
        assert_eq!(literal(b"a'b\\\nc\xff"), r"b'a\'b\\\x0ac\xff'");
    }
}
