//! Damaged files end in an error that names them, or in a diagnosis; never in a panic.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use embedcheck::doctor::dll::look;
use embedcheck::doctor::{to_json, to_text};
use embedcheck::report::TextOptions;
use embedcheck::target::Target;
use proptest::prelude::*;

use crate::lab::{Lab, PLUGIN, options};

/// A DLL, a host and a target, made once.
struct Whole {
    lab: Lab,
    dll: Vec<u8>,
    host: Vec<u8>,
    target: Target,
}

thread_local! {
    static WHOLE: OnceLock<Option<Whole>> = const { OnceLock::new() };
}

fn whole() -> Option<Whole> {
    let lab = Lab::new()?;
    let (_, target) = lab.python();
    let options = ["{}/python/lib/libpython3.12.so.1.0", "-Wl,-rpath,$ORIGIN/../python/lib"];
    let dll = fs::read(lab.library("app/libplugin.so", PLUGIN, &options)).unwrap();
    let host =
        fs::read(lab.cc("app/host", "int main(void) { return 0; }", &["-rdynamic"])).unwrap();
    Some(Whole { lab, dll, host, target })
}

fn with(test: impl FnOnce(&Whole)) {
    WHOLE.with(|cell| {
        if let Some(whole) = cell.get_or_init(whole) {
            test(whole);
        }
    });
}

/// Has both files examined; an error has to name the file.
fn examine(target: &Target, dll: &Path, host: &Path) {
    match look(target, &options(dll, Some(host))) {
        Ok(diagnosis) => {
            let text =
                to_text(&diagnosis, &TextOptions { verbose: true, ..TextOptions::default() });
            assert!(text.contains("file"));
            assert!(to_json(&diagnosis).is_ok());
        }
        Err(error) => {
            let text = error.to_string();
            let names = [dll, host].map(|path| text.contains(&path.display().to_string()));
            assert!(names.contains(&true), "{text}");
        }
    }
}

/// What the bytes become.
#[derive(Clone, Debug)]
enum Damage {
    Cut(usize),
    Bytes(Vec<(usize, u8)>),
}

impl Damage {
    fn done_to(&self, bytes: &[u8], path: PathBuf) -> PathBuf {
        let mut bytes = bytes.to_vec();
        match self {
            Damage::Cut(at) => bytes.truncate(at % bytes.len()),
            Damage::Bytes(changes) => {
                for (at, value) in changes {
                    let at = at % bytes.len();
                    bytes[at] = *value;
                }
            }
        }
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    // Most of what matters stands in the first pages.
    let place = prop_oneof![0_usize..0x400, 0_usize..0x4000];
    prop_oneof![
        (0_usize..0x4000).prop_map(Damage::Cut),
        prop::collection::vec((place, any::<u8>()), 1..12).prop_map(Damage::Bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_dll_is_no_panic(damage in damage()) {
        with(|whole| {
            let dll = damage.done_to(&whole.dll, whole.lab.path("app/libdamaged.so"));
            examine(&whole.target, &dll, &whole.lab.path("app/host"));
        });
    }

    #[test]
    fn a_damaged_host_is_no_panic(damage in damage()) {
        with(|whole| {
            let host = damage.done_to(&whole.host, whole.lab.path("app/damaged"));
            examine(&whole.target, &whole.lab.path("app/libplugin.so"), &host);
        });
    }
}

#[test]
fn what_is_no_dll_is_named() {
    with(|whole| {
        let path = whole.lab.path("app/plugin.c");
        fs::write(&path, PLUGIN).unwrap();
        let error = look(&whole.target, &options(&path, None)).unwrap_err().to_string();
        assert!(error.contains("plugin.c` is not an ELF file: it is text"), "{error}");
        let error = look(&whole.target, &options(&whole.lab.path("gone"), None)).unwrap_err();
        assert!(error.to_string().contains("No such file"), "{error}");
        let error = look(&whole.target, &options(&whole.lab.path("app"), None)).unwrap_err();
        assert!(error.to_string().contains("is a directory"), "{error}");
    });
}

/// Each name would be looked for in each folder.
#[test]
fn a_hostile_search_path_is_refused() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let code = "int f(void); int f(void) { return 1; }";
    let search = |number: usize| format!("-Wl,-rpath,{}", "/a:".repeat(number - 1) + "/a");
    let dll = lab.library("app/libmany.so", code, &[&search(257)]);
    let error = look(&target, &options(&dll, None)).unwrap_err().to_string();
    assert!(error.contains("libmany.so` has 257 entries in its search path"), "{error}");
    let host = lab.cc("app/host", "int main(void) { return 0; }", &[&search(257)]);
    let dll = lab.library("app/libmany.so", code, &[&search(256)]);
    assert!(look(&target, &options(&dll, Some(&host))).is_err());
    assert!(look(&target, &options(&dll, None)).is_ok());
}
