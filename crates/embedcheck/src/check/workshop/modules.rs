//! The extension modules of the target: which there are, and which cannot be imported anyway.

use embedcheck_plan::Flags;

use super::Workshop;
use crate::check::{Lab, LabError};
use crate::report::Producer;

/// What the target's own interpreter executes to find out which modules it can import.
const SCRIPT: &str = "\
import sys
for name in filter(None, sys.argv[1].split('\\n')):
    try:
        __import__(name)
    except BaseException as error:
        sys.stdout.write(name + '\\n')
        sys.stdout.flush()
";

impl Workshop<'_> {
    /// The import names of all extension modules of the standard library.
    pub(in crate::check) fn module_names(&self) -> impl Iterator<Item = &str> {
        self.target.extension_modules.iter().map(|module| module.name.as_str())
    }

    /// The same, one a line.
    pub(in crate::check) fn module_lines(&self) -> String {
        self.module_names().collect::<Vec<_>>().join("\n")
    }

    /// See [`Lab::unimportable`].
    pub(in crate::check) fn unimportable(&self, lab: &Lab<'_>) -> Result<&[String], LabError> {
        if let Some(names) = self.unimportable.get() {
            return Ok(names);
        }
        let names = match &self.target.executable {
            Some(executable) => {
                let output = lab.interpret(executable, SCRIPT, &[&self.module_lines()])?;
                output.stdout.text.lines().map(str::to_owned).collect()
            }
            None => self.unimportable_globally(lab)?,
        };
        Ok(self.unimportable.get_or_init(|| names))
    }

    /// Without an interpreter: what a host with everything in the global scope cannot import.
    fn unimportable_globally(&self, lab: &Lab<'_>) -> Result<Vec<String>, LabError> {
        let folder = lab.folder("baseline")?;
        let path = folder.path().join("plugin.so");
        let plugin = lab.plugin(Producer::Probe, &path, &lab.absolute())?;
        let mut case = lab.case("baseline", &lab.c_host(), folder.path());
        plugin.open(&mut case, "plugin", Flags::NOW | Flags::GLOBAL);
        let step = plugin.try_all_imports(lab, &mut case, "plugin");
        let judged = lab.run(case)?;
        let imports = judged.record.observation.imports_of(step).unwrap_or_default();
        // A module that libpython itself cannot serve is a finding, not a baseline.
        let unrelated = imports.failed.iter().filter(|(_, error)| {
            !error.contains("undefined symbol: Py") && !error.contains("undefined symbol: _Py")
        });
        Ok(unrelated.map(|(name, _)| name.clone()).collect())
    }
}
