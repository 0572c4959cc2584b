//! Rust and the C compiler lay out, and pass, the records of one header alike.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test has no other caller whose environment it could be given, and skips loudly"
)]

use std::env;
use std::ffi::{CString, c_char, c_double, c_int, c_void};
use std::path::Path;
use std::process::Command;

embed_dll::embedding! {
    module: "layout_test",
    api: file "layout/types.h",
}

/// The C side as a shared library; `None`, loudly, if there is no C compiler.
fn library(folder: &Path) -> Option<*mut c_void> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout/facts.c");
    let library = folder.join("facts.so");
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let compiled = Command::new(&compiler)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared", "-o"])
        .args([&library, &source])
        .status();
    match compiled {
        Ok(status) => assert!(status.success(), "the C side does not compile"),
        Err(error) => {
            eprintln!("SKIPPED: cannot run the C compiler {}: {error}", compiler.display());
            let required = env::var_os("EMBEDCHECK_REQUIRE_ALL").is_some_and(|value| value == "1");
            assert!(!required, "EMBEDCHECK_REQUIRE_ALL=1, but there is no C compiler");
            return None;
        }
    }
    let path = CString::new(library.into_os_string().into_encoded_bytes()).expect("no null in it");
    // SAFETY: the path ends with a null; the library was just made and runs nothing by itself.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert!(!library.is_null(), "the C side cannot be loaded");
    Some(library)
}

fn symbol(library: *mut c_void, name: &str) -> *mut c_void {
    let name = CString::new(name).expect("no null in it");
    // SAFETY: the library is open, the name ends with a null.
    let symbol = unsafe { libc::dlsym(library, name.as_ptr()) };
    assert!(!symbol.is_null(), "{name:?} is not there");
    symbol
}

macro_rules! records {
    ($($c:literal $record:ident { $($field:ident $($rust:ident)?),* })*) => {
        /// What C prints, from Rust.
        fn rust_facts() -> String {
            let mut facts = String::new();
            $(
                facts += &format!("{} {} {}\n", $c, size_of::<$record>(), align_of::<$record>());
                $(
                    let offset = records!(@offset $record $field $($rust)?);
                    facts += &format!("{}.{} {offset}\n", $c, stringify!($field).trim_start_matches("r#"));
                )*
            )*
            facts
        }
    };
    (@offset $record:ident $field:ident) => { std::mem::offset_of!($record, $field) };
    (@offset $record:ident $field:ident $rust:ident) => { std::mem::offset_of!($record, $rust) };
}

records! {
    "point_t" point_t { x, y }
    "struct numbers" numbers {
        c, s, sc, l, uc, ll, b, f, d, i8, u64, size, w, c16, c32, fast, wide, sign
    }
    "struct pointers" pointers {
        data, text, self self_, opaque, function, by_value, matrix, not_for_rust
    }
    "struct arrays" arrays { name, matrix, points, functions }
    "struct nested" nested { before, inner, bytes anonymous_1, r#type }
    "union mixed" mixed { p }
    "struct flexible" flexible { items }
    "struct bits" bits { c, e }
    "struct only_bits" only_bits { }
    "struct kept_free" kept_free { a, b, c }
    "struct in_between" in_between { a, c }
    "struct large" large { ld, d, fc, dc }
}

#[test]
fn rust_lays_out_records_as_c_does() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let program = folder.path().join("main.c");
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout/facts.c");
    let source = format!(
        "#include {:?}\nint main(void) {{ facts(); return 0; }}\n",
        facts.display().to_string()
    );
    std::fs::write(&program, source).expect("the program can be written");
    if library(folder.path()).is_none() {
        return;
    }
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let executable = folder.path().join("main");
    let compiled =
        Command::new(compiler).args(["-std=c11", "-o"]).args([&executable, &program]).status();
    assert!(compiled.expect("it ran before").success());
    let output = Command::new(&executable).output().expect("the program was just made");
    let c = String::from_utf8(output.stdout).expect("C prints ASCII");
    // Rust reaches a field of an inner record through that record.
    let c: String = c
        .lines()
        .filter(|line| !line.contains(".inner."))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(rust_facts(), c);
}

/// Calls C with two records, once so that it gives back the first and once the second.
fn pass<T: Copy>(library: *mut c_void, name: &str) {
    type Pass<T> = unsafe extern "C" fn(c_int, T, c_double, T) -> T;
    let address = symbol(library, &format!("pass_{name}"));
    // SAFETY: facts.c defines all of them with this type; `T` is the type of the same header.
    let function = unsafe { std::mem::transmute::<*mut c_void, Pass<T>>(address) };
    let record = |start: u8| {
        let mut value = std::mem::MaybeUninit::<T>::zeroed();
        let bytes: Vec<u8> = (start..).take(size_of::<T>()).collect();
        // SAFETY: there are as many bytes as the value has room for.
        unsafe { bytes.as_ptr().copy_to_nonoverlapping(value.as_mut_ptr().cast(), bytes.len()) };
        // SAFETY: the records consist of numbers and pointers that nobody follows.
        unsafe { value.assume_init() }
    };
    let bytes = |value: T| {
        let start = (&raw const value).cast::<u8>();
        // SAFETY: the records have no padding, so that each byte of the value is initialised.
        unsafe { std::slice::from_raw_parts(start, size_of::<T>()) }.to_vec()
    };
    // SAFETY: the function takes all values.
    let second = unsafe { function(7, record(1), 0.5, record(0x21)) };
    assert_eq!(bytes(second), bytes(record(0x21)), "{name}");
    // SAFETY: the function takes all values.
    let first = unsafe { function(6, record(1), 0.5, record(0x21)) };
    assert_eq!(bytes(first), bytes(record(1)), "{name}");
}

#[test]
fn rust_passes_records_as_c_does() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let Some(library) = library(folder.path()) else { return };
    pass::<point_t>(library, "point_t");
    pass::<two_floats>(library, "two_floats");
    pass::<float_and_int>(library, "float_and_int");
    pass::<int_and_double>(library, "int_and_double");
    pass::<twelve>(library, "twelve");
    pass::<shorts>(library, "shorts");
    pass::<three_doubles>(library, "three_doubles");
    pass::<long_or_double>(library, "long_or_double");
    pass::<by_bits>(library, "by_bits");
    pass::<with_pointer>(library, "with_pointer");
}

#[test]
fn names_are_those_of_the_header() {
    let point = point_t { x: 1, y: sign_t::from(SMALL) };
    assert_eq!((point.x, point.y, WIDE), (1, SMALL, 0x1_0000_0000));
    let pointer: *const c_char = layout_test_last_error();
    assert!(pointer.is_null(), "nothing has failed");
}
