//! `cffi/…`: what CFFI's embedding mode documents, word for word.
//!
//! Some of it is dangerous, above all a call that returns 0 because the initialisation failed. A pass
//! means that it is so, exactly: hosts and diagnosis rules can rely on the texts. The pages say what
//! to do about it.

mod backend;
pub(super) mod functions;
pub(super) mod hosts;
pub(super) mod importing;
mod words;

use embedcheck_plan::Flags;

use super::{Case, Finding, Lab, LabError, Plugin, checks};
use crate::report::Producer;

checks! { false;
    "cffi/init-error" "init code that raises is reported on stderr, every call returns 0, and the host lives on" Low
        |lab| functions::init_error(lab, Producer::Cffi);
    "cffi/unattached" "a function without Python code prints one line at each call and returns 0" Low
        |lab| functions::unattached(lab, Producer::Cffi);
    "cffi/exception" "an exception in a function is printed, and the function returns 0" Low
        |lab| functions::exception(lab, Producer::Cffi);
    "cffi/error-value" "after an exception, a function returns what error= or onerror= say" Low
        |lab| functions::error_value(lab, Producer::Cffi);
    "cffi/missing-backend" "without _cffi_backend every call returns 0, and stderr tells why" Low
        backend::missing;
    "cffi/wrong-abi-backend" "a _cffi_backend of another Python is refused, and stderr tells why" Medium
        backend::wrong_abi;
    "cffi/recursion" "init code can call the host, which can call the DLL that is being initialised" Low
        |lab| functions::recursion(lab, Producer::Cffi);
    "cffi/import" "the DLL can be imported in a running Python under the name of its module" Low
        |lab| importing::import(lab, Producer::Cffi);
    "cffi/ctypes" "ctypes.CDLL and ctypes.PyDLL can call the DLL in a running Python" Low
        |lab| importing::ctypes(lab, Producer::Cffi);
    "cffi/static-host" "a host with CFFI's C code compiled in works" Medium
        |lab| hosts::inside(lab, Producer::Cffi);
    "cffi/linked-host" "a host linked with -l to the DLL works, and starts Python at the first call" Medium
        |lab| hosts::linked(lab, Producer::Cffi);
}

/// A case in each host that opens DLLs, with the DLL of the fixture opened as `plugin`. That of CFFI
/// has its libpython in the global scope: what a local one does is `load/local`.
pub(super) fn in_each_host(
    lab: &Lab<'_>,
    producer: Producer,
    fixture: &str,
    add_steps: impl Fn(&mut Case, &Plugin) -> Result<(), LabError>,
) -> Result<Finding, LabError> {
    lab.need(producer)?;
    let scope = if producer == Producer::Rust { Flags::LOCAL } else { Flags::GLOBAL };
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let path = folder.path().join("plugin.so");
        let plugin = lab.fixture(producer, fixture, &path, &lab.absolute())?;
        let label = format!("{fixture} in a {} host", host.kind);
        let mut case = lab.case(label, &host, folder.path());
        plugin.open(&mut case, "plugin", Flags::NOW | scope);
        add_steps(&mut case, &plugin)?;
        cases.push(lab.run(case)?);
    }
    Ok(Finding::of_cases(cases))
}

/// A call of `int (int, int)` with 40 and 2, which must return `value`.
pub(super) fn call(case: &mut Case, function: &str, value: i32) {
    let step = case.plan.call("plugin", function, "i(ii)", &[40.into(), 2.into()]);
    case.expect.value(step, value);
}
