//! The host that is a running Python: the target's interpreter with a script that executes plans.

use std::fs;
use std::path::Path;

use super::{Case, Lab, LabError};
use crate::run::{HostCommand, HostKind};
use crate::target::Linkage;

/// The host. Which part of the plan format it knows is said in `docs/plan-format.md`.
const SCRIPT: &str = include_str!("python_host.py");

/// What `open` does in the Python host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// `import`: the DLL is an extension module, named like its file.
    Import,
    /// `ctypes.CDLL`, which releases the GIL around each call.
    Cdll,
    /// `ctypes.PyDLL`, which keeps it.
    PyDll,
}

impl Opening {
    /// As on the command line of the host.
    pub fn word(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Cdll => "ctypes.CDLL",
            Self::PyDll => "ctypes.PyDLL",
        }
    }
}

impl Lab<'_> {
    /// A case with an empty plan in the target's interpreter.
    pub fn python_case(
        &self,
        label: impl Into<String>,
        opening: Opening,
        folder: &Path,
    ) -> Result<Case, LabError> {
        let executable = self.target.executable.as_ref().ok_or_else(|| LabError::Unavailable {
            reason: format!("{} has no interpreter to load the DLL in", self.target.id),
            advice: Some("name the interpreter with --python".into()),
        })?;
        // The folder of the script comes first on sys.path, so nothing else may lie there.
        let home = folder.join("python-host");
        let script = home.join("python_host.py");
        fs::create_dir_all(&home)
            .and_then(|()| fs::write(&script, SCRIPT))
            .map_err(LabError::internal("write the Python host"))?;
        let host = HostCommand::new(HostKind::Python, executable).with_args([
            script.as_os_str(),
            "--open-with".as_ref(),
            opening.word().as_ref(),
        ]);
        let mut case = self.case(label, &host, folder);
        if let Some(libraries) = &self.target.library_path {
            case.env.set("LD_LIBRARY_PATH", libraries);
        }
        if self.target.linkage == Linkage::StaticWithShared {
            // The DLL brings its libpython along; what it calls is the interpreter's own code, which
            // comes first in the global scope.
            case.expect.images(2);
        }
        Ok(case)
    }
}
