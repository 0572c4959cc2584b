//! `race/…`: first calls from several threads at once, as histograms over many processes.
//!
//! A race is never judged by one run. What the producers promise must be good in every process; what
//! CPython cannot promise (two embedders that know nothing of each other) is measured, and the
//! remedy is measured in the same run.

mod arrange;
mod tally;

use std::time::Duration;

use self::arrange::{Arrangement, Start};
use self::tally::{Tally, conclude};
use super::{Finding, Judgement, Lab, LabError, checks};
use crate::report::{Producer, Verdict};
use crate::run::{Ended, Unfinished};

checks! { false;
    "race/threads-2" "2 threads can make the first call into one DLL" Medium
        |lab| one_dll(lab, 2, 10);
    "race/threads-10" "10 threads can make the first call into one DLL" Medium
        |lab| one_dll(lab, 10, 10);
    "race/threads-50" "50 threads can make the first call into one DLL" High
        |lab| one_dll(lab, 50, 6);
    "race/two-dlls" "two DLLs can be called first by two threads at once" High
        two_dlls;
    "race/slow-site" "the same with a sitecustomize that sleeps, which widens the window" High
        slow_site;
    "race/rust-and-cffi" "a DLL made with embed-dll and a CFFI DLL can be called first by threads at once" High
        rust_and_cffi;
    "race/probe-and-cffi" "a plain C DLL and a CFFI DLL can be called first by two threads at once" High
        probe_and_cffi;
    "race/raw-embedder" "a host can initialise Python while another thread makes the first call into a DLL" High
        raw_embedder;
    "race/host-initialised" "10 threads can make the first call when the host has initialised Python and released the GIL" Medium
        host_initialised;
    "race/host-holds-gil" "threads can make the first call while the host holds the GIL and waits for them" Medium
        host_holds_gil;
}

/// Words for the remedy that works for all first-call races.
const WARM_UP: &str = "one call from one thread before the others start (a warm-up call)";

fn one_dll(lab: &Lab<'_>, threads: u32, iterations: u32) -> Result<Finding, LabError> {
    let mut missing = Vec::new();
    let mut promised = Vec::new();
    for producer in lab.producers(&mut missing)? {
        let label = format!("{} × {threads} threads", producer.word());
        let race = Arrangement::new(lab, &[producer])?.threads(threads);
        promised.push(Tally::of(lab, &label, iterations, |host| race.case(lab, &label, host))?);
    }
    Ok(conclude(promised, Vec::new()).without(missing))
}

/// Two DLLs of one producer: those of CFFI and of embed-dll share a lock inside libpython, plain ones
/// share nothing.
fn two_dlls(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut missing = Vec::new();
    let (mut promised, mut unpromised) = (Vec::new(), Vec::new());
    for producer in lab.producers(&mut missing)? {
        let race = Arrangement::new(lab, &[producer, producer])?;
        let label = format!("{0} and {0}", producer.word());
        match producer {
            Producer::Cffi | Producer::Rust => promised.push(race.measure(lab, &label, 20)?),
            Producer::Probe => unpromised.push(race.measure_with_remedy(lab, &label, 20)?),
        }
    }
    Ok(conclude(promised, unpromised).without(missing))
}

/// The window between two initialisations is as wide as the import of `site`: a `sitecustomize` that
/// sleeps makes rare outcomes common.
fn slow_site(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut missing = Vec::new();
    let (mut promised, mut unpromised) = (Vec::new(), Vec::new());
    for producer in lab.producers(&mut missing)? {
        let word = producer.word();
        let label = format!("{word} × 10 threads, slow site");
        let race = Arrangement::new(lab, &[producer])?.threads(10).slow_site()?;
        promised.push(race.measure(lab, &label, 4)?);
        let label = format!("{word} and {word}, slow site");
        let race = Arrangement::new(lab, &[producer, producer])?.slow_site()?;
        match producer {
            Producer::Cffi | Producer::Rust => promised.push(race.measure(lab, &label, 4)?),
            Producer::Probe => unpromised.push(race.measure_with_remedy(lab, &label, 4)?),
        }
    }
    if lab.producers(&mut Vec::new())?.ends_with(&[Producer::Cffi, Producer::Rust]) {
        let label = "rust and cffi, slow site";
        let race = Arrangement::new(lab, &[Producer::Rust, Producer::Cffi])?.slow_site()?;
        promised.push(race.measure(lab, label, 4)?);
    }
    Ok(conclude(promised, unpromised).without(missing))
}

