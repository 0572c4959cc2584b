//! Descriptions of CPython's structures, for the test that compares them with its headers.

/// What the run time takes a structure of CPython to be.
#[derive(Debug, Clone, Copy)]
pub struct Structure {
    /// Its name in C.
    pub name: &'static str,
    /// Whether the numbers count from the end of an object's header, which differs between builds.
    pub after_header: bool,
    /// Its size in bytes.
    pub size: usize,
    /// Its fields, by their names in C, and where they are.
    pub fields: &'static [(&'static str, usize)],
}

/// A [`Structure`] as a Rust type has it: `structure!(RustType is "CType" { rust_field: "c_field" })`.
macro_rules! structure {
    ($rust:ident is $name:literal { $($field:ident: $c_field:literal),* $(,)? }) => {
        $crate::python::Structure {
            name: $name,
            after_header: false,
            size: ::std::mem::size_of::<$rust>(),
            fields: &[$(($c_field, ::std::mem::offset_of!($rust, $field))),*],
        }
    };
}
pub(crate) use structure;
