//! Each step, done by the real host.

use crate::support::{Run, Scratch};
use serde_json::{Value, json};

fn with_library(steps: &str) -> Run {
    let scratch = Scratch::new();
    scratch.library("library.c", "lib.so", &[]);
    scratch.run(&format!("open lib \"./lib.so\" NOW|LOCAL\n{steps}")).normal()
}

#[test]
fn events_are_complete_and_in_order() {
    let run = Scratch::new().run("# a comment\n\n  call default abs i(i) -5\n").normal();
    let [start, begin, end, finish] = &run.events[..] else { panic!("{run:#?}") };
    let pid = start["pid"].as_u64().expect("a pid");
    let time = |event: &Value| event["time"].as_u64().expect("a time");
    assert_eq!(
        *start,
        json!({"event": "start", "host": "c", "format": 1, "pid": pid, "time": time(start)})
    );
    assert_eq!(
        *begin,
        json!({"event": "begin", "step": 4, "thread": 0, "pid": pid, "time": time(begin), "op": "call"})
    );
    assert_eq!(
        *end,
        json!({"event": "end", "step": 4, "thread": 0, "pid": pid, "time": time(end), "op": "call",
               "ok": true, "value": 5, "errno": 0, "error": null})
    );
    assert_eq!(*finish, json!({"event": "finish", "pid": pid, "time": time(finish), "code": 17}));
    let times: Vec<_> = run.events.iter().map(time).collect();
    assert!(times.is_sorted() && times[0] > 0, "{times:?}");
}

#[test]
fn call_passes_and_returns_every_type() {
    let run = with_library(
        r#"call lib weigh d(didldi) 1 2 3.0 4 5e0 0x6
call lib weigh_longs l(llllll) 1 2 3 4 5 6
call lib weigh_doubles d(dddddd) 1 2 3 4 5 6
call default strlen l(s) "a\x20\"\\\n\t\rb"
call default labs l(l) -9223372036854775807
call default atof d(s) "1.25"
call default ldexp d(di) -1.5 3
call default toupper i(i) 97
call lib same p(p) 0x10
call lib same p(p) null
call lib echo s(s) "gr\xc3\xbcn"
call lib echo s(s) null
call lib latin1 s()
call lib not_a_number d()
call lib weigh_doubles d(dddddd) -inf 0 0 0 0 0
call lib third d()
call lib same l(p) 0xffffffffffffffff
call lib same i(p) 0xffffffff80000000
"#,
    );
    let expected = json!([
        654321.0,
        654321,
        654321.0,
        8,
        9223372036854775807_i64,
        1.25,
        -12.0,
        65,
        "0x10",
        null,
        "grün",
        null,
        "a\u{fffd}\u{fffd}\u{fffd}z\u{1}\"\\",
        "nan",
        "-inf",
        0.3333333333333333,
        -1,
        -2147483648
    ]);
    for (step, expected) in (3..).zip(expected.as_array().expect("a list")) {
        assert_eq!(run.value(step), expected, "step {step}");
    }
}

#[test]
fn call_sets_and_reports_errno() {
    let run = with_library(
        "call lib swap_errno i(i) 11 errno=7\ncall lib swap_errno i(i) 0\ncall lib swap_errno i(i) 3 errno=-2\n",
    );
    let seen: Vec<_> =
        (3..6).map(|step| (run.value(step).clone(), &run.end(step)["errno"])).collect();
    assert_eq!(json!(seen), json!([[7, 11], [0, 0], [-2, 3]]));
}

#[test]
fn the_locale_of_a_library_does_not_change_numbers() {
    // Whether a locale with a comma is installed or not, a double has a point.
    let run = with_library(
        "setenv LC_ALL \"de_DE.UTF-8\"\ncall default setlocale s(is) 6 \"\"\ncall lib third d()\n",
    );
    assert_eq!(*run.value(5), json!(0.3333333333333333));
}