/// embed-dll takes the lock of CFFI, so that each waits for the other.
fn rust_and_cffi(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Rust)?;
    lab.need(Producer::Cffi)?;
    let mut promised = Vec::new();
    for pair in [[Producer::Rust, Producer::Cffi], [Producer::Cffi, Producer::Rust]] {
        let label = pair.map(Producer::word).join(" and ");
        promised.push(Arrangement::new(lab, &pair)?.measure(lab, &label, 20)?);
    }
    let label = "rust and cffi × 10 threads";
    let race = Arrangement::new(lab, &[Producer::Rust, Producer::Cffi])?.threads(10);
    promised.push(race.measure(lab, label, 10)?);
    Ok(conclude(promised, Vec::new()))
}

fn probe_and_cffi(lab: &Lab<'_>) -> Result<Finding, LabError> {
    lab.need(Producer::Probe)?;
    lab.need(Producer::Cffi)?;
    let race = Arrangement::new(lab, &[Producer::Probe, Producer::Cffi])?;
    let unpromised = race.measure_with_remedy(lab, "probe and cffi", 20)?;
    Ok(conclude(Vec::new(), vec![unpromised]))
}

fn raw_embedder(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut missing = Vec::new();
    let mut unpromised = Vec::new();
    let producers = lab.producers(&mut missing)?;
    for producer in producers.into_iter().filter(|producer| *producer != Producer::Probe) {
        let race = Arrangement::new(lab, &[producer])?.host(Start::Racing);
        let label = format!("host and {}", producer.word());
        let mut pair = race.measure_with_remedy(lab, &label, 20)?;
        pair.words = "initialise Python in the host, and release the GIL, before any thread calls";
        unpromised.push(pair);
    }
    if unpromised.is_empty() {
        let reason = missing.first().map_or("what the probe does, race/two-dlls shows", |it| it);
        return Err(LabError::unavailable(reason));
    }
    Ok(conclude(Vec::new(), unpromised).without(missing))
}

fn host_initialised(lab: &Lab<'_>) -> Result<Finding, LabError> {
    let mut missing = Vec::new();
    let mut promised = Vec::new();
    for producer in lab.producers(&mut missing)? {
        let label = format!("host first, then {} × 10 threads", producer.word());
        let race = Arrangement::new(lab, &[producer])?.threads(10).host(Start::Before);
        promised.push(race.measure(lab, &label, 8)?);
    }
    Ok(conclude(promised, Vec::new()).without(missing))
}

/// A deadlock that follows from the GIL: who waits for threads must not hold it. It is shown once for
/// each producer, with a short time limit.
fn host_holds_gil(lab: &Lab<'_>) -> Result<Finding, LabError> {
    const LIMIT: Duration = Duration::from_secs(2);
    const THREADS: u32 = 2;
    // A host that is merely slow has not come to the calls; one that hangs elsewhere hangs for
    // another reason.
    let timed_out =
        |case: &Judgement| matches!(case.record.observation.ended, Ended::Timeout { .. });
    let hangs = |case: &Judgement| {
        let in_a_call = |begun: &Unfinished<'_>| begun.op == "call" && begun.thread != 0;
        let begun = case.record.observation.last_begun();
        timed_out(case) && begun.into_iter().filter(in_a_call).count() == THREADS as usize
    };
    let mut missing = Vec::new();
    let mut hanging = Vec::new();
    let mut remedies = Vec::new();
    for producer in lab.producers(&mut missing)? {
        let label = format!("host holds the GIL, {} × 2 threads", producer.word());
        let race = Arrangement::new(lab, &[producer])?.threads(THREADS).host(Start::HoldingGil);
        let mut case = race.case(lab, &label, &lab.c_host())?;
        case.timeout = Some(LIMIT);
        let mut judged = lab.run(case)?;
        if timed_out(&judged) && !hangs(&judged) {
            judged = lab.run(race.case(lab, &label, &lab.c_host())?)?;
        }
        hanging.push(judged);
        let label = format!("host has released the GIL, {} × 2 threads", producer.word());
        let race = race.host(Start::Before);
        remedies.push(lab.run(race.case(lab, &label, &lab.c_host())?)?);
    }
    if !hanging.iter().all(hangs) || !remedies.iter().all(Judgement::is_good) {
        let odd = hanging.into_iter().filter(|case| !hangs(case));
        let bad: Vec<_> = odd.chain(remedies.into_iter().filter(|case| !case.is_good())).collect();
        let finding = Finding::of_cases(bad);
        // That a deadlock does not come is no proof that it cannot.
        return Ok(if finding.verdict == Verdict::Pass {
            Finding::fail("the threads did not wait for the GIL that the host holds")
        } else {
            finding
        });
    }
    let cause = hanging.iter().find_map(|case| case.cause.clone());
    let detail = "the threads wait for the GIL, and the host that holds it waits for the threads";
    let verified = "PyEval_SaveThread in the host before it waits for threads that call Python";
    Ok(Finding::limit(detail, vec![verified.to_owned()])
        .because(cause)
        .advise("Release the GIL (PyEval_SaveThread) before the host waits for other threads.")
        .with_cases(hanging)
        .with_cases(remedies)
        .without(missing))
}
