//! What the chains and traces mean.

use super::kinds::{PANIC, PROGRAM_FAILS, SWALLOWED};
use super::model::{Attempt, Mention, Step, Trace, Wanted};
use crate::doctor::module::Origin;
use crate::doctor::module::remedy::{Destination, Fixer};
use crate::doctor::module::who::Visit;
use crate::doctor::{Finding, Fix};

/// Chains and imports that stand with a finding.
const MOST: usize = 4;

/// Who wants the module, in lines for a finding about it.
pub(in crate::doctor::module) fn evidence(wanted: &Wanted, module: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for chain in wanted.chains.iter().take(MOST) {
        let optional = if chain.is_optional() { "optional: " } else { "" };
        lines.push(format!("wanted by: {optional}{chain} -> {module}"));
    }
    if wanted.chains_found > MOST {
        lines.push(format!("and {} more chains of distributions", wanted.chains_found - MOST));
    }
    for trace in wanted.traces.iter().filter(|trace| !trace.attempts.is_empty()).take(MOST) {
        if let Some(attempt) = trace.attempts.iter().find(|it| !it.outcome.is_imported()) {
            lines.extend(told(trace, attempt));
        }
    }
    lines
}

/// One attempt, with what became of the program.
fn told(trace: &Trace, attempt: &Attempt) -> Vec<String> {
    let mut lines = vec![format!("import {}: {attempt}: {}", trace.program, attempt.outcome)];
    if let Some(at) = attempt.chain.last().and_then(|step| step.at.as_ref()) {
        lines.push(format!("from {at}"));
    }
    lines.push(match &attempt.swallowed_by {
        Some(by) => format!("{by} catches the error and goes on without it"),
        None if trace.outcome.is_imported() => format!("{} goes on without it", trace.program),
        None => format!("import {} ends with {}", trace.program, trace.outcome),
    });
    lines
}

/// What there is to say about the programs themselves. `is_there`: the module in question can be
/// imported, so that it is not to blame.
pub(in crate::doctor::module) fn findings(
    wanted: &Wanted,
    visit: &Visit<'_>,
    is_there: bool,
) -> Vec<Finding> {
    let (module, named) = (visit.options.name.as_str(), &visit.options.imports);
    let panicking =
        wanted.traces.iter().filter(|trace| trace.outcome.is_panic()).collect::<Vec<_>>();
    let mut findings: Vec<_> = panic(&panicking, wanted, visit).into_iter().collect();
    findings.extend(swallowed(wanted, module));
    for trace in &wanted.traces {
        let is_named = named.contains(&trace.program);
        let blames = trace.attempts.iter().any(|attempt| !attempt.outcome.is_imported());
        if is_named && !trace.outcome.is_imported() && (is_there || !blames) {
            findings.push(fails(trace));
        }
    }
    findings
}

/// One finding for all programs that end with a panic.
fn panic(traces: &[&Trace], wanted: &Wanted, visit: &Visit<'_>) -> Option<Finding> {
    let first = traces.first()?;
    let culprit = first.culprit().map(|failure| failure.module.as_str());
    let origin = culprit.and_then(|module| mention(wanted, module));
    let who = match (culprit, origin) {
        (Some(module), Some(mention)) => {
            format!("the Rust code of {module} ({}, {})", release(wanted, mention), mention.file)
        }
        (Some(module), None) => format!("the Rust code of {module}"),
        _ => "Rust code".to_owned(),
    };
    let cause = cause(first);
    let why = cause.map(|step| format!(", because it cannot import {step}")).unwrap_or_default();
    let programs: Vec<_> = traces.iter().map(|trace| trace.program.as_str()).collect();
    let summary = format!(
        "importing {} ends with {}: {who} panics{why}. The panic is no Exception, so that `except ImportError` around \
         an optional import does not catch it",
        programs.join(", "),
        first.outcome
    );
    let panicked = |line: &&String| line.contains("panicked at") || line.contains("Error:");
    let mut finding = Finding::of(&PANIC, summary)
        .with_evidence(first.stderr.iter().filter(panicked).take(MOST).cloned());
    if let Some(cause) = cause {
        finding = finding.with_fix(Fix::advice(format!(
            "mend the import of {cause}; the panic is only the messenger"
        )));
    }
    // cryptography 42 moved to a PyO3 that hands the error on.
    let is_cryptography =
        |mention: &&Mention| mention.distribution.eq_ignore_ascii_case("cryptography");
    if let Some(mention) = origin.filter(is_cryptography) {
        finding.fixes.extend(newer_cryptography(wanted, mention, visit));
    }
    Some(finding)
}

