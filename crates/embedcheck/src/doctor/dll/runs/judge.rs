//! From what one host process left behind to what it means.

use embedcheck_plan::{Event, Line};
use serde_json::Value;

use super::facts::{Run, Scope};
use super::steps::{Kind, Trial};
use super::traceback::with_traceback;
use crate::diagnose::{self, Cause, Evidence};
use crate::run::{EndEvent, Ended, HostKind, Observation, ThreadSnapshot};

/// Lines of standard error that a run keeps.
const MOST_LINES: usize = 60;

/// A run with the cause of its failure, if one is known.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) run: Run,
    pub(super) cause: Option<Cause>,
    /// What shows that it failed, in one line.
    pub(super) failure: Option<String>,
    /// The step that failed, if it was one.
    pub(super) step: Option<String>,
}

/// Judges a run by its steps, its end and its standard error.
pub(super) fn judge(
    host: HostKind,
    scope: Scope,
    trial: &Trial,
    kinds: &[(Line, Kind)],
    not_called: Vec<String>,
    mut observation: Observation,
) -> Judged {
    let fact = |key: &str| {
        let prefix = observation.fact("prefix")?;
        Some(prefix.get(key)?.as_str()?.to_owned())
    };
    let libpythons = observation.image_list().unwrap_or_default();
    let mut run = Run {
        host,
        scope,
        works: false,
        steps: Vec::new(),
        not_called,
        ended: observation.describe_end(),
        cause: None,
        libpythons: libpythons.into_iter().map(|image| image.path).collect(),
        prefix: fact("prefix"),
        executable: fact("executable"),
        version: fact("version"),
        python_is_global: observation.python_in_default_scope(),
        threads: observation.threads.iter().flat_map(thread).collect(),
        plan: observation.plan.clone(),
        stderr: lines(&observation.stderr.text),
    };
    let mut failure = None;
    let mut step = None;
    let mut is_zero = false;
    for (line, kind) in kinds {
        let Some(what) = name(kind, trial) else { continue };
        let end = observation.end_of(*line);
        let text = match outcome(kind, trial, end) {
            Ok(value) => format!("{what}{value}"),
            Err(error) => {
                let text = format!("{what}: {error}");
                failure.get_or_insert_with(|| text.clone());
                step.get_or_insert_with(|| what.clone());
                text
            }
        };
        is_zero |= end.is_some_and(|end| returns_nothing(kind, end.value));
        // Looked-up names are many, and only those that are missing tell something.
        if !matches!((kind, end), (Kind::Resolve(_), Some(end)) if end.ok) {
            run.steps.push(text);
        }
        if end.is_none() {
            break;
        }
    }
    if !observation.ended_normally() {
        let ended = format!("the process ended early: {}", ended(&observation));
        failure = Some(match &step {
            Some(step) => format!("{step}: {ended}"),
            None => ended,
        });
    }
    without_questions(&mut observation, kinds);
    let mut causes = diagnose::causes(&Evidence::of(&observation));
    if failure.is_none() {
        // A line that ends with an error proves nothing by itself, but a result of nothing beside it does.
        causes.retain(|cause| cause.id != "python-exception" || is_zero);
        failure = causes.first().map(|cause| match cause.evidence.first() {
            Some(line) => line.clone(),
            None => cause.summary.clone(),
        });
    }
    run.works = failure.is_none();
    let mut cause = causes.into_iter().next().filter(|_| !run.works);
    if let Some(cause) = &mut cause {
        with_traceback(cause, &observation.stderr.text);
    }
    run.cause = cause.as_ref().map(|cause| cause.id.clone());
    Judged { run, cause, failure, step }
}

/// How the process ended, without the line of the plan, which differs from host to host.
fn ended(observation: &Observation) -> String {
    match &observation.ended {
        Ended::Signal { name, .. } => name.clone(),
        Ended::Timeout { after_ms } => format!("killed after {after_ms} ms"),
        _ => observation.describe_end(),
    }
}

/// What a thread was doing, in lines.
fn thread(snapshot: &ThreadSnapshot) -> Vec<String> {
    let mut lines = vec![format!("thread `{}`: {}", snapshot.name, snapshot.syscall)];
    // Addresses differ from run to run.
    let name = |frame: &String| {
        let words = frame.split_whitespace().filter(|word| !word.starts_with("0x"));
        format!("  {}", words.collect::<Vec<_>>().join(" "))
    };
    lines.extend(snapshot.backtrace.iter().map(name));
    lines
}

