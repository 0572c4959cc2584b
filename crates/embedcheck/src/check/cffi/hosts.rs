//! Hosts that are made for the DLL: linked to it, or with its code inside.

use std::path::Path;

use embedcheck_plan::Fact;
use serde_json::json;

use super::call;
use crate::check::plugin::NAMED_LIBPYTHON;
use crate::check::workshop::known;
use crate::check::{Finding, Lab, LabError};
use crate::dll::{HostBuilder, HostLink};
use crate::report::Producer;
use crate::run::{HostCommand, HostKind};

/// What the fixture `add1` prints: at the first call, then at each.
const PRINTED: &str = "preparing...\nadding 40 and 2\nadding 40 and 2\n";

/// `cffi/static-host`: what `emit_c_code()` wrote, compiled into the program. `rust/static-host`: a
/// `staticlib` in it.
pub(in crate::check) fn inside(lab: &Lab<'_>, producer: Producer) -> Result<Finding, LabError> {
    lab.need(producer)?;
    let folder = lab.folder("host")?;
    let fixture = known("add1")?;
    let link = match producer {
        Producer::Rust => HostLink::with_archive(fixture, &lab.options().twins.archive(fixture)?),
        Producer::Probe | Producer::Cffi => {
            let object = lab.workshop.producer()?.object(fixture)?;
            HostLink::with_inside(fixture, &object, &lab.libpython.real_path)
        }
    };
    let host = static_host(lab, &folder.path().join("host"), &link)?;
    run(lab, producer, "add1 inside the host", &host, folder.path())
}

fn static_host(lab: &Lab<'_>, out: &Path, link: &HostLink) -> Result<HostCommand, LabError> {
    HostBuilder::new(lab.compiler()?, &lab.workshop.cache).build(link, out)?;
    Ok(HostCommand::new(HostKind::CStatic, out).dying_with_starter())
}

/// `…/linked-host`: `libadd1.so` found by `-ladd1`, and used.
pub(in crate::check) fn linked(lab: &Lab<'_>, producer: Producer) -> Result<Finding, LabError> {
    lab.need(producer)?;
    let folder = lab.folder("host")?;
    let path = folder.path().join("libadd1.so");
    let plugin = lab.fixture(producer, "add1", &path, &lab.absolute())?;
    let link = HostLink::to_dll(&plugin.path).using(known("add1")?).with_rpath(folder.path());
    let host = lab.linked_host(&folder.path().join("host"), &link)?;
    run(lab, producer, "linked to libadd1.so", &host, folder.path())
}

/// Python does not run before the first call, and does after it.
fn run(
    lab: &Lab<'_>,
    producer: Producer,
    label: &str,
    host: &HostCommand,
    folder: &Path,
) -> Result<Finding, LabError> {
    let mut case = lab.case(label, host, folder);
    case.producers.push(producer);
    if producer == Producer::Rust {
        case.env.set(NAMED_LIBPYTHON, &lab.libpython.real_path);
        case.expect.maps_only(&lab.libpython.real_path);
    } else if let Some(site) = &lab.workshop.cffi()?.site_dir {
        case.env.set("PYTHONPATH", site);
    }
    let open = case.plan.open_program("plugin");
    case.expect.done(open);
    let before = case.plan.facts(&[Fact::Python]);
    // Before a call into a DLL made with embed-dll there is no Python in the process at all.
    let none = producer == Producer::Rust;
    let before_value = if none { json!(null) } else { json!({"initialized": false}) };
    case.expect.value(before, json!({ "python": before_value }));
    call(&mut case, "add1", 42);
    call(&mut case, "add1", 42);
    let after = case.plan.facts(&[Fact::Python]);
    case.expect.value(after, json!({"python": {"initialized": true}}));
    case.expect.stdout(PRINTED);
    case.expect.stderr("");
    Ok(Finding::of_cases(vec![lab.run(case)?]))
}
