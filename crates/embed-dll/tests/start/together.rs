//! Many threads, many DLLs, CFFI and Python hosts: one interpreter, started once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;

use crate::case::Case;
use crate::interpreters::Target;
use crate::{Stop, on_each, skip, trial};

pub(crate) fn trials(targets: &[Target]) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(on_each(targets, "together/threads", threads));
    trials.extend(on_each(targets, "together/threads-of-a-running-python", threads_attach));
    trials.extend(on_each(targets, "together/attached", attached));
    trials.extend(on_each(targets, "together/cffi-lock", cffi_lock));
    trials.extend(on_each(targets, "together/site-calls-back", site_calls_back));
    trials.extend(on_each(targets, "together/dlls", dlls));
    trials.extend(on_each(targets, "together/race-of-dlls", race_of_dlls));
    trials.extend(on_each(targets, "together/python-host", python_host));
    trials.extend(on_each(targets, "together/fork-after", fork_after));
    trials.extend(on_each(targets, "together/fork-during", fork_during));
    trials.extend(on_each(targets, "together/sub-interpreter", sub_interpreter));
    trials.extend(on_each(targets, "together/static-host", static_host));
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

/// The first calls come from many threads, through three copies of the run time: exactly one
/// initialises.
fn race_of_dlls(target: &Target) -> Result<(), Stop> {
    let (_folder, one, other) = two_dlls()?;
    for _ in 0..5 {
        let case = Case::on(target).words(&["race", "12"]).word(&one).word(&other);
        case.run()?.expect("race", "initialised by 1, good 12")?;
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
    python(target, code, &[&one, &other], "True True True")
}

/// Runs code in the target's own interpreter, which must print a line.
fn python(target: &Target, code: &str, arguments: &[&Path], expected: &str) -> Result<(), Stop> {
    let mut command = match &target.loader {
        Some(loader) => {
            let mut command = Command::new(loader);
            command.arg("--library-path").arg(loader.parent().ok_or("no folder")?);
            command.arg(target.python());
            command
        }
        None => Command::new(target.python()),
    };
    command.args(["-c", code]).args(arguments);
    let outcome = Case::program(command).env("PYTHONHOME", &target.prefix).run_to_any_end()?;
    for module in ["_ctypes", "_interpreters"] {
        if outcome.stderr.contains(&format!("No module named '{module}'")) {
            return Err(skip(&format!("its interpreter has no {module}")));
        }
    }
    if outcome.stderr.contains("does not support loading in subinterpreters") {
        return Err(skip("its ctypes refuses sub-interpreters"));
    }
    if outcome.stdout.trim() == expected && outcome.end() == "exit 0" {
        return Ok(());
    }
    Err(outcome.fail(&format!("it should print: {expected}")).into())
}

/// A child of a host that has started goes on; a child that was forked before starts itself.
fn fork_after(target: &Target) -> Result<(), Stop> {
    let words = ["registry", "fork", "start", "run", "result = 42"];
    let outcome = Case::on(target).words(&words).run()?;
    outcome.expect("child", "17")?;
    outcome.expect("result", "42")?;
    Ok(())
}

/// Nobody finishes the start in a child that was forked in the middle of it: an error, no hang.
fn fork_during(target: &Target) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("sitecustomize.py"), "import time; time.sleep(1.5)\n")?;
    let case = Case::on(target).env("PYTHONPATH", folder.path());
    let outcome = case.words(&["start-in-background", "fork", "start"]).run()?;
    outcome.expect("child", "17")?;
    outcome.says("failed retry=false the process was forked while another thread was starting")?;
    Ok(())
}

/// The first start comes from a sub-interpreter, in a thread that has the GIL there: 3.8 to 3.11
/// take such a thread for one that has not.
fn sub_interpreter(target: &Target) -> Result<(), Stop> {
    let (_folder, one, _) = two_dlls()?;
    let code = "
import sys
try:
    import _xxsubinterpreters as sub
except ImportError:
    import _interpreters as sub
names = [sub.create()] if sys.version_info < (3, 13) else [sub.create('legacy')]
run = getattr(sub, 'run_string', None) or sub.exec
run(names[0], 'import ctypes; print(ctypes.PyDLL(%r).test_start(), flush=True)' % sys.argv[1])
";
    python(target, code, &[&one], "0")
}

/// A C host that contains the run time, stripped and without exported symbols, and a DLL with its
/// own: they meet.
fn static_host(target: &Target) -> Result<(), Stop> {
    if target.loader.is_some() {
        return Err(skip("this machine's linker links against another C library"));
    }
    let (folder, one, _) = two_dlls()?;
    let archive = dll()?.with_extension("a");
    let (source, host) = (folder.path().join("host.c"), folder.path().join("host"));
    fs::write(&source, HOST)?;
    let linked = Command::new("cc")
        .arg(&source)
        .arg(&archive)
        .args(["-Wl,--gc-sections", "-s", "-lpthread", "-ldl", "-lm", "-o"])
        .arg(&host)
        .output()
        .map_err(|error| skip(&format!("this machine has no cc: {error}")))?;
    if !linked.status.success() {
        return Err(String::from_utf8_lossy(&linked.stderr).into_owned().into());
    }
    let case = Case::program(Command::new(&host)).env("EMBED_DLL_LIBPYTHON", &target.library);
    let outcome = case.word(&one).run()?;
    if outcome.stdout.trim() == "1 1 0 42" {
        return Ok(());
    }
    Err(outcome.fail("both should have one registry, and one should start for the other").into())
}

const HOST: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
long test_start(void);
long test_run(void);
long test_registry(void);
int main(int argc, char **argv) {
    void *dll = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL);
    long (*registry)(void) = (long (*)(void))dlsym(dll, "test_registry");
    long (*start)(void) = (long (*)(void))dlsym(dll, "test_start");
    printf("%d ", registry() == test_registry());
    printf("%ld ", test_start());
    printf("%ld ", start());
    printf("%ld\n", test_run());
    return 17;
}
"#;

#[expect(clippy::print_stderr, reason = "a measurement is for whoever reads the log")]
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
