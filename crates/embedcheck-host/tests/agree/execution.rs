//! Both hosts run the same plans.

use std::process::Stdio;

use libtest_mimic::{Completion, Failed, Trial};

use crate::environment::{self, Python};
use crate::hosts::{Host, output, spawn, wait};
use crate::normal::normal;
use crate::plans::{self, Case, End};

/// One trial for each plan.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("execution/list", lists_are_equal),
        Trial::test("execution/usage", wrong_usage_ends_with_2),
        Trial::test("execution/events that cannot be written", lost_events_end_with_3),
        Trial::test("execution/standard output as events", standard_output_can_carry_events),
        Trial::test("execution/inherited signals", inherited_signals_are_undone),
    ];
    for case in plans::PLAIN {
        trials.push(Trial::test(format!("plain/{}", case.0), move || {
            agree(case, case.1, &[])?;
            Ok(())
        }));
    }
    trials.push(Trial::test("plain/forks beside busy threads", || {
        let case = ("", "", plans::NORMAL);
        agree(&case, &forks_beside_busy_threads(), &[])
    }));
    for case in plans::LIBRARY {
        trials
            .push(Trial::ignorable_test(format!("library/{}", case.0), move || with_library(case)));
    }
    let pythons = environment::pythons();
    for case in plans::PYTHON {
        if pythons.is_empty() {
            trials.push(Trial::ignorable_test(format!("python/{}", case.0), || {
                environment::skip("no shared libpython was found (pyenv, /usr/lib)")
            }));
        }
        for python in &pythons {
            let (name, python) = (format!("python/{}/{}", python.name, case.0), python.clone());
            trials.push(Trial::test(name, move || with_python(case, &python)));
        }
    }
    trials
}

/// A child must not inherit a lock of the host that another thread held: it would hang at its first step.
fn forks_beside_busy_threads() -> String {
    let busy = "  buffer own 8\n  peek own 0:i64\n".repeat(150);
    let forks = "  fork child\n    buffer b 8\n    peek b 0:i64\n  end\n  wait child\n".repeat(15);
    format!("threads\nthread 3\n{busy}thread 3\n{forks}end")
}

fn with_library(case: &Case) -> Result<Completion, Failed> {
    match environment::library() {
        Ok(library) => {
            agree(case, &case.1.replace("LIBRARY", &library.to_string_lossy()), &[])?;
            Ok(Completion::Completed)
        }
        Err(reason) => environment::skip(reason),
    }
}

fn with_python(case: &Case, python: &Python) -> Result<(), Failed> {
    let steps = case.1.replace("PYTHON", &python.libpython.to_string_lossy());
    let path = python.path.to_string_lossy().into_owned();
    agree(case, &steps, &[("PATH".to_owned(), path)])
}

/// Runs the steps in both hosts and compares.
fn agree(case: &Case, steps: &str, variables: &[(String, String)]) -> Result<(), Failed> {
    let plan = format!("embedcheck-plan 1\n{steps}\n");
    let runs = Host::BOTH.map(|host| host.run(&plan, variables));
    let mut ends = Vec::new();
    for (host, run) in Host::BOTH.into_iter().zip(&runs) {
        match normal(host, run) {
            Ok(end) => ends.push(end),
            Err(error) => return Err(format!("{host:?}: {error}\n{run:#?}").into()),
        }
    }
    let [c, rust] = &ends[..] else { unreachable!("there are two hosts") };
    if c != rust {
        let [c_run, rust_run] = &runs;
        return Err(format!(
            "{}\nC host: {c_run:#?}\nRust host: {rust_run:#?}",
            difference(&format!("{c:#?}"), &format!("{rust:#?}"))
        )
        .into());
    }
    let found = (c.exit(), c.signal());
    let expected = match case.2 {
        End::Exit(code) => (Some(code), None),
        End::Signal(signal) => (None, Some(signal)),
    };
    if found != expected {
        return Err(format!("ended with {found:?} instead of {expected:?}: {runs:#?}").into());
    }
    Ok(())
}

/// The first lines that differ.
fn difference(c: &str, rust: &str) -> String {
    let different = c.lines().zip(rust.lines()).enumerate().find(|(_, (c, rust))| c != rust);
    match different {
        Some((index, _)) => {
            let around = |text: &str| {
                let lines = text.lines().skip(index.saturating_sub(8)).take(16);
                lines.collect::<Vec<_>>().join("\n")
            };
            format!("the hosts differ:\nC:\n{}\nRust:\n{}", around(c), around(rust))
        }
        None => "one host says more".to_owned(),
    }
}

