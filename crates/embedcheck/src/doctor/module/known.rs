//! Names that nothing on the machine tells: which distribution has a module, which package has a library.

/// Modules whose distribution on the package index has another name.
const DISTRIBUTIONS: &[(&str, &str)] = &[
    ("Crypto", "pycryptodome"),
    ("MySQLdb", "mysqlclient"),
    ("OpenSSL", "pyOpenSSL"),
    ("PIL", "Pillow"),
    ("_brotli", "Brotli"),
    ("_cffi_backend", "cffi"),
    ("_psycopg", "psycopg2"),
    ("_rust", "cryptography"),
    ("_yaml", "PyYAML"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python"),
    ("google.protobuf", "protobuf"),
    ("nacl", "PyNaCl"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("yaml", "PyYAML"),
    ("zmq", "pyzmq"),
];

/// Packages that distributions share, each below a name of its own: whether the first two parts are the distribution's.
const SHARED: &[(&str, bool)] = &[
    ("azure", false),
    ("backports", true),
    ("google", false),
    ("jaraco", true),
    ("ruamel", true),
    ("zope", true),
];

/// Debian's packages of distributions, by their names in lower case.
const DEBIAN: &[(&str, &str)] = &[
    ("bcrypt", "python3-bcrypt"),
    ("brotli", "python3-brotli"),
    ("cffi", "python3-cffi-backend"),
    ("cryptography", "python3-cryptography"),
    ("lxml", "python3-lxml"),
    ("numpy", "python3-numpy"),
    ("pillow", "python3-pil"),
    ("psycopg2", "python3-psycopg2"),
    ("pynacl", "python3-nacl"),
    ("pyyaml", "python3-yaml"),
    ("pyzmq", "python3-zmq"),
    ("scipy", "python3-scipy"),
];

/// Extension modules of the standard library that a build can lack: the Debian package with the headers that are needed
/// to build them, and Debian's own package if it splits the module off.
const STDLIB: &[(&str, &str, Option<&str>)] = &[
    ("_bz2", "libbz2-dev", None),
    ("_ctypes", "libffi-dev", None),
    ("_curses", "libncurses-dev", None),
    ("_curses_panel", "libncurses-dev", None),
    ("_dbm", "libgdbm-compat-dev", None),
    ("_gdbm", "libgdbm-dev", Some("python3-gdbm")),
    ("_hashlib", "libssl-dev", None),
    ("_lzma", "liblzma-dev", None),
    ("_sqlite3", "libsqlite3-dev", None),
    ("_ssl", "libssl-dev", None),
    ("_tkinter", "tk-dev", Some("python3-tk")),
    ("_uuid", "uuid-dev", None),
    ("_zstd", "libzstd-dev", None),
    ("readline", "libreadline-dev", None),
    ("zlib", "zlib1g-dev", None),
];

/// Extension modules that every build has, or every build for Linux.
const ALWAYS: &[&str] = &[
    "_asyncio",
    "_bisect",
    "_blake2",
    "_codecs_cn",
    "_codecs_hk",
    "_codecs_iso2022",
    "_codecs_jp",
    "_codecs_kr",
    "_codecs_tw",
    "_contextvars",
    "_crypt",
    "_csv",
    "_datetime",
    "_decimal",
    "_elementtree",
    "_heapq",
    "_interpchannels",
    "_interpqueues",
    "_interpreters",
    "_json",
    "_lsprof",
    "_md5",
    "_multibytecodec",
    "_multiprocessing",
    "_opcode",
    "_pickle",
    "_posixshmem",
    "_posixsubprocess",
    "_queue",
    "_random",
    "_sha1",
    "_sha2",
    "_sha256",
    "_sha3",
    "_sha512",
    "_socket",
    "_statistics",
    "_struct",
    "_zoneinfo",
    "array",
    "audioop",
    "binascii",
    "cmath",
    "fcntl",
    "grp",
    "math",
    "mmap",
    "nis",
    "ossaudiodev",
    "parser",
    "pyexpat",
    "resource",
    "select",
    "spwd",
    "syslog",
    "termios",
    "unicodedata",
    "xxlimited",
];

/// Packages of the standard library, of whatever version.
const PACKAGES: &[&str] = &[
    "asyncio",
    "bsddb",
    "collections",
    "compiler",
    "compression",
    "concurrent",
    "ctypes",
    "curses",
    "dbm",
    "distutils",
    "email",
    "encodings",
    "ensurepip",
    "hotshot",
    "html",
    "http",
    "idlelib",
    "importlib",
    "json",
    "lib2to3",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "pydoc_data",
    "pyrepl",
    "re",
    "sqlite3",
    "string",
    "sysconfig",
    "test",
    "tkinter",
    "tomllib",
    "turtledemo",
    "unittest",
    "urllib",
    "venv",
    "wsgiref",
    "xml",
    "xmlrpc",
    "zipfile",
    "zoneinfo",
];

/// Debian's packages of libraries, by SONAME.
const LIBRARIES: &[(&str, &str)] = &[
    ("libbz2.so.1.0", "libbz2-1.0"),
    ("libffi.so.6", "libffi6"),
    ("libffi.so.7", "libffi7"),
    ("libffi.so.8", "libffi8"),
    ("liblzma.so.5", "liblzma5"),
    ("libncursesw.so.6", "libncursesw6"),
    ("libpq.so.5", "libpq5"),
    ("libreadline.so.8", "libreadline8"),
    ("libsqlite3.so.0", "libsqlite3-0"),
    ("libssl.so.3", "libssl3"),
    ("libstdc++.so.6", "libstdc++6"),
    ("libz.so.1", "zlib1g"),
];

fn of<'a>(table: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// The distribution that has a module of this full name, by what is known of it or else by its package; `None` if it
/// cannot be told.
pub(super) fn distribution(parts: &[&str]) -> Option<String> {
    let top = parts.first()?;
    let two = parts.get(..2).map(|two| two.join("."));
    let known = of(DISTRIBUTIONS, top).or_else(|| of(DISTRIBUTIONS, two.as_ref()?));
    if let Some(name) = known {
        return Some(name.to_owned());
    }
    if let Some((_, is_named)) = SHARED.iter().find(|(shared, _)| shared == top) {
        return two
            .filter(|_| *is_named && parts.len() > 2)
            .map(|two| two.replace(['.', '_'], "-"));
    }
    // A package usually has the name of its distribution; a lonely module with an underscore never has.
    (parts.len() > 1 && !top.starts_with('_')).then(|| top.replace('_', "-"))
}

/// Debian's package of a distribution.
pub(super) fn debian_package(distribution: &str) -> Option<&'static str> {
    of(DEBIAN, &distribution.to_ascii_lowercase())
}

/// Debian's package of a library.
pub(super) fn debian_library(soname: &str) -> Option<&'static str> {
    of(LIBRARIES, soname)
}

