//! Hosts that are made for the DLL: linked to it, or with its code inside.

use std::path::Path;

use embedcheck_plan::Fact;
use serde_json::json;

use super::call;
use crate::check::workshop::known;
use crate::check::{Finding, Lab, LabError};
use crate::dll::{HostBuilder, HostLink};
use crate::report::Producer;
use crate::run::{HostCommand, HostKind};

/// What the fixture `add1` prints: at the first call, then at each.
const PRINTED: &str = "preparing...\nadding 40 and 2\nadding 40 and 2\n";

/// `cffi/static-host`: what `emit_c_code()` wrote, compiled into the program.
pub(super) fn inside(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Cffi)?;
    let folder = lab.folder("host")?;
    let fixture = known("add1")?;
    let object = lab.workshop.producer()?.object(fixture)?;
    let link = HostLink::with_inside(fixture, &object, &lab.libpython.real_path);
    let host = static_host(lab, &folder.path().join("host"), &link)?;
    run(lab, "add1 inside the host", &host, folder.path())
}

fn static_host(lab: &Lab<'_>, out: &Path, link: &HostLink) -> Result<HostCommand, LabError> {
    HostBuilder::new(lab.compiler()?, &lab.workshop.cache).build(link, out)?;
    Ok(HostCommand::new(HostKind::CStatic, out).dying_with_starter())
}

/// `cffi/linked-host`: `libadd1.so` found by `-ladd1`, and used.
pub(super) fn linked(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Cffi)?;
    let folder = lab.folder("host")?;
    let plugin = lab.cffi_plugin("add1", &folder.path().join("libadd1.so"), &lab.absolute())?;
    let link = HostLink::to_dll(&plugin.path).using(known("add1")?).with_rpath(folder.path());
    let host = lab.linked_host(&folder.path().join("host"), &link)?;
    run(lab, "linked to libadd1.so", &host, folder.path())
}

/// Python does not run before the first call, and does after it.
fn run(lab: &Lab<'_>, label: &str, host: &HostCommand, folder: &Path) -> Result<Finding, LabError> {
    let mut case = lab.case(label, host, folder);
    case.producers.push(Producer::Cffi);
    if let Some(site) = &lab.workshop.cffi()?.site_dir {
        case.env.set("PYTHONPATH", site);
    }
    let open = case.plan.open_program("plugin");
    case.expect.done(open);
    let before = case.plan.facts(&[Fact::Python]);
    case.expect.value(before, json!({"python": {"initialized": false}}));
    call(&mut case, "add1", 42);
    call(&mut case, "add1", 42);
    let after = case.plan.facts(&[Fact::Python]);
    case.expect.value(after, json!({"python": {"initialized": true}}));
    case.expect.stdout(PRINTED);
    case.expect.stderr("");
    Ok(Finding::of_cases(vec![lab.run(case)?]))
}
