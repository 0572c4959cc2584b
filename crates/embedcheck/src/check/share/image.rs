//! One libpython, seen from everywhere.

use embedcheck_plan::{Fact, Flags};

use crate::check::{Case, Finding, Judgement, Lab, LabError, Plugin};
use crate::dll::HostLink;
use crate::report::Producer;
use crate::run::{HostCommand, Scratch};

/// Where `Py_IsInitialized` is found from the host, each DLL and the global scope, in hosts that
/// open DLLs and in one that is linked to libpython itself.
pub(super) fn one_image(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut missing = Vec::new();
    let producers = lab.producers(&mut missing)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(&host.kind.to_string())?;
        let label = format!("DLLs opened by a {} host", host.kind);
        cases.push(seen_by(lab, &label, &host, &folder, &producers)?);
    }
    let folder = lab.folder("linked")?;
    match linked_host(lab, &folder) {
        Ok(host) => {
            let label = "DLLs opened by a host linked to libpython";
            cases.push(seen_by(lab, label, &host, &folder, &producers)?);
        }
        Err(LabError::Unavailable { reason, .. }) => {
            missing.push(format!("a host linked to libpython: {reason}"));
        }
        Err(error) => return Err(error),
    }
    Ok(Finding::of_cases(cases).without(missing))
}

fn linked_host(lab: &Lab<'_>, folder: &Scratch) -> Result<HostCommand, LabError> {
    let link = HostLink::to_libpython(&lab.libpython.real_path, false).with_rpath(lab.libdir());
    lab.linked_host(&folder.path().join("host"), &link)
}

fn seen_by(
    lab: &Lab<'_>,
    label: &str,
    host: &HostCommand,
    folder: &Scratch,
    producers: &[Producer],
) -> Result<Judgement, LabError> {
    let mut case = lab.case(label, host, folder.path());
    let open = case.plan.open_program("host");
    case.expect.done(open);
    // Two DLLs at least: a second probe stands in for a CFFI DLL that cannot be made.
    let second = *producers.last().unwrap_or(&Producer::Probe);
    let plugins = [
        opened(lab, &mut case, folder, Producer::Probe, "one")?,
        opened(lab, &mut case, folder, second, "two")?,
    ];
    let promoted = case.plan.promote(lab.soname()?);
    case.expect.done(promoted);
    // Two libpythons may crash before the end, and this is how to tell.
    case.plan.facts(&[Fact::Images, Fact::Symbols]);
    for (plugin, handle) in plugins.iter().zip(["one", "two"]) {
        plugin.call(&mut case, handle);
    }
    case.expect.only_libpython(&lab.libpython.real_path);
    lab.run(case)
}

fn opened(
    lab: &Lab<'_>,
    case: &mut Case,
    folder: &Scratch,
    producer: Producer,
    handle: &str,
) -> Result<Plugin, LabError> {
    let path = folder.path().join(format!("{handle}.so"));
    let plugin = lab.plugin(producer, &path, &lab.absolute())?;
    plugin.open(case, handle, Flags::NOW | Flags::LOCAL);
    Ok(plugin)
}
