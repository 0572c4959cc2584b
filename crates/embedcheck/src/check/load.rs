//! `load/…`: every way in which a host brings a DLL and libpython into its process.

mod ways;
mod workaround;

use std::path::Path;

use embedcheck_plan::Flags;

use self::ways::{WAYS, Way};
use super::{Finding, Judgement, Lab, LabError, Plugin, checks};
use crate::diagnose::{self, Evidence};
use crate::dll::HostLink;
use crate::report::{Producer, Verdict};
use crate::run::HostCommand;

checks! { true;
    "load/local" "a DLL opened with RTLD_NOW|RTLD_LOCAL can import every extension module" Low
        |lab| load(lab, &WAYS.local);
    "load/local-lazy" "the same with RTLD_LAZY|RTLD_LOCAL, the default of Rust's libloading" Low
        |lab| load(lab, &WAYS.local_lazy);
    "load/global" "a DLL opened with RTLD_NOW|RTLD_GLOBAL can import every extension module" Low
        |lab| load(lab, &WAYS.global);
    "load/global-lazy" "the same with RTLD_LAZY|RTLD_GLOBAL" Low
        |lab| load(lab, &WAYS.global_lazy);
    "load/libpython-global" "opening libpython with RTLD_GLOBAL first makes an RTLD_LOCAL DLL work" Low
        |lab| load(lab, &WAYS.libpython_global);
    "load/promote-before" "promoting the loaded libpython with RTLD_NOLOAD|RTLD_GLOBAL before the first call works" Low
        |lab| load(lab, &WAYS.promote_before);
    "load/promote-after-failure" "promoting libpython after a first call that failed still helps" Low
        promote_after_failure;
    "load/ld-preload" "LD_PRELOAD of libpython makes an RTLD_LOCAL DLL work" Low
        |lab| load(lab, &WAYS.ld_preload);
    "load/host-linked" "a host linked to libpython with --no-as-needed makes an RTLD_LOCAL DLL work" Medium
        |lab| load(lab, &WAYS.host_linked);
    "load/host-as-needed" "a host linked to libpython with --as-needed, which it does not use itself, works" Medium
        |lab| load(lab, &WAYS.host_as_needed);
    "load/linked-dll" "a host linked to the DLL itself can import every extension module" Medium
        linked_dll;
    "load/deepbind" "a DLL opened with RTLD_LOCAL|RTLD_DEEPBIND can import every extension module" Low
        |lab| load(lab, &WAYS.deepbind);
    "load/dlmopen" "a DLL in a link-map namespace of its own can import every extension module" Low
        dlmopen;
}

/// Words for what a DLL made with embed-dll does by itself.
const BY_ITSELF: &str = "a DLL made with embed-dll, with nothing done in the host";

/// How many extension modules can be imported if embedding does no harm.
fn importable(lab: &Lab<'_>) -> Result<usize, LabError> {
    let unimportable = lab.unimportable()?;
    let modules = lab.target.extension_modules.iter();
    Ok(modules.filter(|module| !unimportable.contains(&module.name)).count())
}

/// Nothing imported is nothing proved.
fn unproven(lab: &Lab<'_>) -> Result<Vec<String>, LabError> {
    let reason = match (lab.target.extension_modules.len(), importable(lab)?) {
        (0, _) => "the target has none outside libpython".to_owned(),
        (all, 0) => format!("none of the target's {all} can be imported even without embedding"),
        _ => return Ok(Vec::new()),
    };
    Ok(vec![format!("extension modules: {reason}")])
}

/// The case of one way, one producer and one host.
fn run_way(
    lab: &Lab<'_>,
    way: &Way,
    producer: Producer,
    host: &HostCommand,
    imports: bool,
) -> Result<Judgement, LabError> {
    let label = format!("{} in a {} host, {}", producer.word(), host.kind, way.words);
    let folder = lab.folder(&format!("{}-{}", producer.word(), host.kind))?;
    let path = folder.path().join("plugin.so");
    let plugin = importer(lab, producer, &path)?;
    let mut case = lab.case(label, host, folder.path());
    way.add_steps(lab, &mut case, &plugin)?;
    plugin.call(&mut case, "plugin");
    if imports {
        plugin.import_all(lab, &mut case, "plugin")?;
    }
    lab.run(case)
}

/// A DLL that can be asked to import modules, if its producer has one; see [`imports_all`].
fn importer(lab: &Lab<'_>, producer: Producer, path: &Path) -> Result<Plugin, LabError> {
    match producer {
        Producer::Rust => lab.rust_plugin("imports", path),
        Producer::Probe | Producer::Cffi => lab.plugin(producer, path, &lab.absolute()),
    }
}

/// Whether the DLLs of this producer are asked to import all extension modules. A CFFI DLL shows
/// by its own one whether any can be imported.
fn imports_all(producer: Producer) -> bool {
    producer != Producer::Cffi
}

