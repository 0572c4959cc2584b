//! DLLs of real producers: each is told from the others, and is healthy where it was made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use embedcheck::dll::{
    BuildError, Cache, CffiProducer, Compiler, Fixture, LinkOptions, Pyo3Producer, PythonFacts,
    Search, Surroundings, Twins, ensure_cffi,
};
use embedcheck::doctor::dll::{ProducerKind, PythonUse, Role};
use embedcheck::env::Caller;
use embedcheck::run::Stop;
use embedcheck::target::{Options, Support, Target, discover_first};

use crate::lab::{Lab, Look, has_program, skip};

/// The version whose headers are fetched; any would do.
const PYBIND11: &str = "2.13.6";
/// The last CFFI whose embedding code hangs in Python 3.12.
const OLD_CFFI: &str = "1.15.1";

/// A real Python of this machine, and what it takes to make DLLs for it.
struct Workshop {
    target: Target,
    python: PythonFacts,
    caller: Caller,
    surroundings: Surroundings,
    cache: Cache,
    /// Removed at the end.
    _scratch: tempfile::TempDir,
}

/// What is worth keeping between runs of the tests.
fn kept() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// The first CPython that can be embedded and built for, and whose minor version will do; asked once.
fn python(at_least: u32) -> Option<Target> {
    static FOUND: [OnceLock<Option<Target>>; 2] = [OnceLock::new(), OnceLock::new()];
    let found = FOUND[usize::from(at_least >= 12)].get_or_init(|| {
        let is_good = |target: &Target| {
            matches!(target.support, Support::Full)
                && target.embeddable().is_ok()
                && target.has_headers
                && target.executable.is_some()
                && (9..=14).contains(&target.version.minor)
                && target.version.minor >= at_least
                && !target.free_threaded
        };
        discover_first(&Caller::from_process(), &Options::default(), is_good)
    });
    if found.is_none() {
        skip(&format!("no CPython since 3.{at_least} with headers and a shared libpython"));
    }
    found.clone()
}

impl Workshop {
    fn new(at_least: u32) -> Option<Self> {
        let target = python(at_least)?;
        let libpython = target.libpython.as_ref()?;
        let python = PythonFacts::of(&target, libpython)?;
        let caller = Caller::from_process();
        let scratch = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            path: caller.path.clone().unwrap_or_default(),
            scratch: scratch.path().to_owned(),
            pip_environment: caller.pip_environment.clone(),
            offline: false,
            stop: Stop::new().unwrap(),
        };
        let cache = Cache::open(Some(&kept().join("embedcheck-cache")), scratch.path());
        Some(Self { target, python, caller, surroundings, cache, _scratch: scratch })
    }

    /// The folder of the libpython, for search paths.
    fn libdir(&self) -> &Path {
        self.python.libpython.parent().unwrap()
    }

    /// The interpreter with nothing but what it needs to reach an index of packages.
    fn interpreter(&self) -> Command {
        let mut command = Command::new(&self.python.executable);
        command.env_clear().envs(self.surroundings.pip_environment.iter().cloned());
        command.env("PATH", &self.surroundings.path).arg("-B");
        command
    }

    /// Unpacks a wheel of this name and version, fetched once. `None`, after saying so, without it.
    fn wheel(&self, name: &str, version: &str, options: &[&str]) -> Option<PathBuf> {
        let folder = kept().join(format!("doctor-{name}-{version}-{}", self.target.id));
        if folder.is_dir() {
            return Some(folder);
        }
        let work = tempfile::tempdir_in(kept()).unwrap();
        let downloads = work.path().join("wheel");
        let mut pip = self.interpreter();
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d"]);
        let output =
            pip.arg(&downloads).args(options).arg(format!("{name}=={version}")).output().unwrap();
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            skip(&format!(
                "{name} {version} cannot be had: {}",
                text.lines().last().unwrap_or_default()
            ));
            return None;
        }
        let wheel = fs::read_dir(&downloads).unwrap().next().unwrap().unwrap().path();
        let unpacked = work.path().join("unpacked");
        let mut zip = self.interpreter();
        let status = zip.args(["-m", "zipfile", "-e"]).arg(wheel).arg(&unpacked).status().unwrap();
        assert!(status.success());
        // Another test may have been faster.
        let _ = fs::rename(&unpacked, &folder);
        Some(folder)
    }
}

