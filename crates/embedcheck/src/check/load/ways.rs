//! The ways of loading, as data.

use std::path::Path;

use embedcheck_plan::{Flags, Library, Name, Space};

use crate::check::{Case, Lab, LabError, Plugin};
use crate::dll::HostLink;
use crate::report::Producer;
use crate::run::HostCommand;

/// One way to bring a DLL into a host that opens it itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// For the name of a case.
    pub(super) words: &'static str,
    flags: Flags,
    python: Python,
    new_namespace: bool,
    /// Works only if libpython gets into the global scope by itself.
    pub(super) needs_global: bool,
}

/// What is done about libpython apart from opening the DLL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Python {
    /// Nothing.
    Left,
    /// Opened RTLD_GLOBAL before the DLL.
    Opened,
    /// Promoted after the DLL was opened.
    Promoted,
    /// LD_PRELOAD.
    Preloaded,
    /// The host names it in DT_NEEDED.
    Linked,
    /// The host is linked to it with --as-needed, and so does not name it.
    Dropped,
}

/// Every way, by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways {
    pub(super) local: Way,
    pub(super) local_lazy: Way,
    pub(super) global: Way,
    pub(super) global_lazy: Way,
    pub(super) libpython_global: Way,
    pub(super) promote_before: Way,
    pub(super) ld_preload: Way,
    pub(super) host_linked: Way,
    pub(super) host_as_needed: Way,
    pub(super) deepbind: Way,
    pub(super) dlmopen: Way,
    pub(super) dlmopen_libpython_first: Way,
}

const fn way(words: &'static str, flags: Flags, python: Python, needs_global: bool) -> Way {
    Way { words, flags, python, new_namespace: false, needs_global }
}

const LOCAL: Flags = Flags::NOW.with(Flags::LOCAL);
const LAZY_LOCAL: Flags = Flags::LAZY.with(Flags::LOCAL);
const GLOBAL: Flags = Flags::NOW.with(Flags::GLOBAL);
const LAZY_GLOBAL: Flags = Flags::LAZY.with(Flags::GLOBAL);

pub(super) static WAYS: Ways = Ways {
    local: way("RTLD_NOW|RTLD_LOCAL", LOCAL, Python::Left, true),
    local_lazy: way("RTLD_LAZY|RTLD_LOCAL", LAZY_LOCAL, Python::Left, true),
    global: way("RTLD_NOW|RTLD_GLOBAL", GLOBAL, Python::Left, false),
    global_lazy: way("RTLD_LAZY|RTLD_GLOBAL", LAZY_GLOBAL, Python::Left, false),
    libpython_global: way("libpython opened RTLD_GLOBAL before", LOCAL, Python::Opened, false),
    promote_before: way("libpython promoted before the call", LOCAL, Python::Promoted, false),
    ld_preload: way("LD_PRELOAD of libpython", LOCAL, Python::Preloaded, false),
    host_linked: way("host linked to libpython", LOCAL, Python::Linked, false),
    host_as_needed: way("host linked with --as-needed", LOCAL, Python::Dropped, true),
    deepbind: way("RTLD_LOCAL|RTLD_DEEPBIND", LOCAL.with(Flags::DEEPBIND), Python::Left, true),
    dlmopen: Way {
        new_namespace: true,
        ..way("dlmopen(LM_ID_NEWLM)", Flags::NOW.with(Flags::LOCAL), Python::Left, false)
    },
    dlmopen_libpython_first: Way {
        new_namespace: true,
        ..way("dlmopen of libpython, then of the DLL", LOCAL, Python::Opened, false)
    },
};

impl Way {
    /// The hosts of this way: those that open DLLs, or one that is linked for it and lies in
    /// `folder`.
    pub(super) fn hosts(&self, lab: &Lab<'_>, folder: &Path) -> Result<Vec<HostCommand>, LabError> {
        let as_needed = match self.python {
            Python::Linked => false,
            Python::Dropped => true,
            _ => return Ok(lab.dlopen_hosts()),
        };
        let libpython = &lab.libpython.real_path;
        let link = HostLink::to_libpython(libpython, as_needed).with_rpath(lab.libdir());
        Ok(vec![lab.linked_host(&folder.join("host"), &link)?])
    }

    /// The producers whose DLLs can be brought in like this.
    pub(super) fn producers(
        &self,
        lab: &Lab<'_>,
        missing: &mut Vec<String>,
    ) -> Result<Vec<Producer>, LabError> {
        let mut producers = lab.producers(missing)?;
        if self.python == Python::Promoted {
            // A DLL made with embed-dll brings its libpython in at the first call: before it there
            // is nothing to promote.
            producers.retain(|producer| *producer != Producer::Rust);
            if producers.is_empty() {
                return Err(LabError::unavailable(
                    "before the first call a DLL made with embed-dll has no libpython that could \
                     be promoted, and needs none",
                ));
            }
        }
        Ok(producers)
    }

    /// The steps up to the first call.
    pub(super) fn add_steps(
        &self,
        lab: &Lab<'_>,
        case: &mut Case,
        plugin: &Plugin,
    ) -> Result<(), LabError> {
        match self.python {
            Python::Opened => {
                let path = lab.libpython.real_path.as_path();
                let step = if self.new_namespace {
                    let library = Library::Path(path.into());
                    case.plan.open_in("libpython", library, LOCAL, Space::New)
                } else {
                    case.plan.open("libpython", path, GLOBAL)
                };
                case.expect.done(step);
            }
            Python::Preloaded => {
                case.env.set("LD_PRELOAD", &lab.libpython.real_path);
            }
            _ => {}
        }
        plugin.join(case);
        let space = match (self.new_namespace, self.python) {
            (false, _) => Space::Base,
            (true, Python::Opened) => Space::Of(
                Name::new("libpython")
                    .ok_or_else(|| LabError::Internal("`libpython` is no name".to_owned()))?,
            ),
            (true, _) => Space::New,
        };
        let library = Library::Path((&plugin.path).into());
        let step = case.plan.open_in("plugin", library, self.flags, space);
        case.expect.done(step);
        if self.python == Python::Promoted {
            let step = case.plan.promote(lab.soname()?);
            case.expect.done(step);
        }
        Ok(())
    }
}
