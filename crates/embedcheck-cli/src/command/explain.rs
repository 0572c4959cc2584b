//! `embedcheck explain`.

use embedcheck::check::CHECKS;

use crate::args::ExplainArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// How many ids are offered for one that does not exist.
const MOST_OFFERS: usize = 3;
/// Least similarity (Jaro-Winkler, 0 to 1) of an id that is offered; clap's limit for its own.
const SIMILAR: f64 = 0.7;

/// Prints the page of a check.
pub(crate) fn explain(args: &ExplainArgs, output: &Output) -> Result<Exit, Failure> {
    match CHECKS.iter().find(|check| check.id == args.id) {
        Some(check) => {
            output.print(check.page)?;
            Ok(Exit::Success)
        }
        None => {
            let ids: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
            Err(Failure::UnknownCheck(unknown(&args.id, &ids)))
        }
    }
}

fn unknown(id: &str, ids: &[&str]) -> String {
    let group = id.trim_end_matches(['/', '*']);
    let of_group = |known: &str| known.split('/').next() == Some(group);
    let offers: Vec<_> = match ids.iter().copied().filter(|known| of_group(known)).collect() {
        members if !Vec::is_empty(&members) => members,
        _ => nearest(id, ids),
    };
    let hint = match offers.as_slice() {
        [] => "`embedcheck list` has all ids".to_owned(),
        offers => format!("did you mean {}?", offers.join(", ")),
    };
    format!("there is no check {id:?}; {hint}")
}

/// The ids that look most like it, best first.
fn nearest<'a>(id: &str, ids: &[&'a str]) -> Vec<&'a str> {
    // A name without its group is as good as the whole id.
    let similarity = |known: &str| {
        let name = known.split_once('/').map_or(known, |(_, name)| name);
        strsim::jaro_winkler(id, known).max(strsim::jaro_winkler(id, name))
    };
    let mut rated: Vec<_> = ids.iter().map(|known| (similarity(known), *known)).collect();
    rated.retain(|(similarity, _)| *similarity >= SIMILAR);
    rated.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    rated.into_iter().take(MOST_OFFERS).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::unknown;

    const IDS: [&str; 4] = ["load/local", "load/global", "layout/moved", "race/embedders"];

    #[test]
    fn a_typo_is_answered_with_what_was_meant() {
        assert_eq!(
            unknown("load/locl", &IDS),
            "there is no check \"load/locl\"; did you mean load/local, load/global?"
        );
        assert_eq!(
            unknown("moved", &IDS),
            "there is no check \"moved\"; did you mean layout/moved?"
        );
    }

    #[test]
    fn a_group_is_answered_with_its_checks() {
        let all = "there is no check \"load/*\"; did you mean load/local, load/global?";
        assert_eq!(unknown("load/*", &IDS), all);
    }

    #[test]
    fn what_looks_like_nothing_is_answered_with_the_list() {
        assert_eq!(
            unknown("zzz", &IDS),
            "there is no check \"zzz\"; `embedcheck list` has all ids"
        );
    }
}
