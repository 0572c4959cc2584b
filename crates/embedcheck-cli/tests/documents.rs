//! Documents that are made from the program.

mod common;

use common::{Place, golden};

#[test]
fn the_schema() {
    let schema = Place::new().run(["__schema"]);
    golden("docs/report.schema.json", &schema.expect_code(0).stdout);
}

#[test]
fn the_reference_of_the_command_line() {
    let mut page = String::from(
        "# Command line\n\nMade from `--help` by a test; `EMBEDCHECK_BLESS=1 cargo test -p embedcheck-cli` \
         writes it. See also\n[exit-codes.md](exit-codes.md), [reports.md](reports.md), \
         [plan-format.md](plan-format.md).\n",
    );
    let place = Place::new();
    for command in ["", "check", "list", "explain", "run", "targets"] {
        let args = command.split_whitespace().chain(["--help"]);
        let help = place.run(args);
        let title = format!("embedcheck {command}");
        page += &format!(
            "\n## {}\n\n```text\n{}\n```\n",
            title.trim(),
            help.expect_code(0).stdout.trim_end()
        );
    }
    golden("docs/cli.md", &page);
}
