//! The facts about a host for people.

use super::{HostFacts, HostForm, HostPython};
use crate::report::Page;

/// Columns of the longest label.
const LABEL: usize = 9;

/// What matters in a few lines.
pub(in crate::doctor::dll) fn write(page: &mut Page<'_>, facts: &HostFacts) {
    page.line(0, page.styles().heading, "host");
    let mut line = |label: &str, text: &str| page.labelled(2, label, LABEL, text);
    line("file", &facts.path);
    let form = match &facts.form {
        HostForm::Program => "a program".to_owned(),
        HostForm::Script => {
            format!("a script for `{}`", facts.script_for.as_deref().unwrap_or_default())
        }
        HostForm::Static => "a static executable".to_owned(),
        HostForm::Library => "no program, but a library or an object file".to_owned(),
        HostForm::OtherMachine => {
            format!("a program for {}", facts.machine.as_deref().unwrap_or("another machine"))
        }
        HostForm::NotElf { found } => format!("no program: {found}"),
    };
    line("is", &form);
    let version =
        facts.python_version.as_ref().map_or_else(String::new, |text| format!(" ({text})"));
    let python = match &facts.python {
        HostPython::Linked { name } => name.clone(),
        HostPython::Exported => {
            format!("inside{version}, with {} symbols exported", facts.exports_c_api)
        }
        HostPython::Hidden => format!("inside{version}, not exported"),
        HostPython::None => match &facts.opens {
            Some(name) => format!("none by DT_NEEDED; its bytes name {name}"),
            None => "none".to_owned(),
        },
    };
    line("libpython", &python);
    if let Some(text) = &facts.rpath {
        line("RPATH", text);
    }
    if let Some(text) = &facts.runpath {
        line("RUNPATH", text);
    }
    if !facts.privileges.is_empty() {
        let names: Vec<_> = facts.privileges.iter().map(|one| one.name()).collect();
        line("privilege", &names.join(", "));
    }
    if page.is_verbose() {
        page.labelled(2, "needs", LABEL, &facts.needed.join(", "));
    }
}
