//! A second Python, of another version, in the same process.

mod namespace;
mod side;

use embedcheck_plan::Flags;

pub(super) use self::namespace::namespace;
use self::side::{Side, sides};
use crate::check::{Finding, Judgement, Lab, LabError};
use crate::report::Producer;
use crate::run::HostCommand;

/// The DLL of the second Python was bound to the first one.
const INTERPOSED: &str = "wrong-libpython-wins";

/// Each DLL finds the libpython that it names itself, in its local scope.
pub(super) fn local(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Probe)?;
    let sides = sides(lab)?;
    let cases = in_one_namespace(lab, &sides, Flags::LOCAL)?;
    Ok(with_versions(Finding::of_cases(cases), &sides))
}

/// The first libpython in the global scope serves every DLL, and nothing says so.
pub(super) fn global(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Probe)?;
    let sides = sides(lab)?;
    let cases = in_one_namespace(lab, &sides, Flags::GLOBAL)?;
    let predicted = |case: &Judgement| {
        case.is_good() || case.cause.as_ref().is_some_and(|cause| cause.id == INTERPOSED)
    };
    let bad = cases.iter().find(|case| !case.is_good());
    let Some(bad) = bad.filter(|_| cases.iter().all(predicted)) else {
        return Ok(with_versions(Finding::of_cases(cases), &sides));
    };
    let cause = bad.cause.clone();
    let detail = format!("both DLLs run in {}, the first to be loaded", sides[0].words);
    let remedy = namespace::threads_of_their_own(lab, &sides, &lab.c_host())?;
    let mut verified = Vec::new();
    if remedy.is_good() {
        verified.push(namespace::REMEDY.to_owned());
    }
    let finding = Finding::limit(detail, verified).because(cause);
    Ok(with_versions(finding.with_cases(cases).with_cases([remedy]), &sides))
}

/// The first DLL is called, then the second, then the first again.
fn in_one_namespace(
    lab: &Lab<'_>,
    sides: &[Side<'_>; 2],
    scope: Flags,
) -> Result<Vec<Judgement>, LabError> {
    let run = |host: &HostCommand| {
        let folder = lab.folder("pair")?;
        let label =
            format!("{} and {}, {scope}, in a {} host", sides[0].words, sides[1].words, host.kind);
        let mut case = lab.case(label, host, folder.path());
        for side in sides {
            side.prepare(&mut case)?;
            let plugin = side.plugin(lab, folder.path())?;
            plugin.open(&mut case, side.handle, Flags::NOW | scope);
            let step = side.ask_version(&mut case.plan);
            case.expect.value(step, side.number());
        }
        let again = sides[0].ask_version(&mut case.plan);
        case.expect.value(again, sides[0].number());
        case.expect.images(2);
        lab.run(case)
    };
    lab.dlopen_hosts().iter().map(run).collect()
}

/// Every verdict is about two versions, and says which.
fn with_versions(mut finding: Finding, sides: &[Side<'_>; 2]) -> Finding {
    let versions = format!("{} first, then {}", sides[0].words, sides[1].words);
    finding.detail = Some(match finding.detail {
        Some(detail) => format!("{versions}: {detail}"),
        None => versions,
    });
    finding
}
