//! What belongs to the host stays as it is, and text comes out as `python3` would write it.

use std::fs;
use std::process::Command;

use libtest_mimic::Trial;

use crate::case::Case;
use crate::interpreters::Target;
use crate::{Stop, on_each, skip};

pub(crate) fn trials(targets: &[Target]) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(on_each(targets, "host/state", state));
    trials.extend(on_each(targets, "host/errno", errno));
    trials.extend(on_each(targets, "host/sigint", sigint));
    trials.extend(on_each(targets, "host/streams", streams));
    trials.extend(on_each(targets, "encoding/c-and-utf-8", utf8));
    trials.extend(on_each(targets, "encoding/latin-1", latin1));
    trials
}

/// Signals, mask, locale and working directory, even if `sitecustomize` changes them.
fn state(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let code = "import os, signal, subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n\
                signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\nos.chdir('/')\n\
                import locale\nlocale.setlocale(locale.LC_CTYPE, 'C.UTF-8')\n";
    for (sitecustomize, lang) in [("", "C.UTF-8"), ("", "C"), (code, "C.UTF-8")] {
        fs::write(folder.path().join("sitecustomize.py"), sitecustomize)?;
        let case = Case::on(target).env("PYTHONPATH", folder.path()).env("LANG", lang);
        let words =
            ["state", "start", "state", "run", "import signal, subprocess, asyncio", "state"];
        let outcome = case.folder(folder.path()).words(&words).run()?;
        outcome.line("started")?;
        let before = outcome.nth("state", 0)?;
        if before != outcome.nth("state", 1)? || before != outcome.nth("state", 2)? {
            return Err(outcome.fail("the state of the host should be the same").into());
        }
    }
    Ok(())
}

fn errno(target: &Target) -> Result<(), Stop> {
    let outcome = Case::on(target).words(&["errno", "errno"]).run()?;
    for index in [0, 1] {
        if !outcome.nth("errno", index)?.starts_with("4711 started") {
            return Err(outcome.fail("errno should be 4711").into());
        }
    }
    Ok(())
}

/// Ctrl-C ends the host as before, and `interrupt_main()` is no crash.
fn sigint(target: &Target) -> Result<(), Stop> {
    let code = "import subprocess, signal, _thread\ntry:\n    _thread.interrupt_main()\n    \
                for _ in range(10**6): pass\nexcept KeyboardInterrupt:\n    pass\nresult = 'alive'";
    let outcome = Case::on(target).words(&["start", "run", code, "sigint"]).run_to_any_end()?;
    outcome.says("result alive")?;
    if outcome.end() != "signal 2" {
        return Err(outcome.fail("SIGINT should end the host").into());
    }
    Ok(())
}

/// The buffers of the C streams are the host's: what it has written before and after comes out in
/// order, and PYTHONUNBUFFERED changes nothing of that.
fn streams(target: &Target) -> Result<(), Stop> {
    let code = "import sys; print('from python', flush=True); result = sys.stdout.errors";
    let outcome =
        Case::on(target).env("PYTHONUNBUFFERED", "1").words(&["start", "run", code]).run()?;
    outcome.says("from python")?;
    Ok(())
}

const ENCODING: &str = "import sys; print(chr(233), flush=True); result = sys.stdout.encoding.lower(), sys.stdout.errors, \
     sys.getfilesystemencoding()";

fn utf8(target: &Target) -> Result<(), Stop> {
    for lang in ["", "C", "POSIX", "C.UTF-8", "xx_YY.nonsense"] {
        let case = Case::on(target).env("LANG", lang).words(&["start", "run", ENCODING, "state"]);
        let outcome = case.run()?;
        outcome.says("é")?;
        outcome.expect("result", "('utf-8', 'surrogateescape', 'utf-8')")?;
        outcome.says("ctype=\"C\"")?;
    }
    let case = Case::on(target).env("PYTHONIOENCODING", "latin-1:replace").env("LANG", "C.UTF-8");
    let outcome = case.words(&["start", "run", ENCODING]).run()?;
    let line = outcome.line("result")?;
    if !line.contains("'replace'") || line.starts_with("('utf-8'") {
        return Err(outcome.fail("PYTHONIOENCODING should count").into());
    }
    let case = Case::on(target).env("PYTHONUTF8", "0").env("LANG", "C.UTF-8");
    case.words(&["start", "run", "import sys; result = sys.flags.utf8_mode"])
        .run()?
        .expect("result", "0")?;
    Ok(())
}

/// In a locale that is not UTF-8: stdout as `python3` has it, whether the host has set the locale
/// or not.
fn latin1(target: &Target) -> Result<(), Stop> {
    if target.loader.is_some() {
        return Err(skip("its C library has its own format of locales"));
    }
    let folder = tempfile::tempdir()?;
    let locale = folder.path().join("de_DE.ISO-8859-1");
    let made =
        Command::new("localedef").args(["-i", "de_DE", "-f", "ISO-8859-1"]).arg(&locale).output();
    if !locale.join("LC_CTYPE").exists() {
        return Err(skip(&format!("localedef makes no locale here: {made:?}")));
    }
    for set in [false, true] {
        let case = Case::on(target).env("LOCPATH", folder.path()).env("LANG", "de_DE.ISO-8859-1");
        let case = if set { case.words(&["setlocale", ""]) } else { case };
        let outcome = case.words(&["start", "run", ENCODING, "state"]).run()?;
        if set {
            outcome.expect("setlocale", "true")?;
            outcome.says("ctype=\"de_DE.ISO-8859-1\"")?;
        } else {
            outcome.says("ctype=\"C\"")?;
        }
        let line = outcome.line("result")?;
        if !line.starts_with("('iso-8859-1', 'strict'")
            && !line.starts_with("('iso8859-1', 'strict'")
        {
            return Err(outcome.fail("stdout should be ISO-8859-1").into());
        }
    }
    Ok(())
}