/// Runs one way with every producer and host, and tells a limit from a failure.
fn load(lab: &Lab<'_>, way: &Way) -> Result<Finding, LabError> {
    let host_folder = lab.folder("host")?;
    let hosts = way.hosts(lab, host_folder.path())?;
    let mut cases = Vec::new();
    let mut missing = unproven(lab)?;
    for producer in way.producers(lab, &mut missing)? {
        for (index, host) in hosts.iter().enumerate() {
            // The modules are the same for every host: importing all of them once is enough.
            let imports = imports_all(producer) && index == 0;
            cases.push(run_way(lab, way, producer, host, imports)?);
        }
    }
    let finding = conclude(lab, way.needs_global, cases)?.without(missing);
    with_count(lab, finding)
}

/// A pass, the documented limit of a local libpython, or a failure.
fn conclude(lab: &Lab<'_>, needs_global: bool, cases: Vec<Judgement>) -> Result<Finding, LabError> {
    // A DLL made with embed-dll is to make its libpython global by itself: nothing limits it.
    let limited = |case: &Judgement| !case.record.producers.contains(&Producer::Rust);
    let local = |case: &Judgement| {
        limited(case) && case.cause.as_ref().is_some_and(|cause| cause.id == "libpython-local")
    };
    let mut bad = cases.iter().filter(|case| !case.is_good());
    if !needs_global || !bad.clone().all(local) {
        return Ok(Finding::of_cases(cases));
    }
    // What goes well against the prediction is as much a finding as what goes wrong against it.
    let difference = lab.compare_with_prediction(cases.iter().filter(|case| limited(case)))?;
    if !difference.is_empty() {
        let detail = "modules failed that the ELF files do not predict, or the other way round";
        return Ok(Finding::fail(detail).with_evidence(difference).with_cases(cases));
    }
    let Some(bad) = bad.next() else {
        return Ok(Finding::of_cases(cases));
    };
    let cause = bad.cause.clone();
    let detail = bad.describe();
    let workarounds = workaround::verified(lab)?;
    let unlimited = cases.iter().any(|case| !limited(case));
    let modules = cases.iter().flat_map(|case| case.record.observation.failed_imports());
    let mut finding = Finding::limit(detail, workarounds.words)
        .because(cause)
        .with_evidence(modules.collect::<Vec<_>>());
    if finding.verdict == Verdict::Limit && unlimited {
        finding.verified.push(BY_ITSELF.to_owned());
    }
    Ok(finding.with_cases(cases).with_cases(workarounds.cases))
}

/// How many modules were imported, which a green result should say.
fn with_count(lab: &Lab<'_>, finding: Finding) -> Result<Finding, LabError> {
    let count = importable(lab)?;
    Ok(match finding {
        Finding { verdict: Verdict::Pass, detail: None, .. } if count > 0 => {
            Finding { detail: Some(format!("{count} extension modules imported")), ..finding }
        }
        finding => finding,
    })
}

/// After a first call that failed, promoting libpython heals the probe, whose imports are tried
/// again, and not a CFFI DLL, which never tries again.
fn promote_after_failure(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let flags = Flags::NOW | Flags::LOCAL;
    let mut cases = Vec::new();
    let mut dead = Vec::new();
    let mut missing = unproven(lab)?;
    let producers = lab.producers(&mut missing)?;
    let probed = producers.contains(&Producer::Probe);
    for host in lab.dlopen_hosts().into_iter().filter(|_| probed) {
        let folder = lab.folder(&format!("probe-{}", host.kind))?;
        let path = folder.path().join("plugin.so");
        let plugin = lab.plugin(Producer::Probe, &path, &lab.absolute())?;
        let mut case = lab.case(format!("probe in a {} host", host.kind), &host, folder.path());
        plugin.open(&mut case, "plugin", flags);
        plugin.try_all_imports(lab, &mut case, "plugin");
        let promoted = case.plan.promote(lab.soname()?);
        case.expect.done(promoted);
        plugin.import_all(lab, &mut case, "plugin")?;
        cases.push(lab.run(case)?);
    }
    if producers.contains(&Producer::Rust) {
        for host in lab.dlopen_hosts() {
            cases.push(promoted_for_nothing(lab, &host)?);
        }
    }
    if producers.contains(&Producer::Cffi) {
        for host in lab.dlopen_hosts() {
            let folder = lab.folder(&format!("cffi-{}", host.kind))?;
            let path = folder.path().join("plugin.so");
            let plugin = lab.plugin(Producer::Cffi, &path, &lab.absolute())?;
            let label = format!("cffi in a {} host", host.kind);
            let mut case = lab.case(label, &host, folder.path());
            plugin.open(&mut case, "plugin", flags);
            plugin.call_unjudged(&mut case, "plugin");
            let promoted = case.plan.promote(lab.soname()?);
            case.expect.done(promoted);
            plugin.call(&mut case, "plugin");
            dead.push(lab.run(case)?);
        }
    }
    if cases.iter().chain(&dead).all(Judgement::is_good) || !cases.iter().all(Judgement::is_good) {
        cases.extend(dead);
        return Ok(Finding::of_cases(cases).without(missing));
    }
    // The probe is healed and the CFFI DLL is not: that is how CFFI works (it tries once), as long
    // as it is the first call that failed, and for the known reason.
    let known = |case: &Judgement| {
        case.cause.as_ref().is_some_and(|cause| {
            matches!(cause.id.as_str(), "libpython-local" | "undefined-symbol" | "cffi-init-failed")
        }) || case.record.observation.stderr.text.contains("undefined symbol: Py")
    };
    if !dead.iter().filter(|case| !case.is_good()).all(known) {
        return Ok(Finding::of_cases(dead).with_cases(cases).without(missing));
    }
    let detail = "a CFFI DLL whose first call failed stays dead after the promotion: it tries once";
    let workarounds = workaround::verified(lab)?;
    // In the end libpython is global: what the first call met is told by CFFI's own words only.
    let words = |case: &Judgement| {
        let causes = diagnose::causes(&Evidence::of(&case.record.observation));
        causes.into_iter().find(|cause| cause.id == "cffi-init-failed")
    };
    let cause = dead.iter().find_map(words);
    Ok(Finding::limit(detail, workarounds.words)
        .because(cause)
        .advise("Promote or preload libpython before the first call into the DLL.")
        .with_cases(cases)
        .with_cases(dead)
        .with_cases(workarounds.cases)
        .without(missing))
}

