//! `docs/embed-dll/contract.md`: written from the table, and the proof that the table is true.
//!
//! With `EMBEDCHECK_BLESS=1` the file is written; without, it must be what would be written.

use std::fmt::Write as _;
use std::fs;

use embedcheck_tests::root;
use libtest_mimic::{Failed, Trial};

use crate::expect::{Only, compared};
use crate::suite::{Case, Producer, Suite};
use crate::table::{Proof, Row, SECTIONS, State};

/// From the root of the workspace.
const FILE: &str = "docs/embed-dll/contract.md";

const HEAD: &str = include_str!("document_head.md");

pub(crate) fn trials(suite: &'static Suite) -> Vec<Trial> {
    vec![
        Trial::test("table::ids", ids_are_complete),
        Trial::test("table::proofs", || proofs_hold(suite)),
        Trial::test("table::cases", || cases_are_used(suite)),
        Trial::test("document", || document_is_written(suite)),
    ]
}

/// How many promises each part of the contract has.
const COUNTS: &[(char, usize)] = &[
    ('A', 29),
    ('B', 15),
    ('C', 26),
    ('D', 24),
    ('E', 28),
    ('F', 10),
    ('G', 5),
    ('H', 16),
    // Three more than the list that the letters are from.
    ('I', 13),
    ('J', 4),
    ('K', 15),
    ('L', 23),
    ('M', 1),
    ('N', 7),
    ('X', 1),
];

fn ids_are_complete() -> Result<(), Failed> {
    for (section, (letter, count)) in SECTIONS.iter().zip(COUNTS) {
        let wanted: Vec<_> = (1..=*count).map(|number| format!("{letter}{number:02}")).collect();
        let ids: Vec<_> = section.rows.iter().map(|row| row.id).collect();
        assert_eq!(section.letter, *letter);
        assert_eq!(ids, wanted);
    }
    assert_eq!(SECTIONS.len(), COUNTS.len());
    Ok(())
}

