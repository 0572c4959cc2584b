//! Many threads, many DLLs, CFFI and Python hosts: one interpreter, started once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::case::Case;
use crate::interpreters::Target;
use crate::{Stop, on_each, skip, trial};

pub fn trials(targets: &[Target]) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(on_each(targets, "together/threads", threads));
    trials.extend(on_each(targets, "together/threads-of-a-running-python", threads_attach));
    trials.extend(on_each(targets, "together/attached", attached));
    trials.extend(on_each(targets, "together/cffi-lock", cffi_lock));
    trials.extend(on_each(targets, "together/site-calls-back", site_calls_back));
    trials.extend(on_each(targets, "together/dlls", dlls));
    trials.extend(on_each(targets, "together/python-host", python_host));
    trials.extend(on_each(targets, "together/fork-after", fork_after));
    trials.extend(on_each(targets, "time", time));
    trials.push(trial("together/registry".to_owned(), registry));
    trials.push(trial("together/unmapped-before-the-start".to_owned(), unmapped));
    trials
}

fn threads(target: &Target) -> Result<(), Stop> {
    for _ in 0..5 {
        Case::on(target).words(&["threads", "16"]).run()?.expect("threads", "same=true")?;
    }
    Ok(())
}

fn threads_attach(target: &Target) -> Result<(), Stop> {
    let case = Case::under(target).env("PYTHONHOME", &target.prefix).words(&["open", "global"]);
    let case = case.word(&target.library).word("initialize").word(&target.library);
    case.words(&["threads", "16"]).run()?.expect("threads", "same=true")?;
    Ok(())
}

/// A thread that has the GIL starts while another has the lock and needs the GIL.
fn attached(target: &Target) -> Result<(), Stop> {
    let case = Case::under(target).env("PYTHONHOME", &target.prefix).words(&["open", "global"]);
    let case = case.word(&target.library).word("initialize").word(&target.library);
    let outcome = case.word("attached").run()?;
    if !outcome.line("attached")?.starts_with("other=true started") {
        return Err(outcome.fail("both should start").into());
    }
    Ok(())
}

/// The lock of CFFI's DLLs is taken, and given back: held by hand, as a CFFI DLL does it.
fn cffi_lock(target: &Target) -> Result<(), Stop> {
    let case = Case::under(target).words(&["open", "global"]).word(&target.library);
    let outcome = case.words(&["cffi", "300", "run", "result = 42"]).run()?;
    outcome.expect("cffi", "started=true waited=true free=true")?;
    outcome.expect("result", "42")?;
    Ok(())
}

/// `sitecustomize` calls the DLL in the thread that is starting it: the thread is attached, so it
/// works; and in another thread that it joins, which has to wait, so that it must not join for
/// ever (here it waits for a second only).
fn site_calls_back(target: &Target) -> Result<(), Stop> {
    let dll = dll()?;
    let folder = tempfile::tempdir()?;
    let code = format!(
        "import ctypes, sys, threading\ndll = ctypes.PyDLL({0:?})\nsys.first = dll.test_both()\n",
        dll.display().to_string()
    );
    fs::write(folder.path().join("sitecustomize.py"), code)?;
    let case = Case::on(target).env("PYTHONPATH", folder.path());
    let outcome = case.words(&["start", "run", "import sys; result = sys.first"]).run()?;
    // From 3.15 on the interpreter is not initialised yet at that time: an error, no hang.
    outcome.expect("result", if target.version >= (3, 15) { "-1001" } else { "42" })?;
    Ok(())
}

/// Two DLLs with a copy of the run time each, and the host with a third.
fn dlls(target: &Target) -> Result<(), Stop> {
    let (_folder, one, other) = two_dlls()?;
    for first in ["dlls", "host"] {
        let mut case = Case::on(target);
        if first == "host" {
            case = case.word("start");
        }
        for (file, function) in
            [(&one, "test_start"), (&other, "test_start"), (&one, "test_run"), (&other, "test_run")]
        {
            case = case.word("dll").word(file).word(function);
        }
        let outcome = case.word("start").run()?;
        let lines: Vec<&str> =
            (0..4).map(|index| outcome.nth("dll", index)).collect::<Result<_, _>>()?;
        let expected =
            if first == "host" { ["0", "0", "42", "42"] } else { ["1", "0", "42", "42"] };
        if lines != expected {
            return Err(outcome.fail("one should initialise, and all should run").into());
        }
    }
    Ok(())
}

/// The registry is that of the first object, here the host, for all DLLs.
fn registry() -> Result<(), Stop> {
    let (_folder, one, other) = two_dlls()?;
    let case = Case::new().word("dll").word(&one).word("test_registry");
    let outcome = case.word("dll").word(&other).words(&["test_registry", "registry"]).run()?;
    let address = |text: &str| text.parse::<u64>().map_err(|error| error.to_string());
    let own = outcome.line("registry")?.trim_start_matches("0x");
    let own = u64::from_str_radix(own, 16).map_err(|error| error.to_string())?;
    if address(outcome.nth("dll", 0)?)? != own || address(outcome.nth("dll", 1)?)? != own {
        return Err(outcome.fail("all should have the same registry").into());
    }
    Ok(())
}

