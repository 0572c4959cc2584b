//! The host as an embedder of its own: the `python` steps on every CPython that is here.

use serde_json::{Value, json};

use crate::pythons::all_or_skip;
use crate::support::Scratch;

#[test]
fn python_can_be_driven_by_steps() {
    for python in all_or_skip("python_can_be_driven_by_steps") {
        let steps = format!(
            r#"open py "{}" NOW|GLOBAL
python py initialize
python py run "import sys; sys.stdout.write('one '); sys.stdout.flush()"
python py run "1/0"
python py ensure
python py save-thread
facts prefix python
python py restore-thread
python py release
python py save-thread
threads
thread 2
python py ensure
python default ensure
python py run "x = 1"
python py release
python default release
python py release
end
python default restore-thread
python py finalize
facts python prefix
python py restore-thread
python nothing finalize
facts signals
"#,
            python.path()
        );
        let run = python.run(&Scratch::new(), &steps).normal();
        let what = format!("{}: {run:#?}", python.path());
        assert_eq!(*run.value(3), json!(1), "{what}");
        assert_eq!(*run.value(4), json!(0), "{what}");
        assert_eq!(*run.value(5), json!(-1), "{what}");
        assert!(run.stderr.contains("ZeroDivisionError"), "{what}");
        assert_eq!(run.stdout, "one ", "{what}");
        let facts = run.value(8);
        assert_eq!(facts["python"], json!({"initialized": true}));
        let prefix = python.bin.parent().expect("a prefix").to_str();
        assert_eq!(facts["prefix"]["prefix"].as_str(), prefix, "{what}");
        assert!(
            facts["prefix"]["executable"].as_str().expect("text").contains("/bin/python"),
            "{what}"
        );
        for step in [14, 15, 16, 17, 18] {
            assert!(run.ends(step).iter().all(|end| end["ok"] == true), "{what}");
        }
        assert!(run.ends(19).iter().all(|end| end["ok"] == false), "one release too many: {what}");
        assert_eq!(*run.value(21), Value::Null, "{what}");
        assert_eq!(*run.value(22), json!(0), "{what}");
        assert_eq!(
            *run.value(23),
            json!({"python": {"initialized": false}, "prefix": null}),
            "{what}"
        );
        assert_eq!(
            run.error(24),
            "this thread has saved nothing that could be taken back",
            "{what}"
        );
        assert_eq!(run.error(25), "no handle \"nothing\"", "{what}");
        assert_eq!(run.value(26)["signals"]["SIGINT"], "default", "{what}");
    }
}

#[test]
fn initialize_passes_its_argument() {
    for python in all_or_skip("initialize_passes_its_argument") {
        let steps = format!(
            "open py \"{}\" NOW|GLOBAL\npython py initialize 1\nfacts signals\n",
            python.path()
        );
        let run = python.run(&Scratch::new(), &steps).normal();
        assert_eq!(run.value(4)["signals"]["SIGINT"], "handler", "{}: {run:#?}", python.path());
    }
}

/// What Python calls before it gives up is exit: the host cannot go on, and says nothing more.
#[test]
fn a_python_without_its_library_ends_the_process() {
    let pythons = all_or_skip("a_python_without_its_library_ends_the_process");
    // Before 3.8 it is abort.
    for python in pythons.iter().filter(|python| ["3.9", "3.13"].contains(&&python.version[..])) {
        let steps = format!("open py \"{}\" NOW|GLOBAL\npython py initialize\n", python.path());
        let scratch = Scratch::new();
        let run = scratch.run_with(&steps, |command| {
            command.env("PATH", "/nonexistent").env("PYTHONHOME", "/nonexistent");
        });
        assert_eq!(run.code, Some(1), "{run:#?}");
        let last = run.events.last().expect("events");
        assert_eq!((&last["event"], &last["step"]), (&json!("begin"), &json!(3)), "{run:#?}");
    }
}

#[test]
fn a_library_without_python_has_no_such_symbols() {
    let steps = "open c \"libc.so.6\" NOW\npython c initialize\npython c finalize\npython c save-thread\n\
                 python c restore-thread\npython c ensure\npython c release\npython c run \"1\"\n";
    let run = Scratch::new().run(steps).normal();
    let names = [
        "Py_InitializeEx",
        "Py_Finalize",
        "PyEval_SaveThread",
        "PyEval_RestoreThread",
        "PyGILState_Ensure",
        "PyGILState_Release",
        "PyRun_SimpleString",
    ];
    for (step, name) in (3..).zip(names) {
        assert!(run.error(step).starts_with(&format!("no symbol \"{name}\": ")), "{run:#?}");
        assert!(run.error(step).ends_with(&format!("undefined symbol: {name}")), "{run:#?}");
    }
}