/// `None`, after saying so, where something is missing; every other error is a failure.
fn had<T>(made: Result<T, BuildError>) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(BuildError::Unavailable(missing)) => {
            skip(&missing.to_string());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn fixture(name: &str) -> &'static Fixture {
    Fixture::named(name).unwrap()
}

/// Healthy, and made by this tool.
fn is_healthy(look: &Look, kind: ProducerKind, role: Role) {
    assert_eq!(look.troubles(), [""; 0], "{:#?}", look.0.findings);
    let file = &look.facts().file;
    assert_eq!((file.producer.kind, file.role), (kind, role), "{:?}", file.producer);
}

#[test]
fn cffi() {
    let Some((lab, shop)) = Lab::new().zip(Workshop::new(9)) else { return };
    let Some(install) = had(ensure_cffi(&shop.python, &shop.surroundings, &shop.cache)) else {
        return;
    };
    let compiler = Compiler::find(None, &shop.surroundings).unwrap();
    let producer =
        CffiProducer::new(&shop.python, &install, &shop.surroundings, &compiler, &shop.cache);
    let options = LinkOptions {
        search: Search::RunPath(shop.libdir().into()),
        libpython: Some(shop.python.libpython.clone()),
        ..LinkOptions::default()
    };
    let dll = lab.path("libadd1.so");
    if had(producer.build(fixture("add1"), &options, &dll)).is_none() {
        return;
    }
    let look = lab.look(&shop.target, &dll);
    is_healthy(&look, ProducerKind::Cffi, Role::Embedding);
    let file = &look.facts().file;
    assert_eq!(file.producer.version.as_ref(), Some(&install.cffi_version));
    assert_eq!(
        (&file.modules[..], &file.exports[..]),
        (&["_add1_cffi".to_owned()][..], &["add1".to_owned()][..])
    );
    let libpython = file.libpython.as_ref().unwrap();
    assert!(libpython.is_targets && libpython.version == Some(shop.target.version.to_string()));
    // As Debian's Python links it.
    let bare = LinkOptions { libpython: None, search: Search::None, ..options };
    had(producer.build(fixture("add1"), &bare, &dll)).unwrap();
    let look = lab.look(&shop.target, &dll);
    assert_eq!(look.troubles(), ["dll-without-python"]);
    assert!(look.finding("dll-without-python").fixes[0].what.contains("ffibuilder.compile()"));
}

#[test]
fn old_cffi_for_a_new_python() {
    let Some((lab, shop)) = Lab::new().zip(Workshop::new(12)) else { return };
    let platform = format!("manylinux2014_{}", std::env::consts::ARCH);
    let options = ["--python-version", "3.11", "--platform", &platform];
    let Some(cffi) = shop.wheel("cffi", OLD_CFFI, &options) else { return };
    let header = |name: &str| cffi.join("cffi").join(name);
    let text = fs::read_to_string(header("_embedding.h")).unwrap();
    assert!(text.contains("tp_version_tag"), "not the code that hangs");
    // What its generator writes around its headers.
    let code = format!(
        "#define _CFFI_USE_EMBEDDING\n#include \"{}\"\n\
         #define _CFFI_MODULE_NAME \"plugin\"\n\
         static const char _CFFI_PYTHON_STARTUP_CODE[] = {{ 'p', 'a', 's', 's', 0 }};\n\
         #define _CFFI_PYTHON_STARTUP_FUNC PyInit_plugin\n\
         #include \"{}\"\n\
         PyMODINIT_FUNC PyInit_plugin(void) {{ return 0; }}\n\
         int start(void); int start(void) {{ return _cffi_start_python() == 0; }}\n",
        header("_cffi_include.h").display(),
        header("_embedding.h").display()
    );
    let include = shop.target.include.as_ref().unwrap();
    let libpython = shop.python.libpython.display().to_string();
    let options = [
        format!("-I{}", include.display()),
        "-Wno-unused-function".to_owned(),
        libpython,
        format!("-Wl,-rpath,{}", shop.libdir().display()),
    ];
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let dll = lab.library("libplugin.so", &code, &options);
    let look = lab.look(&shop.target, &dll);
    assert_eq!(look.troubles(), ["dll-cffi-hangs"]);
    let finding = look.finding("dll-cffi-hangs");
    assert!(finding.summary.contains("generated by CFFI 1.15.1"), "{}", finding.summary);
    let command = &finding.fixes[0].commands[0];
    let interpreter = shop.python.executable.display().to_string();
    assert_eq!(*command, format!("{interpreter} -m pip install --upgrade 'cffi>=1.16'"));
}

