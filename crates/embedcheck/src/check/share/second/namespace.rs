//! The second Python in a link-map namespace of its own.

use embedcheck_plan::{Argument, Flags, Library, Name, Space};
use serde_json::Value;

use super::side::{Side, sides};
use super::with_versions;
use crate::check::{Case, Finding, Judgement, Lab, LabError};
use crate::diagnose::{self, Evidence};
use crate::report::Producer;
use crate::run::HostCommand;

/// What makes both work.
pub(super) const REMEDY: &str = "dlmopen(LM_ID_NEWLM) of the second DLL in a thread of its own, which makes all \
                                 calls into it and none into the first";

/// Both Pythons work if each has its threads; whether one thread can serve both depends on libc.
pub(in crate::check::share) fn namespace(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Probe)?;
    let sides = sides(lab)?;
    let mut cases = Vec::new();
    for host in lab.dlopen_hosts() {
        cases.push(threads_of_their_own(lab, &sides, &host)?);
    }
    if !cases.iter().all(Judgement::is_good) {
        return Ok(with_versions(Finding::of_cases(cases), &sides));
    }
    let keys = thread_data(lab, &sides)?;
    if !keys.case.is_good() || !keys.shared {
        cases.push(keys.case);
        if cases.iter().all(Judgement::is_good) {
            cases.push(one_thread(lab, &sides)?);
        }
        return Ok(with_versions(Finding::of_cases(cases), &sides));
    }
    let seen = "pthread_getspecific of the new namespace gives what pthread_setspecific of the \
                host's stored";
    let cause = diagnose::cause(&Evidence::of_errors(vec![seen.to_owned()]));
    let detail = "both work, but no thread may call both: the copies of libc share its \
                  thread-specific data";
    let finding = Finding::limit(detail, vec![REMEDY.to_owned()]).because(cause);
    Ok(with_versions(finding.with_cases(cases).with_cases([keys.case]), &sides))
}

/// The first Python in the main thread, before and after the second, which is opened and called in
/// another.
///
/// The second is used by the thread that initialised it only: a thread that the host's libc starts
/// has no character tables in another copy of libc (`__ctype_init` is called for the own copy), and
/// the tokenizer of CPython 3.11 crashes without.
pub(super) fn threads_of_their_own(
    lab: &Lab<'_>,
    sides: &[Side<'_>; 2],
    host: &HostCommand,
) -> Result<Judgement, LabError> {
    let [first, second] = sides;
    let folder = lab.folder("namespace")?;
    let label =
        format!("{} in a namespace and a thread of its own, in a {} host", second.words, host.kind);
    let mut case = lab.case(label, host, folder.path());
    first.plugin(lab, folder.path())?.open(&mut case, first.handle, Flags::NOW | Flags::GLOBAL);
    ask(&mut case, first);
    second.prepare(&mut case)?;
    let plugin = second.plugin(lab, folder.path())?;
    plugin.join(&mut case);
    let Case { plan, expect, .. } = &mut case;
    plan.threads(|threads| {
        threads.group(1, |plan| {
            let library = Library::Path((&plugin.path).into());
            let flags = Flags::NOW | Flags::LOCAL;
            expect.done(plan.open_in(second.handle, library, flags, Space::New));
            expect.value(second.ask_version(plan), second.number());
            second.import_one(plan, expect);
        });
    });
    ask(&mut case, first);
    lab.run(case)
}

/// The version and one extension module.
fn ask(case: &mut Case, side: &Side<'_>) {
    let step = side.ask_version(&mut case.plan);
    case.expect.value(step, side.number());
    side.import_one(&mut case.plan, &mut case.expect);
}

/// Both Pythons in turn in the main thread.
fn one_thread(lab: &Lab<'_>, sides: &[Side<'_>; 2]) -> Result<Judgement, LabError> {
    let folder = lab.folder("one-thread")?;
    let label = format!("{} in a namespace of its own, in the same thread", sides[1].words);
    let mut case = lab.case(label, &lab.c_host(), folder.path());
    open_both(lab, &mut case, sides)?;
    for side in [&sides[0], &sides[1], &sides[0]] {
        ask(&mut case, side);
    }
    lab.run(case)
}

fn open_both(lab: &Lab<'_>, case: &mut Case, sides: &[Side<'_>; 2]) -> Result<(), LabError> {
    for (side, space) in sides.iter().zip([Space::Base, Space::New]) {
        side.prepare(case)?;
        let plugin = side.plugin(lab, &case.folder.clone())?;
        plugin.join(case);
        let library = Library::Path((&plugin.path).into());
        let scope = if space == Space::Base { Flags::GLOBAL } else { Flags::LOCAL };
        let step = case.plan.open_in(side.handle, library, Flags::NOW | scope, space);
        case.expect.done(step);
    }
    Ok(())
}

/// What was seen of the thread-specific data of both copies of libc.
struct ThreadData {
    case: Judgement,
    /// What one copy of libc stored, the other gave back.
    shared: bool,
}

/// A pointer that nothing else stores.
const STORED: i64 = 0x00e3_bedc;

/// Numbers of keys that are looked at: the first keys of a process have them. A key that was not
/// given out can neither be stored under nor read, so that a hit is proof.
const KEYS: std::ops::Range<i64> = 0..4;

/// Makes a key in each copy of libc, stores in the host's and looks in the other. Python is loaded,
/// and does not run.
fn thread_data(lab: &Lab<'_>, sides: &[Side<'_>; 2]) -> Result<ThreadData, LabError> {
    let folder = lab.folder("keys")?;
    let label = "a thread-specific key of each copy of libc, no call into Python";
    let mut case = lab.case(label, &lab.c_host(), folder.path());
    open_both(lab, &mut case, sides)?;
    let [host, own] = sides.each_ref().map(|side| side.handle);
    let key = Name::new("key").ok_or_else(|| LabError::Internal("`key` is no name".into()))?;
    case.plan.buffer("key", 8, Vec::new());
    for handle in [host, own] {
        let arguments = [Argument::Buffer(key.clone()), Argument::Null];
        let made = case.plan.call(handle, "pthread_key_create", "i(pp)", &arguments);
        case.expect.value(made, 0);
    }
    let mut found = Vec::new();
    for key in KEYS {
        let key = Argument::Integer(key);
        let arguments = [key.clone(), Argument::Integer(STORED)];
        case.plan.call(host, "pthread_setspecific", "i(ip)", &arguments);
        found.push(case.plan.call(own, "pthread_getspecific", "p(i)", &[key]));
    }
    let case = lab.run(case)?;
    let stored = Value::from(format!("{STORED:#x}"));
    let seen = &case.record.observation;
    let shared = found.iter().any(|get| seen.value(*get) == Some(&stored));
    Ok(ThreadData { shared, case })
}
