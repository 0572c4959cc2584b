//! Reports made by hand, with every verdict and every kind of evidence.

use std::collections::BTreeMap;

use embedcheck::diagnose::Cause;
use embedcheck::report::{
    Bucket, CaseRecord, CheckResult, Machine, Producer, Report, SCHEMA, Summary, Tool, Verdict,
};
use embedcheck::run::{HostKind, Observation};
use embedcheck::target::Target;
use serde_json::json;

/// A result of each verdict in three groups.
pub(crate) fn report() -> Report {
    let results = vec![pass(), limit(), same_limit(), fail(), skip(), race(), error()];
    let count = |verdict| results.iter().filter(|result| result.verdict == verdict).count();
    let count = |verdict| u32::try_from(count(verdict)).unwrap();
    let summary = Summary {
        pass: count(Verdict::Pass),
        fail: count(Verdict::Fail),
        limit: count(Verdict::Limit),
        skip: count(Verdict::Skip),
        error: count(Verdict::Error),
        runs: results.iter().map(|result| result.runs).sum(),
        iterations: results.iter().map(|result| result.iterations).sum(),
        embedded: 27,
    };
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool { name: "embedcheck".to_owned(), version: "0.1.0".to_owned() },
        environment: machine(),
        target: target(),
        results,
        summary,
        duration_ms: 12_345,
    }
}

/// A report in which everything passes.
pub(crate) fn good_report() -> Report {
    let mut report = report();
    report.results = vec![pass()];
    report.target.id = "cpython-3.8.18".to_owned();
    report.summary = Summary { pass: 1, runs: 4, embedded: 4, ..Summary::default() };
    report
}

fn machine() -> Machine {
    Machine {
        system: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
        kernel: "Linux 6.1.0".to_owned(),
        architecture: "x86_64".to_owned(),
        libc: Some("glibc 2.36".to_owned()),
        processors: 2,
        compiler: None,
        cffi: Some("1.17.1".to_owned()),
    }
}

fn target() -> Target {
    serde_json::from_value(json!({
        "id": "cpython-3.11.7",
        "implementation": "cpython",
        "version": {"major": 3, "minor": 11, "micro": 7, "level": "final", "serial": 0},
        "abi_flags": "",
        "free_threaded": false,
        "debug": false,
        "origin": "other",
        "executable": "/opt/python/bin/python3.11",
        "reached": [],
        "libpython": {
            "path": "/opt/python/lib/libpython3.11.so",
            "real_path": "/opt/python/lib/libpython3.11.so.1.0",
            "soname": "libpython3.11.so.1.0",
            "device": 1,
            "inode": 2,
            "build_id": "0123456789abcdef0123456789abcdef01234567",
            "version": "3.11.7"
        },
        "libpython3": null,
        "linkage": "executable-linked",
        "library_path": null,
        "prefix": "/opt/python",
        "base_prefix": "/opt/python",
        "is_venv": false,
        "ext_suffix": ".cpython-311-x86_64-linux-gnu.so",
        "stdlib": "/opt/python/lib/python3.11",
        "dynload": ["/opt/python/lib/python3.11/lib-dynload"],
        "include": "/opt/python/include/python3.11",
        "has_headers": true,
        "extension_modules": [],
        "builtin_modules": ["sys"],
        "cffi": null,
        "sysconfig": {},
        "trail": [],
        "support": {"level": "full"},
        "advice": null
    }))
    .unwrap()
}

fn result(id: &str, verdict: Verdict, claim: &str) -> CheckResult {
    CheckResult {
        id: id.to_owned(),
        group: id.split('/').next().unwrap().to_owned(),
        verdict,
        claim: claim.to_owned(),
        detail: None,
        cause: None,
        advice: None,
        verified: Vec::new(),
        not_covered: Vec::new(),
        hosts: Vec::new(),
        producers: Vec::new(),
        by_producer: BTreeMap::new(),
        histogram: Vec::new(),
        evidence: Vec::new(),
        observations: Vec::new(),
        runs: 0,
        iterations: 0,
        duration_ms: 0,
    }
}

fn pass() -> CheckResult {
    let claim = "a DLL opened with RTLD_GLOBAL imports every extension module of the target";
    CheckResult {
        hosts: vec![HostKind::C, HostKind::Rust],
        producers: vec![Producer::Probe, Producer::Cffi],
        detail: Some("70 extension modules imported".to_owned()),
        observations: vec![case("probe, global", "good", good_observation())],
        runs: 4,
        duration_ms: 200,
        ..result("load/global", Verdict::Pass, claim)
    }
}

fn limit() -> CheckResult {
    let claim = "a DLL opened with RTLD_LOCAL imports every extension module of the target";
    CheckResult {
        detail: Some("64 of 70 extension modules cannot be imported".to_owned()),
        cause: Some(cause()),
        verified: vec![
            "open libpython3.11.so.1.0 with RTLD_NOW|RTLD_GLOBAL before the first call".to_owned(),
        ],
        hosts: vec![HostKind::C],
        producers: vec![Producer::Probe],
        runs: 2,
        duration_ms: 90,
        ..result("load/local", Verdict::Limit, claim)
    }
}

/// With the cause of [`limit`], which is not told twice.
fn same_limit() -> CheckResult {
    let claim = "the same with RTLD_LAZY";
    CheckResult { runs: 3, ..renamed("load/local-lazy", claim, limit()) }
}

fn renamed(id: &str, claim: &str, result: CheckResult) -> CheckResult {
    CheckResult { id: id.to_owned(), claim: claim.to_owned(), ..result }
}

