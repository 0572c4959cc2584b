//! Unloading, forking, and the end of Python.

use embedcheck_plan::{Flags, PythonAction};
use serde_json::json;

use super::opened;
use crate::check::{Finding, Judgement, Lab, LabError};
use crate::report::Producer;
use crate::run::HostCommand;

/// Python refers to code and data of the DLL: it must stay mapped, and be the same when it is opened
/// again.
pub(super) fn unload(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let (mut case, plugin) = opened(lab, "share_a", "closed", &host, folder.path())?;
        let set = case.plan.call("plugin", "share_a_set", "i(i)", &[1001.into()]);
        case.expect.value(set, 1001);
        for _ in 0..2 {
            let close = case.plan.close("plugin");
            case.expect.value(close, json!({"mapped": true}));
            plugin.open(&mut case, "plugin", Flags::NOW | Flags::LOCAL);
            let get = case.plan.call("plugin", "share_a_get", "i()", &[]);
            case.expect.value(get, 1001);
        }
        cases.push(lab.run(case)?);
    }
    Ok(Finding::of_cases(cases))
}

/// A fork of the main thread, before the first call and after it.
pub(super) fn fork(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        for started in [false, true] {
            cases.push(forked(lab, &host, started)?);
        }
    }
    Ok(Finding::of_cases(cases))
}

/// Other threads have called in, too, and have gone before the fork.
fn forked(lab: &Lab<'_>, host: &HostCommand, started: bool) -> Result<Judgement, LabError> {
    let folder = lab.folder("fork")?;
    let label = if started { "after a call" } else { "before any call" };
    let (mut case, plugin) = opened(lab, "perf", label, host, folder.path())?;
    let mut calls = Vec::new();
    if started {
        plugin.call(&mut case, "plugin");
        case.plan.threads(|threads| {
            threads.group(2, |plan| calls.push((plugin.call_in(plan, "plugin"), 2)));
        });
    }
    case.plan.fork("child", |plan| {
        calls.push((plugin.call_in(plan, "plugin"), 1));
        plan.threads(|threads| {
            threads.group(2, |plan| calls.push((plugin.call_in(plan, "plugin"), 2)));
        });
    });
    plugin.call(&mut case, "plugin");
    let wait = case.plan.wait("child", 10_000);
    case.expect.value(wait, json!({"exit": 17}));
    plugin.call(&mut case, "plugin");
    for (step, count) in calls {
        case.expect.values(step, count, 42);
    }
    lab.run(case)
}

/// Python belongs to the host, which ends it while the DLL is loaded.
pub(super) fn finalise(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let (mut case, plugin) =
            opened(lab, "perf", "finalised by the host", &host, folder.path())?;
        let file = lab.libpython.real_path.as_path();
        let step = case.plan.open("libpython", file, Flags::NOW | Flags::GLOBAL);
        case.expect.done(step);
        case.plan.python("libpython", PythonAction::Initialize(0));
        plugin.call(&mut case, "plugin");
        let finalised = case.plan.python("libpython", PythonAction::Finalize);
        case.expect.value(finalised, 0);
        for _ in 0..2 {
            let step = plugin.call_unjudged(&mut case, "plugin");
            case.expect.value(step, 0);
        }
        let mut there = step;
        case.plan.threads(|threads| {
            threads.group(2, |plan| there = plugin.call_in(plan, "plugin"));
        });
        case.expect.values(there, 2, 0);
        let why = case.plan.call("plugin", "_perf_cffi_last_error", "s()", &[]);
        case.expect.done(why);
        let mut judged = lab.run(case)?;
        let text = judged.record.observation.value(why).and_then(|value| value.as_str());
        if !text.is_some_and(|text| text.contains("finali")) {
            let text = format!("last_error does not say that Python was finalised: {text:?}");
            judged.deviate(text);
        }
        cases.push(judged);
    }
    Ok(Finding::of_cases(cases))
}
