//! Documents that are made from the program.

use std::path::Path;

use crate::common::{Place, golden};

#[test]
fn the_schemas() {
    let place = Place::new();
    for (of, file) in [("check", "docs/report.schema.json"), ("bench", "docs/bench.schema.json")] {
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
    for command in ["", "check", "bench", "list", "explain", "run", "targets"] {
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