/// The first call into a DLL made with embed-dll does not fail. A promotion after it, by a host that
/// knows no better, changes nothing.
fn promoted_for_nothing(lab: &Lab<'_>, host: &HostCommand) -> Result<Judgement, LabError> {
    let folder = lab.folder(&format!("rust-{}", host.kind))?;
    let plugin = lab.rust_plugin("imports", &folder.path().join("plugin.so"))?;
    let mut case = lab.case(format!("rust in a {} host", host.kind), host, folder.path());
    plugin.open(&mut case, "plugin", Flags::NOW | Flags::LOCAL);
    plugin.import_all(lab, &mut case, "plugin")?;
    let promoted = case.plan.promote(lab.soname()?);
    case.expect.done(promoted);
    plugin.import_all(lab, &mut case, "plugin")?;
    lab.run(case)
}

/// A DLL that is linked to libpython brings it into the namespace as something that it needs, and
/// glibc looks there for what every later library of the namespace misses (the first object's
/// `l_searchlist`, elf/dl-object.c). A DLL made with embed-dll is linked to none, and cannot make it
/// global either: a namespace has no global scope.
fn dlmopen(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut missing = unproven(lab)?;
    let mut cases = Vec::new();
    let mut limited = None;
    for producer in lab.producers(&mut missing)? {
        for (index, host) in lab.dlopen_hosts().iter().enumerate() {
            let imports = imports_all(producer) && index == 0;
            if producer == Producer::Rust {
                let plain = run_way(lab, &WAYS.dlmopen, producer, host, imports)?;
                if plain.is_good() || !imports {
                    cases.push(plain);
                } else {
                    limited = Some(plain);
                }
                let remedy = &WAYS.dlmopen_libpython_first;
                cases.push(run_way(lab, remedy, producer, host, imports)?);
            } else {
                cases.push(run_way(lab, &WAYS.dlmopen, producer, host, imports)?);
            }
        }
    }
    let Some(limited) = limited else {
        return with_count(lab, Finding::of_cases(cases).without(missing));
    };
    // What runs in a namespace of its own, nothing there serves but its own libraries.
    let local = limited.cause.as_ref().is_some_and(|cause| cause.id == "libpython-local");
    let differences = lab.compare_with_prediction([&limited])?;
    if !local || !differences.is_empty() || !cases.iter().all(Judgement::is_good) {
        cases.push(limited);
        return Ok(Finding::of_cases(cases).with_evidence(differences).without(missing));
    }
    let words = "dlmopen of libpython first, and of the DLL into the same namespace";
    let finding = Finding::limit(limited.describe(), vec![words.to_owned()])
        .because(limited.cause.clone())
        .advise(
            "Open libpython itself with dlmopen, and the DLL into the namespace of that handle.",
        );
    Ok(finding.with_cases(cases).with_cases([limited]).without(missing))
}

/// A host that names the DLL in its own DT_NEEDED: libpython is in the global scope from the start.
fn linked_dll(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut cases = Vec::new();
    let mut missing = unproven(lab)?;
    for producer in lab.producers(&mut missing)? {
        let folder = lab.folder(producer.word())?;
        let path = folder.path().join("libplugin.so");
        let plugin = importer(lab, producer, &path)?;
        let link = HostLink::to_dll(&plugin.path).with_rpath(folder.path());
        let host = lab.linked_host(&folder.path().join("host"), &link)?;
        let mut case =
            lab.case(format!("{} linked to the host", producer.word()), &host, folder.path());
        plugin.join(&mut case);
        let open = case.plan.open_program("plugin");
        case.expect.done(open);
        plugin.call(&mut case, "plugin");
        if imports_all(producer) {
            plugin.import_all(lab, &mut case, "plugin")?;
        }
        cases.push(lab.run(case)?);
    }
    Ok(Finding::of_cases(cases).without(missing))
}
