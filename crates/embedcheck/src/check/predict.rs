//! `predict/…`: what ld.so will do is computed from the ELF files, asked of ld.so without running
//! anything, and seen in a live process. The three must agree.

mod compare;
mod modules;
mod resolution;

use embedcheck_plan::Flags;

pub(super) use self::compare::against_live;
pub(super) use self::modules::{Prediction, Scope};
use super::{Finding, Lab, LabError, checks};
use crate::report::Producer;

checks! { false;
    "predict/local" "the symbols that extension modules miss when libpython is local: computed, asked of ld.so and seen" Low
        |lab| modules(lab, Scope::Local);
    "predict/global" "with libpython in the global scope no extension module misses a symbol: computed, asked of ld.so and seen" Low
        |lab| modules(lab, Scope::Global);
    "predict/resolution" "the file that each DT_NEEDED leads to: computed, asked of ld.so and seen" Low
        resolution::resolution;
}

/// Compares the three answers for every extension module.
fn modules(lab: &Lab<'_>, scope: Scope) -> Result<Finding, LabError> {
    lab.need(Producer::Probe)?;
    if lab.target.extension_modules.is_empty() {
        let reason = "the target has no extension modules of its own outside libpython";
        return Err(LabError::unavailable(reason));
    }
    let computed = lab.prediction()?.of(scope);
    let mut differences = Vec::new();
    let asked = modules::ask_ld_so(lab, scope, &mut differences)?;
    differences.extend(compare::against_ld_so(computed, &asked));
    let flags = match scope {
        Scope::Local => Flags::NOW | Flags::LOCAL,
        Scope::Global => Flags::NOW | Flags::GLOBAL,
    };
    let folder = lab.folder("live")?;
    let plugin = lab.plugin(Producer::Probe, &folder.path().join("plugin.so"), &lab.absolute())?;
    let label = format!("probe in a c host, {flags}");
    let mut case = lab.case(label, &lab.c_host(), folder.path());
    plugin.open(&mut case, "plugin", flags);
    let step = plugin.try_all_imports(lab, &mut case, "plugin");
    let judged = lab.run(case)?;
    if !judged.is_good() {
        return Ok(Finding::of_cases(vec![judged]));
    }
    let imports = judged.record.observation.imports_of(step).unwrap_or_default();
    differences.extend(against_live(computed, &imports.failed, lab.unimportable()?));
    let missing: Vec<_> = computed.iter().filter(|module| !module.symbols.is_empty()).collect();
    let all = computed.len();
    if !differences.is_empty() {
        let detail = format!("{} of {all} modules: the answers differ", differences.len());
        return Ok(Finding::fail(detail)
            .advise(
                "One of the three is wrong: the ELF files were changed while the check ran, a \
                 library of the host serves the symbol, or this is a defect of embedcheck; the \
                 evidence names each difference.",
            )
            .with_evidence(differences)
            .with_cases([judged]));
    }
    let detail = match (scope, missing.first()) {
        (_, None) => format!("{all} modules, none misses a symbol; all three agree"),
        (Scope::Local, Some(first)) => format!(
            "{} of {all} modules need libpython in the global scope, {} misses {} symbols; all \
             three agree",
            missing.len(),
            first.name,
            first.symbols.len()
        ),
        (Scope::Global, Some(first)) => {
            let symbol = first.symbols.iter().next().map_or("", String::as_str);
            let detail = format!(
                "{} of {all} modules miss a symbol even with libpython in the global scope, {}: \
                 {symbol}",
                missing.len(),
                first.name
            );
            let lines = missing.iter().map(|module| module.to_string()).collect::<Vec<_>>();
            return Ok(Finding::fail(detail)
                .because(modules::cause_of(first))
                .with_evidence(lines)
                .with_cases([judged]));
        }
    };
    let lines = missing.iter().map(|module| module.to_string()).collect::<Vec<_>>();
    Ok(Finding::pass(detail).with_evidence(lines).with_cases([judged]))
}
