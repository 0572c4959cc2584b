//! Where the fields of `PyPreConfig` and `PyConfig` are, for each version that has no
//! `PyInitConfig` (that came with 3.14).
//!
//! The numbers are `offsetof()` of CPython's own headers (`Include/cpython/initconfig.h`) on 64-bit
//! machines. They are the same in debug and free-threaded builds, whose additional fields come
//! later. The test `offsets` compiles the headers of every interpreter it finds and compares.

/// Bytes that hold a `PyConfig` of any version in the table, with room to spare: 3.13 in a debug
/// build has 456.
pub const CONFIG_BYTES: usize = 1024;

/// Bytes that hold a `PyPreConfig`; it has 40 in all of them.
pub const PRECONFIG_BYTES: usize = 64;

/// Declares a table of offsets, and how a test can list it.
macro_rules! table {
    ($(#[$doc:meta])* $table:ident of $structure:literal { $($field:ident)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $table {
            $(pub(crate) $field: usize,)*
        }

        impl $table {
            fn fields(&self) -> Vec<(&'static str, &'static str, usize)> {
                vec![$(($structure, stringify!($field), self.$field)),*]
            }
        }
    };
}

table! {
    /// Offsets in `PyPreConfig`, which has not changed from 3.8 to 3.13. All fields are `int`.
    PreConfigTable of "PyPreConfig" {
        use_environment configure_locale coerce_c_locale utf8_mode
    }
}

table! {
    /// Offsets in `PyConfig`. The first five are `int`, the others `wchar_t *`.
    ConfigTable of "PyConfig" {
        use_environment install_signal_handlers parse_argv site_import configure_c_stdio
        stdio_encoding stdio_errors program_name home
    }
}

/// The one table of `PyPreConfig`.
pub(crate) const PRECONFIG: PreConfigTable = PreConfigTable {
    use_environment: 12,
    configure_locale: 16,
    coerce_c_locale: 20,
    utf8_mode: 28,
};

/// The table of a version; `None` if it has none here.
pub(crate) const fn config(version: (u8, u8)) -> Option<ConfigTable> {
    match version {
        (3, 8 | 9) => Some(V3_8),
        (3, 10) => Some(V3_10),
        (3, 11) => Some(V3_11),
        (3, 12) => Some(V3_12),
        (3, 13) => Some(V3_13),
        _ => None,
    }
}

/// All entries for a version: structure, field, offset.
pub fn fields(version: (u8, u8)) -> Vec<(&'static str, &'static str, usize)> {
    let Some(config) = config(version) else { return Vec::new() };
    let mut fields = PRECONFIG.fields();
    fields.extend(config.fields());
    fields
}

/// Whether a field is a `wchar_t *`; the others are `int`.
pub fn is_text(field: &str) -> bool {
    matches!(field, "stdio_encoding" | "stdio_errors" | "program_name" | "home")
}

const V3_8: ConfigTable = ConfigTable {
    use_environment: 8,
    install_signal_handlers: 16,
    parse_argv: 88,
    site_import: 152,
    configure_c_stdio: 192,
    stdio_encoding: 200,
    stdio_errors: 208,
    program_name: 112,
    home: 240,
};

const V3_10: ConfigTable = ConfigTable {
    use_environment: 8,
    install_signal_handlers: 16,
    parse_argv: 80,
    site_import: 152,
    configure_c_stdio: 196,
    stdio_encoding: 208,
    stdio_errors: 216,
    program_name: 240,
    home: 256,
};

const V3_11: ConfigTable = ConfigTable {
    use_environment: 8,
    install_signal_handlers: 16,
    parse_argv: 96,
    site_import: 168,
    configure_c_stdio: 212,
    stdio_encoding: 224,
    stdio_errors: 232,
    program_name: 264,
    home: 280,
};

const V3_12: ConfigTable = ConfigTable {
    use_environment: 8,
    install_signal_handlers: 16,
    parse_argv: 104,
    site_import: 176,
    configure_c_stdio: 220,
    stdio_encoding: 232,
    stdio_errors: 240,
    program_name: 272,
    home: 288,
};

const V3_13: ConfigTable = ConfigTable {
    use_environment: 8,
    install_signal_handlers: 16,
    parse_argv: 104,
    site_import: 176,
    configure_c_stdio: 220,
    stdio_encoding: 232,
    stdio_errors: 240,
    program_name: 280,
    home: 296,
};
