//! The DLLs that are measured, made for one target.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Missing, Options, Producer};
use crate::dll::{
    BuildError, Cache, CffiProducer, Compiler, Fixture, LinkOptions, PYO3_VERSION, Pyo3Producer,
    PythonFacts, Search, Surroundings, ToolError, Unavailable, ensure_cffi,
};
use crate::elf::{PatchError, ProbeShape, shape_probe};
use crate::env::Caller;
use crate::target::{Libpython, Target};

/// What made the DLLs that embedcheck carries.
const PREBUILT: &str = concat!("embedcheck ", env!("CARGO_PKG_VERSION"), ", prebuilt C");

/// A DLL with the functions of the fixture `bench`.
#[derive(Clone, Debug)]
pub struct Dll {
    /// Who made it.
    pub producer: Producer,
    /// What made it, with versions.
    pub made_by: String,
    /// What the measuring host is told about it.
    pub(super) words: Vec<OsString>,
    /// What has to be on `PYTHONPATH`.
    pub(super) python_path: Option<PathBuf>,
    /// A library that is linked to it and calls `add1`.
    linked: PathBuf,
}

impl Dll {
    /// The words that have the measuring host call `add1` through a linked symbol, too.
    #[must_use]
    pub fn linked(&self) -> [OsString; 2] {
        ["--linked".into(), self.linked.clone().into()]
    }
}

/// Why a DLL was not made.
#[derive(Debug)]
pub(super) enum MakeError {
    Interrupted,
    Missing(Missing),
}

impl From<BuildError> for MakeError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Tool(ToolError::Interrupted { .. }) => Self::Interrupted,
            BuildError::Unavailable(Unavailable { reason, advice }) => {
                Self::Missing(Missing::Unavailable { reason, advice })
            }
            error => Self::Missing(Missing::Failed { reason: error.to_string() }),
        }
    }
}

impl From<Unavailable> for MakeError {
    fn from(error: Unavailable) -> Self {
        BuildError::from(error).into()
    }
}

impl From<PatchError> for MakeError {
    fn from(error: PatchError) -> Self {
        let reason = format!("the prebuilt library cannot be fitted to the target: {error}");
        Self::Missing(Missing::Failed { reason })
    }
}

/// Makes DLLs for one target.
pub(super) struct Maker<'a> {
    pub(super) target: &'a Target,
    pub(super) libpython: &'a Libpython,
    pub(super) caller: &'a Caller,
    pub(super) options: &'a Options,
    pub(super) surroundings: Surroundings,
    pub(super) cache: Cache,
    /// Where the DLLs go.
    pub(super) folder: &'a Path,
    pub(super) fixture: &'static Fixture,
}

