//! The table at the end of a group.

use embedcheck::bench::{Estimate, Producer, Table, cell};

use crate::group::Series;
use crate::sample::Sample;

/// Times and ratios of all that were measured.
pub(crate) fn table(all: &[Series]) -> Table {
    let mut table = Table::new(["", "ns", "by limit", "by cffi"]);
    let cffi = all.iter().find(|series| series.producer == Producer::Cffi);
    for series in all {
        let times: Vec<_> = series.samples.iter().map(|sample| sample.each).collect();
        table.row([
            series.producer.to_string(),
            cell(Estimate::of(&times)),
            cell(Estimate::of(&by_limit(series))),
            cell(cffi.and_then(|cffi| Estimate::of(&by(series, cffi)))),
        ]);
    }
    table
}

fn by_limit(series: &Series) -> Vec<f64> {
    series.samples.iter().filter_map(Sample::ratio).collect()
}

/// Each by `limit` at its own time, and then one by the other: both were measured at different times,
/// in which the machine may have had different speeds.
fn by(above: &Series, below: &Series) -> Vec<f64> {
    let pairs = by_limit(above).into_iter().zip(by_limit(below));
    pairs.filter(|(_, below)| *below > 0.0).map(|(above, below)| above / below).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn series(producer: Producer, pairs: &[(f64, f64)]) -> Series {
        let sample =
            |&(each, reference)| Sample { iterations: 1, time: Duration::ZERO, each, reference };
        Series { producer, samples: pairs.iter().map(sample).collect() }
    }

    /// The machine is half as fast when `rust` is measured, and this is in no ratio.
    #[test]
    fn drift_is_in_the_times_only() {
        let all = [
            series(Producer::Cffi, &[(150.0, 60.0), (150.0, 60.0)]),
            series(Producer::Rust, &[(150.0, 120.0), (150.0, 120.0)]),
        ];
        let expected = "
                   ns          by limit              by cffi
  cffi  150 (150–150)  2.50 (2.50–2.50)     1.00 (1.00–1.00)
  rust  150 (150–150)  1.25 (1.25–1.25)  0.500 (0.500–0.500)
";
        assert_eq!(format!("\n{}", table(&all)), expected);
    }

    #[test]
    fn without_cffi_there_is_no_such_ratio() {
        let text = table(&[series(Producer::Limit, &[(60.0, 60.0)])]).to_string();
        assert!(text.trim_end().ends_with("1.00 (1.00–1.00)        –"), "{text}");
    }
}