fn lists_are_equal() -> Result<(), Failed> {
    let [c, rust] = Host::BOTH.map(|host| output(&mut host.command(&["--list"])));
    assert!(c.status.success() && rust.status.success(), "{c:?} {rust:?}");
    let rust_text = String::from_utf8_lossy(&rust.stdout);
    // The one step that needs libffi.
    let common = rust_text.replace("step ffi\n", "");
    assert_ne!(common, rust_text, "the Rust host has ffi");
    assert_eq!(String::from_utf8_lossy(&c.stdout), common);
    assert!(rust.stdout.starts_with(b"step open\n"));
    Ok(())
}

fn wrong_usage_ends_with_2() -> Result<(), Failed> {
    let nowhere = "/no/such/plan";
    for arguments in [
        &[][..],
        &["--frob"],
        &["--plan"],
        &["--plan", nowhere],
        &["--events-fd", "1"],
        &["--plan", nowhere, "--events-fd", "x"],
        &["--plan", nowhere, "--events-fd", "-1"],
        &["--plan", nowhere, "--events-fd", "1"],
        &["--check", nowhere],
        &["--check", nowhere, "--list"],
        &["--check", "/"],
        &["--plan", nowhere, "--events-fd", "1", "--parent-death", "sleep"],
    ] {
        for host in Host::BOTH {
            let output = output(&mut host.command(arguments));
            assert_eq!(output.status.code(), Some(2), "{host:?} {arguments:?}: {output:?}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{host:?} {output:?}");
        }
    }
    Ok(())
}

/// A descriptor that is not open, a full disk, a reader that is gone.
fn lost_events_end_with_3() -> Result<(), Failed> {
    let plan = tempfile::NamedTempFile::new()?;
    std::fs::write(&plan, "embedcheck-plan 1\nsleep 0\n")?;
    let file = plan.path().to_str().ok_or("scratch files have names in UTF-8")?;
    for host in Host::BOTH {
        let closed = output(&mut host.command(&["--plan", file, "--events-fd", "77"]));
        assert_eq!(closed.status.code(), Some(3), "{host:?}: {closed:?}");
        assert!(!closed.stderr.is_empty());
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
        let mut command = host.command(&["--plan", file, "--events-fd", "0"]);
        let full = output(command.stdin(full));
        assert_eq!(full.status.code(), Some(3), "{host:?}: {full:?}");
        let mut command = host.command(&["--plan", file, "--events-fd", "1"]);
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let mut child = spawn(command.stdout(writer).stderr(Stdio::null()));
        assert_eq!(wait(&mut child).code(), Some(3), "{host:?}");
    }
    Ok(())
}

/// What the DLL then prints goes nowhere, and not between the events.
fn standard_output_can_carry_events() -> Result<(), Failed> {
    let plan = tempfile::NamedTempFile::new()?;
    let steps = "open c \"libc.so.6\" NOW\ncall c puts i(s) \"lost\"\ncall c dup i(i) 1";
    std::fs::write(&plan, format!("embedcheck-plan 1\n{steps}\n"))?;
    let file = plan.path().to_str().ok_or("scratch files have names in UTF-8")?;
    let [c, rust] = Host::BOTH.map(|host| {
        let output = output(&mut host.command(&["--plan", file, "--events-fd", "1"]));
        assert_eq!(output.status.code(), Some(17), "{host:?}: {output:?}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let values = text.lines().filter_map(|line| line.split("\"value\":").nth(1));
        values.map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(c, rust);
    assert_eq!(c.len(), 3, "{c:?}");
    Ok(())
}

/// A shell starts background jobs with SIGINT and SIGQUIT ignored, and `nohup` ignores SIGHUP: neither
/// shows in what a plan reports.
fn inherited_signals_are_undone() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let plan = folder.path().join("plan");
    std::fs::write(&plan, "embedcheck-plan 1\nfacts signals\n")?;
    for host in Host::BOTH {
        let plan = plan.to_str().ok_or("a scratch folder has a name in UTF-8")?;
        let inner = host.command(&["--plan", plan, "--events-fd", "1"]);
        let mut outer = std::process::Command::new("/bin/sh");
        outer.args(["-c", "trap '' INT QUIT HUP PIPE USR1; exec \"$@\"", "sh"]);
        outer.arg(inner.get_program()).args(inner.get_args()).env_clear().stdin(Stdio::null());
        let events = String::from_utf8(output(&mut outer).stdout)?;
        if !events.contains(r#""SIGINT":"default""#) || events.contains(r#":"ignore""#) {
            return Err(format!("{host:?}: {events}").into());
        }
    }
    Ok(())
}