impl Maker<'_> {
    /// Makes one; with the library beside it that is linked to it.
    pub(super) fn make(&self, producer: Producer) -> Result<Dll, MakeError> {
        let out = self.folder.join(format!("{producer}.so"));
        let mut made = match producer {
            Producer::Plain => self.plain(&out)?,
            Producer::Limit => self.by_hand(producer, embedcheck_c_harness::LIMIT, &out)?,
            Producer::Naive => self.by_hand(producer, embedcheck_c_harness::NAIVE, &out)?,
            Producer::Cffi => self.cffi(&out)?,
            Producer::Rust => self.rust(&out)?,
            Producer::Pyo3 => self.pyo3(&out)?,
        };
        let shape = ProbeShape { needed: Some(text_of(&out)?), ..ProbeShape::default() };
        write(&made.linked, &shape_probe(embedcheck_c_harness::LINKED, &shape)?)?;
        made.words.extend(options([("--dll", out.into())]));
        Ok(made)
    }

    fn dll(&self, producer: Producer, made_by: String, words: Vec<OsString>) -> Dll {
        let linked = self.folder.join(format!("linked-{producer}.so"));
        Dll { producer, made_by, words, python_path: None, linked }
    }

    fn plain(&self, out: &Path) -> Result<Dll, MakeError> {
        write(out, embedcheck_c_harness::PLAIN)?;
        Ok(self.dll(Producer::Plain, PREBUILT.to_owned(), vec!["--plain".into()]))
    }

    /// The C API by hand, prebuilt, and pointed at the target's libpython.
    fn by_hand(&self, producer: Producer, bytes: &[u8], out: &Path) -> Result<Dll, MakeError> {
        // A name with a slash in it: ld.so does not search, and takes no other.
        let needed = Some(text_of(&self.libpython.real_path)?);
        write(out, &shape_probe(bytes, &ProbeShape { needed, ..ProbeShape::default() })?)?;
        let init = self.folder.join("init.py");
        write(&init, self.fixture.init.as_bytes())?;
        let mut words = options([
            ("--initialise", format!("{producer}_initialise").into()),
            ("--module", self.fixture.module.into()),
            ("--init", init.into()),
        ]);
        if producer == Producer::Limit {
            words.extend(options([
                ("--enter", "limit_hold".into()),
                ("--leave", "limit_release".into()),
            ]));
        }
        Ok(self.dll(producer, PREBUILT.to_owned(), words))
    }

    fn python(&self) -> Result<PythonFacts, MakeError> {
        PythonFacts::of(self.target, self.libpython).ok_or_else(|| {
            MakeError::Missing(Missing::Unavailable {
                reason: format!("{} has no interpreter, which it takes to build", self.target.id),
                advice: "name the interpreter with --python".to_owned(),
            })
        })
    }

    fn cffi(&self, out: &Path) -> Result<Dll, MakeError> {
        let python = self.python()?;
        let compiler = Compiler::find(self.caller.cc.as_deref(), &self.surroundings)?;
        let install = ensure_cffi(&python, &self.surroundings, &self.cache)?;
        let library = self.libpython.real_path.clone();
        let link = LinkOptions {
            search: Search::RunPath(library.parent().unwrap_or(Path::new("/")).into()),
            libpython: Some(library),
            ..LinkOptions::default()
        };
        CffiProducer::new(&python, &install, &self.surroundings, &compiler, &self.cache).build(
            self.fixture,
            &link,
            out,
        )?;
        let made_by = format!("CFFI {}, {}", install.cffi_version, compiler.version());
        let dll = self.dll(Producer::Cffi, made_by, Vec::new());
        Ok(Dll { python_path: install.site_dir, ..dll })
    }

    fn rust(&self, out: &Path) -> Result<Dll, MakeError> {
        self.options.twins.put(self.fixture, out)?;
        let module = self.fixture.module;
        let words = options([
            ("--enter", format!("{module}_enter").into()),
            ("--leave", format!("{module}_leave").into()),
        ]);
        let made_by = format!("embed-dll {}", env!("CARGO_PKG_VERSION"));
        Ok(self.dll(Producer::Rust, made_by, words))
    }

    fn pyo3(&self, out: &Path) -> Result<Dll, MakeError> {
        let python = self.python()?;
        let environment = &self.caller.cargo_environment;
        let producer =
            Pyo3Producer::find(self.target, &python, &self.surroundings, environment, &self.cache)?;
        let is_named = self.options.producers.contains(&Producer::Pyo3);
        if self.options.quick && !is_named && !producer.is_built(self.fixture) {
            return Err(MakeError::Missing(Missing::Unavailable {
                reason:
                    "its DLL for this Python has not been built yet, which takes half a minute \
                         and more, too long for --quick"
                        .to_owned(),
                advice: "name it once, and it is built and kept: `embedcheck bench --quick \
                         --producers limit,rust,pyo3`; or measure without --quick"
                    .to_owned(),
            }));
        }
        producer.build(self.fixture, out)?;
        let made_by = format!("PyO3 {PYO3_VERSION}, {}", producer.compiler());
        Ok(self.dll(Producer::Pyo3, made_by, Vec::new()))
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), MakeError> {
    let written = fs::write(path, bytes);
    let error = |source| BuildError::File { action: "write", path: path.to_owned(), source };
    Ok(written.map_err(error)?)
}

/// Strings of an ELF file are patched as text.
fn text_of(path: &Path) -> Result<String, MakeError> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let reason = format!("the path {} is not UTF-8", path.display());
        MakeError::Missing(Missing::Failed { reason })
    })
}

fn options<const N: usize>(pairs: [(&str, OsString); N]) -> Vec<OsString> {
    pairs.into_iter().flat_map(|(name, value)| [OsString::from(name), value]).collect()
}
