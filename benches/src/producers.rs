//! The DLLs that are measured.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use embedcheck::dll::{
    BuildError, Cache, CffiProducer, Compiler, Fixture, LinkOptions, PythonFacts, Search,
    Surroundings, Twins, ensure_cffi,
};
use embedcheck::env::Caller;
use embedcheck::target::{Libpython, Target};

use crate::Error;

/// How `limit` is compiled: as a release would be, with calls that go to the libpython directly.
const LIMIT_FLAGS: [&str; 8] =
    ["-std=c11", "-O2", "-fPIC", "-fno-plt", "-fvisibility=hidden", "-shared", "-pthread", "-w"];

/// One way of making a DLL with `int add1(int, int)`.
#[derive(Debug)]
pub struct Producer {
    /// `limit`, `cffi` or `rust`.
    pub name: &'static str,
    /// What the measuring host is told about the DLL.
    pub(crate) words: Vec<OsString>,
    /// What has to be on `PYTHONPATH`.
    pub(crate) python_path: Option<PathBuf>,
}

/// Makes DLLs for one target.
pub(crate) struct Maker<'a> {
    pub(crate) target: &'a Target,
    pub(crate) libpython: &'a Libpython,
    pub(crate) caller: &'a Caller,
    pub(crate) surroundings: Surroundings,
    /// Where the DLLs go.
    pub(crate) folder: &'a Path,
}

impl Maker<'_> {
    /// All that can be made here; says why one is missing.
    pub(crate) fn all(&self) -> Result<(Vec<Producer>, Vec<String>), Error> {
        let fixture = Fixture::named("perf").ok_or("there is no fixture named perf")?;
        let mut producers = Vec::new();
        let mut notes = Vec::new();
        let mut add = |name, made: Result<(Producer, String), BuildError>| match made {
            Ok((producer, note)) => {
                notes.push(format!("{name}: {note}"));
                producers.push(producer);
                Ok(())
            }
            Err(BuildError::Unavailable(reason)) => {
                notes.push(format!("{name}: not measured: {reason}"));
                Ok(())
            }
            Err(error) => Err(error),
        };
        let compiler = Compiler::find(self.caller.cc.as_deref(), &self.surroundings);
        match &compiler {
            Ok(compiler) => {
                add("limit", self.limit(fixture, compiler))?;
                add("cffi", self.cffi(fixture, compiler))?;
            }
            Err(reason) => {
                add("limit", Err(reason.clone().into()))?;
                add("cffi", Err(reason.clone().into()))?;
            }
        }
        add("rust", self.rust(fixture))?;
        Ok((producers, notes))
    }

    /// The C API by hand.
    fn limit(
        &self,
        fixture: &Fixture,
        compiler: &Compiler,
    ) -> Result<(Producer, String), BuildError> {
        let file = |name: &str, text: &str| {
            let path = self.folder.join(name);
            let written = fs::write(&path, text);
            written.map(|()| path.clone()).map_err(|source| BuildError::File {
                action: "write",
                path,
                source,
            })
        };
        let source = file("limit.c", embedcheck_c_harness::LIMIT_SOURCE)?;
        let init = file("init.py", fixture.init)?;
        let dll = self.folder.join("limit.so");
        let mut words: Vec<OsString> = LIMIT_FLAGS.map(Into::into).into();
        if let Some(include) = &self.target.include {
            words.extend(["-I".into(), include.into()]);
        }
        let library = &self.libpython.real_path;
        let mut search = OsString::from("-Wl,-rpath,");
        search.push(library.parent().unwrap_or(Path::new("/")));
        words.extend([source.into(), library.into(), search, "-o".into(), dll.clone().into()]);
        compiler.run(words)?;
        let words = options(&[
            ("--dll", dll.into()),
            ("--enter", "limit_hold".into()),
            ("--leave", "limit_release".into()),
            ("--initialise", "limit_initialise".into()),
            ("--module", fixture.module.into()),
            ("--init", init.into()),
        ]);
        let note = format!("{} {}", compiler.version(), LIMIT_FLAGS[1..4].join(" "));
        Ok((Producer { name: "limit", words, python_path: None }, note))
    }

    fn cffi(
        &self,
        fixture: &'static Fixture,
        compiler: &Compiler,
    ) -> Result<(Producer, String), BuildError> {
        let python = PythonFacts::of(self.target, self.libpython).ok_or_else(|| {
            let id = &self.target.id;
            BuildError::Unavailable(unavailable(format!(
                "{id} has no interpreter to run CFFI with"
            )))
        })?;
        let cache = Cache::open(self.caller.cache_folder().as_deref(), self.folder);
        let install = ensure_cffi(&python, &self.surroundings, &cache)?;
        let library = self.libpython.real_path.clone();
        let link = LinkOptions {
            search: Search::RunPath(library.parent().unwrap_or(Path::new("/")).into()),
            libpython: Some(library),
            ..LinkOptions::default()
        };
        let dll = self.folder.join("cffi.so");
        CffiProducer::new(&python, &install, &self.surroundings, compiler, &cache)
            .build(fixture, &link, &dll)?;
        let words = options(&[("--dll", dll.into())]);
        let note = format!("CFFI {}", install.cffi_version);
        Ok((Producer { name: "cffi", words, python_path: install.site_dir }, note))
    }

    /// Where cargo has left it when it has made this benchmark.
    fn rust(&self, fixture: &Fixture) -> Result<(Producer, String), BuildError> {
        let twins = match &self.caller.embedcheck_rust_dlls {
            Some(folder) => Twins::in_folder(folder),
            None => {
                std::env::current_exe().map_or_else(|_| Twins::default(), |own| Twins::near(&own))
            }
        };
        let dll = twins.library(fixture)?;
        let note = dll.display().to_string();
        let words = options(&[
            ("--dll", dll.into()),
            ("--enter", format!("{}_enter", fixture.module).into()),
            ("--leave", format!("{}_leave", fixture.module).into()),
        ]);
        Ok((Producer { name: "rust", words, python_path: None }, note))
    }
}

fn unavailable(reason: String) -> embedcheck::dll::Unavailable {
    embedcheck::dll::Unavailable { reason, advice: "name another one with --python".to_owned() }
}

fn options(pairs: &[(&str, OsString)]) -> Vec<OsString> {
    pairs.iter().flat_map(|(name, value)| [OsString::from(name), value.clone()]).collect()
}
