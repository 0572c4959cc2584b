//! The parser knows what `docs/plan-format.md` describes, and the document describes what it knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use embedcheck_plan::{Fact, Flags, Kind, NumberType, Op, Plan, PythonAction, Step};

/// Each form in the first column of the table of steps, and plans that use it in every way.
const FORMS: &[(&str, &[&str])] = &[
    (
        "open HANDLE PATH FLAGS [newlm\\|in=HANDLE]",
        &[
            r#"open x "/a b" NOW"#,
            "open x self LAZY|NOW|LOCAL|GLOBAL|NOLOAD|NODELETE|DEEPBIND",
            r#"open x "a" NOW newlm"#,
            r#"open x "a" LAZY|GLOBAL in=y"#,
        ],
    ),
    ("promote PATH [FLAGS]", &[r#"promote "x""#, r#"promote "x" NOW|GLOBAL"#]),
    ("close HANDLE", &["close x"]),
    ("resolve HANDLE SYMBOL", &["resolve x f", "resolve default f"]),
    (
        "call HANDLE SYMBOL SIGNATURE [ARG…] [errno=N]",
        &[
            "call x f v()",
            "call default f i(ii) 40 0x2",
            r#"call x f l(ldps) -5 1.5e3 @b "text""#,
            "call x f d(ddd) inf -inf nan",
            "call x f p(pps) null 0xffffffffffffffff null",
            "call x f s(iiiiii) 1 2 3 4 5 6 errno=-3",
        ],
    ),
    (
        "ffi HANDLE SYMBOL TYPES [VALUE…]",
        &[
            "ffi x f void()",
            "ffi default f f80(bool,i8,u64,f32,f64,f80) 1 -128 18446744073709551615 1.5 -inf nan",
            r#"ffi x f str(str,ptr,str) "text" 0x10 null"#,
            r#"ffi x f {i32,[2]f32}(*{i16,str},{u8}) & { -2 "x" } { 0xff }"#,
            "ffi x f ptr(*[3]i32,*i32,**i32) & { 1 2 3 } 0x8 & null",
        ],
    ),
    (
        "buffer NAME SIZE [OFFSET:TYPE=VALUE…]",
        &["buffer b 1048576", "buffer b 32 0:i8=1 1:i16=-2 4:i32=0x3 8:i64=4 16:f32=5 24:f64=.6"],
    ),
    ("peek NAME OFFSET:TYPE", &["peek b 0:i8", "peek b 8:f64"]),
    ("hook HANDLE VARIABLE SYMBOL ARG", &["hook x v f -9"]),
    ("threads", &["threads\nthread 1\nend"]),
    ("end", &["fork x\nend", "threads\nthread 1\nfork x\nend\nend"]),
    (
        "thread COUNT [stack=BYTES]",
        &["threads\nthread 50\nsleep 1\nthread 1 stack=65536\nsleep 2\nsleep 3\nend"],
    ),
    ("fork NAME", &["fork x\n  sleep 1\n  fork y\n  end\nend"]),
    ("wait NAME [timeout=MS]", &["wait x", "wait x timeout=0"]),
    ("chdir PATH", &[r#"chdir "/""#]),
    ("setenv NAME VALUE", &[r#"setenv A """#]),
    ("unsetenv NAME", &["unsetenv A"]),
    ("sleep MS", &["sleep 0"]),
    ("python HANDLE initialize [SIGNALS]", &["python x initialize", "python default initialize 1"]),
    ("python HANDLE finalize", &["python x finalize"]),
    ("python HANDLE save-thread", &["python x save-thread"]),
    ("restore-thread", &["python x restore-thread"]),
    ("python HANDLE ensure", &["python x ensure"]),
    ("release", &["python x release"]),
    ("python HANDLE run CODE", &[r#"python x run "import sys\nprint(\"a\")""#]),
    ("facts KIND…", &["facts images", "facts threads prefix python locale signals symbols images"]),
    ("exit CODE [now]", &["exit 0", "exit 255 now"]),
];

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plan-format.md");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The code spans of the first column of the table whose header starts so.
fn first_column(document: &str, header: &str) -> BTreeSet<String> {
    let lines = document.lines().skip_while(|line| !line.starts_with(header));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let mut spans = BTreeSet::new();
    for row in rows {
        // A `|` inside of a cell is escaped.
        let cell = row.trim_start_matches("| ").split(" | ").next().unwrap_or_default();
        spans.extend(cell.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    assert!(!spans.is_empty(), "the document has no table {header:?}");
    spans
}

fn parse(lines: &str) -> Plan {
    let text = format!("embedcheck-plan 1\n{lines}\n");
    Plan::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error} in:\n{text}"))
}

fn all_steps(steps: &[Step]) -> Vec<&Op> {
    let mut all = Vec::new();
    for step in steps {
        all.push(&step.op);
        match &step.op {
            Op::Fork { steps, .. } => all.extend(all_steps(steps)),
            Op::Threads(groups) => {
                all.extend(groups.iter().flat_map(|group| all_steps(&group.steps)));
            }
            _ => {}
        }
    }
    all
}

#[test]
fn every_form_of_the_document_is_tried_here() {
    let described = first_column(&document(), "| step |");
    let tried: BTreeSet<_> = FORMS.iter().map(|(form, _)| (*form).to_owned()).collect();
    assert_eq!(described, tried, "left: docs/plan-format.md, right: this test");
}

#[test]
fn every_form_parses_and_is_written_alike() {
    for (form, examples) in FORMS {
        for example in *examples {
            let plan = parse(example);
            let again = plan.to_string();
            assert_eq!(Plan::parse(again.as_bytes()).as_ref(), Ok(&plan), "{form}: {again}");
        }
    }
}

#[test]
fn every_step_that_is_known_is_described() {
    let described = first_column(&document(), "| step |");
    for word in Op::WORDS {
        assert!(
            described.iter().any(|form| form.split(' ').next() == Some(word)),
            "{word} is not in docs/plan-format.md"
        );
    }
    let examples = FORMS.iter().flat_map(|(_, examples)| examples.iter());
    let plans: Vec<_> = examples.map(|example| parse(example)).collect();
    let used: BTreeSet<_> =
        plans.iter().flat_map(|plan| all_steps(&plan.steps)).map(Op::word).collect();
    assert_eq!(used, Op::WORDS.into_iter().collect(), "left: steps that parse, right: Op::WORDS");
}

#[test]
fn kinds_of_facts_are_those_of_the_document() {
    let known = Fact::ALL.map(|(_, name)| name.to_owned()).into_iter().collect();
    assert_eq!(first_column(&document(), "| kind |"), known);
}

#[test]
fn flags_types_letters_and_actions_are_in_the_document() {
    let document = document();
    let letters = Kind::ALL.map(|(_, letter)| format!("`{letter}` "));
    let flags = Flags::ALL.map(|(_, name)| format!("`{name}`"));
    let types = NumberType::ALL.map(|(_, name, _)| name).join(" ");
    for wanted in letters.iter().chain(&flags).chain([&format!("`{types}`")]) {
        assert!(document.contains(wanted.as_str()), "{wanted} is not in docs/plan-format.md");
    }
    let text = || embedcheck_plan::Text::from("");
    for action in [
        PythonAction::Initialize(0),
        PythonAction::Finalize,
        PythonAction::SaveThread,
        PythonAction::RestoreThread,
        PythonAction::Ensure,
        PythonAction::Release,
        PythonAction::Run(text()),
    ] {
        assert!(
            document.contains(action.word()),
            "{} is not in docs/plan-format.md",
            action.word()
        );
    }
}
