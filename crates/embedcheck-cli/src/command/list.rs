//! `embedcheck list`.

use embedcheck::check::{CHECKS, Check};
use serde::Serialize;

use crate::args::{Format, ListArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Version of the JSON form.
const SCHEMA: &str = "embedcheck.checks/1";

#[derive(Serialize)]
struct List {
    schema: &'static str,
    checks: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: &'static str,
    group: &'static str,
    claim: &'static str,
}

/// Prints ids and claims in the order of reports.
pub(crate) fn list(args: &ListArgs, output: &Output) -> Result<Exit, Failure> {
    let text = match args.format {
        Format::Text => lines(),
        Format::Json => json()?,
    };
    output.print(&text)?;
    Ok(Exit::Success)
}

fn lines() -> String {
    let width = CHECKS.iter().map(|check| check.id.len()).max().unwrap_or(0);
    let line = |check: &Check| format!("{:width$}  {}\n", check.id, check.claim);
    CHECKS.iter().map(line).collect()
}

fn json() -> Result<String, Failure> {
    let entry = |check: &Check| Entry { id: check.id, group: check.group(), claim: check.claim };
    let list = List { schema: SCHEMA, checks: CHECKS.iter().map(entry).collect() };
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}
