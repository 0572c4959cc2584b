//! A DLL in its place, and the calls that prove that Python ran in it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use embedcheck_plan::{Flags, Line, PlanBuilder};

use super::workshop::known;
use super::{Case, Lab, LabError};
use crate::dll::LinkOptions;
use crate::elf::{ProbeShape, Search};
use crate::report::Producer;

/// Success is a number that no failure returns by accident.
pub(super) const SENTINEL: i32 = 42;

/// The variable in which a DLL made with embed-dll is told its libpython.
pub(super) const NAMED_LIBPYTHON: &str = "EMBED_DLL_LIBPYTHON";

/// A DLL whose function adds two numbers in Python.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// Where it lies.
    pub path: PathBuf,
    /// Who made it.
    pub producer: Producer,
    /// What the embedded interpreter needs on PYTHONPATH, if anything.
    pub pythonpath: Option<PathBuf>,
    /// `int (int, int)`.
    function: &'static str,
    /// The libpython of a DLL that is linked to none.
    libpython: Option<Named>,
}

/// A libpython that a DLL is told in the environment.
#[derive(Clone, Debug)]
struct Named {
    /// As it is told.
    value: OsString,
    /// The only one that may then be mapped.
    file: PathBuf,
}

impl Lab<'_> {
    /// Makes a DLL of that producer at `path`; `search` leads it to its libpython.
    pub fn plugin(
        &self,
        producer: Producer,
        path: &Path,
        search: &Search,
    ) -> Result<Plugin, LabError> {
        match producer {
            Producer::Probe => {
                let shape = ProbeShape {
                    needed: Some(self.soname()?.to_owned()),
                    search: search.clone(),
                    soname: None,
                };
                self.probe(path, &shape)
            }
            // The plainest fixture: init code that does nothing else and does not wait.
            Producer::Cffi | Producer::Rust => self.fixture(producer, "perf", path, search),
        }
    }

    /// A DLL of that fixture, which the probe has not.
    pub fn fixture(
        &self,
        producer: Producer,
        fixture: &str,
        path: &Path,
        search: &Search,
    ) -> Result<Plugin, LabError> {
        match producer {
            Producer::Probe => {
                Err(LabError::Internal(format!("the probe is no DLL of the fixture {fixture}")))
            }
            Producer::Cffi => self.cffi_plugin(fixture, path, search),
            Producer::Rust => self.rust_plugin(fixture, path),
        }
    }

    /// A DLL made with embed-dll, which is told the target's libpython.
    pub fn rust_plugin(&self, fixture: &str, path: &Path) -> Result<Plugin, LabError> {
        self.options().twins.put(known(fixture)?, path)?;
        let file = self.libpython.real_path.clone();
        Ok(Plugin {
            path: path.to_owned(),
            producer: Producer::Rust,
            pythonpath: None,
            function: adding(fixture),
            libpython: Some(Named { value: file.clone().into(), file }),
        })
    }

    /// The probe in any shape.
    pub fn probe(&self, path: &Path, shape: &ProbeShape) -> Result<Plugin, LabError> {
        self.workshop.write_probe(path, shape)?;
        Ok(Plugin {
            path: path.to_owned(),
            producer: Producer::Probe,
            pythonpath: None,
            function: "probe_add",
            libpython: None,
        })
    }

    /// A CFFI DLL whose fixture has an `add1`.
    pub fn cffi_plugin(
        &self,
        fixture: &str,
        path: &Path,
        search: &Search,
    ) -> Result<Plugin, LabError> {
        self.cffi_dll(fixture, path, &self.link(search))
    }

    /// A CFFI DLL linked as said.
    pub fn cffi_dll(
        &self,
        fixture: &str,
        path: &Path,
        link: &LinkOptions,
    ) -> Result<Plugin, LabError> {
        let pythonpath = self.workshop.build_cffi(fixture, path, link)?;
        Ok(Plugin {
            path: path.to_owned(),
            producer: Producer::Cffi,
            pythonpath,
            function: adding(fixture),
            libpython: None,
        })
    }

    /// How a CFFI DLL is linked to the target's libpython.
    pub fn link(&self, search: &Search) -> LinkOptions {
        LinkOptions {
            search: search.clone(),
            libpython: Some(self.libpython.real_path.clone()),
            ..LinkOptions::default()
        }
    }

    /// What a DLL names in DT_NEEDED: the soname of the target's libpython, or without one the name of
    /// its file, as linkers do.
    pub fn soname(&self) -> Result<&str, LabError> {
        let named = self.libpython.soname.as_deref();
        let file = || self.libpython.real_path.file_name()?.to_str();
        named.or_else(file).ok_or_else(|| {
            let path = self.libpython.path.display();
            LabError::Internal(format!("{path} has no soname, and its own name is not UTF-8"))
        })
    }

    /// The folder of the target's libpython.
    pub fn libdir(&self) -> &Path {
        self.libpython.real_path.parent().unwrap_or(Path::new("/"))
    }

    /// An absolute RUNPATH to the target's libpython.
    pub fn absolute(&self) -> Search {
        Search::RunPath(self.libdir().into())
    }
}

