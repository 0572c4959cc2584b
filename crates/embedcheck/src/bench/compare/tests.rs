//! The decision whether a figure changed, on known and on random numbers.

use proptest::prelude::*;

use super::noise::{Kind, own_spread};
use super::view::{Change, change};
use super::{ChangeVerdict, Comparison};
use crate::bench::Producer;

fn kind(figure: &str) -> Kind {
    Kind::of(Producer::Rust, figure).unwrap()
}

/// With the spread of the values themselves, on a machine that was as fast as before.
fn of(old: &[f64], new: &[f64], machine: &[f64]) -> Change {
    let spread = f64::hypot(own_spread(old).unwrap_or(0.0), own_spread(new).unwrap_or(0.0));
    change(kind("call/add1/other"), old, new, machine, spread).unwrap()
}

#[test]
fn a_clear_change_is_found_and_is_not_overstated() {
    let old = [100.0, 101.0, 99.0, 100.0, 102.0];
    let new = [151.0, 150.0, 149.0, 153.0, 190.0];
    let found = of(&old, &new, &[1.0]);
    assert_eq!(found.verdict, ChangeVerdict::Worse);
    // The fast quarter went from 100 to 150; the median from 100 to 151.
    assert!((found.factor - 1.5).abs() < 1e-9, "{found:?}");
    let back = of(&new, &old, &[1.0]);
    assert_eq!(back.verdict, ChangeVerdict::Better);
    assert!((back.factor * found.factor - 1.0).abs() < 1e-9);
}

#[test]
fn a_slower_machine_explains_slower_figures() {
    let old = [100.0, 101.0, 99.0, 100.0, 102.0];
    let new = old.map(|value| value * 1.4);
    assert_eq!(of(&old, &new, &[1.0]).verdict, ChangeVerdict::Worse);
    assert_eq!(of(&old, &new, &[1.0, 1.4]).verdict, ChangeVerdict::Same);
    // But not figures that did not get slower: the measure of the machine may be wrong.
    assert_eq!(of(&old, &old, &[1.0, 1.4]).verdict, ChangeVerdict::Same);
    // On another machine only the proportion counts.
    assert_eq!(of(&old, &old, &[1.4]).verdict, ChangeVerdict::Better);
}

#[test]
fn a_disturbed_run_is_no_change() {
    // Most processes of the second run had to share their processor; some had not.
    let old = [100.0, 101.0, 99.0, 100.0, 102.0];
    let new = [180.0, 100.0, 200.0, 101.0, 190.0];
    assert_eq!(of(&old, &new, &[1.0]).verdict, ChangeVerdict::Same);
    // Middle halves that touch.
    let wide = [60.0, 100.0, 140.0];
    assert_eq!(of(&wide, &[115.0, 200.0, 260.0], &[1.0]).verdict, ChangeVerdict::Same);
}

#[test]
fn what_is_less_than_matters_is_no_change() {
    let found = of(&[10.0; 5], &[12.9; 5], &[1.0]);
    assert_eq!((found.verdict, found.factor), (ChangeVerdict::Same, 1.0));
    assert_eq!(of(&[10.0; 5], &[13.1; 5], &[1.0]).verdict, ChangeVerdict::Worse);
}

#[test]
fn memory_that_was_not_lost_before_is_a_change() {
    let kind = kind("memory/thread");
    let verdict = |old: &[f64], new: &[f64]| change(kind, old, new, &[1.0], 0.0).unwrap().verdict;
    assert_eq!(verdict(&[0.0], &[4465.0]), ChangeVerdict::Worse);
    assert_eq!(verdict(&[4465.0, 4460.0], &[0.0, -4.0]), ChangeVerdict::Better);
    assert_eq!(verdict(&[0.0], &[200.0]), ChangeVerdict::Same);
}

