//! Which file each DT_NEEDED of the DLL and of libpython leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use embedcheck_plan::Flags;

use super::modules;
use crate::check::{Finding, Lab, LabError};
use crate::elf::{Environment, LoaderModel, Mode, Rule, Trace, trace};
use crate::report::Producer;

/// Soname or name, and the file behind it, with symbolic links followed.
type Files = BTreeMap<String, PathBuf>;

pub(super) fn resolution(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Probe)?;
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
        .map(|found| format!("{} => {} ({})", found.name, found.path.display(), found.rule))
        .collect();
    let mut differences: Vec<String> = opened
        .not_found
        .iter()
        .map(|missing| format!("computed: {} is not found", missing.name))
        .collect();
    let searched = opened.resolved.iter().filter(|found| is_searched(&found.name, &found.rule));
    let computed: Files = searched.map(|found| (found.name.clone(), real(&found.path))).collect();

    let ld_so = modules::ld_so(lab)?;
    let trace = trace(&ld_so, &plugin.path, None, &[])?;
    differences.extend(modules::refusal(&trace).map(|line| format!("ld.so gave up: {line}")));
    differences.extend(against_ld_so(&computed, &trace, &ld_so));

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

/// What has a path for a name is not searched for, and ld.so itself is there before any search.
fn is_searched(name: &str, rule: &Rule) -> bool {
    !name.contains('/') && *rule != Rule::Interpreter
}

/// What ld.so loads against what was computed, by name.
fn against_ld_so(computed: &Files, trace: &Trace, ld_so: &Path) -> Vec<String> {
    let loaded = trace.loaded.iter().filter(|one| !one.name.contains('/'));
    // The vDSO is no file.
    let files = loaded.filter_map(|one| Some((one.name.clone(), real(one.path.as_ref()?))));
    let asked: Files = files.filter(|(_, path)| *path != real(ld_so)).collect();
    let names: BTreeSet<_> = computed.keys().chain(asked.keys()).collect();
    let words =
        |path: Option<&PathBuf>| path.map_or("nothing".into(), |path| path.display().to_string());
    let differences = names.into_iter().filter_map(|name| {
        let (mine, theirs) = (computed.get(name), asked.get(name));
        (mine != theirs)
            .then(|| format!("{name}: computed {}, ld.so {}", words(mine), words(theirs)))
    });
    differences.collect()
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::TraceLoaded;

    #[test]
    fn what_only_one_of_the_two_knows_is_a_difference() {
        let file = |name: &str| (name.to_owned(), PathBuf::from(format!("/nowhere/{name}")));
        let loaded = |name: &str| TraceLoaded { name: name.to_owned(), path: Some(file(name).1) };
        let asked = |loaded| Trace { loaded, ..Trace::default() };
        let computed = Files::from([file("liba.so"), file("libb.so")]);
        let ld_so = Path::new("/nowhere/ld.so");
        let vdso = TraceLoaded { name: "linux-vdso.so.1".to_owned(), path: None };
        let all = vec![vdso, loaded("liba.so"), loaded("libb.so"), loaded("ld.so")];
        assert_eq!(against_ld_so(&computed, &asked(all), ld_so), [""; 0]);
        assert_eq!(
            against_ld_so(&computed, &asked(vec![loaded("liba.so"), loaded("libc.so")]), ld_so),
            [
                "libb.so: computed /nowhere/libb.so, ld.so nothing",
                "libc.so: computed nothing, ld.so /nowhere/libc.so",
            ]
        );
    }
}