/// The function of a fixture that adds; what has none is not called through [`Plugin::call`].
fn adding(fixture: &str) -> &'static str {
    match fixture {
        "add2" => "add2",
        "facts" => "facts_add",
        _ => "add1",
    }
}

impl Plugin {
    /// The DLL is told another libpython: in these words, which mean that file.
    #[must_use]
    pub fn told(mut self, value: impl Into<OsString>, file: &Path) -> Self {
        self.libpython = Some(Named { value: value.into(), file: file.to_owned() });
        self
    }

    /// The host is a Python by itself, in this file, and what the DLL is told does not count.
    #[must_use]
    pub fn in_process(mut self, file: &Path) -> Self {
        if let Some(named) = &mut self.libpython {
            named.file = file.to_owned();
        }
        self
    }

    /// Adds the DLL to a case: its producer, its PYTHONPATH, its libpython. One that it is told must
    /// be the only one that is mapped.
    pub fn join(&self, case: &mut Case) {
        if !case.producers.contains(&self.producer) {
            case.producers.push(self.producer);
        }
        if let Some(path) = &self.pythonpath {
            case.env.set("PYTHONPATH", path);
        }
        if let Some(named) = &self.libpython {
            case.env.set(NAMED_LIBPYTHON, &named.value);
            case.expect.maps_only(&named.file);
        }
    }

    /// Adds `open`; it must succeed.
    pub fn open(&self, case: &mut Case, handle: &str, flags: Flags) -> Line {
        self.join(case);
        let step = case.plan.open(handle, &self.path, flags);
        case.expect.done(step);
        step
    }

    /// Adds a call that must return 42, computed by Python.
    pub fn call(&self, case: &mut Case, handle: &str) -> Line {
        let step = self.call_unjudged(case, handle);
        case.expect.value(step, SENTINEL);
        step
    }

    /// Adds the same call without an expectation.
    pub fn call_unjudged(&self, case: &mut Case, handle: &str) -> Line {
        self.call_in(&mut case.plan, handle)
    }

    /// The same in a part of a plan, such as a thread.
    pub fn call_in(&self, plan: &mut PlanBuilder, handle: &str) -> Line {
        plan.call(handle, self.function, "i(ii)", &[40.into(), 2.into()])
    }

    /// Adds the import of all extension modules of the target, which must succeed but for those
    /// that nothing can import. Only the probe and the fixture `imports` can do it.
    pub fn import_all(
        &self,
        lab: &Lab<'_>,
        case: &mut Case,
        handle: &str,
    ) -> Result<Line, LabError> {
        let step = self.import_all_step(lab, case, handle);
        case.expect.imports(step, lab.workshop.module_names(), lab.unimportable()?);
        Ok(step)
    }

    /// Adds the same import, which may fail for any module, but must be tried for each.
    pub fn try_all_imports(&self, lab: &Lab<'_>, case: &mut Case, handle: &str) -> Line {
        let step = self.import_all_step(lab, case, handle);
        case.expect.import_list(step, lab.workshop.module_names());
        step
    }

    fn import_all_step(&self, lab: &Lab<'_>, case: &mut Case, handle: &str) -> Line {
        let names = lab.workshop.module_lines();
        let function = match self.producer {
            Producer::Probe => "probe_import_all",
            Producer::Cffi | Producer::Rust => "import_all",
        };
        case.plan.call(handle, function, "s(s)", &[names.as_str().into()])
    }
}