#[test]
fn changes_begin_with_the_worst() {
    let one = |factor: f64| {
        let estimate = crate::bench::Estimate::of(&[1.0]).unwrap();
        super::Compared {
            producer: Producer::Rust,
            figure: format!("{factor}"),
            old: estimate,
            new: estimate,
            factor,
            noise: 1.1,
            verdict: match factor {
                factor if factor > 1.1 => ChangeVerdict::Worse,
                factor if factor < 0.9 => ChangeVerdict::Better,
                _ => ChangeVerdict::Same,
            },
        }
    };
    let figures = [0.5, 1.2, 1.0, 3.0, 0.1].map(one).into();
    let target = super::TargetComparison {
        id: "t".to_owned(),
        old_id: "t".to_owned(),
        slowdown: 1.0,
        figures,
    };
    let old =
        super::OldReport { file: "f".to_owned(), date: String::new(), version: String::new() };
    let comparison = Comparison { old, notes: Vec::new(), targets: vec![target] };
    let factors = |found: Vec<(&str, &super::Compared)>| -> Vec<f64> {
        found.into_iter().map(|(_, one)| one.factor).collect()
    };
    assert_eq!(factors(comparison.changes()), [3.0, 1.2, 0.1, 0.5]);
    assert_eq!(factors(comparison.worse_by_more_than(0.1)), [3.0, 1.2]);
    assert_eq!(factors(comparison.worse_by_more_than(0.2)), [3.0]);
}

/// Numbers that are random, and the same in every run: xorshift, and Box and Muller.
struct Normal(u64);

impl Normal {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Values of one run: what a process differs by, what the run differs by, and now and then a process
    /// that was disturbed.
    fn run(&mut self, count: usize, middle: f64, of_process: f64, of_run: f64) -> Vec<f64> {
        let middle = middle * (of_run * self.next()).exp();
        let mut value = || {
            let disturbed = if self.uniform() < 0.1 { 1.0 + self.uniform() } else { 1.0 };
            middle * (of_process * self.next()).exp() * disturbed
        };
        (0..count).map(|_| value()).collect()
    }
}

/// Shares of 10,000 pairs of runs that are called changed.
fn changed(count: usize, factor: f64, of_process: f64, of_run: f64) -> f64 {
    let mut normal = Normal(0x9e37_79b9_7f4a_7c15);
    let pairs = 10_000;
    let found = (0..pairs).filter(|_| {
        let old = normal.run(count, 100.0, of_process, of_run);
        let new = normal.run(count, 100.0 * factor, of_process, of_run);
        of(&old, &new, &[1.0]).verdict != ChangeVerdict::Same
    });
    found.count() as f64 / f64::from(pairs)
}

/// A report has some 300 figures, which are not independent: less than one in 10,000 makes less than 3 %
/// of the comparisons wrong.
#[test]
fn the_same_build_is_rarely_called_changed() {
    for (count, of_process, of_run) in
        [(5, 0.02, 0.02), (10, 0.02, 0.02), (10, 0.05, 0.04), (15, 0.03, 0.02)]
    {
        let share = changed(count, 1.0, of_process, of_run);
        assert!(share <= 0.0005, "{count} values, {of_process}, {of_run}: {share}");
    }
}

#[test]
fn another_build_is_called_changed() {
    for (count, factor) in [(5, 1.5), (10, 1.4), (10, 1.0 / 1.4), (15, 1.3)] {
        let share = changed(count, factor, 0.02, 0.02);
        assert!(share >= 0.93, "{count} values, {factor}: {share}");
    }
}

proptest! {
    #[test]
    fn values_do_not_differ_from_themselves(
        values in prop::collection::vec(0.001_f64..1e9, 1..20),
        machine in 0.5_f64..2.0,
    ) {
        prop_assert_eq!(of(&values, &values, &[1.0, machine]).verdict, ChangeVerdict::Same);
    }

    #[test]
    fn there_and_back_are_the_same(
        old in prop::collection::vec(10.0_f64..1000.0, 1..12),
        new in prop::collection::vec(10.0_f64..1000.0, 1..12),
    ) {
        let (there, back) = (of(&old, &new, &[1.0]), of(&new, &old, &[1.0]));
        prop_assert!((there.factor * back.factor - 1.0).abs() < 1e-9);
        let opposite = match there.verdict {
            ChangeVerdict::Same => ChangeVerdict::Same,
            ChangeVerdict::Better => ChangeVerdict::Worse,
            ChangeVerdict::Worse => ChangeVerdict::Better,
        };
        prop_assert_eq!(back.verdict, opposite);
    }

    #[test]
    fn nothing_panics(
        old in prop::collection::vec(any::<f64>(), 0..6),
        new in prop::collection::vec(any::<f64>(), 0..6),
    ) {
        let _ = change(kind("start/both"), &old, &new, &[1.0, f64::NAN], 0.1);
    }
}
