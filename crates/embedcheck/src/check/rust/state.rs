//! What belongs to the host.

use embedcheck_plan::{Argument, Fact};

use super::opened;
use crate::check::{Finding, Lab, LabError};
use crate::report::Producer;

/// What Python programs import that changes a process: handlers, the locale, terminals.
const IMPORTED: &str = "signal\nlocale\nfaulthandler\nsubprocess\nthreading\nasyncio";

/// A value of `errno` that no call of the DLL sets by itself.
const ERRNO: i32 = 73;

/// Signal dispositions and locale before and after, `errno` over a call that starts Python.
pub(super) fn host_state(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let (mut case, _) = opened(lab, "imports", "the host's own", &host, folder.path())?;
        let facts = [Fact::Signals, Fact::Locale];
        let before = case.plan.facts(&facts);
        case.expect.done(before);
        let arguments = [Argument::from(40), Argument::from(2)];
        let mut calls = Vec::new();
        for _ in 0..2 {
            let step = case.plan.call_with_errno("plugin", "add1", "i(ii)", &arguments, ERRNO);
            case.expect.value(step, 42);
            calls.push(step);
        }
        let import = case.plan.call("plugin", "import_all", "s(s)", &[IMPORTED.into()]);
        case.expect.done(import);
        let after = case.plan.facts(&facts);
        case.expect.done(after);
        let mut judged = lab.run(case)?;
        let seen = &judged.record.observation;
        let mut changed = Vec::new();
        for step in calls {
            if let Some(end) = seen.end_of(step).filter(|end| end.errno != ERRNO) {
                changed.push(format!("line {step}: errno is {}, not {ERRNO}", end.errno));
            }
        }
        if let (Some(was), Some(is)) = (seen.value(before), seen.value(after))
            && was != is
        {
            changed.push(format!("signals or locale: {is}, and it was {was}"));
        }
        changed.into_iter().for_each(|text| judged.deviate(text));
        cases.push(judged);
    }
    Ok(Finding::of_cases(cases))
}
