//! Documents that are made from the program.

use std::path::Path;

use embedcheck::diagnose::RULES;
use embedcheck::doctor::{Severity, kinds};

use crate::common::{Place, golden};

#[test]
fn the_schemas() {
    let place = Place::new();
    for (of, file) in [
        ("check", "docs/report.schema.json"),
        ("bench", "docs/bench.schema.json"),
        ("doctor", "docs/doctor.schema.json"),
    ] {
        golden(file, &place.run(["__schema", of]).expect_code(0).stdout);
    }
}

/// What one line of `--help` has no room for.
const CACHE: &str = "
What is worth keeping (builds, environments with CFFI) lies in `EMBEDCHECK_CACHE`, else in `embedcheck` in
`XDG_CACHE_HOME`, if that is an absolute path, else in `~/.cache/embedcheck`, if the home folder is there.
Otherwise it is made for one run only.
";

#[test]
fn the_reference_of_the_command_line() {
    let mut page = String::from(
        "# Command line\n\nMade from `--help` by a test; `EMBEDCHECK_BLESS=1 cargo test -p embedcheck-cli` \
         writes it. See also\n[exit-codes.md](exit-codes.md), [reports.md](reports.md), \
         [plan-format.md](plan-format.md).\n",
    );
    let place = Place::new();
    for command in ["", "check", "bench", "list", "explain", "run", "targets", "doctor"] {
        let args = command.split_whitespace().chain(["--help"]);
        let help = place.run(args);
        let title = format!("embedcheck {command}");
        page += &format!(
            "\n## {}\n\n```text\n{}\n```\n",
            title.trim(),
            help.expect_code(0).stdout.trim_end()
        );
        if command.is_empty() {
            page += CACHE;
        }
    }
    golden("docs/cli.md", &page);
}

/// The figures in the page on benchmarks are those of the report that the command wrote.
#[test]
fn the_page_on_benchmarks() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let report = docs.join("benchmarks.json");
    let shown = Place::new().run(["bench", "--with", report.to_str().unwrap()]);
    let page = std::fs::read_to_string(docs.join("benchmarks.md")).unwrap();
    let (begin, rest) = page.split_once("```text\n").unwrap();
    let (_, end) = rest.split_once("```\n").unwrap();
    let text = &shown.expect_code(0).stdout;
    golden("docs/benchmarks.md", &format!("{begin}```text\n{text}```\n{end}"));
}

/// What stands between these lines of the page on the doctor is made from the program.
const GENERATED: [&str; 2] = ["<!-- made by a test: begin -->\n", "<!-- made by a test: end -->\n"];

/// The logs of the tutorial, and the parts of the page that show what is said of them.
const SHOWN: [&str; 3] = ["seed-000-supabase", "seed-001-layers", "pyinit-interposed"];

/// The reference has every finding, and the tutorial shows real output.
#[test]
fn the_page_on_the_doctor() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut page = std::fs::read_to_string(top.join("docs/doctor.md")).unwrap();
    let [begin, end] = GENERATED;
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    page = format!("{before}{begin}{}{end}{after}", reference());
    let logs = top.join("crates/embedcheck/tests/doctor_log/logs");
    let place = Place::new();
    for name in SHOWN {
        let name = format!("{name}.log");
        place.file(&name, std::fs::read(logs.join(&name)).unwrap());
        let seen = place.run(["doctor", "--explain-log", &name]);
        let command = format!("    $ embedcheck doctor --explain-log {name}\n");
        let (before, rest) = page.split_once(&command).unwrap();
        let (_, after) = rest.split_once("\n\n<!-- end -->\n").unwrap();
        let text = &seen.expect_code(1).stdout;
        let shown: String = text.lines().map(|line| format!("    {line}\n")).collect();
        let shown = shown.replace("    \n", "\n");
        page = format!("{before}{command}\n{}\n\n<!-- end -->\n{after}", shown.trim_end());
    }
    golden("docs/doctor.md", &page);
}

fn reference() -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;");
    let mut text = String::from(
        "### From files and runs\n\n| finding | | meaning | source |\n| --- | --- | --- | --- |\n",
    );
    for kind in kinds() {
        let severity = match kind.severity {
            Severity::Problem => "problem",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let [meaning, source] = [kind.meaning, kind.source].map(cell);
        text += &format!("| `{}` | {severity} | {meaning} | {source} |\n", kind.id);
    }
    text += "\n### From the words of a log or of a run\n\n\
             `{…}` is what the words name. *log*: only in a log; *run*: needs a fact that only a run has.\n\n\
             | finding | | meaning | first remedy | source |\n| --- | --- | --- | --- | --- |\n";
    for rule in RULES {
        let only_logs =
            rule.when.iter().any(|when| matches!(when, embedcheck::diagnose::When::InLog));
        let where_to = match (rule.reads_logs(), only_logs) {
            (true, true) => "log",
            (true, false) => "",
            (false, _) => "run",
        };
        let [summary, advice, source] = [rule.summary, rule.advice, rule.source].map(cell);
        text += &format!("| `{}` | {where_to} | {summary} | {advice} | {source} |\n", rule.id);
    }
    text
}
