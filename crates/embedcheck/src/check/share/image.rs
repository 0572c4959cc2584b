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
    lab.need(Producer::Probe)?;
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
    // A DLL made with embed-dll is linked to no libpython, and cannot find it through its handle.
    let linked: Vec<_> = producers.iter().filter(|one| **one != Producer::Rust).collect();
    // Two DLLs at least: a second probe stands in for a CFFI DLL that cannot be made.
    let second = **linked.last().unwrap_or(&&Producer::Probe);
    let mut plugins = vec![
        ("one", opened(lab, &mut case, folder, Producer::Probe, "one")?),
        ("two", opened(lab, &mut case, folder, second, "two")?),
    ];
    if producers.contains(&Producer::Rust) {
        plugins.push(("three", opened(lab, &mut case, folder, Producer::Rust, "three")?));
        case.expect.unlinked("three");
    }
    let promoted = case.plan.promote(lab.soname()?);
    case.expect.done(promoted);
    // Two libpythons may crash before the end, and this is how to tell.
    case.plan.facts(&[Fact::Images, Fact::Symbols]);
    for (handle, plugin) in &plugins {
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
