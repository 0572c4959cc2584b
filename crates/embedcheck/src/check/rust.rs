//! `rust/…`: what embed-dll promises beyond what CFFI does, and that it keeps CFFI's contract.

mod binary;
mod hold;
mod life;
mod search;
mod start;
mod state;

use std::path::Path;

use embedcheck_plan::{Flags, Line};

use super::cffi::{functions, hosts, importing};
use super::{Case, Lab, LabError, Plugin, checks};
use crate::report::Producer;
use crate::run::HostCommand;

checks! { false;
    "rust/one-binary" "a DLL made with embed-dll names no libpython, and takes the one that it is told" Low
        binary::one_binary;
    "rust/search" "without being told, the DLL takes the Python of the host, of the virtual environment or of PATH" Low
        search::search;
    "rust/prefix" "sys.prefix and sys.executable are those of the libpython, whatever python3 is first on PATH" Low
        search::prefix;
    "rust/start-failures" "when Python cannot start, the host lives on, and last_error has the reason" Medium
        start::failures;
    "rust/start-again" "a start that failed can be tried again when the cause is mended" Low
        start::again;
    "rust/host-state" "starting Python leaves signals, locale and errno of the host as they were" Low
        state::host_state;
    "rust/unload" "a DLL that is closed and opened again has kept its state" Low
        life::unload;
    "rust/fork" "after fork, parent and child can both call the DLL" Low
        life::fork;
    "rust/finalise" "calls after the host has finalised Python return the error value" Low
        life::finalise;
    "rust/hold" "a thread can hold the interpreter over many calls, and misuse is an error" Low
        hold::hold;
    "rust/init-error" "init code that raises is reported on stderr, every call returns 0, and the host lives on" Low
        |lab| functions::init_error(lab, Producer::Rust);
    "rust/unattached" "a function without Python code prints one line at each call and returns 0" Low
        |lab| functions::unattached(lab, Producer::Rust);
    "rust/exception" "an exception in a function is printed, and the function returns 0" Low
        |lab| functions::exception(lab, Producer::Rust);
    "rust/error-value" "after an exception, a function returns what error= or onerror= say" Low
        |lab| functions::error_value(lab, Producer::Rust);
    "rust/recursion" "init code can call the host, which can call the DLL that is being initialised" Low
        |lab| functions::recursion(lab, Producer::Rust);
    "rust/import" "the DLL can be imported in a running Python under the name of its module" Low
        |lab| importing::import(lab, Producer::Rust);
    "rust/ctypes" "ctypes.CDLL and ctypes.PyDLL can call the DLL in a running Python" Low
        |lab| importing::ctypes(lab, Producer::Rust);
    "rust/static-host" "a host with the DLL's code compiled in (a staticlib) works" Medium
        |lab| hosts::inside(lab, Producer::Rust);
    "rust/linked-host" "a host linked with -l to the DLL works, and starts Python at the first call" Medium
        |lab| hosts::linked(lab, Producer::Rust);
}

/// A case in that host, with the twin of the fixture opened `RTLD_LOCAL` as `plugin`.
fn opened(
    lab: &Lab<'_>,
    fixture: &str,
    label: &str,
    host: &HostCommand,
    folder: &Path,
) -> Result<(Case, Plugin), LabError> {
    let plugin = lab.rust_plugin(fixture, &folder.join("plugin.so"))?;
    let mut case = lab.case(format!("{label}, {} host", host.kind), host, folder);
    plugin.open(&mut case, "plugin", Flags::NOW | Flags::LOCAL);
    Ok((case, plugin))
}

/// A call of a function of embed-dll itself, such as `_perf_cffi_start`, that returns an `int`.
fn control(case: &mut Case, function: &str, value: i32) -> Line {
    let step = case.plan.call("plugin", function, "i()", &[]);
    case.expect.value(step, value);
    step
}
