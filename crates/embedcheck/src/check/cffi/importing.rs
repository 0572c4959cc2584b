//! The DLL in a running Python.

use embedcheck_plan::Flags;

use super::call;
use super::words::{ignored, line_of, traceback};
use crate::check::{Case, Finding, Judgement, Lab, LabError, Opening};
use crate::report::Producer;
use crate::target::Linkage;

/// What the fixture `add1` prints: at the first call, then at each.
const PRINTED: &str = "preparing...\nadding 40 and 2\nadding 100 and -5\n";

/// A case with the DLL of a fixture at `file`, opened in the way of the host.
fn opened(
    lab: &Lab<'_>,
    producer: Producer,
    fixture: &str,
    file: &str,
    opening: Opening,
    folder: &std::path::Path,
) -> Result<Case, LabError> {
    let mut plugin = lab.fixture(producer, fixture, &folder.join(file), &lab.absolute())?;
    let label = format!("{} of {file}", opening.word());
    let mut case = lab.python_case(label, opening, folder)?;
    if producer == Producer::Rust && lab.target.linkage == Linkage::StaticWithShared {
        // It uses the Python that it finds itself in, and opens no second one.
        case.expect.images(1);
        plugin = plugin.in_process(&case.host.program);
    }
    plugin.open(&mut case, "plugin", Flags::NOW | Flags::LOCAL);
    Ok(case)
}

/// Two calls that work.
fn add_twice(case: &mut Case) {
    call(case, "add1", 42);
    let step = case.plan.call("plugin", "add1", "i(ii)", &[100.into(), (-5).into()]);
    case.expect.value(step, 95);
}

/// `cffi/import`: under the module's name, under another, and with a function that raises.
pub(in crate::check) fn import(lab: &Lab<'_>, producer: Producer) -> Result<Finding, LabError> {
    lab.need(producer)?;
    Ok(Finding::of_cases(vec![
        right_name(lab, producer)?,
        wrong_name(lab, producer)?,
        raising(lab, producer)?,
    ]))
}

fn right_name(lab: &Lab<'_>, producer: Producer) -> Result<Judgement, LabError> {
    let folder = lab.folder("right-name")?;
    let mut case = opened(lab, producer, "add1", "_add1_cffi.so", Opening::Import, folder.path())?;
    // An error of the caller does raise, other than one in the function, and starts nothing.
    let step = case.plan.call("plugin", "add1", "i(i)", &[40.into()]);
    case.expect.error(step, "TypeError: …expects 2 arguments, got 1");
    add_twice(&mut case);
    case.expect.stdout(PRINTED);
    case.expect.stderr("");
    lab.run(case)
}

fn wrong_name(lab: &Lab<'_>, producer: Producer) -> Result<Judgement, LabError> {
    let folder = lab.folder("wrong-name")?;
    lab.fixture(producer, "add1", &folder.path().join("plugin.so"), &lab.absolute())?;
    let mut case = lab.python_case("import of plugin.so", Opening::Import, folder.path())?;
    let step =
        case.plan.open("plugin", &folder.path().join("plugin.so"), Flags::NOW | Flags::LOCAL);
    case.expect.error(
        step,
        "ImportError: dynamic module does not define module export function (PyInit_plugin)",
    );
    lab.run(case)
}

/// The exception does not reach the Python that called: CFFI prints it, as in any host.
fn raising(lab: &Lab<'_>, producer: Producer) -> Result<Judgement, LabError> {
    let folder = lab.folder("raising")?;
    let mut case =
        opened(lab, producer, "raises", "_raises_cffi.so", Opening::Import, folder.path())?;
    let step = case.plan.call("plugin", "raises_plain", "i(i)", &[1.into()]);
    case.expect.value(step, 0);
    call(&mut case, "raises_nothing", 42);
    let line = line_of("raises", "raise ValueError(\"plain ")?;
    case.expect.stderr(&format!(
        "{}{}ValueError: plain 1\n",
        ignored("raises_plain"),
        traceback(producer, "_raises_cffi", line, "raises_plain")
    ));
    lab.run(case)
}

/// `cffi/ctypes`: a DLL that Python code calls through C.
pub(in crate::check) fn ctypes(lab: &Lab<'_>, producer: Producer) -> Result<Finding, LabError> {
    lab.need(producer)?;
    let mut cases = Vec::new();
    for opening in [Opening::Cdll, Opening::PyDll] {
        let folder = lab.folder(opening.word())?;
        let mut case = opened(lab, producer, "add1", "plugin.so", opening, folder.path())?;
        add_twice(&mut case);
        case.expect.stdout(PRINTED);
        case.expect.stderr("");
        cases.push(lab.run(case)?);
    }
    let without = |case: &Judgement| {
        let errors = case.record.observation.step_errors();
        errors.into_iter().find(|error| error.contains("No module named '_ctypes'"))
    };
    if let Some(error) = cases.iter().find_map(without) {
        return Err(LabError::unavailable(format!("{} has no ctypes: {error}", lab.target.id)));
    }
    Ok(Finding::of_cases(cases))
}
