//! The imports, for people.

use super::Imports;
use crate::report::Page;

impl Imports {
    pub(in crate::doctor::module) fn write(&self, page: &mut Page<'_>) {
        if *self == Self::default() {
            return;
        }
        page.blank();
        page.line(0, page.styles().heading, "the import itself");
        if let Some(reason) = &self.not_tried {
            page.labelled(2, "not tried", 20, reason);
        }
        for (index, run) in self.runs.iter().enumerate() {
            // The second time the host had the folder of the interpreter first on its PATH.
            let is_second = self.runs.iter().take(index).any(|other| other.how == run.how);
            let how =
                if is_second { format!("{}, other PATH", run.how) } else { run.how.to_string() };
            let version =
                run.module_version.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
            page.labelled(2, &how, 20, &format!("{}{version}", run.outcome));
            if !page.is_verbose() {
                continue;
            }
            page.quote(24, &format!("PATH={}", run.search));
            if let Some(python) = &run.python {
                let executable = python.executable.as_deref().unwrap_or("unknown");
                page.quote(24, &format!("Python {}, sys.prefix {}", python.version, python.prefix));
                page.quote(24, &format!("sys.executable {executable}"));
                for entry in &python.path {
                    page.quote(24, &format!("sys.path {entry:?}"));
                }
            }
            for line in
                run.frames.iter().chain(&run.causes).chain(&run.host_errors).chain(&run.stderr)
            {
                page.quote(24, line);
            }
        }
        if let Some(reason) = &self.not_embedded {
            page.labelled(2, "embedded", 20, &format!("not tried: {reason}"));
        }
    }
}