fn cause() -> Cause {
    Cause {
        id: "libpython-local".to_owned(),
        summary: "math.cpython-311-x86_64-linux-gnu.so needs PyFloat_Type: libpython is loaded, but only in the \
                  local scope of the DLL, and the module does not name it in DT_NEEDED"
            .to_owned(),
        advice: "Before the first call, open libpython itself with RTLD_NOW|RTLD_GLOBAL.".to_owned(),
        evidence: vec![
            "ImportError: /opt/python/lib/python3.11/lib-dynload/math.cpython-311-x86_64-linux-gnu.so: \
             undefined symbol: PyFloat_Type"
                .to_owned(),
        ],
        source: "cpython#80934".to_owned(),
    }
}

fn fail() -> CheckResult {
    CheckResult {
        detail: Some("the host ended before its plan did".to_owned()),
        advice: Some("Read the evidence with --verbose.".to_owned()),
        hosts: vec![HostKind::C],
        producers: vec![Producer::Cffi],
        evidence: vec!["RUNPATH of plugin.so: $ORIGIN".to_owned()],
        observations: vec![case(
            "cffi, moved",
            "exit code 1, called from inside",
            bad_observation(),
        )],
        runs: 1,
        duration_ms: 34,
        ..result("layout/moved", Verdict::Fail, "a bundle that was moved as a whole still loads")
    }
}

fn skip() -> CheckResult {
    CheckResult {
        detail: Some("no C compiler was found; install one or set CC".to_owned()),
        ..result("layout/rpath-link", Verdict::Skip, "a host is linked with -rpath-link")
    }
}

fn race() -> CheckResult {
    let bucket = |case: &str, outcome: &str, count| Bucket {
        case: case.to_owned(),
        outcome: outcome.to_owned(),
        count,
    };
    CheckResult {
        detail: Some("2 of 20 processes did not survive".to_owned()),
        histogram: vec![
            bucket("two embedders, no pause", "good", 18),
            bucket("two embedders, no pause", "signal SIGSEGV", 2),
            bucket("two embedders, warm-up call", "good", 5),
        ],
        not_covered: vec!["host rust: it is not here".to_owned()],
        verified: vec!["one call from one thread before the others start".to_owned()],
        hosts: vec![HostKind::C],
        producers: vec![Producer::Probe, Producer::Cffi],
        runs: 25,
        iterations: 25,
        duration_ms: 2100,
        ..result(
            "race/embedders",
            Verdict::Limit,
            "two embedders that race leave one working Python",
        )
    }
}

fn error() -> CheckResult {
    CheckResult {
        detail: Some("cannot make a scratch folder: no space left on device".to_owned()),
        ..result("share/two-dlls", Verdict::Error, "two DLLs see one interpreter")
    }
}

fn case(name: &str, outcome: &str, observation: Observation) -> CaseRecord {
    CaseRecord {
        case: name.to_owned(),
        host: HostKind::C,
        producers: vec![Producer::Probe],
        outcome: outcome.to_owned(),
        observation,
    }
}

/// A plan that came to its end.
pub(crate) fn good_observation() -> Observation {
    let mut observation = bad_observation();
    observation.events.truncate(4);
    let finish = json!({"event": "finish", "pid": 41, "time": 9, "code": 17});
    observation.events.push(serde_json::from_value(finish).unwrap());
    observation.ended =
        serde_json::from_value(json!({"kind": "exit", "code": 17, "from_inside": false})).unwrap();
    observation.stderr = Default::default();
    observation.threads.clear();
    observation.leftovers = 0;
    observation
}

/// A process that ended from inside, with each kind of evidence.
pub(crate) fn bad_observation() -> Observation {
    serde_json::from_value(json!({
        "command": ["/scratch/host", "--plan", "/scratch/plan", "--events-fd", "0"],
        "cwd": "/scratch",
        "environment": {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        "plan": "embedcheck-plan 1\nopen plugin \"/scratch/plugin.so\" NOW|LOCAL\npromote \"libpython3.11.so.1.0\"\n\
                 call plugin add i(ii) 40 2\n",
        "ended": {"kind": "exit", "code": 1, "from_inside": true},
        "events": [
            {"event": "start", "host": "c", "format": 1, "pid": 41, "time": 1},
            {"event": "begin", "step": 2, "thread": 0, "pid": 41, "time": 2, "op": "open"},
            {"event": "end", "step": 2, "thread": 0, "pid": 41, "time": 3, "op": "open", "ok": true,
             "value": null, "errno": 0, "error": null},
            {"event": "begin", "step": 3, "thread": 0, "pid": 41, "time": 4, "op": "promote"},
            {"event": "end", "step": 3, "thread": 0, "pid": 41, "time": 5, "op": "promote", "ok": false,
             "value": null, "errno": 0, "error": "libpython3.11.so.1.0: not loaded"},
            {"event": "begin", "step": 4, "thread": 0, "pid": 41, "time": 6, "op": "call"}
        ],
        "event_problems": ["not an event line: expected value: \"garbage\""],
        "events_dropped_bytes": 0,
        "stdout": {"text": "", "dropped_bytes": 0},
        "stderr": {"text": "Fatal Python error: \u{1b}[31minit_fs_encoding\n\nno encodings\n", "dropped_bytes": 0},
        "threads": [{
            "pid": 41, "tid": 42, "name": "host", "state": "S (sleeping)",
            "syscall": {"kind": "in", "number": 202, "name": "futex"},
            "wchan": null, "kernel_stack": [], "backtrace": ["#0 take_gil", "#1 PyGILState_Ensure"]
        }],
        "leftovers": 1,
        "notes": ["gdb was not found"],
        "duration_ms": 34
    }))
    .unwrap()
}