#[test]
fn embed_dll() {
    let Some((lab, shop)) = Lab::new().zip(Workshop::new(9)) else { return };
    let twins = Twins::near(&std::env::current_exe().unwrap());
    let dll = lab.path("libadd1.so");
    if had(twins.put(fixture("add1"), &dll)).is_none() {
        return;
    }
    let look = lab.look(&shop.target, &dll);
    is_healthy(&look, ProducerKind::EmbedDll, Role::Embedding);
    let file = &look.facts().file;
    assert_eq!(
        (&file.python, file.start.as_deref()),
        (&PythonUse::Opened, Some("_add1_cffi_start"))
    );
    assert_eq!(file.modules, ["_add1_cffi"]);
    assert!(file.exports.contains(&"add1".to_owned()), "{:?}", file.exports);
}

#[test]
fn pyo3() {
    let Some((lab, shop)) = Lab::new().zip(Workshop::new(9)) else { return };
    let environment = &shop.caller.cargo_environment;
    let found = Pyo3Producer::find(
        &shop.target,
        &shop.python,
        &shop.surroundings,
        environment,
        &shop.cache,
    );
    let Some(producer) = had(found) else { return };
    let dll = lab.path("libbench.so");
    if had(producer.build(fixture("bench"), &dll)).is_none() {
        return;
    }
    let look = lab.look(&shop.target, &dll);
    is_healthy(&look, ProducerKind::Pyo3, Role::Embedding);
    let file = &look.facts().file;
    assert_eq!(file.producer.version.as_deref(), Some(embedcheck::dll::PYO3_VERSION));
    assert!(file.exports.contains(&"sum".to_owned()), "{:?}", file.exports);
    assert!(file.libpython.as_ref().unwrap().is_targets);
}

#[test]
fn pybind11() {
    let Some((lab, shop)) = Lab::new().zip(Workshop::new(9)) else { return };
    if !has_program("g++") {
        skip("there is no C++ compiler `g++` on PATH");
        return;
    }
    let Some(headers) = shop.wheel("pybind11", PYBIND11, &[]) else { return };
    let code = lab.path("spam.cpp");
    let text = "#include <pybind11/pybind11.h>\n\
                PYBIND11_MODULE(spam, m) { m.def(\"add1\", [](int a, int b) { return a + b; }); }\n";
    fs::write(&code, text).unwrap();
    let dll = lab.path("spam.so");
    let mut compiler = Command::new("g++");
    compiler
        .args(["-std=c++17", "-O1", "-fvisibility=hidden", "-shared", "-fPIC", "-o"])
        .arg(&dll)
        .arg(&code);
    compiler.arg("-I").arg(headers.join("pybind11/include"));
    compiler.arg("-I").arg(shop.target.include.as_ref().unwrap());
    let output = compiler.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let look = lab.look(&shop.target, &dll);
    let file = &look.facts().file;
    assert_eq!((file.producer.kind, file.role), (ProducerKind::Pybind11, Role::Extension));
    let id = file.producer.version.as_deref().unwrap();
    assert!(id.starts_with('v') && id.contains("gcc"), "{id}");
    assert_eq!(file.modules, ["spam"]);
    assert_eq!(look.troubles(), ["dll-is-extension-module"]);
}

/// The marks of tools that are not at hand, in a file with nothing else of them.
#[test]
fn marks_of_other_tools() {
    let Some(lab) = Lab::new() else { return };
    let (_, target) = lab.python();
    let kind = |mark: &str| {
        let dll = lab.library("libx.so", &format!("const char mark[] = \"{mark}\";"), &[]);
        let producer = lab.look(&target, &dll).facts().file.producer.clone();
        (producer.kind, producer.version)
    };
    assert_eq!(kind("swig_runtime_data4"), (ProducerKind::Swig, None));
    let cython = kind("cython_runtime\\0_cython_3_0_10");
    assert_eq!(cython, (ProducerKind::Cython, Some("3.0.10".to_owned())));
    let nanobind = kind("__nb_internals_v15_gcc_libstdcpp_cxxabi1017__");
    assert_eq!(nanobind.0, ProducerKind::Nanobind);
    assert_eq!(kind("_init_cffi_1_0_external_module"), (ProducerKind::Cffi, None));
    assert_eq!(kind("nothing of interest"), (ProducerKind::Unknown, None));
}
