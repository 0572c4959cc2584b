//! One file for every Python.

use crate::check::{Finding, Lab, LabError};
use crate::elf::Elf;
use crate::report::Producer;

/// Looks into the file for anything that binds it to a libpython, and runs it.
pub(super) fn one_binary(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let (mut case, plugin) = super::opened(lab, "perf", "told", &host, folder.path())?;
        plugin.call(&mut case, "plugin");
        cases.push(lab.run(case)?);
        // After the run: what was there to be opened is what was judged.
        let elf = Elf::read(&plugin.path).map_err(LabError::internal("read the DLL"))?;
        let bound = bindings(&elf);
        if let Some(first) = bound.first() {
            let detail = format!("the DLL is bound to a Python: {first}");
            return Ok(Finding::fail(detail).with_evidence(bound).with_cases(cases));
        }
    }
    Ok(Finding::of_cases(cases))
}

/// What the dynamic section says of Python.
fn bindings(elf: &Elf) -> Vec<String> {
    let python = |name: &str| name.starts_with("Py") || name.starts_with("_Py");
    let needed = elf.needed.iter().filter(|name| name.contains("python"));
    let needed = needed.map(|name| format!("DT_NEEDED {name}"));
    let undefined = elf.undefined.iter().filter(|symbol| python(&symbol.name));
    needed.chain(undefined.map(|symbol| format!("undefined symbol {}", symbol.name))).collect()
}