/// Judges the import by an interpreter, which is no host and reports no steps.
pub(super) fn interpreter(modules: &[String], observation: Observation) -> Judged {
    let works = matches!(observation.ended, Ended::Exit { code: 0, .. });
    let what = format!("import {}", modules.join(", "));
    let ended = observation.describe_end();
    let stderr = lines(&observation.stderr.text);
    let failure = (!works).then(|| match stderr.last() {
        Some(line) => format!("{what}: {line}"),
        None => format!("{what}: {ended}"),
    });
    let mut cause = diagnose::cause(&Evidence::of(&observation)).filter(|_| !works);
    if let Some(cause) = &mut cause {
        with_traceback(cause, &observation.stderr.text);
    }
    let run = Run {
        host: HostKind::Python,
        scope: Scope::Interpreter,
        works,
        steps: vec![failure.clone().unwrap_or(what)],
        not_called: Vec::new(),
        ended,
        cause: cause.as_ref().map(|cause| cause.id.clone()),
        libpythons: Vec::new(),
        prefix: None,
        executable: None,
        version: None,
        python_is_global: None,
        threads: observation.threads.iter().flat_map(thread).collect(),
        plan: String::new(),
        stderr,
    };
    Judged { run, cause, failure, step: None }
}

/// What the doctor asked for itself is no evidence of the DLL's.
fn without_questions(observation: &mut Observation, kinds: &[(Line, Kind)]) {
    let is_question = |step: Line| {
        kinds.iter().any(|(line, kind)| *line == step && matches!(kind, Kind::Question))
    };
    observation.events.retain(|event| match event {
        Event::End { step, op, .. } => op == "facts" || !is_question(*step),
        _ => true,
    });
}

/// What the step is in the words of C or Python; `None` for a question.
fn name(kind: &Kind, trial: &Trial) -> Option<String> {
    Some(match kind {
        Kind::Open(path) => format!("dlopen {path}"),
        Kind::Resolve(symbol) => format!("dlsym {symbol}"),
        Kind::Call { number, .. } => match trial {
            Trial::Calls(calls) => calls.get(*number)?.text.clone(),
            _ => return None,
        },
        Kind::Start(start) => format!("{start}()"),
        Kind::Initialize => "Py_InitializeEx(0)".to_owned(),
        Kind::Import(module) => format!("import {module}"),
        Kind::Question => return None,
    })
}

/// The result, ready to be written behind the name, or why there is none.
fn outcome(kind: &Kind, trial: &Trial, end: Option<EndEvent<'_>>) -> Result<String, String> {
    let Some(end) = end else { return Err("never came back".to_owned()) };
    if !end.ok {
        return Err(end.error.unwrap_or("not done").to_owned());
    }
    let value = end.value;
    match (kind, trial) {
        (Kind::Call { number, simple }, Trial::Calls(calls)) => {
            let shown = calls.get(*number).map(|call| call.show(value, *simple));
            Ok(format!(" = {}", shown.unwrap_or_default()))
        }
        (Kind::Start(_), _) if *value == 0 => Ok(" = 0".to_owned()),
        (Kind::Start(_), _) => Err(format!("returned {value}: Python was not started")),
        (Kind::Initialize, _) if *value == 0 => {
            Err("Python is not initialised afterwards".to_owned())
        }
        (Kind::Import(_), _) if *value != 0 => {
            Err("an exception; the traceback is on standard error".to_owned())
        }
        _ => Ok(String::new()),
    }
}

/// A result that a failed call may have.
fn returns_nothing(kind: &Kind, value: &Value) -> bool {
    let is_call = matches!(kind, Kind::Call { .. } | Kind::Start(_));
    let is_nothing = match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(value) => value.as_f64() == Some(0.0),
        Value::Array(parts) => parts.iter().all(|part| returns_nothing(kind, part)),
        _ => false,
    };
    is_call && is_nothing
}

/// The first and the last lines of a text.
fn lines(text: &str) -> Vec<String> {
    let all: Vec<_> = text.lines().collect();
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    if all.len() <= MOST_LINES {
        return owned(&all);
    }
    let half = MOST_LINES / 2;
    let mut kept = owned(&all[..half]);
    kept.push(format!("… {} lines left out …", all.len() - MOST_LINES));
    kept.extend(owned(&all[all.len() - half..]));
    kept
}
