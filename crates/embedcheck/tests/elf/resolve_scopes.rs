//! Which symbols a module misses, by the way in which the library that has them came into the process.

use std::path::{Path, PathBuf};
use std::process::Command;

use embedcheck::elf::{Environment, LoaderModel, Missing, Mode, split_preload};

use crate::lab::{Lab, Lib};

/// Opens a DLL in the way that its first argument says, and lets the libpython behind it open a module.
const HOST: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    const char *way = argv[1];
    void *dll = 0;
    if (!strcmp(way, "namespace")) {
        dll = dlmopen(LM_ID_NEWLM, argv[2], RTLD_NOW);
    } else {
        int flags = RTLD_NOW;
        if (!strcmp(way, "global")) flags |= RTLD_GLOBAL;
        if (!strcmp(way, "deepbind")) flags |= RTLD_DEEPBIND;
        dll = dlopen(argv[2], flags);
        if (!strcmp(way, "promote")) dlopen("libpython9.so", RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
    }
    const char *(*import)(const char *) =
        dll ? (const char *(*)(const char *))dlsym(dll, "import") : 0;
    if (!import) return printf("host: %s\n", dlerror()), 1;
    for (int i = 3; i < argc; i++) printf("%s\n", import(argv[i]));
    return 17;
}
"#;

const LIBPYTHON: &str = r#"
#include <dlfcn.h>
int PyThing(void) { return 42; }
const char *import(const char *path) {
    return dlopen(path, RTLD_NOW) ? "ok" : dlerror();
}
"#;

struct Scene {
    lab: Lab,
    dll: PathBuf,
    modules: Vec<PathBuf>,
}

impl Scene {
    fn new() -> Option<Scene> {
        let lab = Lab::new()?;
        let libpython = Lib {
            soname: Some("libpython9.so"),
            source: LIBPYTHON,
            flags: &["-lc", "-ldl"],
            ..Lib::default()
        };
        lab.lib("libpython9.so", libpython);
        let runpath = Some("$ORIGIN");
        let needed = &["libpython9.so"][..];
        let dll = lab.lib("dll.so", Lib { needed, runpath, ..Lib::default() });
        let source = "int PyThing(void); int f(void) { return PyThing(); }";
        let modules = vec![
            lab.lib("plain.so", Lib { source, ..Lib::default() }),
            lab.lib("names_it.so", Lib { source, needed, ..Lib::default() }),
            // The library behind the module is the one that misses the symbol.
            lab.lib("libbehind.so", Lib { source, ..Lib::default() }),
            lab.lib("indirect.so", Lib { needed: &["libbehind.so"], runpath, ..Lib::default() }),
            lab.lib("weak.so", Lib {
                source: "int PyThing(void) __attribute__((weak)); int f(void) { return PyThing(); }",
                ..Lib::default()
            }),
            lab.lib("lost.so", Lib { needed: &["libnone.so"], ..Lib::default() }),
        ];
        Some(Scene { lab, dll, modules })
    }

    /// Runs and predicts `way`; both must agree for each module by itself. Returns what was missing.
    fn agree(&self, way: &str, preload: Option<&Path>, host: Lib<'_>) -> Vec<Missing> {
        let host = self.lab.host("host", Lib { source: HOST, ..host });
        let mut environment = Environment::of_program(&host, &self.lab.path("")).unwrap();
        if let Some(preload) = preload {
            environment.preload = split_preload(preload.as_os_str());
        }
        let (mut model, _) = LoaderModel::start(environment);
        let mode = Mode {
            global: way == "global",
            deep_bind: way == "deepbind",
            new_namespace: way == "namespace",
            ..Mode::default()
        };
        model.open(&self.dll, mode).root.unwrap();
        if way == "promote" {
            let mode = Mode { global: true, no_load: true, ..Mode::default() };
            assert!(model.open("libpython9.so", mode).root.is_some());
        }
        self.modules
            .iter()
            .map(|module| {
                let missing = model.missing_for(module);
                let mut command = Command::new(&host);
                command.arg(way).arg(&self.dll).arg(module).env_clear();
                command.envs(preload.map(|preload| ("LD_PRELOAD", preload)));
                let output = command.output().unwrap();
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                assert_eq!(output.status.code(), Some(17), "{said}");
                assert_eq!(said == "ok\n", missing.is_empty(), "{way}: {said}{missing:#?}");
                if let Some(symbol) = missing.symbols.first() {
                    let expected = format!(
                        "{}: undefined symbol: {}\n",
                        symbol.object.display(),
                        symbol.symbol
                    );
                    assert_eq!(said, expected, "{way}");
                }
                if let Some(library) = missing.libraries.first() {
                    assert!(said.starts_with(&library.name), "{way}: {said}");
                }
                missing
            })
            .collect()
    }

