//! The texts of `--help` that are more than an option's line.

use std::fmt::Write as _;

use crate::exit::CODES;

/// What `embedcheck` alone says.
pub(crate) const SHORT: &str = "\
embedcheck: embeds a Python in every way a real host program does, and says what fails, why, and
what to change

  embedcheck check               check the first python3 on PATH
  embedcheck check --python P    check another one: a path, a name on PATH, or a version
  embedcheck targets             which Pythons there are
  embedcheck list                what is checked; embedcheck explain ID says more about one
  embedcheck bench --quick       what calls into it cost
  embedcheck doctor plugin.so    why this plugin does not work here, and what to do
  embedcheck --help              all commands, exit codes and environment variables";

/// Variables that the program reads, and what for.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("EMBEDCHECK_PYTHONS", "more interpreters or libpython files to find, separated by colons"),
    // Longer lines are broken, and go on in the column of the names.
    (
        "EMBEDCHECK_CACHE",
        "what is worth keeping; default: embedcheck in $XDG_CACHE_HOME or ~/.cache",
    ),
    ("EMBEDCHECK_RUST_DLLS", "folder with the DLLs that embed-dll made; default: near the program"),
    ("EMBEDCHECK_REQUIRE_ALL", "1: what would be skipped is a failure, for a CI"),
    ("CC", "C compiler, with options"),
    ("TMPDIR", "folder for scratch files; default /tmp"),
    ("NO_COLOR", "set: no colours"),
];

/// Below the help of `embedcheck`.
pub(crate) fn after() -> String {
    format!(
        "{}\n{}\n{}",
        section(
            "Examples",
            "  embedcheck check\n  \
             embedcheck check --python 3.12 --only 'load/*' --only 'race/*'\n  \
             embedcheck check --libpython /usr/lib/libpython3.11.so.1.0 --offline\n  \
             embedcheck check --all --format json --output report.json\n  \
             embedcheck explain load/local\n  \
             embedcheck bench --python 3.12 --quick\n"
        ),
        exit_codes(),
        environment(),
    )
    .trim_end()
    .to_owned()
}

/// Below the help of `embedcheck check`.
pub(crate) fn after_check() -> String {
    format!(
        "{}\n{}",
        section(
            "Examples",
            "  embedcheck check --only 'load/*' --skip load/dlmopen\n  \
             embedcheck check --format json | python3 -m json.tool\n  \
             embedcheck check --iterations 50 --only race/two-dlls\n"
        ),
        exit_codes(),
    )
    .trim_end()
    .to_owned()
}

/// Below the help of `embedcheck bench`.
pub(crate) fn after_bench() -> String {
    let mut producers = String::new();
    for producer in embedcheck::bench::Producer::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(producers, "  {producer:5}  {}", producer.meaning());
    }
    format!(
        "{}\n{}\n{}",
        section("Producers, side by side with the same header and Python code", &producers),
        section(
            "Examples",
            "  embedcheck bench --quick --html bench.html\n  \
             embedcheck bench --python 3.12 --format json --output old.json\n  \
             embedcheck bench --python 3.12 --compare old.json --fail-above 10%\n  \
             embedcheck bench --compare old.json --with new.json\n"
        ),
        section(
            "Exit codes",
            "    0  measured; with --fail-above nothing got worse by more than that\n    \
             1  a DLL did not work, or a figure got worse by more than --fail-above\n    \
             2  wrong usage or bad input, or the output could not be written\n    \
             3  no Python could be measured\n"
        ),
    )
    .trim_end()
    .to_owned()
}

/// Below the help of `embedcheck doctor`.
pub(crate) fn after_doctor() -> String {
    format!(
        "{}\n{}",
        section(
            "Examples",
            "  embedcheck doctor ./my_plugin.so --call 'int add1(int,int)' 40 2\n  \
             embedcheck doctor ./my_plugin.so --host /usr/bin/obs --env LD_LIBRARY_PATH=/opt/lib\n  \
             embedcheck doctor --module _cffi_backend --python python3.13\n  \
             embedcheck doctor --module _cffi_backend --lambda --path one.zip --path two/ --runtime 3.12\n  \
             embedcheck doctor --explain-log build.log\n"
        ),
        section(
            "Exit codes",
            "    0  healthy, or nothing recognised in the log\n    \
             1  problems were found\n    \
             2  wrong usage or bad input, or the output could not be written\n"
        ),
    )
    .trim_end()
    .to_owned()
}

/// Below the help of `embedcheck run`.
pub(crate) fn after_run() -> String {
    section(
        "Exit codes",
        "    0  the plan came to its end\n    \
         1  the host ended in another way\n    \
         2  the plan has a mistake (FILE:LINE:COLUMN), or cannot be read\n",
    )
    .trim_end()
    .to_owned()
}

fn section(title: &str, body: &str) -> String {
    format!("{title}:\n{body}")
}

fn exit_codes() -> String {
    let mut body = String::new();
    for (code, meaning) in CODES {
        // Writing to a String cannot fail.
        let _ = writeln!(body, "  {code:>3}  {meaning}");
    }
    section("Exit codes", &body)
}

fn environment() -> String {
    let width = ENVIRONMENT.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut body = String::new();
    for (name, meaning) in ENVIRONMENT {
        let _ = writeln!(body, "  {name:width$}  {meaning}");
    }
    section("Environment variables", &body)
}