#[test]
fn buffers_hold_fields_and_are_read_back() {
    let run = with_library(
        r"buffer point 24 0:i8=-2 4:f32=1.5 8:f64=4e0 16:i64=0x7fffffffffffffff
call lib use_point d(p) @point
peek point 16:i64
peek point 0:i8
peek point 4:f32
peek point 8:f64
peek point 1:i16
peek point 24:i8
peek nothing 0:i8
call lib same p(p) @nothing
buffer odd 7 1:i32=-1
peek odd 0:i32
peek odd 3:i32
call lib same l(p) @odd
buffer word 2 0:i16=-2
peek word 0:i16
call default memset p(pil) @word 65 2
peek word 0:i16
",
    );
    assert_eq!(*run.value(4), json!(4.0));
    assert_eq!(*run.value(5), json!(i64::MIN), "the library has written to it");
    assert_eq!(*run.value(6), json!(-2));
    assert_eq!(*run.value(7), json!(1.5));
    assert_eq!(*run.value(8), json!(4.0));
    assert_eq!(*run.value(9), json!(0), "the rest is zeroed");
    assert_eq!(run.error(10), "the field ends behind the buffer of 24 bytes");
    assert_eq!(run.error(11), "no buffer \"nothing\"");
    assert_eq!(run.error(12), "no buffer \"nothing\"");
    assert_eq!(*run.value(14), json!(-256));
    assert_eq!(*run.value(15), json!(0x0000_ffff));
    assert_eq!(run.value(16).as_i64().expect("an address") % 16, 0);
    assert_eq!(*run.value(18), json!(-2));
    assert_eq!(*run.value(20), json!(0x4141));
}

#[test]
fn hook_calls_back_into_the_library_once() {
    let run = with_library(
        "call lib fire i(i) 1\nhook lib callback plus 9\ncall lib fire i(i) 400\nhook lib callback plus 1\n\
         hook lib nothing plus 1\nhook lib callback nothing 1\n",
    );
    assert_eq!(*run.value(3), json!(-1));
    assert_eq!(*run.value(4), Value::Null);
    assert_eq!(*run.value(5), json!(409));
    assert_eq!(run.error(6), "the process has its hook already");
    assert!(run.error(7).starts_with("no symbol \"nothing\": "), "{run:#?}");
    assert!(run.error(8).starts_with("no symbol \"nothing\": "), "{run:#?}");
    let hooks: Vec<_> = run.all("hook").collect();
    let [hook] = hooks[..] else { panic!("{hooks:?}") };
    let at = run.events.iter().position(|event| event == hook).expect("it is one of them");
    assert_eq!(run.events[at - 1]["event"], "begin", "it stands between the events of the call");
    assert_eq!(
        (&hook["argument"], &hook["value"], &hook["thread"]),
        (&json!(400), &json!(409), &json!(0))
    );
}

#[test]
fn open_reports_what_the_loader_says() {
    let run = Scratch::new()
        .run("open a \"./nothing.so\" NOW\ncall a f v()\nopen b \"./plan\" NOW\nopen c \"libm.so.6\" NOW|NOLOAD\n")
        .normal();
    assert_eq!(
        run.error(2),
        "./nothing.so: cannot open shared object file: No such file or directory"
    );
    assert_eq!(run.error(3), "no handle \"a\"");
    assert!(run.error(4).contains("invalid ELF header"), "{run:#?}");
    assert_eq!(run.error(5), "not loaded: libm.so.6");
}

#[test]
fn resolve_names_the_file() {
    let run = with_library(
        "resolve lib plus\nresolve default plus\nresolve default strlen\nopen me self NOW\nresolve me strlen\n\
         resolve me main_is_not_exported\n",
    );
    assert_eq!(run.value(3)["file"], "./lib.so");
    assert!(run.value(3)["address"].as_str().expect("an address").starts_with("0x"));
    assert!(run.error(4).contains("undefined symbol: plus"), "LOCAL is not in the default scope");
    assert_eq!(run.value(5), run.value(7));
    assert!(run.error(8).starts_with("no symbol \"main_is_not_exported\": "));
}

#[test]
fn global_and_promote_change_the_default_scope() {
    let scratch = Scratch::new();
    scratch.library("library.c", "lib.so", &["-Wl,-soname,lib-by-name.so"]);
    let run = scratch
        .run(
            "open lib \"./lib.so\" NOW|LOCAL\nresolve default plus\npromote \"lib-by-name.so\"\n\
             resolve default plus\npromote \"libm.so.6\"\npromote \"./nothing.so\" LAZY|GLOBAL\n",
        )
        .normal();
    assert!(!run.error(3).is_empty());
    assert_eq!(*run.value(4), Value::Null);
    assert_eq!(run.value(5)["file"], "./lib.so");
    assert_eq!(run.error(6), "not loaded: libm.so.6");
    assert!(run.error(7).contains("cannot open shared object file"), "{run:#?}");
    let run =
        scratch.run("open lib \"./lib.so\" LAZY|GLOBAL|NODELETE|DEEPBIND\nresolve default plus\n");
    assert_eq!(run.normal().value(3)["file"], "./lib.so");
}