fn newer_cryptography(wanted: &Wanted, mention: &Mention, visit: &Visit<'_>) -> Option<Fix> {
    let fixer = Fixer {
        profile: &visit.search.profile,
        caller: visit.caller,
        layers: &visit.search.layers,
        distribution: Some("cryptography>=42".to_owned()),
        pinned: None,
        is_there: true,
    };
    let mut links = wanted.chains.iter().flat_map(|chain| &chain.links);
    let link = links.find(|link| link.distribution == mention.distribution)?;
    let place = link.place.as_ref()?;
    let destination = match &place.origin {
        Origin::Layer(number) => {
            Destination::in_layer(&visit.search.layers, number.checked_sub(1)?, Some(&place.entry))
        }
        Origin::Option(_) => Destination::Folder(place.entry.clone().into()),
        _ => Destination::Interpreter,
    };
    let fix = fixer.install(&destination).into_iter().next()?;
    let what = "cryptography 42 and later raise the ModuleNotFoundError itself, which names the module and can be \
                caught; they need it all the same";
    Some(Fix { what: what.to_owned(), ..fix })
}

/// What the code that panicked had failed to import just before.
fn cause(trace: &Trace) -> Option<&str> {
    let decisive = trace.decisive().filter(|failure| !failure.outcome.is_panic());
    decisive.map(|failure| failure.module.as_str())
}

fn mention<'a>(wanted: &'a Wanted, module: &str) -> Option<&'a Mention> {
    wanted.mentions.iter().find(|mention| mention.module == module)
}

/// Name and version of the distribution of a mention.
fn release(wanted: &Wanted, mention: &Mention) -> String {
    let mut links = wanted.chains.iter().flat_map(|chain| &chain.links);
    let version = links
        .find(|link| link.distribution == mention.distribution)
        .and_then(|link| link.version.as_deref())
        .unwrap_or_default();
    format!("{} {version}", mention.distribution).trim_end().to_owned()
}

/// Programs that go on without the module.
fn swallowed(wanted: &Wanted, module: &str) -> Option<Finding> {
    let caught = wanted.traces.iter().find_map(|trace| {
        let attempt = trace
            .attempts
            .iter()
            .find(|it| it.swallowed_by.is_some() && !it.outcome.is_imported())?;
        Some((trace, attempt, attempt.swallowed_by.as_deref()?))
    });
    let (trace, attempt, by) = caught?;
    let place = |step: &Step| step.at.as_deref().unwrap_or("native code").to_owned();
    let steps = attempt.chain.iter().map(|step| format!("{} from {}", step.module, place(step)));
    Some(
        Finding::of(
            &SWALLOWED,
            format!(
                "import {} succeeds although {module} cannot be imported: {by} catches the error, and what needs \
                 {module} is switched off",
                trace.program
            ),
        )
        .with_evidence(steps)
        .with_evidence([attempt.outcome.to_string()]),
    )
}

fn fails(trace: &Trace) -> Finding {
    let why = match trace.decisive() {
        Some(failure) if failure.module != trace.program => {
            format!("{}, in the import of {}", trace.outcome, failure.module)
        }
        _ => trace.outcome.to_string(),
    };
    let kept = trace.stderr.len().saturating_sub(MOST);
    Finding::of(&PROGRAM_FAILS, format!("{} cannot be imported: {why}", trace.program))
        .with_evidence(trace.stderr[kept..].to_vec())
}
