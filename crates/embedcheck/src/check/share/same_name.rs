//! Two DLLs whose frozen code imports a module of the same name.

use embedcheck_plan::Flags;

use crate::check::{Finding, Judgement, Lab, LabError};
use crate::dll::LinkOptions;
use crate::report::Producer;
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
    let mut missing = Vec::new();
    Ok(Finding::of_cases(run_all(lab, LOCAL, &mut missing)?).without(missing))
}

/// The first DLL's `PyInit_` function answers for the second, which then does not know its own
/// functions.
pub(super) fn global(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut missing = Vec::new();
    let cases = run_all(lab, GLOBAL, &mut missing)?;
    // A DLL made with embed-dll calls its own function by no name that ld.so could take elsewhere.
    let interposed = |case: &Judgement| {
        let cffi = case.record.producers == [Producer::Cffi];
        cffi && case.deviations.len() == 1 && second_is_unknown(case)
    };
    let Some(bad) = cases.iter().find(|case| !case.is_good()) else {
        return Ok(Finding::of_cases(cases).without(missing));
    };
    if !cases.iter().filter(|case| !case.is_good()).all(interposed) {
        return Ok(Finding::of_cases(cases).without(missing));
    }
    let (detail, cause) = (bad.describe(), bad.cause.clone());
    let mut verified = Vec::new();
    let mut tried = Vec::new();
    for (way, words) in [
        (LOCAL, "open the DLLs RTLD_LOCAL and promote only libpython"),
        (SYMBOLIC, "link the DLLs with -Wl,-Bsymbolic-functions"),
    ] {
        let case = run_way(lab, way, Producer::Cffi, &lab.c_host())?;
        if case.is_good() {
            verified.push(words.to_owned());
        }
        tried.push(case);
    }
    let finding = Finding::limit(detail, verified).because(cause).without(missing);
    Ok(finding.with_cases(cases).with_cases(tried))
}

/// The second DLL was asked for `fb` and the module of the first answered.
fn second_is_unknown(case: &Judgement) -> bool {
    case.cause.as_ref().is_some_and(|cause| {
        cause.id == "pyinit-interposed" && cause.evidence.iter().any(|line| line.contains("'fb'"))
    })
}

/// Every producer and host; the probe is no module at all.
fn run_all(lab: &Lab<'_>, way: Way, missing: &mut Vec<String>) -> Result<Vec<Judgement>, LabError> {
    let mut cases = Vec::new();
    for producer in lab.producers(missing)?.into_iter().filter(|one| *one != Producer::Probe) {
        for host in lab.dlopen_hosts() {
            cases.push(run_way(lab, way, producer, &host)?);
        }
    }
    if cases.is_empty() {
        let reason = missing.first().map_or("the probe is no module, and has no name", |it| it);
        return Err(LabError::unavailable(reason));
    }
    Ok(cases)
}

fn run_way(
    lab: &Lab<'_>,
    way: Way,
    producer: Producer,
    host: &HostCommand,
) -> Result<Judgement, LabError> {
    let folder = lab.folder("pair")?;
    let label = format!("{}, {}, in a {} host", producer.word(), way.words, host.kind);
    let mut case = lab.case(label, host, folder.path());
    let link = LinkOptions { symbolic: way.symbolic, ..lab.link(&lab.absolute()) };
    for letter in ["a", "b"] {
        let path = folder.path().join(format!("{letter}.so"));
        let fixture = format!("same_name_{letter}");
        let plugin = match producer {
            Producer::Rust => lab.rust_plugin(&fixture, &path)?,
            Producer::Probe | Producer::Cffi => lab.cffi_dll(&fixture, &path, &link)?,
        };
        plugin.open(&mut case, letter, Flags::NOW | way.scope);
    }
    // A DLL made with embed-dll has no libpython before the first call, and promotes it by itself.
    if way.promote && producer != Producer::Rust {
        let step = case.plan.promote(lab.soname()?);
        case.expect.done(step);
    }
    for letter in ["a", "b"] {
        let step = case.plan.call(letter, &format!("f{letter}"), "i(ii)", &[40.into(), 2.into()]);
        case.expect.value(step, 42);
    }
    lab.run(case)
}
