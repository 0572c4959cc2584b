//! Macros that a C host on x86-64 Linux has, or lacks, whatever its compiler's options.

/// What is known of a macro without reading any text.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Known {
    Value(i64),
    /// Defined, as what differs between compilers.
    Defined,
    Undefined,
}

/// What gcc and clang agree on (`cc -dM -E - </dev/null`), and the macros by which headers tell
/// apart compilers and platforms that are not this one.
pub(super) fn known(name: &str) -> Option<Known> {
    Some(match name {
        "__linux__" | "__linux" | "__gnu_linux__" | "__unix__" | "__unix" | "__x86_64__"
        | "__x86_64" | "__amd64__" | "__amd64" | "__LP64__" | "_LP64" | "__ELF__" | "__STDC__" => {
            Known::Value(1)
        }
        "__CHAR_BIT__" | "__SIZEOF_POINTER__" | "__SIZEOF_LONG__" | "__SIZEOF_SIZE_T__" => {
            Known::Value(8)
        }
        "__SIZEOF_INT__" => Known::Value(4),
        "__BYTE_ORDER__" | "__ORDER_LITTLE_ENDIAN__" => Known::Value(1234),
        "__ORDER_BIG_ENDIAN__" => Known::Value(4321),
        // `CFFI_DLLEXPORT` is what CFFI defines while the header is compiled into the DLL.
        "__GNUC__" | "CFFI_DLLEXPORT" => Known::Defined,
        "__cplusplus" | "__OBJC__" | "_MSC_VER" | "_WIN32" | "_WIN64" | "WIN32" | "__WIN32__"
        | "__CYGWIN__" | "__MINGW32__" | "__MINGW64__" | "__APPLE__" | "__MACH__"
        | "__ANDROID__" | "__FreeBSD__" | "__NetBSD__" | "__OpenBSD__" | "__DragonFly__"
        | "__sun" | "_AIX" | "__i386__" | "__i386" | "_M_IX86" | "_M_X64" | "_M_ARM64"
        | "__arm__" | "__aarch64__" | "__riscv" | "__powerpc__" | "__ILP32__" | "_ILP32"
        | "__BIG_ENDIAN__" => Known::Undefined,
        _ => return None,
    })
}
