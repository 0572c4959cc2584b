//! Real DLLs, made with `embedding!`, in host processes of their own: the life of a module, and
//! what happens when something fails.
//!
//! `cargo test -p embed-dll` builds the DLL as well; with `--test module` alone, Cargo takes the one
//! that is there.
//!
//! What CFFI promises is in the contract suite of the workspace; here is what goes beyond it.

#[expect(dead_code, reason = "shared with the tests of starting, which need more")]
#[path = "../start/case.rs"]
mod case;
mod host;
#[expect(dead_code, reason = "shared with the tests of starting, which need more")]
#[path = "../start/interpreters.rs"]
mod interpreters;

use std::fs;
use std::path::PathBuf;

use case::{Case, Outcome};
use interpreters::Target;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tempfile::TempDir;

/// A test of one interpreter.
type Test = fn(&Target) -> Result<(), Failed>;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--host") {
        host::main(arguments);
    }
    let tests: [(&str, Test); 19] = [
        ("start-may-be-repeated", start_may_be_repeated),
        ("calls-do-not-repeat-the-init-code", calls_do_not_repeat),
        ("last-error-belongs-to-a-thread", last_error_belongs_to_a_thread),
        ("a-replaced-hook-gets-the-exception", a_replaced_hook),
        ("texts-live-until-later", texts_live),
        ("reports-say-more-than-cffi", reports_say_more),
        ("def-extern-says-what-to-write", def_extern_advises),
        ("a-function-may-be-called-exported", called_exported),
        ("replaced-functions-are-freed", replaced_functions),
        ("an-interrupt-before-a-call-does-not-cost-it", interrupts),
        ("errno-passes-through", errno_passes),
        ("after-the-end-every-call-gets-the-error-value", after_the_end),
        ("threads-of-python-in-calls-may-meet-the-end", daemons_meet_the_end),
        ("a-call-that-stays-in-python-survives-the-end", a_call_stays),
        ("a-broken-pipe-does-not-end-the-host", broken_pipes),
        ("a-conversion-that-stays-survives-the-end", a_conversion_stays),
        ("a-first-call-from-a-sub-interpreter-costs-only-itself", sub_interpreter_first),
        ("a-start-from-a-sub-interpreter-changes-nothing", sub_interpreter_later),
        ("the-process-may-end-at-the-first-failure", ends_at_the_first_failure),
    ];
    let targets = interpreters::all();
    let mut trials = Vec::new();
    for (name, test) in tests {
        trials.extend(
            targets.iter().filter(|target| target.loader.is_none()).cloned().map(|target| {
                Trial::test(format!("{name}/{}", target.name), move || test(&target))
            }),
        );
    }
    if trials.is_empty() {
        trials.push(Trial::ignorable_test("interpreters", || {
            let reason = "this machine has no libpython";
            match interpreters::variable("EMBEDCHECK_REQUIRE_ALL") {
                Some(value) if value == "1" => Err(reason.into()),
                _ => Ok(Completion::ignored_with(reason)),
            }
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// What each case begins with.
const HEAD: &str = "import os, signal, sys, weakref\nfrom module_case import ffi, lib\n";

/// A case: the init code in a file, and a host that gets the words.
struct Setting {
    folder: TempDir,
    code: PathBuf,
}

impl Setting {
    fn new(code: &str) -> Result<Setting, Failed> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("case.py");
        fs::write(&file, format!("{HEAD}{code}"))?;
        Ok(Setting { folder, code: file })
    }

    fn case(&self, target: &Target, words: &[&str]) -> Result<Case, Failed> {
        let case = Case::on(target).env("EMBED_DLL_TEST_CODE", &self.code);
        Ok(case.folder(self.folder.path()).word(dll()?).words(words))
    }
}

/// The DLL, which Cargo builds beside the tests.
fn dll() -> Result<PathBuf, Failed> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(|deps| deps.parent()).ok_or("no target folder")?;
    let file = folder.join("examples/libmodule_dll.so");
    if file.exists() {
        Ok(file)
    } else {
        Err(format!("{} is missing: cargo test builds it", file.display()).into())
    }
}

fn run(target: &Target, code: &str, words: &[&str]) -> Result<Outcome, Failed> {
    Setting::new(code)?.case(target, words)?.run()
}

/// Stdout must be these lines.
fn prints(outcome: &Outcome, lines: &[&str]) -> Result<(), Failed> {
    if outcome.stdout.lines().eq(lines.iter().copied()) {
        Ok(())
    } else {
        Err(outcome.fail(&format!("stdout should be: {lines:#?}")))
    }
}

/// Stderr must have these texts, in this order.
fn complains(outcome: &Outcome, texts: &[&str]) -> Result<(), Failed> {
    let mut rest = outcome.stderr.as_str();
    for text in texts {
        match rest.split_once(text) {
            Some((_, after)) => rest = after,
            None => return Err(outcome.fail(&format!("stderr should say, at its place: {text}"))),
        }
    }
    Ok(())
}

const TWICE: &str = "@ffi.def_extern()\ndef twice(x):\n    return 2 * x\n";

fn start_may_be_repeated(target: &Target) -> Result<(), Failed> {
    let code = format!("{TWICE}open('mended').close()\n");
    let words = [
        "start", "twice=4", "thread", "last", "write", "mended", "", "start", "twice=4", "thread",
        "last",
    ];
    let outcome = run(target, &code, &words)?;
    outcome.expect("start", "-1")?;
    if outcome.nth("start", 1)? != "0" || outcome.nth("twice", 1)? != "8" {
        return Err(outcome.fail("the second attempt should succeed"));
    }
    if !outcome.line("last")?.contains("No such file or directory: 'mended'") {
        return Err(outcome.fail("another thread should see why the module did not start"));
    }
    if outcome.nth("last", 1)? != "null" {
        return Err(outcome.fail("after a successful start there is no start-up error"));
    }
    complains(&outcome, &["Failed to initialize", "FileNotFoundError", "From: module_case"])
}

fn calls_do_not_repeat(target: &Target) -> Result<(), Failed> {
    let words = ["twice=4", "write", "mended", "", "twice=4"];
    let outcome = run(target, "print('attempt')\nopen('mended').close()\n", &words)?;
    prints(&outcome, &["twice 0", "twice 0", "attempt"])?;
    let line =
        "function module_case.twice() called, but initialization code failed.  Returning 0.\n";
    complains(&outcome, &["FileNotFoundError", line, line])
}

fn last_error_belongs_to_a_thread(target: &Target) -> Result<(), Failed> {
    let code = "@ffi.def_extern(error=-1)\ndef twice(x):\n    raise ValueError(x)\n";
    let outcome = run(target, code, &["last", "twice=4", "last", "thread", "last"])?;
    let texts = [outcome.line("last")?, outcome.nth("last", 1)?, outcome.nth("last", 2)?];
    if texts[0] != "null" || !texts[1].ends_with("ValueError: 4") || texts[2] != "null" {
        return Err(outcome.fail("only the thread that failed should have an error"));
    }
    outcome.expect("twice", "-1")
}

fn a_replaced_hook(target: &Target) -> Result<(), Failed> {
    let code = "
def hook(args):
    print('hook', args.exc_type.__name__, args.exc_value, args.exc_traceback is not None,
          args.err_msg.split(' at 0x')[0], args.object)
sys.unraisablehook = hook
@ffi.def_extern()
def twice(x):
    if x == 5:
        def broken(args):
            raise KeyError('in the hook')
        sys.unraisablehook = broken
    raise ValueError(x)
";
    let outcome = run(target, code, &["twice=4", "twice=5"])?;
    let said = "hook ValueError 4 True Exception ignored from cffi callback <function twice None";
    prints(&outcome, &["twice 0", "twice 0", said])?;
    let texts =
        ["Exception ignored in sys.unraisablehook:", "KeyError: 'in the hook'", "ValueError: 5"];
    complains(&outcome, &texts)
}

fn texts_live(target: &Target) -> Result<(), Failed> {
    let code = "
@ffi.def_extern()
def text(x):
    return ffi.new('char[]', b'text %d' % x)
";
    let outcome = run(target, code, &["text=42", "thread", "text=43"])?;
    prints(&outcome, &["text text 42 8", "text text 43 8"])
}

fn reports_say_more(target: &Target) -> Result<(), Failed> {
    let code = "
@ffi.def_extern()
def small(x):
    return x
@ffi.def_extern()
def twice(x):
    try:
        {}['key']
    except KeyError as error:
        raise ValueError(x) from error
";
    let outcome = run(target, code, &["small=-128", "small=300", "twice=7"])?;
    prints(&outcome, &["small -128", "small 0", "twice 0"])?;
    let texts = [
        "Exception ignored from cffi callback <function small at 0x",
        ">, trying to convert the result back to C:\n",
        "OverflowError: integer 300 does not fit 'signed char'\n",
        "(module_case.small() returns 'signed char' in C; its Python function returned 300, of type int)",
        "Exception ignored from cffi callback <function twice at 0x",
        "KeyError: 'key'",
        "direct cause",
        "ValueError: 7\n",
    ];
    complains(&outcome, &texts)
}

/// Without its parentheses `def_extern` gets the function; a name that is misspelt is one of few.
fn def_extern_advises(target: &Target) -> Result<(), Failed> {
    let without = "@ffi.def_extern\ndef twice(x):\n    return 2 * x\n";
    let outcome = run(target, without, &["twice=4"])?;
    let text = "TypeError: def_extern() name must be str or None, not function; \
                write @ffi.def_extern(), with ()\n";
    complains(&outcome, &[text])?;
    let number = "ffi.def_extern(5)\n";
    let outcome = run(target, number, &["twice=4"])?;
    complains(&outcome, &["TypeError: def_extern() name must be str or None, not int\n"])?;
    let misspelt = "@ffi.def_extern()\ndef twize(x):\n    return 2 * x\n";
    let outcome = run(target, misspelt, &["twice=4"])?;
    let text = "ffi.error: ffi.def_extern('twize'): no 'extern \"Python\"' function with this name; \
                there are: add, exported, nothing, small, text, twice\n";
    complains(&outcome, &[text])
}

/// What the macro writes around a function must not take its name.
fn called_exported(target: &Target) -> Result<(), Failed> {
    let code = "@ffi.def_extern()\ndef exported(x):\n    return x + 1\n";
    let outcome = run(target, code, &["exported=4"])?;
    prints(&outcome, &["exported 5"])
}

fn replaced_functions(target: &Target) -> Result<(), Failed> {
    let code = "
class Function:
    def __init__(self, factor):
        self.factor = factor
    def __call__(self, x):
        # Replaces what runs: it must live to the end of this call.
        attach(self.factor + 1)
        return x * self.factor
alive = []
def attach(factor):
    function = Function(factor)
    alive.append(weakref.ref(function))
    ffi.def_extern('twice')(function)
attach(2)
@ffi.def_extern()
def small(x):
    return sum(reference() is not None for reference in alive)
";
    let outcome = run(target, code, &["twice=10", "twice=10", "twice=10", "small"])?;
    // Without a GIL what was replaced is kept.
    let alive = if target.flags.contains('t') { "small 4" } else { "small 1" };
    prints(&outcome, &["twice 20", "twice 30", "twice 40", alive])
}

fn interrupts(target: &Target) -> Result<(), Failed> {
    let code = format!("signal.signal(signal.SIGINT, signal.default_int_handler)\n{TWICE}");
    let outcome = run(target, &code, &["twice=4", "sigint", "twice=5", "twice=6"])?;
    prints(&outcome, &["twice 8", "twice 10", "twice 12"])?;
    complains(&outcome, &["KeyboardInterrupt", "interrupted before it began"])
}

fn errno_passes(target: &Target) -> Result<(), Failed> {
    let code = "
@ffi.def_extern()
def twice(x):
    seen = ffi.errno
    try:
        open('/nonexistent/file')
    except OSError:
        pass
    if x == 5:
        ffi.errno = 99
    return seen
";
    let outcome = run(target, code, &["errno=4", "errno=5"])?;
    prints(&outcome, &["errno 4 4", "errno 5 99"])
}

fn after_the_end(target: &Target) -> Result<(), Failed> {
    let code = "@ffi.def_extern(error=-1)\ndef twice(x):\n    return 2 * x\n";
    let outcome = run(target, code, &["twice=4", "finalise", "crowd", "start", "last"])?;
    outcome.expect("twice", "8")?;
    outcome.expect("finalise", "0")?;
    outcome.expect("crowd", "0")?;
    outcome.expect("start", "-1")?;
    complains(
        &outcome,
        &["module_case_start(): the Python interpreter of this process was finalised"],
    )
}

/// They come back from C while finalisation counts who is inside.
fn daemons_meet_the_end(target: &Target) -> Result<(), Failed> {
    let code = format!(
        "{TWICE}
import threading, time
def daemon():
    while True:
        lib.twice(1)
for _ in range(8):
    threading.Thread(target=daemon, daemon=True).start()
time.sleep(0.05)
"
    );
    let outcome = run(target, &code, &["start", "finalise"])?;
    outcome.expect("finalise", "0")
}

/// Finalisation gives up waiting for it, and CPython ends its thread when it wants the GIL again.
fn a_call_stays(target: &Target) -> Result<(), Failed> {
    let code = "
import time
@ffi.def_extern()
def twice(x):
    while True:
        time.sleep(0.05)
";
    let outcome = run(target, code, &["start", "stay", "finalise", "wait"])?;
    outcome.expect("finalise", "0")
}

/// `sigpipe: block` holds for the init code too.
fn broken_pipes(target: &Target) -> Result<(), Failed> {
    let code = "
def broken():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        os.write(writer, b'text')
    except BrokenPipeError:
        return 1
    finally:
        os.close(writer)
print('init', broken())
@ffi.def_extern()
def twice(x):
    return broken()
";
    let outcome = run(target, code, &["mortal", "start", "twice=4"])?;
    prints(&outcome, &["start 0", "twice 1", "init 1"])
}

/// A thread of Python's own, in a function of the C API that has called Python code: CPython until
/// 3.13 ends it there by unwinding its stack.
fn a_conversion_stays(target: &Target) -> Result<(), Failed> {
    let code = "
import threading, time
inside = threading.Event()
class Slow:
    def __int__(self):
        inside.set()
        while True:
            time.sleep(0.01)
threading.Thread(target=lambda: ffi.new('int *', Slow()), daemon=True).start()
inside.wait()
";
    let outcome = run(target, code, &["start", "finalise", "wait"])?;
    outcome.expect("finalise", "0")
}

fn sub_interpreter_first(target: &Target) -> Result<(), Failed> {
    let libpython = target.library.display().to_string();
    let outcome = run(target, TWICE, &["sub", &libpython, "twice=4", "twice=4"])?;
    outcome.expect("twice", "0")?;
    if outcome.nth("twice", 1)? != "8" {
        return Err(outcome.fail("a call from the main interpreter should work"));
    }
    complains(&outcome, &["twice() called, but this is a sub-interpreter"])
}

/// After an attempt that failed: what calls must not repeat then, they must not repeat now.
fn sub_interpreter_later(target: &Target) -> Result<(), Failed> {
    let libpython = target.library.display().to_string();
    let code = format!("{TWICE}print('attempt', flush=True)\nopen('mended').close()\n");
    let words =
        ["start", "write", "mended", "", "sub", &libpython, "start", "twice=4", "start", "twice=4"];
    let outcome = run(target, &code, &words)?;
    let lines = ["attempt", "start -1", "start -1", "twice 0", "attempt", "start 0", "twice 8"];
    prints(&outcome, &lines)?;
    complains(
        &outcome,
        &["FileNotFoundError", "start(): this is a sub-interpreter", "initialization code failed"],
    )
}

fn ends_at_the_first_failure(target: &Target) -> Result<(), Failed> {
    let setting = Setting::new("")?;
    let case = setting.case(target, &["twice=4", "twice=5"])?;
    let outcome = case.env("EMBED_DLL_ABORT_ON_ERROR", "1").run_to_any_end()?;
    if outcome.end() != format!("signal {}", libc::SIGABRT) || !outcome.stdout.is_empty() {
        return Err(outcome.fail("the host should have ended with SIGABRT"));
    }
    complains(&outcome, &["no code was attached to it yet", "EMBED_DLL_ABORT_ON_ERROR"])
}
