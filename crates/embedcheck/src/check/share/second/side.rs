//! One of two Pythons, and the DLL that belongs to it.

use std::ffi::OsString;
use std::path::Path;

use embedcheck_plan::{Line, Op, PlanBuilder};

use crate::check::workshop::python_first;
use crate::check::{Case, Expect, Lab, LabError, Plugin};
use crate::elf::{ProbeShape, Search};
use crate::target::{Libpython, Target};

/// A Python in a process with two.
#[derive(Debug)]
pub(super) struct Side<'a> {
    target: &'a Target,
    libpython: &'a Libpython,
    soname: &'a str,
    /// Version, for people.
    pub(super) words: String,
    /// Name of its DLL in the plan.
    pub(super) handle: &'static str,
    /// Whether PATH has to lead to it: the case's own PATH leads to the target.
    second: bool,
}

/// The target, and a Python of another version.
pub(super) fn sides<'a>(lab: &'a Lab<'_>) -> Result<[Side<'a>; 2], LabError> {
    let (target, libpython) = lab.workshop.other()?;
    let own = Side {
        target: lab.target,
        libpython: lab.libpython,
        soname: lab.soname()?,
        words: words(lab.target),
        handle: "first",
        second: false,
    };
    let soname = libpython.soname.as_deref().unwrap_or_default();
    let other =
        Side { target, libpython, soname, words: words(target), handle: "second", second: true };
    Ok([own, other])
}

fn words(target: &Target) -> String {
    format!("CPython {}", target.version)
}

impl Side<'_> {
    /// Its probe, bound to its own libpython as well as ELF can say it.
    pub(super) fn plugin(&self, lab: &Lab<'_>, folder: &Path) -> Result<Plugin, LabError> {
        let libdir = self.libpython.real_path.parent().unwrap_or(Path::new("/"));
        let shape = ProbeShape {
            needed: Some(self.soname.to_owned()),
            search: Search::RunPath(libdir.into()),
            soname: None,
        };
        lab.probe(&folder.join(format!("{}.so", self.handle)), &shape)
    }

    /// Before the DLL is opened: makes the first `python3` on PATH the one that this libpython takes
    /// its prefix from. A new namespace gets the environment as it is at that moment.
    pub(super) fn prepare(&self, case: &mut Case) -> Result<(), LabError> {
        if self.second {
            let path: OsString = python_first(self.target, &case.folder)
                .map_err(LabError::internal("link to the second interpreter"))?;
            case.plan.step(Op::Setenv { name: "PATH".to_owned(), value: Path::new(&path).into() });
        }
        Ok(())
    }

    /// 3012 for 3.12.
    pub(super) fn number(&self) -> u32 {
        self.target.version.major * 1000 + self.target.version.minor
    }

    /// Asks in which Python the DLL runs, as [`Self::number`]. If it is another than its own, it says
    /// so on standard error, for the diagnosis.
    pub(super) fn ask_version(&self, plan: &mut PlanBuilder) -> Line {
        let (soname, number) = (self.soname, self.number());
        let code = format!(
            "import sys\n\
             result = sys.version_info[0] * 1000 + sys.version_info[1]\n\
             if result != {number}:\n    \
                 sys.stderr.write('this DLL names {soname} and runs in Python %d.%d\\n' % \
             tuple(sys.version_info[:2]))\n"
        );
        plan.call(self.handle, "probe_run", "i(s)", &[code.as_str().into()])
    }

    /// Imports one extension module, which must succeed, unless the Python has none of the usual
    /// ones outside libpython.
    pub(super) fn import_one(&self, plan: &mut PlanBuilder, expect: &mut Expect) {
        let has = |name: &&&str| self.target.extension_modules.iter().any(|one| one.name == **name);
        if let Some(name) = ["math", "_struct", "array", "_random", "_json"].iter().find(has) {
            let step = plan.call(self.handle, "probe_import_all", "s(s)", &[(*name).into()]);
            expect.imports(step, [*name], &[]);
        }
    }
}