/// What a module of the standard library is built with: the Debian package of the headers, and its own package.
pub(super) fn headers(module: &str) -> Option<(&'static str, Option<&'static str>)> {
    STDLIB.iter().find(|known| known.0 == module).map(|known| (known.1, known.2))
}

/// Whether a top-level name is an extension module or a package of the standard library, of whatever version.
pub(super) fn is_stdlib(module: &str) -> bool {
    headers(module).is_some() || ALWAYS.contains(&module) || PACKAGES.contains(&module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        for table in [DISTRIBUTIONS, DEBIAN, LIBRARIES] {
            assert!(table.is_sorted_by_key(|(name, _)| *name));
        }
        assert!(ALWAYS.is_sorted() && PACKAGES.is_sorted());
        assert!(SHARED.is_sorted());
        assert!(STDLIB.is_sorted_by_key(|known| known.0));
    }

    #[test]
    fn the_distribution_of_a_module() {
        let of = |name: &str| distribution(&name.split('.').collect::<Vec<_>>());
        assert_eq!(of("_cffi_backend").as_deref(), Some("cffi"));
        assert_eq!(of("numpy.core._multiarray_umath").as_deref(), Some("numpy"));
        assert_eq!(of("charset_normalizer.md").as_deref(), Some("charset-normalizer"));
        assert_eq!(
            of("zope.interface._zope_interface_coptimizations").as_deref(),
            Some("zope-interface")
        );
        assert_eq!(of("google.protobuf.pyext._message").as_deref(), Some("protobuf"));
        // `google` is a distribution of somebody else.
        assert_eq!(of("google.cloud._x"), None);
        assert_eq!(of("_nobody_knows"), None);
        assert_eq!(of("nobody_knows"), None);
    }
}
