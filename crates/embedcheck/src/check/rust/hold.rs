//! Holding the interpreter over a batch of calls.

use embedcheck_plan::PlanBuilder;

use super::{control, opened};
use crate::check::{Finding, Lab, LabError};
use crate::report::Producer;

/// Nested, in the main thread and in two others at once; a leave too many is an error, and harmless.
pub(super) fn hold(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let (mut case, plugin) = opened(lab, "perf", "held", &host, folder.path())?;
        control(&mut case, "_perf_cffi_enter", 0);
        plugin.call(&mut case, "plugin");
        control(&mut case, "_perf_cffi_enter", 0);
        plugin.call(&mut case, "plugin");
        control(&mut case, "_perf_cffi_leave", 0);
        plugin.call(&mut case, "plugin");
        control(&mut case, "_perf_cffi_leave", 0);
        control(&mut case, "_perf_cffi_leave", -1);
        plugin.call(&mut case, "plugin");
        let mut steps = Vec::new();
        case.plan.threads(|threads| {
            threads.group(2, |plan| {
                let mut control = |plan: &mut PlanBuilder, name: &str, value: i32| {
                    let step = plan.call("plugin", &format!("_perf_cffi_{name}"), "i()", &[]);
                    steps.push((step, value));
                };
                control(plan, "enter", 0);
                let first = plugin.call_in(plan, "plugin");
                let second = plugin.call_in(plan, "plugin");
                control(plan, "leave", 0);
                control(plan, "leave", -1);
                steps.extend([(first, 42), (second, 42)]);
            });
        });
        for (step, value) in steps {
            case.expect.values(step, 2, value);
        }
        cases.push(lab.run(case)?);
    }
    Ok(Finding::of_cases(cases))
}