    fn symbols(&self, missing: &[Missing]) -> Vec<String> {
        let names = self.modules.iter().map(|path| path.file_stem().unwrap().to_string_lossy());
        let missed = names.zip(missing).filter(|(_, missing)| !missing.symbols.is_empty());
        missed.map(|(name, _)| name.into_owned()).collect()
    }
}

const MISSED_WHEN_LOCAL: [&str; 3] = ["plain", "libbehind", "indirect"];

#[test]
fn a_local_libpython_serves_only_modules_that_name_it() {
    let Some(scene) = Scene::new() else { return };
    for way in ["local", "deepbind"] {
        let missing = scene.agree(way, None, Lib::default());
        assert_eq!(scene.symbols(&missing), MISSED_WHEN_LOCAL, "{way}");
        assert_eq!(missing.last().unwrap().libraries[0].name, "libnone.so");
    }
}

#[test]
fn a_global_libpython_serves_all() {
    let Some(scene) = Scene::new() else { return };
    for way in ["global", "promote"] {
        let missing = scene.agree(way, None, Lib::default());
        assert_eq!(scene.symbols(&missing), [""; 0], "{way}");
    }
    let preload = scene.lab.path("libpython9.so");
    let missing = scene.agree("local", Some(&preload), Lib::default());
    assert_eq!(scene.symbols(&missing), [""; 0]);
    let linked = Lib { needed: &["libpython9.so"], runpath: Some("$ORIGIN"), ..Lib::default() };
    assert_eq!(scene.symbols(&scene.agree("local", None, linked)), [""; 0]);
}

#[test]
fn in_a_namespace_the_first_library_is_the_global_scope() {
    let Some(scene) = Scene::new() else { return };
    let missing = scene.agree("namespace", None, Lib::default());
    assert_eq!(scene.symbols(&missing), [""; 0]);
}

#[test]
fn the_scope_tells_who_provides_a_symbol() {
    let Some(scene) = Scene::new() else { return };
    let source = "int PyThing(void) { return 1; }";
    let other = scene.lab.lib("other.so", Lib { source, ..Lib::default() });
    let host = scene.lab.host("host", Lib { source: HOST, ..Lib::default() });
    let module = &scene.modules[1];
    for (deep_bind, provider) in [(false, &other), (true, &scene.lab.path("libpython9.so"))] {
        let environment = Environment::of_program(&host, &scene.lab.path("")).unwrap();
        let (mut model, _) = LoaderModel::start(environment);
        model.open(&other, Mode { global: true, ..Mode::default() }).root.unwrap();
        model.open(&scene.dll, Mode::default()).root.unwrap();
        let root = model.open(module, Mode { deep_bind, ..Mode::default() }).root.unwrap();
        let scope = model.scope(root);
        let elf = scope.objects().find(|(path, _)| *path == module).unwrap().1;
        let symbol = elf.undefined.iter().find(|symbol| symbol.name == "PyThing").unwrap();
        assert_eq!(scope.provider(symbol), Some(&**provider), "deep_bind: {deep_bind}");
    }
}
