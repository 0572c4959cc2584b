//! Outcomes of repeated runs as bars.

use super::page::Page;
use crate::report::Bucket;

/// Columns of a bar that stands for every run of its case.
const BAR: usize = 25;

/// One block for each case, in the order of the buckets.
pub(super) fn histogram(page: &mut Page<'_>, indent: usize, buckets: &[Bucket]) {
    let outcome_width =
        buckets.iter().map(|bucket| bucket.outcome.chars().count()).max().unwrap_or(0);
    let (plain, label) = (anstyle::Style::new(), page.styles().label);
    for case in buckets.chunk_by(|a, b| a.case == b.case) {
        let total: u64 = case.iter().map(|bucket| u64::from(bucket.count)).sum();
        page.line(indent, label, &case[0].case);
        let count_width = total.to_string().len();
        for bucket in case {
            let line = format!(
                "{:outcome_width$}  {:>count_width$} of {total}  {:>3} %  {}",
                bucket.outcome,
                bucket.count,
                share(bucket.count, total, 100),
                "#".repeat(share(bucket.count, total, BAR as u64)),
            );
            page.line(indent + 2, plain, line.trim_end());
        }
    }
}

/// `count` as a part of `whole`, rounded; neither nothing nor everything unless it is.
fn share(count: u32, total: u64, whole: u64) -> usize {
    let count = u64::from(count);
    let part = match (count, total) {
        (0, _) | (_, 0) => 0,
        _ if count >= total => whole,
        _ => ((count * whole + total / 2) / total).clamp(1, whole - 1),
    };
    // At most `whole`, which is 100 or less.
    usize::try_from(part).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn one_crash_in_a_thousand_is_neither_hidden_nor_rounded_away() {
        assert_eq!([share(0, 1000, 100), share(1, 1000, 100)], [0, 1]);
        assert_eq!([share(999, 1000, 100), share(1000, 1000, 100)], [99, 100]);
        assert_eq!([share(1, 1000, 25), share(0, 0, 25)], [1, 0]);
    }
}
