//! What helps against the cause of a failure, tried in the C host where that is possible.

use std::ffi::OsString;
use std::path::Path;

use super::About;
use super::bench::Bench;
use super::facts::Scope;
use super::judge::Judged;
use crate::dll::quote;
use crate::doctor::{DoctorError, Fix};
use crate::target::Target;

/// Causes that a libpython in the global scope may end.
pub(super) const WANT_GLOBAL: &[&str] =
    &["libpython-local", "undefined-symbol", "dll-without-libpython", "symbol-missing"];
/// Causes that a search path may end.
const WANT_PATH: &[&str] = &["libpython-not-found", "library-not-found"];
/// Causes that cffi itself may end.
const WANT_CFFI: &[&str] = &["backend-missing", "backend-version", "backend-abi"];

/// The fixes for a group of failures of one cause, those that were tried and work first.
pub(super) fn remedies(
    target: &Target,
    about: &About,
    bench: &Bench<'_>,
    group: &[&Judged],
    judged: &[Judged],
) -> Result<Vec<Fix>, DoctorError> {
    let Some(first) = group.first() else { return Ok(Vec::new()) };
    let cause = first.run.cause.as_deref().unwrap_or_default();
    let scope = first.run.scope;
    let works = |scope: Scope| {
        let mut runs = judged.iter().filter(|judged| judged.run.scope == scope).peekable();
        runs.peek().is_some() && runs.all(|judged| judged.run.works)
    };
    let mut fixes = Vec::new();
    // The interpreter needs no host's remedies.
    if scope == Scope::Interpreter {
        return Ok(if WANT_CFFI.contains(&cause) { install_cffi(target) } else { fixes });
    }
    if let Some(libpython) = bench.libpython.as_deref().filter(|_| WANT_GLOBAL.contains(&cause)) {
        global(about, bench, libpython, scope, &works, &mut fixes)?;
    }
    if WANT_PATH.contains(&cause)
        && let Some(folder) = bench.libpython.as_deref().and_then(Path::parent)
    {
        let path = bench.library_path(folder);
        let what = "Lead ld.so to it, in the environment of the host.";
        let fix = Fix::command(what, format!("export LD_LIBRARY_PATH={}", quote(&path)));
        // In a local host another problem may be next.
        let mut scopes: Vec<_> = group.iter().map(|judged| judged.run.scope).collect();
        scopes.dedup();
        for scope in scopes {
            if bench.again(scope, &[("LD_LIBRARY_PATH", Some(path.clone()))])?.run.works {
                fixes.push(fix.verified());
                break;
            }
        }
    }
    // To wait for several hangs more would take minutes.
    let variables = if cause == "hang" { Vec::new() } else { bench.python_variables() };
    for name in variables {
        if bench.again(scope, &[(name, None)])?.run.works {
            let what = format!("Take {name} out of the environment of the host.");
            fixes.push(Fix::command(what, format!("unset {name}")).verified());
        }
    }
    if WANT_CFFI.contains(&cause) {
        fixes.extend(install_cffi(target));
    }
    Ok(fixes)
}

/// Opens libpython where extension modules look.
pub(in crate::doctor::dll) fn before(libpython: &Path) -> Fix {
    let file = libpython.display();
    let open = format!("dlopen(\"{file}\", RTLD_NOW | RTLD_GLOBAL)");
    Fix::advice(format!("In the host, before it opens the DLL: {open}."))
}

fn global(
    about: &About,
    bench: &Bench<'_>,
    libpython: &Path,
    scope: Scope,
    works: &dyn Fn(Scope) -> bool,
    fixes: &mut Vec<Fix>,
) -> Result<(), DoctorError> {
    // The Global host of an extension module is one that opens libpython so.
    let is_global_before =
        if about.extension { works(Scope::Global) } else { works(Scope::Preloaded) };
    if is_global_before {
        fixes.push(before(libpython).verified());
    }
    if works(Scope::Global) && !about.extension {
        let what = "In the host, open the DLL with RTLD_NOW | RTLD_GLOBAL.";
        fixes.push(Fix::advice(what).verified());
    }
    let preload: OsString = libpython.into();
    if scope == Scope::Local
        && bench.again(scope, &[("LD_PRELOAD", Some(preload.clone()))])?.run.works
    {
        let what = "Without a change to the host, in its environment.";
        fixes.push(Fix::command(what, format!("export LD_PRELOAD={}", quote(&preload))).verified());
    }
    Ok(())
}

/// Commands that give this very interpreter a cffi.
pub(super) fn install_cffi(target: &Target) -> Vec<Fix> {
    let Some(executable) = &target.executable else { return Vec::new() };
    let python = quote(executable.as_os_str());
    vec![
        Fix::command(
            "Install cffi, the package and its _cffi_backend, for exactly this Python.",
            format!("{python} -m pip install --upgrade --force-reinstall cffi"),
        ),
        Fix::command(
            "See which file of that name this Python finds, and why.",
            format!("embedcheck doctor --module _cffi_backend --python {python}"),
        ),
    ]
}