#[test]
fn close_tells_whether_the_file_stays() {
    let scratch = Scratch::new();
    scratch.library("library.c", "lib.so", &[]);
    let run = scratch
        .run(
            "open a \"./lib.so\" NOW\nopen b \"./lib.so\" NOW\nchdir \"/\"\nclose a\ncall a count i()\n\
             call b count i()\nclose b\nopen me self NOW\nclose me\nclose a\n",
        )
        .normal();
    assert_eq!(*run.value(5), json!({"mapped": true}));
    assert_eq!(run.error(6), "no handle \"a\"");
    assert_eq!(*run.value(7), json!(1));
    assert_eq!(*run.value(8), json!({"mapped": false}));
    assert_eq!(*run.value(10), json!({"mapped": true}));
    assert_eq!(run.error(11), "no handle \"a\"");
    let run = scratch.run("open a \"./lib.so\" NOW|NODELETE\nclose a\n").normal();
    assert_eq!(*run.value(3), json!({"mapped": true}));
}

#[test]
fn namespaces_hold_copies() {
    let scratch = Scratch::new();
    scratch.library("library.c", "lib.so", &[]);
    let run = scratch
        .run(
            "open a \"./lib.so\" NOW\nopen b \"./lib.so\" NOW newlm\nopen c \"./lib.so\" NOW in=b\n\
             open d \"./lib.so\" NOW in=a\nopen e \"./lib.so\" NOW in=nothing\n\
             call a count i()\ncall b count i()\ncall c count i()\ncall d count i()\n\
             close c\nclose b\n",
        )
        .normal();
    assert_eq!(run.error(6), "no handle \"nothing\"");
    let counts: Vec<_> = (7..11).map(|step| run.value(step).as_i64()).collect();
    assert_eq!(counts, [Some(1), Some(1), Some(2), Some(2)], "c is b, d is a");
    assert_eq!(*run.value(11), json!({"mapped": true}));
    assert_eq!(*run.value(12), json!({"mapped": false}));
}

#[test]
fn process_steps_act_on_the_process() {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("sub")).expect("a folder");
    scratch.library("library.c", "sub/lib.so", &[]);
    let run = scratch
        .run(
            "chdir \"nothing\"\nchdir \"sub\"\nopen lib \"./lib.so\" NOW\nsetenv NAME \"a b\"\n\
             call default getenv s(s) \"NAME\"\nunsetenv NAME\ncall default getenv s(s) \"NAME\"\nsleep 30\n",
        )
        .normal();
    assert_eq!(run.error(2), "No such file or directory");
    assert_eq!(run.end(2)["errno"], 2);
    assert_eq!(*run.value(4), Value::Null);
    assert_eq!(*run.value(6), json!("a b"));
    assert_eq!(*run.value(8), Value::Null);
    let begin = run.all("begin").find(|event| event["step"] == 9).expect("it began");
    let slept =
        run.end(9)["time"].as_u64().expect("a time") - begin["time"].as_u64().expect("a time");
    assert!((30_000_000..5_000_000_000).contains(&slept), "{slept} ns");
}

#[test]
fn exit_ends_the_process_with_or_without_handlers() {
    let scratch = Scratch::new();
    scratch.library("library.c", "lib.so", &[]);
    for (step, code, stdout) in [("exit 0", 0, "hello"), ("exit 255 now", 255, "")] {
        let run = scratch.run(&format!(
            "open lib \"./lib.so\" NOW\ncall lib say v(s) \"hello\"\n{step}\nsleep 1\n"
        ));
        assert_eq!((run.code, &run.stdout[..]), (Some(code), stdout), "{run:#?}");
        let last: Vec<_> = run.events.iter().rev().take(2).collect();
        assert_eq!((&last[0]["event"], &last[0]["code"]), (&json!("finish"), &json!(code)));
        assert_eq!((&last[1]["event"], &last[1]["op"]), (&json!("begin"), &json!("exit")));
    }
}

#[test]
fn a_crash_leaves_the_announcement_of_its_step() {
    let scratch = Scratch::new();
    scratch.library("library.c", "lib.so", &[]);
    let run = scratch.run("open lib \"./lib.so\" NOW\ncall lib crash v()\n");
    assert_eq!(run.signal, Some(11), "{run:#?}");
    let last = run.events.last().expect("events");
    assert_eq!((&last["event"], &last["step"]), (&json!("begin"), &json!(3)));
    let run = scratch.run("call default abort v()\n");
    assert_eq!(run.signal, Some(6), "{run:#?}");
}

#[test]
fn exit_from_inside_has_no_finish_event() {
    let run = Scratch::new().run("call default exit v(i) 1\n");
    assert_eq!(run.code, Some(1));
    assert_eq!(run.events.last().expect("events")["event"], "begin");
}