/// A DLL that nobody has started can be unmapped; one that has been asked for the registry not, if
/// the registry is its own. The host has the registry here, so both can.
fn unmapped() -> Result<(), Stop> {
    let (_folder, one, _) = two_dlls()?;
    let name = one.file_name().unwrap_or_default();
    let case = Case::new().word("dll").word(&one).word("test_registry").word("mapped").word(name);
    let case = case.word("close").word(&one).word("mapped").word(name);
    let outcome = case.run()?;
    if (outcome.nth("mapped", 0)?, outcome.nth("mapped", 1)?) != ("true", "false") {
        return Err(outcome.fail("it should be unmapped").into());
    }
    Ok(())
}

/// A running Python, with its libpython shared or inside the executable as Debian's: the DLL
/// attaches, with and without the GIL held, stays mapped, and its copies share one registry.
fn python_host(target: &Target) -> Result<(), Stop> {
    let (_folder, one, other) = two_dlls()?;
    let code = "
import _ctypes, ctypes, sys, threading
one, other = (ctypes.CDLL(name) for name in sys.argv[1:3])
attached = ctypes.PyDLL(sys.argv[1])
for dll in (one, other):
    dll.test_registry.restype = ctypes.c_int64
results = [attached.test_both(), one.test_both(), other.test_both()]
threads = [threading.Thread(target=lambda: results.append(other.test_both())) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
_ctypes.dlclose(one._handle); _ctypes.dlclose(attached._handle)
mapped = sys.argv[1] in open('/proc/self/maps').read()
print(results == [42] * 11, one.test_registry() == other.test_registry(), mapped)
";
    let mut command = match &target.loader {
        Some(loader) => {
            let mut command = Command::new(loader);
            command
                .arg("--library-path")
                .arg(loader.parent().ok_or("no folder")?)
                .arg(target.python());
            command
        }
        None => Command::new(target.python()),
    };
    let output = command
        .args(["-c", code])
        .args([&one, &other])
        .env_clear()
        .env("PYTHONHOME", &target.prefix)
        .stdin(Stdio::null())
        .output()?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if stderr.contains("No module named '_ctypes'") {
        return Err(skip("its interpreter has no ctypes"));
    }
    if stdout.trim() == "True True True" && output.status.success() {
        return Ok(());
    }
    Err(format!("{:?}\nstdout: {stdout}\nstderr: {stderr}", output.status).into())
}

/// A child of a host that has started goes on; a child that was forked before starts itself.
fn fork_after(target: &Target) -> Result<(), Stop> {
    let words = ["registry", "fork", "start", "run", "result = 42"];
    let outcome = Case::on(target).words(&words).run()?;
    outcome.expect("child", "17")?;
    outcome.expect("result", "42")?;
    Ok(())
}

/// Reported, not asserted: the clock of a shared machine proves nothing.
fn time(target: &Target) -> Result<(), Stop> {
    // The fastest of several, by turns: what other programs cost is in the others.
    let once = |word: &str| -> Result<u64, Stop> {
        let case = Case::on(target).env("PYTHONHOME", &target.prefix).word(word);
        let case = if word == "bare" { case.word(&target.library) } else { case };
        let outcome = case.run()?;
        let number = outcome.line(word)?.split(' ').next().unwrap_or_default().to_owned();
        Ok(number.parse().map_err(|_| outcome.fail("no number"))?)
    };
    let (mut bare, mut ours) = (u64::MAX, u64::MAX);
    for _ in 0..15 {
        bare = bare.min(once("bare")?);
        ours = ours.min(once("time")?);
    }
    eprintln!(
        "{}: start {ours} us, bare Py_InitializeEx {bare} us, {:.2}",
        target.name,
        ours as f64 / bare as f64
    );
    Ok(())
}

/// The example `start_dll`, which cargo builds with the tests.
fn dll() -> Result<PathBuf, Stop> {
    let own = std::env::current_exe()?;
    let profile = own.parent().and_then(Path::parent).ok_or("no folder")?;
    let dll = profile.join("examples/libstart_dll.so");
    if dll.exists() {
        Ok(dll)
    } else {
        Err(skip("the example start_dll is not built: cargo build -p embed-dll --examples"))
    }
}

/// Two copies of it, which are two DLLs to ld.so.
fn two_dlls() -> Result<(tempfile::TempDir, PathBuf, PathBuf), Stop> {
    let dll = dll()?;
    let folder = tempfile::tempdir()?;
    let (one, other) = (folder.path().join("one.so"), folder.path().join("other.so"));
    fs::copy(&dll, &one)?;
    fs::copy(&dll, &other)?;
    Ok((folder, one, other))
}
