//! Two CFFI DLLs whose frozen code imports a module of the same name.

use embedcheck_plan::Flags;

use crate::check::{Finding, Judgement, Lab, LabError};
use crate::dll::LinkOptions;
use crate::run::HostCommand;

/// How both DLLs are linked and opened.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// For the name of a case.
    words: &'static str,
    scope: Flags,
    /// libpython is promoted before the first call.
    promote: bool,
    /// Linked with `-Bsymbolic-functions`.
    symbolic: bool,
}

const LOCAL: Way = Way {
    words: "RTLD_LOCAL, libpython promoted",
    scope: Flags::LOCAL,
    promote: true,
    symbolic: false,
};
const GLOBAL: Way =
    Way { words: "RTLD_GLOBAL", scope: Flags::GLOBAL, promote: false, symbolic: false };
const SYMBOLIC: Way =
    Way { words: "RTLD_GLOBAL, linked with -Bsymbolic-functions", symbolic: true, ..GLOBAL };

/// Each DLL finds its own `PyInit_` function: they are not in one another's scope.
pub(super) fn local(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need_cffi()?;
    Ok(Finding::of_cases(run_all(lab, LOCAL)?))
}

/// The first DLL's `PyInit_` function answers for the second, which then does not know its own
/// functions.
pub(super) fn global(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need_cffi()?;
    let cases = run_all(lab, GLOBAL)?;
    let interposed = |case: &&Judgement| case.deviations.len() == 1 && second_is_unknown(case);
    let Some(bad) = cases.iter().find(|case| !case.is_good()) else {
        return Ok(Finding::of_cases(cases));
    };
    if !cases.iter().filter(|case| !case.is_good()).all(|case| interposed(&case)) {
        return Ok(Finding::of_cases(cases));
    }
    let (detail, cause) = (bad.describe(), bad.cause.clone());
    let mut verified = Vec::new();
    let mut tried = Vec::new();
    for (way, words) in [
        (LOCAL, "open the DLLs RTLD_LOCAL and promote only libpython"),
        (SYMBOLIC, "link the DLLs with -Wl,-Bsymbolic-functions"),
    ] {
        let case = run_way(lab, way, &lab.c_host())?;
        if case.is_good() {
            verified.push(words.to_owned());
        }
        tried.push(case);
    }
    Ok(Finding::limit(detail, verified).because(cause).with_cases(cases).with_cases(tried))
}

/// The second DLL was asked for `fb` and the module of the first answered.
fn second_is_unknown(case: &Judgement) -> bool {
    case.cause.as_ref().is_some_and(|cause| {
        cause.id == "pyinit-interposed" && cause.evidence.iter().any(|line| line.contains("'fb'"))
    })
}

fn run_all(lab: &Lab<'_>, way: Way) -> Result<Vec<Judgement>, LabError> {
    lab.dlopen_hosts().iter().map(|host| run_way(lab, way, host)).collect()
}

fn run_way(lab: &Lab<'_>, way: Way, host: &HostCommand) -> Result<Judgement, LabError> {
    let folder = lab.folder("pair")?;
    let label = format!("{}, in a {} host", way.words, host.kind);
    let mut case = lab.case(label, host, folder.path());
    let link = LinkOptions { symbolic: way.symbolic, ..lab.link(&lab.absolute()) };
    for letter in ["a", "b"] {
        let path = folder.path().join(format!("{letter}.so"));
        let plugin = lab.cffi_dll(&format!("same_name_{letter}"), &path, &link)?;
        plugin.open(&mut case, letter, Flags::NOW | way.scope);
    }
    if way.promote {
        let step = case.plan.promote(lab.soname()?);
        case.expect.done(step);
    }
    for letter in ["a", "b"] {
        let step = case.plan.call(letter, &format!("f{letter}"), "i(ii)", &[40.into(), 2.into()]);
        case.expect.value(step, 42);
    }
    lab.run(case)
}
