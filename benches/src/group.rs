//! One group of criterion: the same measurement of several producers.

use criterion::{Criterion, SamplingMode};
use embedcheck::bench::Producer;

use crate::ratios::table;
use crate::sample::{Sample, measured};
use crate::{Error, Mode, fail};

/// What was measured of one producer.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) producer: Producer,
    pub(crate) samples: Vec<Sample>,
}

/// Measures the producers, and prints the table of their ratios. Those that the command line filters
/// out have no samples.
#[expect(clippy::print_stdout, reason = "benchmarks print")]
pub(crate) fn group(
    criterion: &mut Criterion,
    mode: Mode,
    name: &str,
    producers: &[Producer],
    mut sample: impl FnMut(Producer, u64) -> Result<Sample, Error>,
) {
    let mut group = criterion.benchmark_group(name);
    // The others have samples of one iteration first, which a clock cannot measure.
    group.sampling_mode(SamplingMode::Flat);
    let mut all = Vec::new();
    for &producer in producers {
        let mut samples = Vec::new();
        group.bench_function(producer.word(), |bencher| {
            bencher.iter_custom(|iterations| match sample(producer, iterations) {
                Ok(sample) => {
                    samples.push(sample);
                    sample.time
                }
                Err(error) => fail(&format!("{name}: {error}")),
            });
        });
        let samples = measured(&samples).to_vec();
        all.push(Series { producer, samples });
    }
    group.finish();
    all.retain(|series| !series.samples.is_empty());
    if mode == Mode::Measure && !all.is_empty() {
        println!(
            "{name}: medians with their 95 % intervals, ~ where too wide to rely on; ratios are of"
        );
        println!("samples beside each other\n");
        println!("{}", table(&all));
    }
}