/// Every row has a proof, and every proof is one.
fn proofs_hold(suite: &Suite) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for row in rows() {
        if row.proofs.is_empty() != matches!(row.state, State::NotYet(_)) {
            wrong.push(format!("{}: proofs are for what is there", row.id));
        }
        for proof in row.proofs {
            if let Err(reason) = proves(suite, row, *proof) {
                wrong.push(format!("{}: {proof:?}: {reason}", row.id));
            }
        }
        if matches!(row.state, State::Same)
            && suite
                .cases
                .iter()
                .any(|case| case.stdout.about(row.id).any(|(only, _)| only != Only::Both))
        {
            wrong.push(format!("{}: is called the same, and a case prints other lines", row.id));
        }
    }
    for case in suite.cases.iter().filter(|case| case.has(Producer::Rust)) {
        let names = |proof: &Proof| matches!(proof, Proof::Lines(name) | Proof::Case(name) if *name == case.name);
        let told =
            rows().any(|row| matches!(row.state, State::Better(_)) && row.proofs.iter().any(names));
        if case.stderr.diff_text().is_some() && !told {
            let name = &case.name;
            wrong.push(format!("{name}: no row says what is better about its standard error"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn proves(suite: &Suite, row: &Row, proof: Proof) -> Result<(), String> {
    match proof {
        Proof::Lines(name) => {
            let case = rust_case(suite, name)?;
            let mut lines = case.stdout.about(row.id);
            let found = lines.any(|(only, _)| only != Only::Cffi);
            if found { Ok(()) } else { Err(format!("embed-dll prints no line with {}", row.id)) }
        }
        Proof::Case(name) => rust_case(suite, name).map(drop),
        Proof::Test(file, function) => {
            let text = fs::read_to_string(root().join(file)).map_err(|error| error.to_string())?;
            let found = text.contains(&format!("fn {function}("))
                || text.contains(&format!("fn {function}<"));
            if found { Ok(()) } else { Err("no such function".to_owned()) }
        }
        Proof::Check(id) => {
            let page = root().join(format!("docs/checks/{id}.md"));
            if page.is_file() { Ok(()) } else { Err("no such check".to_owned()) }
        }
    }
}

fn rust_case<'a>(suite: &'a Suite, name: &str) -> Result<&'a Case, String> {
    let case = suite.case(name).ok_or("no such case")?;
    if case.has(Producer::Rust) { Ok(case) } else { Err("embed-dll does not run it".to_owned()) }
}

/// A case that no row names proves nothing to anybody.
fn cases_are_used(suite: &Suite) -> Result<(), Failed> {
    let named = |case: &Case| {
        rows().flat_map(|row| row.proofs).any(
            |proof| matches!(proof, Proof::Lines(name) | Proof::Case(name) if *name == case.name),
        )
    };
    let unused = suite.cases.iter().filter(|case| case.has(Producer::Rust) && !named(case));
    let unused: Vec<_> = unused.map(|case| case.name.as_str()).collect();
    assert!(unused.is_empty(), "no row of the table names the cases {unused:?}");
    Ok(())
}

fn rows() -> impl Iterator<Item = &'static Row> {
    SECTIONS.iter().flat_map(|section| section.rows)
}

fn document_is_written(suite: &Suite) -> Result<(), Failed> {
    let file = root().join(FILE);
    let text = document(suite);
    if crate::blesses() {
        return Ok(fs::write(file, text)?);
    }
    let written = fs::read_to_string(file).unwrap_or_default();
    match compared(FILE, &text, &written) {
        None => Ok(()),
        Some(report) => Err(format!("{report}EMBEDCHECK_BLESS=1 writes it").into()),
    }
}

fn document(suite: &Suite) -> String {
    let mut text = HEAD.to_owned();
    let count = |wanted: fn(&State) -> bool| rows().filter(|row| wanted(&row.state)).count();
    let same = count(|state| matches!(state, State::Same));
    let better = count(|state| matches!(state, State::Better(_)));
    let not_yet = count(|state| matches!(state, State::NotYet(_)));
    // Writing into a `String` cannot fail.
    let _ = writeln!(
        text,
        "\nOf {} promises, {same} are kept the same, {better} are kept better, and {not_yet} are not kept yet.",
        same + better + not_yet
    );
    for section in SECTIONS {
        let _ = writeln!(text, "\n## {} · {}\n", section.letter, section.title);
        text.push_str("| id | CFFI | embed-dll | proof |\n| --- | --- | --- | --- |\n");
        for row in section.rows {
            let state = match &row.state {
                State::Same => "*same*".to_owned(),
                State::Better(how) => format!("*better*: {how}"),
                State::NotYet(why) => format!("*not yet*: {why}"),
            };
            let proofs: Vec<_> = row.proofs.iter().map(|proof| proof_text(*proof)).collect();
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                row.id,
                cell(row.promise),
                cell(&state),
                proofs.join(", ")
            );
        }
    }
    text.push_str("\n## What differs, line by line\n");
    text.push_str("\nCases whose output is not the same. `-` is CFFI's, `+` is embed-dll's; `[...]` stands for lines that\ndiffer between versions of Python.\n");
    for case in &suite.cases {
        for (name, expectation) in [("stdout", &case.stdout), ("stderr", &case.stderr)] {
            if let Some(diff) = expectation.diff_text() {
                let _ = writeln!(text, "\n### {}: {name}\n\n```diff\n{diff}```", case.name);
            }
        }
    }
    text
}

fn proof_text(proof: Proof) -> String {
    match proof {
        Proof::Lines(case) | Proof::Case(case) => {
            format!("[{case}](../../tests/contract/case/{case})")
        }
        Proof::Test(file, function) => format!("[`{function}`](../../{file})"),
        Proof::Check(id) => format!("[`{id}`](../checks/{id}.md)"),
    }
}

/// Text that may stand between the bars of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
