//! Which file each DT_NEEDED of the DLL and of libpython leads to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use embedcheck_plan::Flags;

use crate::check::{Finding, Lab, LabError};
use crate::elf::{Elf, Environment, LoaderModel, Mode, trace};
use crate::report::Producer;

/// Soname or name, and the file behind it, with symbolic links followed.
type Files = BTreeMap<String, PathBuf>;

pub(super) fn resolution(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let folder = lab.folder("live")?;
    let path = folder.path().join("plugin.so");
    let plugin = lab.plugin(Producer::Probe, &path, &lab.absolute())?;
    let host = lab.c_host();
    let environment = Environment::of_program(&host.program, folder.path())
        .map_err(LabError::internal("read the C host"))?;
    let (mut model, _) = LoaderModel::start(environment);
    let opened = model.open(&plugin.path, Mode::default());
    let mut evidence: Vec<String> = opened
        .resolved
        .iter()
        .map(|found| format!("{} => {} ({:?})", found.name, found.path.display(), found.rule))
        .collect();
    let mut differences: Vec<String> = opened
        .not_found
        .iter()
        .map(|missing| format!("computed: {} is not found", missing.name))
        .collect();
    let computed: Files =
        opened.resolved.iter().map(|found| (found.name.clone(), real(&found.path))).collect();

    let elf = Elf::read(&host.program).map_err(LabError::internal("read the C host"))?;
    if let Some(ld_so) = elf.interpreter {
        let trace = trace(Path::new(&ld_so), &plugin.path, None, &[])
            .map_err(LabError::internal("ask ld.so"))?;
        for missing in &trace.not_found {
            if computed.contains_key(missing) {
                differences.push(format!("ld.so does not find {missing}; computed was a file"));
            }
        }
        for loaded in trace.loaded {
            let (Some(mine), Some(theirs)) = (computed.get(&loaded.name), &loaded.path) else {
                continue;
            };
            if *mine != real(theirs) {
                differences.push(format!(
                    "{}: computed {}, ld.so {}",
                    loaded.name,
                    mine.display(),
                    theirs.display()
                ));
            }
        }
    }

    let mut case = lab.case("probe in a c host", &host, folder.path());
    plugin.open(&mut case, "plugin", Flags::NOW | Flags::LOCAL);
    let step = case.plan.resolve("plugin", "Py_IsInitialized");
    case.expect.done(step);
    plugin.call(&mut case, "plugin");
    let judged = lab.run(case)?;
    if !judged.is_good() {
        return Ok(Finding::of_cases(vec![judged]).with_evidence(evidence));
    }
    let live = judged.record.observation.value(step).and_then(|value| value["file"].as_str());
    let soname = lab.soname()?;
    match (computed.get(soname), live) {
        (Some(mine), Some(file)) if *mine == real(Path::new(file)) => {}
        (mine, live) => differences.push(format!(
            "{soname}: computed {}, mapped {}",
            mine.map_or("nothing".into(), |path| path.display().to_string()),
            live.unwrap_or("nothing")
        )),
    }
    if let Some(mine) = computed.get(soname)
        && *mine != lab.libpython.real_path
    {
        differences.push(format!(
            "{soname} leads to {}, not to the target's {}",
            mine.display(),
            lab.libpython.real_path.display()
        ));
    }
    if differences.is_empty() {
        let detail = format!("{} libraries; all three agree", computed.len());
        return Ok(Finding::pass(detail).with_evidence(evidence).with_cases([judged]));
    }
    let detail = differences[0].clone();
    evidence.splice(0..0, differences);
    Ok(Finding::fail(detail)
        .advise(
            "The loader takes another file than the one under test: look at the rules in the \
             evidence, and at LD_LIBRARY_PATH, RPATH and ld.so.cache.",
        )
        .with_evidence(evidence)
        .with_cases([judged]))
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
