//! Starts of Python that fail.

use std::fs;
use std::path::Path;

use embedcheck_plan::{Line, Op};

use super::{control, opened};
use crate::check::plugin::NAMED_LIBPYTHON;
use crate::check::{Case, Finding, Judgement, Lab, LabError};
use crate::report::Producer;
use crate::run::HostCommand;

/// A cause for which `Py_InitializeEx` would end the host with code 1.
#[derive(Clone, Copy, Debug)]
struct Failure {
    /// For the name of the case.
    words: &'static str,
    /// What brings it about in the case's folder.
    arrange: fn(&mut Case, &Path) -> std::io::Result<()>,
    /// What the text must say, in any letters; one of them.
    says: &'static [&'static str],
}

/// The contract's table of start failures, and no libpython at all.
const FAILURES: &[Failure] = &[
    Failure {
        words: "PYTHONHOME leads nowhere",
        arrange: |case, folder| {
            case.env.set("PYTHONHOME", folder.join("nothing"));
            Ok(())
        },
        says: &["PYTHONHOME", "encodings"],
    },
    Failure {
        words: "a standard library without encodings",
        arrange: |case, folder| {
            let home = folder.join("home");
            for minor in 8..=15 {
                let library = home.join(format!("lib/python3.{minor}"));
                fs::create_dir_all(library.join("lib-dynload"))?;
                fs::write(library.join("os.py"), "")?;
            }
            case.env.set("PYTHONHOME", home);
            Ok(())
        },
        says: &["encodings", "PYTHONHOME"],
    },
    Failure {
        words: "PYTHONIOENCODING is no encoding",
        arrange: |case, _| {
            case.env.set("PYTHONIOENCODING", "bogus");
            Ok(())
        },
        says: &["encoding"],
    },
    Failure {
        words: "PYTHONHASHSEED is no number",
        arrange: |case, _| {
            case.env.set("PYTHONHASHSEED", "bogus");
            Ok(())
        },
        says: &["PYTHONHASHSEED"],
    },
    Failure {
        words: "sitecustomize calls sys.exit",
        arrange: |case, folder| {
            let site = folder.join("site");
            fs::create_dir_all(&site)?;
            fs::write(site.join("sitecustomize.py"), "import sys\nsys.exit(9)\n")?;
            case.prepend_python_path(&site);
            Ok(())
        },
        says: &["site"],
    },
    Failure { words: "no libpython at all", arrange: hide_all, says: &["libpython"] },
];

/// Nothing is told, nothing is on PATH, and for every name that ld.so could be asked for an empty file
/// comes first.
fn hide_all(case: &mut Case, folder: &Path) -> std::io::Result<()> {
    let decoys = folder.join("decoys");
    fs::create_dir_all(&decoys)?;
    for minor in 8..=20 {
        for flags in ["", "t", "d", "td"] {
            for end in ["so.1.0", "so.1", "so"] {
                fs::write(decoys.join(format!("libpython3.{minor}{flags}.{end}")), "")?;
            }
        }
    }
    fs::write(decoys.join("libpython3.so"), "")?;
    case.env.unset(NAMED_LIBPYTHON);
    case.env.set("PATH", "/nonexistent").set("LD_LIBRARY_PATH", &decoys);
    Ok(())
}

/// Every cause in every host: two calls return 0, the text is there for every thread, and was
/// written once.
pub(super) fn failures(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for failure in FAILURES {
        for host in lab.dlopen_hosts() {
            cases.push(run(lab, failure, &host)?);
        }
    }
    Ok(Finding::of_cases(cases))
}

fn run(lab: &Lab<'_>, failure: &Failure, host: &HostCommand) -> Result<Judgement, LabError> {
    let folder = lab.folder("start")?;
    let (mut case, plugin) = opened(lab, "perf", failure.words, host, folder.path())?;
    let path = folder.path().to_owned();
    (failure.arrange)(&mut case, &path).map_err(LabError::internal("arrange a failing start"))?;
    // What is known to be no Python need not be loaded.
    case.expect.maps_any();
    control(&mut case, "_perf_cffi_start", -1);
    for _ in 0..2 {
        let step = plugin.call_unjudged(&mut case, "plugin");
        case.expect.value(step, 0);
    }
    let here = last_error(&mut case);
    let mut there = here;
    case.plan.threads(|threads| {
        threads.group(1, |plan| {
            there = plan.call("plugin", "_perf_cffi_last_error", "s()", &[]);
        });
    });
    case.expect.done(there);
    let mut judged = lab.run(case)?;
    for step in [here, there] {
        compare(&mut judged, step, failure.says);
    }
    Ok(judged)
}

fn last_error(case: &mut Case) -> Line {
    let step = case.plan.call("plugin", "_perf_cffi_last_error", "s()", &[]);
    case.expect.done(step);
    step
}

/// What `last_error` gave must say why, and standard error must have it, too.
fn compare(judged: &mut Judgement, step: Line, says: &[&str]) {
    let observation = &judged.record.observation;
    let Some(value) = observation.value(step) else { return };
    let Some(text) = value.as_str() else {
        judged.deviate(format!("line {step}: last_error gave {value}, not a text"));
        return;
    };
    if !says.iter().any(|word| text.contains(word)) {
        let text = text.to_owned();
        judged.deviate(format!("line {step}: last_error says {text:?}, nothing of {says:?}"));
        return;
    }
    // The text may have several lines; the first says it all to a log that keeps one.
    let first = text.lines().next().unwrap_or_default().to_owned();
    let times = observation.stderr.text.matches(&first).count();
    if times != 1 {
        judged.deviate(format!("{first:?} stands on standard error {times} times, not once"));
    }
}

/// Without a libpython nothing has happened that could not be undone.
pub(super) fn again(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        let folder = lab.folder(host.kind.name())?;
        let label = "no libpython, then one";
        let (mut case, plugin) = opened(lab, "perf", label, &host, folder.path())?;
        hide_all(&mut case, folder.path()).map_err(LabError::internal("hide every libpython"))?;
        control(&mut case, "_perf_cffi_start", -1);
        let step = plugin.call_unjudged(&mut case, "plugin");
        case.expect.value(step, 0);
        let file = lab.libpython.real_path.as_path();
        case.plan.step(Op::Setenv { name: NAMED_LIBPYTHON.to_owned(), value: file.into() });
        case.expect.maps_only(file);
        control(&mut case, "_perf_cffi_start", 0);
        plugin.call(&mut case, "plugin");
        cases.push(lab.run(case)?);
    }
    Ok(Finding::of_cases(cases))
}
